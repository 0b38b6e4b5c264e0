import uPlot from './uPlot.esm.js';

import { element, setText } from './element.js';

const height = 44;

/** A small chart of one figure, with its newest value in words; under the pointer it tells the value there. */
export class Chart {
  #history;
  #words;
  #value = element('output', {});
  #place = element('div', { className: 'plot' });
  #plot;

  /** `title` is short, `meaning` says it in full; `words(value)` puts a value of `history` in words. */
  constructor(title, meaning, history, words) {
    this.#history = history;
    this.#words = words;
    document
      .getElementById('charts')
      .append(
        element(
          'figure',
          { title: meaning, 'aria-label': meaning },
          element('figcaption', {}, title, ' ', this.#value),
          this.#place,
        ),
      );
    new ResizeObserver(() => this.#plot?.setSize({ width: this.#place.clientWidth, height })).observe(this.#place);
  }

  /** Draws anew, with what has come since. */
  draw() {
    this.#plot ??= this.#make();
    this.#plot.setData(this.#history.data);
    this.#tell();
  }

  /** To be called when the colours of the page are others. */
  recolour() {
    this.#plot?.destroy();
    this.#plot = undefined;
    if (this.#history.newest !== null) this.draw();
  }

  #make() {
    const { color } = getComputedStyle(this.#place);
    return new uPlot(
      {
        width: this.#place.clientWidth,
        height,
        padding: [3, 0, 2, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false }, points: { size: 5 } },
        axes: [{ show: false }, { show: false }],
        scales: { y: { range: (plot, lowest, highest) => [0, Math.max(highest ?? 0, 1) * 1.05] } },
        series: [
          {},
          {
            stroke: color,
            width: 1.25,
            fill: `color-mix(in srgb, ${color} 15%, transparent)`,
            points: { show: false },
          },
        ],
        hooks: { setCursor: [() => this.#tell()] },
      },
      this.#history.data,
      this.#place,
    );
  }

  #tell() {
    const index = this.#plot?.cursor.idx;
    const [times, values] = this.#history.data;
    const value = index == null ? this.#history.newest : values[index];
    const time = index == null ? '' : ` at ${new Date(times[index] * 1e3).toISOString().slice(11, 19)}`;
    setText(this.#value, value === null ? '–' : this.#words(value) + time);
  }
}
