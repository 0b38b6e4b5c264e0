const shortestWait = 500;
const longestWait = 10_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const somebody = { leaving: new AbortController().signal, back: Promise.resolve() };

/** Calls `bark` when `feed` has not been called for `limit` milliseconds. */
class Watchdog {
  #limit;
  #bark;
  #timer;

  constructor(limit, bark) {
    this.#limit = limit;
    this.#bark = bark;
  }

  feed() {
    this.stop();
    this.#timer = setTimeout(this.#bark, this.#limit);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}

/**
 * Reads a stream again and again, for ever, waiting longer after each attempt that brought nothing.
 * `open(signal, onBytes)` gives its events, `take` gets each, `tell(problem, wait)` hears that it is lost and for how many
 * milliseconds nothing is tried. Nothing at all for `silence` milliseconds counts as lost, since a connection to a
 * machine that has vanished never ends by itself. While there is no `presence` no stream is open, which `tell` hears
 * without a time.
 */
export async function follow({ open, take, tell, silence, sleep = pause, presence = somebody }) {
  for (let failures = 0; ; ++failures) {
    await presence.back;
    const { leaving } = presence;
    const abort = new AbortController();
    leaving.addEventListener('abort', () => abort.abort(leaving.reason), { signal: abort.signal });
    const watchdog = new Watchdog(silence, () => abort.abort(new Error('nothing comes any more')));
    let problem = 'the daemon has ended the stream';
    try {
      watchdog.feed();
      for await (const event of open(abort.signal, () => watchdog.feed())) {
        failures = 0;
        take(event);
      }
    } catch (error) {
      problem = error.message;
    }
    watchdog.stop();
    abort.abort();
    if (leaving.aborted) {
      tell(problem);
      failures = -1;
      continue;
    }
    const wait = Math.min(shortestWait * 2 ** failures, longestWait);
    tell(problem, wait);
    await sleep(wait);
  }
}
