import { element } from './element.js';

/**
 * Asks before something is done, and does it. `title` and `text` name what will happen, `button` is the word to agree,
 * `field` an element whose value is handed to `act`, `isDangerous` marks what cannot be undone. What goes wrong is
 * shown in the dialog, which stays open then.
 */
export function confirmAction({ title, text, button, field, isDangerous = false, act }) {
  const problem = element('p', { className: 'problem', role: 'alert' });
  const agree = element('button', { className: isDangerous ? 'dangerous' : 'agree' }, button);
  const cancel = element('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const form = element(
    'form',
    {},
    element('h2', {}, title),
    ...text.split('\n').map((line) => element('p', {}, line)),
    field,
    problem,
    element('div', { className: 'buttons' }, cancel, agree),
  );
  const dialog = element('dialog', { onclose: () => dialog.remove() }, form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    agree.disabled = true;
    problem.textContent = '';
    try {
      await act(field?.value);
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      agree.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  (field ?? cancel).focus();
}
