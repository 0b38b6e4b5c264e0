/** The newest values of a figure that changes with time, as a chart wants them. */
export class History {
  #limit;
  #times = [];
  #values = [];

  /** `limit`: how many values are kept. */
  constructor(limit = 300) {
    this.#limit = limit;
  }

  /** Adds a value, or null where it is not known; `time` in milliseconds. */
  push(time, value) {
    this.#times.push(time / 1e3);
    this.#values.push(value);
    if (this.#times.length <= this.#limit) return;
    this.#times.shift();
    this.#values.shift();
  }

  /** Seconds since 1970, and the values at these times. */
  get data() {
    return [this.#times, this.#values];
  }

  get newest() {
    return this.#values[this.#values.length - 1] ?? null;
  }
}

/** How much of one processor was used between two overviews, in percent; null if the second is of another daemon. */
export function processorUse(before, after) {
  const wall = after.uptimeMilliseconds - before.uptimeMilliseconds;
  if (before.pid !== after.pid || wall <= 0) return null;
  return ((after.cpuMilliseconds - before.cpuMilliseconds) / wall) * 100;
}
