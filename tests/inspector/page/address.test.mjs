import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hashOf, hashOfRequests, hashOfTrace, pathOf, traceOf } from '../../../inspector/page/address.js';

test('A path becomes an address and comes back', () => {
  assert.equal(hashOf('/root/sessions/7'), '#actor=/root/sessions/7');
  assert.equal(hashOf('/root/a b#%'), '#actor=/root/a%20b%23%25');
  assert.equal(pathOf('#actor=/root/a%20b%23%25'), '/root/a b#%');
  assert.equal(hashOf(''), '');
});

test('The id of a request becomes an address and comes back', () => {
  assert.equal(hashOfTrace('my/id #1'), '#trace=my%2Fid%20%231');
  assert.equal(traceOf('#trace=my%2Fid%20%231'), 'my/id #1');
  assert.equal(traceOf('#trace=%E0%A4%A'), '');
  assert.equal(traceOf('#actor=/root'), '');
  assert.equal(traceOf(hashOfRequests), '');
  assert.equal(pathOf('#trace=a'), '');
});

test('Other addresses lead to no actor', () => {
  assert.equal(pathOf(''), '');
  assert.equal(pathOf('#else'), '');
  assert.equal(pathOf('#actor=%E0%A4%A'), '');
});
