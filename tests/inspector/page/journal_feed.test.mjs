import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JournalFeed } from '../../../inspector/page/journal_feed.js';
import { JournalModel } from '../../../inspector/page/journal_model.js';

const event = (sequence, second) => ({
  sequence,
  time: `2026-11-28T12:00:${String(second).padStart(2, '0')}.000Z`,
  kind: 'started',
  path: '/root/a',
});
const events = (first, last, second) =>
  Array.from({ length: last - first + 1 }, (_, index) => event(first + index, second));

/** The interface as the daemon has it: behind a number that there is not yet all events come. */
class MadeUpApi {
  asked = [];
  streams = [];
  coming = [];

  /** Another daemon, which began at a second of the minute and has these events. */
  become(second, events) {
    this.startedAt = `2026-11-28T12:00:${String(second).padStart(2, '0')}.000Z`;
    this.now = events;
  }

  async get(path, parameters) {
    if (path === 'overview') return { startedAt: this.startedAt };
    this.asked.push(parameters);
    const newest = this.now.at(-1)?.sequence ?? 0;
    const { after, limit } = parameters;
    const behind = this.now.filter(({ sequence }) => sequence > (after > newest ? 0 : (after ?? 0)));
    const got = after === undefined ? behind.slice(-limit) : behind.slice(0, limit);
    return { events: got, last: got.at(-1)?.sequence ?? Math.min(after ?? 0, newest), newest };
  }

  async *events(path, parameters) {
    this.streams.push(parameters);
    yield* this.coming.splice(0);
  }
}

function makeFeed() {
  const api = new MadeUpApi();
  const journal = new JournalModel();
  let added = 0;
  const feed = new JournalFeed(api, journal, (count) => (added += count));
  return {
    api,
    connect: async () => {
      for await (const message of feed.open()) feed.take(message);
      assert.equal(added, journal.shown.length);
      return journal.shown.map(({ sequence, kind, text }) => sequence ?? (kind === 'missed' ? text : kind));
    },
  };
}

test('First the newest events come, then those behind the last one', async () => {
  const { api, connect } = makeFeed();
  api.become(0, events(1, 3, 1));
  assert.deepEqual(await connect(), [1, 2, 3]);
  api.now.push(event(4, 2));
  assert.deepEqual(await connect(), [1, 2, 3, 4]);
  assert.deepEqual(api.asked, [{ limit: 2_000 }, { after: 3, limit: 10_000 }]);
  assert.deepEqual(api.streams, [{ after: 3 }, { after: 4 }]);
});

test('What the stream tells is added: events, and how many it could not tell', async () => {
  const { api, connect } = makeFeed();
  api.become(0, events(1, 2, 1));
  api.coming.push({ type: 'journal', event: event(2, 1) }, { type: 'missed', events: 7 });
  api.coming.push({ type: 'journal', event: event(10, 2) });
  assert.deepEqual(await connect(), [1, 2, '7 events were overwritten before they could be told', 10]);
});

test('Who comes back is told what was overwritten in the meantime', async () => {
  const { api, connect } = makeFeed();
  api.become(0, events(39, 40, 1));
  await connect();
  api.now = events(50, 51, 2);
  assert.deepEqual(await connect(), [39, 40, '9 events were overwritten before they could be told', 50, 51]);
});

test('A daemon that goes on with the journal brings nothing twice', async () => {
  const { api, connect } = makeFeed();
  api.become(0, events(1, 40, 1));
  await connect();
  api.become(5, [...events(1, 40, 1), event(41, 2), ...events(42, 43, 6)]);
  const shown = await connect();
  assert.deepEqual(shown.slice(39), [40, 41, 'daemon', 42, 43]);
  api.now.push(event(44, 7));
  assert.deepEqual((await connect()).slice(42), [42, 43, 44]);
});

test('Nor does one that lacks the last lines, and no event is said to be missed', async () => {
  const { api, connect } = makeFeed();
  api.become(0, events(1, 40, 2));
  await connect();
  api.become(5, [...events(1, 37, 2), ...events(38, 41, 6)]);
  assert.deepEqual((await connect()).slice(39), [40, 'daemon', 38, 39, 40, 41]);
});

test('One that has not yet anything to tell begins behind what it knows', async () => {
  const { api, connect } = makeFeed();
  api.become(0, events(1, 40, 2));
  await connect();
  api.become(5, events(1, 37, 2));
  assert.deepEqual((await connect()).slice(39), [40, 'daemon']);
  assert.deepEqual(api.streams.at(-1), { after: 37 });
  api.now.push(event(38, 6));
  assert.deepEqual((await connect()).slice(39), [40, 'daemon', 38]);
});

test('One without a file numbers anew', async () => {
  const { api, connect } = makeFeed();
  api.become(0, events(1, 40, 1));
  await connect();
  api.become(5, events(1, 3, 6));
  assert.deepEqual((await connect()).slice(39), [40, 'daemon', 1, 2, 3]);
  api.become(8, []);
  assert.deepEqual((await connect()).slice(39), [40, 'daemon', 1, 2, 3, 'daemon']);
});
