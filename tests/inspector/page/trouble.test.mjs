import assert from 'node:assert/strict';
import { test } from 'node:test';

import { troubleMayChange, troubleOf } from '../../../inspector/page/trouble.js';
import { actor, noon, supervisor } from './actors.mjs';

const trouble = (more, sinceSeen = 0) => troubleOf(actor('/root/a', more), noon, noon - sinceSeen);

test('An actor that is fine is in no trouble', () => {
  assert.equal(trouble({}), undefined);
  assert.equal(trouble({ mailbox: { depth: 99, oldestMicroseconds: 999_999 } }), undefined);
  assert.equal(trouble({ supervisor: { ...supervisor('one_for_one'), used: 5, left: 0 } }), undefined);
});

test('Deep mailboxes', () => {
  assert.deepEqual(trouble({ mailbox: { depth: 100 } }), { level: 'warning', words: '100 waiting' });
  assert.deepEqual(trouble({ mailbox: { depth: 1_000 } }), { level: 'critical', words: '1,000 waiting' });
});

test('A message that waits grows older while nothing is told of the actor', () => {
  const box = { mailbox: { depth: 1, oldestMicroseconds: 500_000 } };
  assert.equal(trouble(box, 400), undefined);
  assert.deepEqual(trouble(box, 1_000), { level: 'warning', words: 'busy 1.5 s' });
  assert.deepEqual(trouble(box, 9_500), { level: 'critical', words: 'busy 10 s' });
});

test('Actors that have ended, for good or to be started again', () => {
  assert.deepEqual(trouble({ phase: 'exited' }), { level: 'critical', words: 'exited' });
  const due = (restartDue) => trouble({ phase: 'exited', restartDue });
  assert.deepEqual(due('2026-11-28T12:00:03.000Z'), { level: 'warning', words: 'restarts in 3 s' });
  assert.deepEqual(due('2026-11-28T11:59:59.000Z'), { level: 'warning', words: 'restarting' });
});

test('A supervisor that has given up', () => {
  const figures = { ...supervisor('one_for_one'), used: 6, left: -1 };
  assert.deepEqual(trouble({ supervisor: figures }), { level: 'critical', words: 'gave up' });
});

test('A restart is of interest for half a minute', () => {
  const started = (startedAt) => actor('/root/a', { restarts: 1, startedAt });
  const fresh = started('2026-11-28T11:59:31.000Z');
  const old = started('2026-11-28T11:59:30.000Z');
  assert.deepEqual(troubleOf(fresh, noon, noon), { level: 'warning', words: 'restarted' });
  assert.equal(troubleMayChange(fresh, noon), true);
  assert.equal(troubleOf(old, noon, noon), undefined);
  assert.equal(troubleMayChange(old, noon), false);
});
