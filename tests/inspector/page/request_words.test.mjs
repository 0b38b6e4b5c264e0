import assert from 'node:assert/strict';
import { test } from 'node:test';

import { durationOf, outcomeOf, statusOf } from '../../../inspector/page/request_words.js';
import { noon } from './actors.mjs';

const begun = (more) => ({ startedAt: '2026-11-28T12:00:00.000Z', ...more });

test('How long a request lasted, and in whole seconds how long it has lasted', () => {
  assert.equal(durationOf(begun({ durationMicroseconds: 6_856 }), noon), '6.9 ms');
  assert.equal(durationOf(begun({ durationMicroseconds: 0 }), noon), '0 µs');
  assert.equal(durationOf(begun(), noon + 12_900), '12 s');
  assert.equal(durationOf(begun(), noon + 125_000), '2 min 5 s');
  assert.equal(durationOf(begun(), noon + 900), '0 s');
  assert.equal(durationOf(begun(), noon - 5_000), '0 s', 'the clock of the browser is late');
});

test('What became of a request', () => {
  const ended = (outcome) => begun({ durationMicroseconds: 1, outcome });
  assert.deepEqual(outcomeOf(ended('complete')), { level: 'calm', words: 'complete' });
  assert.deepEqual(outcomeOf(ended('client-gone')), { level: 'warning', words: 'client gone' });
  assert.deepEqual(outcomeOf(ended('stalled')), { level: 'critical', words: 'stalled' });
  assert.deepEqual(outcomeOf(ended('cut')), { level: 'critical', words: 'cut' });
  assert.deepEqual(outcomeOf(begun()), { level: 'calm', words: 'under way' });
  assert.deepEqual(outcomeOf(begun({ clientStallsMicroseconds: 7_900_000 })), {
    level: 'warning',
    words: 'client takes nothing for 7 s',
  });
});

test('Failures of the server stand out by their status; 0 tells that there was no answer', () => {
  assert.deepEqual(statusOf({ status: 200 }), { level: undefined, words: '200' });
  assert.deepEqual(statusOf({ status: 503 }), { level: 'critical', words: '503' });
  assert.deepEqual(statusOf({ status: 0 }), { level: undefined, words: 'none' });
  assert.deepEqual(statusOf({}), { level: undefined, words: '' });
});
