import assert from 'node:assert/strict';
import { test } from 'node:test';

import { History, processorUse } from '../../../inspector/page/history.js';

test('Only the newest values are kept, with their times in seconds', () => {
  const history = new History(2);
  assert.equal(history.newest, null);
  history.push(1_000, 10);
  history.push(2_000, 20);
  history.push(3_500, null);
  assert.deepEqual(history.data, [
    [2, 3.5],
    [20, null],
  ]);
});

test('Use of the processor, in percent of one', () => {
  const before = { pid: 1, uptimeMilliseconds: 1_000, cpuMilliseconds: 100 };
  assert.equal(processorUse(before, { pid: 1, uptimeMilliseconds: 3_000, cpuMilliseconds: 3_100 }), 150);
  assert.equal(processorUse(before, { pid: 2, uptimeMilliseconds: 3_000, cpuMilliseconds: 3_100 }), null);
  assert.equal(processorUse(before, { pid: 1, uptimeMilliseconds: 10, cpuMilliseconds: 5 }), null);
});
