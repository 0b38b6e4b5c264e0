import { EventStreamParser } from './event_stream.js';

/** What the inspector answered instead of what was asked for. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function errorOf(response) {
  const body = await response.json().catch(() => ({}));
  return new ApiError(response.status, body.message ?? `${response.status} ${response.statusText}`);
}

/** The interface of the inspector. */
export class Api {
  #tokens;

  /** `tokens.current` is the token to send, or empty; `tokens.ask()` promises that there is a new one. */
  constructor(tokens) {
    this.#tokens = tokens;
  }

  /** The document at `path` below /inspector/api. */
  async get(path, parameters = {}) {
    return (await this.#send('GET', path, parameters)).json();
  }

  /** Posts a document and gives the one that answers it. */
  async post(path, body) {
    return (await this.#send('POST', path, {}, { body: JSON.stringify(body) })).json();
  }

  /** The events of a stream, parsed; `signal` ends it, `onBytes` is called whenever something comes, if only a comment. */
  async *events(path, parameters, signal, onBytes) {
    const response = await this.#send('GET', path, parameters, { signal });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventStreamParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      for (const data of parser.push(decoder.decode(value, { stream: true }))) yield JSON.parse(data);
    }
  }

  async #send(method, path, parameters, more = {}) {
    const query = new URLSearchParams(parameters).toString();
    for (;;) {
      const token = this.#tokens.current;
      const headers = token ? { Authorization: `Bearer ${token}` } : {};
      if (more.body) headers['Content-Type'] = 'application/json';
      const response = await fetch(`/inspector/api/${path}${query && `?${query}`}`, { method, headers, ...more });
      if (response.ok) return response;
      if (response.status !== 401) throw await errorOf(response);
      await this.#tokens.ask(token);
    }
  }
}
