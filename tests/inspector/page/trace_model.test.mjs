import assert from 'node:assert/strict';
import { test } from 'node:test';

import { barsOf, inTreeOrder, mayChange, roomOf } from '../../../inspector/page/trace_model.js';
import { noon } from './actors.mjs';

const span = (id, parent, startMicroseconds, durationMicroseconds, more) => ({
  id,
  parent,
  startMicroseconds,
  durationMicroseconds,
  ...more,
});
const order = (spans) => inTreeOrder(spans).map(({ span: { id }, level }) => [id, level]);

test('Each span stands below its parent, in the order in which they began', () => {
  assert.deepEqual(order([span(2, 1, 50), span(3, 2, 70), span(4, 1, 10), span(5, 2, 60), span(6, 3, 80)]), [
    [4, 1],
    [2, 1],
    [5, 2],
    [3, 2],
    [6, 3],
  ]);
});

test('What began at the same time keeps the order of the ids', () => {
  assert.deepEqual(order([span(3, 1, 5), span(2, 1, 5)]), [
    [2, 1],
    [3, 1],
  ]);
});

test('A span whose parent is lost is not lost itself', () => {
  assert.deepEqual(order([span(2, 1, 0), span(9, 8, 5), span(10, 9, 6)]), [
    [2, 1],
    [9, 1],
    [10, 2],
  ]);
  assert.deepEqual(order([]), []);
});

test('Bars have room for the request, and for what lasts longer than it', () => {
  const trace = { startedAt: '2026-11-28T12:00:00.000Z', spans: [span(2, 1, 100, 300), span(3, 1, 200)] };
  assert.equal(roomOf({ ...trace, durationMicroseconds: 1_000 }, noon), 1_000);
  assert.equal(roomOf({ ...trace, durationMicroseconds: 350 }, noon), 400);
  assert.equal(roomOf(trace, noon + 2), 2_000);
  assert.equal(roomOf({ ...trace, durationMicroseconds: 0, spans: [] }, noon), 1);
});

test('Where a bar is', () => {
  const nothing = { left: 20, width: 0 };
  assert.deepEqual(barsOf(span(2, 1, 20, 50), 100), { wait: nothing, work: { left: 20, width: 50 } });
  assert.deepEqual(barsOf(span(2, 1, 20), 100), { wait: nothing, work: { left: 20, width: 80 } }, 'is under way');
  assert.deepEqual(barsOf(span(2, 1, 20, 5, { waitedMicroseconds: 15 }), 100).wait, { left: 5, width: 15 });
});

test('A bar stays within its room', () => {
  assert.deepEqual(barsOf(span(2, 1, -10, 30, { waitedMicroseconds: 40 }), 100), {
    wait: { left: 0, width: 0 },
    work: { left: 0, width: 20 },
  });
  assert.deepEqual(barsOf(span(2, 1, 120, 30), 100).work, { left: 100, width: 0 });
});

test('A trace may change until the request and all that is done for it have ended', () => {
  assert.equal(mayChange({ spans: [span(2, 1, 0, 1)] }), true);
  assert.equal(mayChange({ durationMicroseconds: 5, spans: [span(2, 1, 0)] }), true);
  assert.equal(mayChange({ durationMicroseconds: 5, spans: [span(2, 1, 0, 1)] }), false);
});
