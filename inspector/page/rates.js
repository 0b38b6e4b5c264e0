/** How many messages per second each actor handles, from the counts in two looks at it. */
export class Rates {
  #counts = new Map();
  #growth = new Map();
  #rates = new Map();
  #lookedAt;
  #total = null;

  /** Takes the state of an actor that is new or has changed in the look that is under way. */
  count(actor) {
    const before = this.#counts.get(actor.path);
    const { handled } = actor.mailbox;
    this.#counts.set(actor.path, { startedAt: actor.startedAt, handled });
    if (before === undefined && this.#lookedAt === undefined) return; // counted since the daemon began
    const isSame = before?.startedAt === actor.startedAt;
    const growth = handled - (isSame ? before.handled : 0) + (this.#growth.get(actor.path) ?? 0);
    if (growth > 0) this.#growth.set(actor.path, growth);
  }

  /** Forgets an actor that is gone. */
  drop(path) {
    this.#counts.delete(path);
    this.#growth.delete(path);
  }

  /** Ends a look that was taken at `time`, in milliseconds. */
  endLook(time) {
    const seconds = (time - this.#lookedAt) / 1e3;
    this.#rates.clear();
    this.#total = seconds > 0 ? 0 : null;
    if (seconds > 0) {
      for (const [path, growth] of this.#growth) {
        this.#rates.set(path, growth / seconds);
        this.#total += growth / seconds;
      }
    }
    this.#growth.clear();
    this.#lookedAt = time;
  }

  /** Forgets everything, since what comes next may be counted by another daemon. */
  clear() {
    this.#counts.clear();
    this.#growth.clear();
    this.#rates.clear();
    this.#lookedAt = undefined;
    this.#total = null;
  }

  /** Messages per second of one actor. */
  of(path) {
    return this.#rates.get(path) ?? 0;
  }

  /** Messages per second of all actors; null until there have been two looks. */
  get total() {
    return this.#total;
  }
}
