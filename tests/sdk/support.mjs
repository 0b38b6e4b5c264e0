import { randomUUID } from 'node:crypto';

/** An id that no other test, run or dialect has used: the server keeps its sessions between tests. */
export const freshId = (prefix) => `${prefix}-${randomUUID()}`;

/** All events of a stream, parsed by the SDK's own parser. */
export async function collect(events) {
  const collected = [];
  for await (const event of events) collected.push(event);
  return collected;
}

/** The text of all events of one type. */
export const textOf = (events, type) =>
  events.filter((event) => event.type === type).map((event) => event.data).join('');

/** A request without any SDK, for what the SDK offers no call for. */
export async function request(path, init) {
  const response = await fetch(new URL(path, process.env.SANDBOXD_URL), init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Width and height of a PNG image in base64: RFC 2083 sections 3.1 and 4.1.1. */
export function pngSize(base64) {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.subarray(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n') throw new Error('no PNG');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
