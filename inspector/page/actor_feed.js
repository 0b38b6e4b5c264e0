/** Brings the events of `/inspector/api/actors/stream` into the tree and the rates, and sums up each look. */
export class ActorFeed {
  #tree;
  #rates;
  #paths = new Set();
  #isFirstLook = true;

  constructor(tree, rates) {
    this.#tree = tree;
    this.#rates = rates;
  }

  /** To be called for each new connection: its first look tells of all actors there are. */
  begin() {
    this.#paths.clear();
    this.#isFirstLook = true;
    this.#rates.clear();
  }

  /**
   * Takes one event. At the end of a look: `{time, alive, troubled, deepest, messagesPerSecond}`: the time in
   * milliseconds, how many actors have not ended, how many are in trouble, the depth of the deepest mailbox. Before
   * the end undefined.
   */
  take(event) {
    const time = Date.parse(event.time);
    for (const actor of event.actors) {
      this.#tree.apply(actor, time);
      this.#rates.count(actor);
      if (this.#isFirstLook) this.#paths.add(actor.path);
    }
    for (const path of event.gone) this.#drop(path);
    return event.complete ? this.#endLook(time) : undefined;
  }

  #drop(path) {
    this.#tree.remove(path);
    this.#rates.drop(path);
  }

  #endLook(time) {
    if (this.#isFirstLook) {
      const left = [...this.#tree.nodes].filter((node) => node.actor && !this.#paths.has(node.path));
      for (const node of left) this.#drop(node.path);
      this.#isFirstLook = false;
    }
    this.#tree.endLook(time);
    this.#rates.endLook(time);
    const summary = { time, alive: 0, troubled: 0, deepest: 0, messagesPerSecond: this.#rates.total };
    for (const { actor, trouble } of this.#tree.nodes) {
      if (!actor) continue;
      if (trouble) ++summary.troubled;
      if (actor.phase !== 'exited') ++summary.alive;
      summary.deepest = Math.max(summary.deepest, actor.mailbox.depth);
    }
    return summary;
  }
}
