import { Chart } from './chart.js';
import { bytes, rate, whole } from './format.js';
import { History } from './history.js';

const percent = (value) => `${value.toFixed(value < 10 ? 1 : 0)} %`;

/** The figures in the header of the page, each with its history as a small chart. */
export class Figures {
  #histories = {
    messages: new History(),
    actors: new History(),
    deepest: new History(),
    memory: new History(),
    processor: new History(),
  };
  #charts = {
    messages: this.#chart(
      'messages',
      'Msg/s',
      'Messages per second that all actors handle',
      (value) => rate(value) || '0',
    ),
    actors: this.#chart('actors', 'Actors', 'Actors alive', whole),
    deepest: this.#chart('deepest', 'Mailbox', 'Messages in the deepest mailbox', whole),
    memory: this.#chart('memory', 'RSS', 'Memory of the daemon that is resident', bytes),
    processor: this.#chart('processor', 'CPU', 'Processor time of the daemon, in percent of one processor', percent),
  };

  /** Adds a value, or null where it is not known, of the figure with that name; `time` in milliseconds. */
  record(name, time, value) {
    this.#histories[name].push(time, value);
    this.#charts[name].draw();
  }

  /** To be called when the colours of the page are others. */
  recolour() {
    for (const chart of Object.values(this.#charts)) chart.recolour();
  }

  #chart(name, title, meaning, words) {
    return new Chart(title, meaning, this.#histories[name], words);
  }
}
