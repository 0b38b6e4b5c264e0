const everything = { text: '', kind: '', path: '' };

/** The newest events of the journal, and those of them that a filter lets through. */
export class JournalModel {
  #limit;
  #events = [];
  #shown = [];
  #filter = everything;
  #last = 0;

  /** `limit`: how many events are kept. */
  constructor(limit = 2_000) {
    this.#limit = limit;
  }

  /** Number of the newest event. */
  get last() {
    return this.#last;
  }

  /** Events that the filter lets through, oldest first. */
  get shown() {
    return this.#shown;
  }

  /** Takes an event that is newer than all before; whether the filter lets it through. */
  add(event) {
    if (event.sequence !== undefined) {
      if (event.sequence <= this.#last) return false;
      this.#last = event.sequence;
    }
    this.#events.push(event);
    const isShown = this.#passes(event);
    if (isShown) this.#shown.push(event);
    if (this.#events.length > this.#limit && this.#events.shift() === this.#shown[0]) this.#shown.shift();
    return isShown;
  }

  /** Notes in its place that `count` events were overwritten before they could be told; `time` is a date-time. */
  addGap(count, time) {
    return this.add({
      time,
      kind: 'missed',
      path: '',
      text: `${count} events were overwritten before they could be told`,
    });
  }

  /**
   * Notes that another daemon began at `time`, a date-time. It numbers its events anew; those of the one before stay,
   * since they may tell why it ended.
   */
  addDaemon(time) {
    this.#last = 0;
    return this.add({ time, kind: 'daemon', path: '', text: 'another daemon began' });
  }

  /** `text` in path or words, `kind` of the event, `path` of an actor: it and all below; empty lets all through. */
  filter(filter) {
    this.#filter = { ...everything, ...filter, text: (filter.text ?? '').trim().toLowerCase() };
    this.#shown = this.#events.filter((event) => this.#passes(event));
  }

  #passes({ kind, path, text = '' }) {
    const wanted = this.#filter;
    if (wanted.kind && wanted.kind !== kind) return false;
    if (wanted.path && path !== wanted.path && !path.startsWith(`${wanted.path}/`)) return false;
    return wanted.text === '' || path.toLowerCase().includes(wanted.text) || text.toLowerCase().includes(wanted.text);
  }
}
