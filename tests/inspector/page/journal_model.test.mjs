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

const at = (sequence, second) => event(sequence, { time: `2026-11-28T12:00:0${second}.000Z` });
const began = '2026-11-28T12:00:05.000Z';

function journalUntil(last) {
  const journal = new JournalModel();
  journal.addPast([at(last - 1, 1), at(last, 2)]);
  return journal;
}

test('The events of a daemon that is no more stay before those of the next, which numbers anew', () => {
  const journal = journalUntil(40);
  assert.equal(journal.addDaemon(began, [at(1, 6), at(2, 7)]), 3);
  assert.deepEqual(numbers(journal), [39, 40, undefined, 1, 2]);
  assert.equal(journal.last, 2);
});

test('A daemon that knows the journal of the one before repeats none of it', () => {
  const journal = journalUntil(40);
  journal.addDaemon(began, [at(38, 1), at(39, 1), at(40, 2), at(41, 3), at(42, 6)]);
  assert.deepEqual(numbers(journal), [39, 40, 41, undefined, 42]);
  assert.equal(journal.last, 42);
});

test('What it knows to have come within the same millisecond is shown, too', () => {
  const journal = journalUntil(40);
  journal.addDaemon(began, [at(40, 2), at(41, 2)]);
  assert.deepEqual(numbers(journal), [39, 40, 41, undefined]);
});

test('Nothing is repeated either when the one before was killed and its last lines were lost', () => {
  const journal = journalUntil(40);
  journal.addDaemon(began, [at(38, 1), at(39, 1), at(40, 6), at(41, 7)]);
  assert.deepEqual(numbers(journal), [39, 40, undefined, 40, 41]);
  const quiet = journalUntil(40);
  quiet.addDaemon(began, [at(38, 1), at(39, 1)]);
  assert.deepEqual(numbers(quiet), [39, 40, undefined]);
  assert.equal(quiet.last, 39, 'the next is told by the stream');
});

test('What was overwritten while nobody listened is counted, and has the time at which the events go on', () => {
  const journal = journalUntil(40);
  assert.equal(journal.addPast([at(50, 3), at(51, 3)]), 3);
  assert.deepEqual(numbers(journal), [39, 40, undefined, 50, 51]);
  assert.equal(journal.shown[2].text, '9 events were overwritten before they could be told');
  assert.equal(journal.shown[2].time, '2026-11-28T12:00:03.000Z');
  assert.equal(journal.addPast([at(52, 4)]), 1);
});

const kinds = (journal) => journal.shown.map(({ sequence, kind }) => sequence ?? kind);

test('So it is when another daemon has overwritten all that there was before', () => {
  const journal = journalUntil(40);
  assert.equal(journal.addDaemon(began, [at(44, 3), at(45, 6)]), 4);
  assert.deepEqual(kinds(journal), [39, 40, 'missed', 44, 'daemon', 45]);
  assert.equal(journal.shown[2].text, '3 events were overwritten before they could be told');
});

test('A hole in the numbers of what another daemon knows is no gap: lines of its file were lost', () => {
  const journal = journalUntil(40);
  journal.addDaemon(began, [at(40, 2), at(45, 3), at(46, 6)]);
  assert.deepEqual(kinds(journal), [39, 40, 45, 'daemon', 46]);
  const killed = journalUntil(40);
  killed.addDaemon(began, [at(37, 1), at(45, 3), at(46, 6)]);
  assert.deepEqual(kinds(killed), [39, 40, 45, 'daemon', 46]);
  const other = journalUntil(40);
  other.addDaemon(began, [at(45, 1), at(46, 6)]);
  assert.deepEqual(kinds(other), [39, 40, 'daemon', 46], 'its file is another one');
  const first = new JournalModel();
  first.addPast([at(7, 1), at(9, 1)]);
  assert.deepEqual(kinds(first), [7, 9], 'before the first there is nothing to miss');
});

test('The clock of another daemon may have been set back since some of its events', () => {
  const journal = journalUntil(40);
  journal.addDaemon(began, [at(40, 2), at(41, 7), at(42, 4), at(43, 6)]);
  assert.deepEqual(kinds(journal), [39, 40, 'daemon', 41, 42, 43]);
});

test('Of a daemon that numbers anew what was overwritten is counted behind its beginning', () => {
  const journal = journalUntil(40);
  journal.addDaemon(began, [at(30, 6), at(31, 7)]);
  assert.deepEqual(
    journal.shown.map(({ kind, sequence }) => sequence ?? kind),
    [39, 40, 'daemon', 'missed', 30, 31],
  );
  assert.match(journal.shown[3].text, /^29 events/);
});
