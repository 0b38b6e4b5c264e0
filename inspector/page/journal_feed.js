/** Brings the journal into its model: what there is, what comes, and what came while no stream was open. */
export class JournalFeed {
  #api;
  #journal;
  #onAdded;
  #startedAt;

  /** `onAdded(count)` hears how many events that the filter lets through have come. */
  constructor(api, journal, onAdded) {
    this.#api = api;
    this.#journal = journal;
    this.#onAdded = onAdded;
  }

  /** The messages of a new connection, for `take`; brings what came before it. */
  async *open(signal, onBytes) {
    const { startedAt } = await this.#api.get('overview');
    const isAnother = this.#startedAt !== undefined && this.#startedAt !== startedAt;
    const { last, limit } = this.#journal;
    // Whether another daemon goes on with the numbers is seen only by the events that it has of the one before.
    const past = await this.#api.get('journal', isAnother || last === 0 ? { limit } : { after: last, limit: 10_000 });
    this.#onAdded(
      isAnother ? this.#journal.addDaemon(startedAt, past.events) : this.#journal.addPast(past.events),
    );
    this.#startedAt = startedAt;
    yield* this.#api.events('journal/stream', { after: past.last }, signal, onBytes);
  }

  take(message) {
    const isShown =
      message.type === 'journal'
        ? this.#journal.add(message.event)
        : this.#journal.addGap(message.events, new Date().toISOString());
    if (isShown) this.#onAdded(1);
  }
}
