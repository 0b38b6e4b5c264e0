import { confirmAction } from './confirm.js';
import { element } from './element.js';
import { notice } from './notice.js';

const find = (id) => document.getElementById(id);

/** All settings, those that are live with a button to change them. */
export class SettingsView {
  #api;
  #settings = [];

  constructor(api, actions) {
    this.#api = api;
    find('drain').addEventListener('click', () => actions.drain());
    find('settings-filter').addEventListener('input', () => this.#show());
    find('settings-filter').addEventListener('submit', (event) => event.preventDefault());
    find('settings-reload').addEventListener('click', () => this.load());
  }

  /** Asks the daemon for the settings. */
  async load() {
    try {
      this.#settings = (await this.#api.get('settings')).settings;
      find('settings-problem').textContent = '';
    } catch (error) {
      find('settings-problem').textContent = error.message;
    }
    this.#show();
  }

  #show() {
    const text = find('settings-text').value.trim().toLowerCase();
    const isWanted = ({ name, documentation, value, default: usual }) =>
      (name.includes(text) || documentation.toLowerCase().includes(text)) &&
      (!find('settings-changed').checked || value !== usual);
    const rows = this.#settings.filter(isWanted).map((setting) => this.#row(setting));
    const head = ['Setting', 'In force', 'Origin', ''].map((name) => element('th', {}, name));
    find('settings-rows').replaceChildren(
      element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows)),
    );
  }

  #row(setting) {
    const { name, value, configured, default: usual, origin, live, documentation } = setting;
    return element(
      'tr',
      {},
      element('td', {}, element('code', {}, name), element('p', { className: 'documentation' }, documentation)),
      element(
        'td',
        {},
        element('code', { className: value === usual ? '' : 'changed' }, value === '' ? '(empty)' : value),
        value === usual
          ? undefined
          : element('p', { className: 'documentation' }, `default ${usual === '' ? '(empty)' : usual}`),
        value === configured
          ? undefined
          : element(
              'p',
              { className: 'lost' },
              `is lost at a restart: configured is ${configured === '' ? '(empty)' : configured}`,
            ),
      ),
      element('td', { className: 'origin' }, origin),
      element(
        'td',
        {},
        live ? element('button', { type: 'button', onclick: () => this.#change(setting) }, 'Change…') : '',
      ),
    );
  }

  #change({ name, value, documentation }) {
    confirmAction({
      title: `Change ${name}`,
      text: `${documentation}\nThe new value is in force at once, until the daemon ends or reads its configuration again.`,
      button: 'Change',
      field: element('input', { value, autocomplete: 'off', spellcheck: false, 'aria-label': name }),
      act: async (wanted) => {
        const changed = await this.#api.post('settings', { name, value: wanted });
        notice(`${name} is ${changed.value} now.`);
        await this.load();
      },
    });
  }
}
