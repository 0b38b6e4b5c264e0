/** Whether somebody may look at the page: nobody does once its tab has been hidden for a while. */
export class Presence {
  #stay = new AbortController();
  #timer;
  #back = Promise.resolve();
  #tellBack = () => {};

  /** `page` is the document; `limit` for how many milliseconds it may be hidden. */
  constructor(page, limit = 30_000) {
    const look = () => {
      clearTimeout(this.#timer);
      if (page.visibilityState === 'hidden') this.#timer = setTimeout(() => this.#leave(), limit);
      else if (this.isAway) this.#return();
    };
    page.addEventListener('visibilitychange', look);
    look();
  }

  get isAway() {
    return this.#stay.signal.aborted;
  }

  /** A signal that is aborted when nobody looks any more; there is another one afterwards. */
  get leaving() {
    return this.#stay.signal;
  }

  /** Resolves as soon as somebody looks. */
  get back() {
    return this.#back;
  }

  #leave() {
    this.#back = new Promise((resolve) => (this.#tellBack = resolve));
    this.#stay.abort(new Error('paused, since nobody looks'));
  }

  #return() {
    this.#stay = new AbortController();
    this.#tellBack();
  }
}
