import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JournalModel } from '../../../inspector/page/journal_model.js';

const event = (sequence, more = {}) => ({
  sequence,
  time: '2026-11-28T12:00:00.000Z',
  kind: 'started',
  path: '/root/a',
  ...more,
});
const numbers = (journal) => journal.shown.map(({ sequence }) => sequence);

test('Only the newest events are kept', () => {
  const journal = new JournalModel(3);
  for (let number = 1; number <= 5; ++number) journal.add(event(number));
  assert.deepEqual(numbers(journal), [3, 4, 5]);
  journal.filter({ kind: 'started' });
  journal.add(event(6, { kind: 'exited' }));
  assert.deepEqual(numbers(journal), [4, 5]);
});

test('An event that is told twice counts once', () => {
  const journal = new JournalModel();
  assert.equal(journal.add(event(7)), true);
  assert.equal(journal.add(event(7)), false);
  assert.equal(journal.last, 7);
  assert.deepEqual(numbers(journal), [7]);
});

test('Filters by text in path or words, by kind, and by actor', () => {
  const journal = new JournalModel();
  journal.add(event(1, { path: '/root/sessions/1' }));
  journal.add(event(2, { path: '/root/sessions/1/shell', kind: 'exited', text: 'Killed by SIGKILL' }));
  journal.add(event(3, { path: '/root/sessions/10', kind: 'exited', text: 'normal' }));
  const filtered = (filter) => (journal.filter(filter), numbers(journal));
  assert.deepEqual(filtered({ text: 'sigkill ' }), [2]);
  assert.deepEqual(filtered({ text: 'SHELL' }), [2]);
  assert.deepEqual(filtered({ kind: 'exited' }), [2, 3]);
  assert.deepEqual(filtered({ path: '/root/sessions/1' }), [1, 2]);
  assert.deepEqual(filtered({ path: '/root/sessions/1', kind: 'started' }), [1]);
  assert.deepEqual(filtered({}), [1, 2, 3]);
  journal.filter({ kind: 'exited' });
  assert.equal(journal.add(event(4)), false);
  assert.equal(journal.add(event(5, { kind: 'exited' })), true);
  assert.deepEqual(numbers(journal), [2, 3, 5]);
});

test('A gap has its place among the events', () => {
  const journal = new JournalModel();
  journal.add(event(1));
  journal.addGap(12, '2026-11-28T12:00:00.000Z');
  journal.add(event(14));
  assert.deepEqual(
    journal.shown.map(({ kind }) => kind),
    ['started', 'missed', 'started'],
  );
  assert.equal(journal.shown[1].text, '12 events were overwritten before they could be told');
});

test('The events of a daemon that is no more stay before those of the next', () => {
  const journal = new JournalModel();
  journal.add(event(40));
  journal.addDaemon('2026-11-28T12:00:05.000Z');
  assert.equal(journal.last, 0);
  journal.add(event(1));
  assert.deepEqual(numbers(journal), [40, undefined, 1]);
  assert.equal(journal.last, 1);
});
