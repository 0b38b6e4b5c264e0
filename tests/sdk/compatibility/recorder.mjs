// Every call of an SDK becomes one fetch (shim/containers.mjs); here it is written down before the SDK sees the answer.

/** The events of a stream so far; comments are no events. A cut last event, of a stream that was left, is none either. */
const eventsOf = (text, separator) =>
  text
    .split(separator)
    .slice(0, -1)
    .filter((frame) => !frame.startsWith(':'))
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')));

function bodyOf(text, contentType) {
  // The code interpreter of dialect A says its events in bare lines (HTTP.md 9.4).
  if (contentType === 'text/event-stream' && text.startsWith('{')) return { framing: 'lines', events: eventsOf(text, '\n') };
  if (contentType === 'text/event-stream') return { events: eventsOf(text, '\n\n') };
  if (contentType === 'application/json') return { body: JSON.parse(text) };
  return { body: text };
}

/** Passes a stream on and calls `ended` with its text when it has ended or its reader has left. */
function observed(stream, ended) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          text += decoder.decode(value, { stream: true });
          return controller.enqueue(value);
        }
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      ended(text);
    },
    async cancel(reason) {
      await reader.cancel(reason);
      ended(text);
    },
  });
}

export class Recorder {
  #exchanges = [];
  #paused = 0;

  /** Sends like fetch. What is sent meanwhile `without` is left out. */
  send = async (url, init = {}) => {
    if (this.#paused > 0) return fetch(url, init);
    const response = await fetch(url, init);
    const { pathname, search } = new URL(url);
    const exchange = {
      request: `${init.method ?? 'GET'} ${pathname}${search}`,
      status: response.status,
      headers: Object.fromEntries(response.headers),
    };
    const contentType = response.headers.get('content-type');
    const { status, statusText, headers } = response;
    if (contentType !== 'text/event-stream') {
      const text = await response.text();
      this.#exchanges.push(Promise.resolve({ ...exchange, ...bodyOf(text, contentType) }));
      return new Response(text, { status, statusText, headers });
    }
    let passedOn;
    this.#exchanges.push(
      new Promise((resolve) => {
        passedOn = observed(response.body, (text) => resolve({ ...exchange, ...bodyOf(text, contentType) }));
      }),
    );
    return new Response(passedOn, { status, statusText, headers });
  };

  /** Runs preparations that are no part of what is compared. */
  async without(work) {
    this.#paused += 1;
    try {
      return await work();
    } finally {
      this.#paused -= 1;
    }
  }

  /** All exchanges since the last call, in the order of their answers, when the streams among them have ended. */
  async take() {
    return Promise.all(this.#exchanges.splice(0));
  }
}
