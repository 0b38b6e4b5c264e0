import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visibleRange } from '../../../inspector/page/visible_range.js';

test('Rows in sight and a margin around, within the list', () => {
  assert.deepEqual(visibleRange(0, 100, 20, 1_000, 2), { first: 0, end: 7 });
  assert.deepEqual(visibleRange(210, 100, 20, 1_000, 2), { first: 8, end: 18 });
  assert.deepEqual(visibleRange(19_900, 100, 20, 1_000, 2), { first: 993, end: 1_000 });
  assert.deepEqual(visibleRange(0, 100, 20, 3, 2), { first: 0, end: 3 });
  assert.deepEqual(visibleRange(0, 100, 20, 0, 2), { first: 0, end: 0 });
});

test('A list that has become shorter than where it was scrolled to', () => {
  assert.deepEqual(visibleRange(10_000, 100, 20, 10, 2), { first: 8, end: 10 });
});
