import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Rates } from '../../../inspector/page/rates.js';
import { actor } from './actors.mjs';

const handled = (count, more = {}) => actor('/root/a', { ...more, mailbox: { handled: count } });

test('What was handled before the first look is no rate', () => {
  const rates = new Rates();
  rates.count(handled(1_000));
  rates.endLook(0);
  assert.equal(rates.of('/root/a'), 0);
  assert.equal(rates.total, null);
});

test('The growth between two looks, by the time between them', () => {
  const rates = new Rates();
  rates.count(handled(100));
  rates.endLook(10_000);
  rates.count(handled(130));
  rates.endLook(12_000);
  assert.equal(rates.of('/root/a'), 15);
  assert.equal(rates.total, 15);
});

test('Who is not told of has handled nothing', () => {
  const rates = new Rates();
  rates.count(handled(0));
  rates.endLook(0);
  rates.count(handled(5));
  rates.endLook(1_000);
  rates.endLook(2_000);
  assert.equal(rates.of('/root/a'), 0);
  assert.equal(rates.total, 0);
});

test('A new actor and a new incarnation have handled all since they began', () => {
  const rates = new Rates();
  rates.count(handled(50));
  rates.endLook(0);
  rates.count(handled(60, { startedAt: '2026-11-28T11:30:00.000Z' }));
  rates.count(actor('/root/b', { mailbox: { handled: 7 } }));
  rates.endLook(1_000);
  assert.equal(rates.of('/root/a'), 60);
  assert.equal(rates.of('/root/b'), 7);
  assert.equal(rates.total, 67);
});

test('An actor that is gone has no rate', () => {
  const rates = new Rates();
  rates.endLook(0);
  rates.count(handled(3));
  rates.drop('/root/a');
  rates.endLook(1_000);
  assert.equal(rates.total, 0);
});
