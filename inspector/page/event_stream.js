/** Cuts the text of a stream into server-sent events, wherever its pieces begin and end. */
export class EventStreamParser {
  #rest = '';
  #data = [];

  /** The data of each event that `piece` completes, in order. Comments and other fields are left out. */
  push(piece) {
    const text = this.#rest + piece;
    // A carriage return at the very end may be the first half of a line's end.
    const usable = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, usable).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() + text.slice(usable);
    const events = [];
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length > 0) events.push(this.#data.join('\n'));
        this.#data = [];
      } else if (line.startsWith('data:')) {
        this.#data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
    }
    return events;
  }
}
