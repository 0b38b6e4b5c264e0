import { confirmAction } from './confirm.js';
import { ofBreaker, ofCut, ofDrain, ofRestart, ofStop, signals } from './consequences.js';
import { element } from './element.js';
import { notice } from './notice.js';

const ordered = (what) => notice(`Ordered: ${what}. The journal tells what comes of it.`);

/** What a user may have done to actors, requests, breakers and the daemon, each after a confirmation. */
export class Actions {
  #api;
  #tree;

  constructor(api, tree) {
    this.#api = api;
    this.#tree = tree;
  }

  restart(path) {
    this.#order(path, 'restart', 'Restart', ofRestart);
  }

  stop(path) {
    this.#order(path, 'stop', 'Stop', ofStop);
  }

  /** Sends a signal, which the user chooses, to the process `pid` of an actor and to those below. */
  signal(path, pid) {
    const options = Object.entries(signals).map(([name, does]) =>
      element('option', { value: name }, `${name} - ${does}`),
    );
    confirmAction({
      title: 'Send a signal',
      text: `It goes to process ${pid} of\n${path}\nand to all processes below that.`,
      button: 'Send',
      isDangerous: true,
      field: element('select', { 'aria-label': 'Signal' }, ...options),
      act: async (signal) => {
        const { processes } = await this.#api.post('actor/signal', { path, signal });
        notice(`${signal} went to ${processes} ${processes === 1 ? 'process' : 'processes'}.`);
      },
    });
  }

  /** Cuts a request that is under way. */
  cut({ method, path, client, spanId }) {
    confirmAction({
      title: 'Cut this request?',
      text: `${method} ${path}\nof ${client}\n${ofCut}`,
      button: 'Cut',
      isDangerous: true,
      act: async () => {
        await this.#api.post('request/cut', { id: spanId });
        ordered(`cut of ${method} ${path}`);
      },
    });
  }

  /** Has the daemon take no further requests, wait for those under way as long as the user says, and end. */
  drain() {
    confirmAction({
      title: 'Drain and end the daemon?',
      text: ofDrain,
      button: 'Drain',
      isDangerous: true,
      field: element('input', {
        type: 'number',
        min: 0,
        max: 86_400,
        value: 30,
        required: true,
        'aria-label': 'Seconds to wait at most',
      }),
      act: async (seconds) => {
        await this.#api.post('drain', { milliseconds: Number(seconds) * 1_000 });
        ordered('drain');
      },
    });
  }

  /** `action`: reset or trip. */
  breaker(language, action) {
    confirmAction({
      title: `${action === 'trip' ? 'Trip' : 'Reset'} the breaker of ${language}`,
      text: ofBreaker(language, action),
      button: action === 'trip' ? 'Trip' : 'Reset',
      isDangerous: action === 'trip',
      act: async () => {
        await this.#api.post('breaker', { name: language, action });
        ordered(`${action} of the breaker of ${language}`);
      },
    });
  }

  async #order(path, action, word, consequences) {
    const node = this.#tree.node(path);
    confirmAction({
      title: `${word} this actor?`,
      text: `${path}\n${consequences(await this.#supervisorOf(node), node?.actorsBelow ?? 0)}`,
      button: word,
      isDangerous: true,
      act: async () => {
        await this.#api.post(`actor/${action}`, { path });
        ordered(`${action} of ${path}`);
      },
    });
  }

  /** The figures of the supervisor as they are now: the stream is silent while a budget recovers. */
  async #supervisorOf(node) {
    const known = node?.parent?.actor;
    if (!known) return undefined;
    const { supervisor } = await this.#api.get('actor', { path: known.path }).catch(() => known);
    return supervisor;
  }
}
