import { element } from './element.js';

const key = 'sandboxd-inspector-token';

/** The token for the inspector, kept as long as the tab lives; a form asks for it when it is wanted. */
export const tokens = {
  /** The token, or an empty text. */
  get current() {
    return sessionStorage.getItem(key) ?? '';
  },

  /** Resolves when there is another token than `refused`; whoever asks meanwhile waits for the same form. */
  ask(refused) {
    if (tokens.current !== refused) return Promise.resolve();
    tokens.asked ??= askUser(refused !== '').finally(() => (tokens.asked = undefined));
    return tokens.asked;
  },

  asked: undefined,
};

function askUser(isWrong) {
  const input = element('input', { type: 'password', required: true, autocomplete: 'off', 'aria-label': 'Token' });
  const form = element(
    'form',
    { method: 'dialog' },
    element('h2', {}, 'Token'),
    element('p', {}, isWrong ? 'This token is not the right one.' : 'The inspector wants a token (http.token-file).'),
    input,
    element('div', { className: 'buttons' }, element('button', {}, 'Continue')),
  );
  const dialog = element('dialog', {}, form);
  dialog.addEventListener('cancel', (event) => event.preventDefault()); // without a token there is nothing to show
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener('submit', () => {
      sessionStorage.setItem(key, input.value);
      dialog.remove();
      resolve();
    });
  });
}
