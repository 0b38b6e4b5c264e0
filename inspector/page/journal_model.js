const everything = { text: '', kind: '', path: '' };

const gapOf = (count, time) => ({
  time,
  kind: 'missed',
  path: '',
  text: `${count} events were overwritten before they could be told`,
});

/** The newest events of the journal, and those of them that a filter lets through. */
export class JournalModel {
  #limit;
  #events = [];
  #shown = [];
  #filter = everything;
  #last = 0;
  #lastTime = '';

  /** `limit`: how many events are kept. */
  constructor(limit = 2_000) {
    this.#limit = limit;
  }

  /** How many events are kept. */
  get limit() {
    return this.#limit;
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
      this.#lastTime = event.time;
    }
    this.#events.push(event);
    const isShown = this.#passes(event);
    if (isShown) this.#shown.push(event);
    if (this.#events.length > this.#limit && this.#events.shift() === this.#shown[0]) this.#shown.shift();
    return isShown;
  }

  /**
   * Takes events of the same daemon that came while nobody listened, the oldest first. Returns how many the filter lets
   * through.
   */
  addPast(events) {
    return this.#addMissedBefore(events) + this.#addAll(events);
  }

  /** Notes in its place that `count` events were overwritten before they could be told; `time` is a date-time. */
  addGap(count, time) {
    return this.add(gapOf(count, time));
  }

  /**
   * Takes the newest `events` of another daemon, the oldest first, which began at `time`, a date-time. It may number
   * its events anew, or know those of the one before from a file, but for the last if that was killed; those that are
   * here already stay, since they may tell why it ended. Returns how many the filter lets through.
   */
  addDaemon(time, events) {
    const known = events.findIndex((event) => event.sequence === this.#last && event.time === this.#lastTime);
    const fresh = known >= 0 ? events.slice(known + 1) : events.filter((event) => event.time > this.#lastTime);
    // As long as it has events that are here already nothing was overwritten: a hole behind those are lost lines.
    const gaps = fresh.length === events.length ? this.#addMissedBefore(events) : 0;
    const ofItsOwn = fresh.findIndex((event) => event.time >= time);
    const begin = ofItsOwn >= 0 ? ofItsOwn : fresh.length;
    const marker = [{ time, kind: 'daemon', path: '', text: 'another daemon began' }];
    // All are its own, and numbered anew for sure: those before the first were overwritten.
    const areAllItsOwn = begin === 0 && fresh.length === events.length;
    if (areAllItsOwn && events[0]?.sequence > 1 && events[0].sequence <= this.#last)
      marker.push(gapOf(events[0].sequence - 1, events[0].time));
    this.#last = 0; // its numbers may be lower
    const shown = this.#addAll([...fresh.slice(0, begin), ...marker, ...fresh.slice(begin)]);
    this.#last = events.at(-1)?.sequence ?? 0;
    return gaps + shown;
  }

  /** Notes how many there are no more between the last event and `first`. Returns how many the filter lets through. */
  #addMissedBefore([first]) {
    const missed = this.#last > 0 && first ? first.sequence - this.#last - 1 : 0;
    return missed > 0 && this.addGap(missed, first.time) ? 1 : 0;
  }

  #addAll(events) {
    return events.filter((event) => this.add(event)).length;
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
