// What differs between two runs of the same calls, replaced by names: ids, times, pids, durations, paths, ports, and
// where output was cut into events.
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Ids that servers invent, with the time of their making inside. */
const invented = [
  [/\bproc_\d{13}_[0-9a-z]{6,12}\b/g, '<new-process>'],
  [/\brepo_\d{13}_[0-9a-f]{12}\b/g, '<new-repository>'],
  [/\bwatch-\d+-\d{13}\b/g, '<watch>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g, '<uuid>'],
];

/** How long ago a scenario can have been, for times in milliseconds. */
const momentMs = 600_000;

/** Header fields that tell of the moment or frame a body, which is compared itself. */
const unstable = new Set(['date', 'content-length', 'transfer-encoding']);

/** Output with its pieces put together: where it was cut is a matter of time. */
function joined(events) {
  const whole = [];
  for (const event of events) {
    const last = whole.at(-1);
    const text = 'text' in event ? 'text' : 'data'; // of code, or of a command
    if (last?.type === event.type && ['stdout', 'stderr'].includes(event.type)) last[text] += event[text];
    else whole.push({ ...event });
  }
  return whole;
}

export class Names {
  #texts = [];
  #numbers = new Map();

  /** `durations`: whether the field `duration` is measured, as in dialect A. */
  constructor({ durations = false } = {}) {
    this.durations = durations;
  }

  /** From now on `value`, a text or a number, is called `name`. */
  give(value, name) {
    if (typeof value === 'number') this.#numbers.set(value, name);
    this.#texts.push([String(value), name]);
    this.#texts.sort(([one], [other]) => other.length - one.length); // the longest first: one may contain another
    return value;
  }

  /** A text with names in it. */
  text(value) {
    if (instant.test(value)) return 'T';
    let text = value;
    for (const [known, name] of this.#texts) text = text.replaceAll(known, name);
    for (const [pattern, name] of invented) text = text.replace(pattern, name);
    return text;
  }

  #value(value, key) {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') {
      if (key === 'pid') return '<pid>';
      if (key === 'duration' && this.durations) return '<duration>';
      if (key === 'timestamp' && Math.abs(value - Date.now()) < momentMs) return '<now>';
      return this.#numbers.get(value) ?? value;
    }
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#value(item, name)]));
    return value;
  }

  normalise(exchange) {
    const headers = Object.entries(exchange.headers).filter(([name]) => !unstable.has(name));
    const named = this.#value({ ...exchange, headers: Object.fromEntries(headers) });
    return named.events ? { ...named, events: joined(named.events) } : named;
  }
}
