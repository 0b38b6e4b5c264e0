import assert from 'node:assert/strict';
import { test } from 'node:test';

import { barHeights, bucketName, quantile } from '../../../inspector/page/histogram.js';

const counts = (entries) => Array.from({ length: 24 }, (_, index) => entries[index] ?? 0);

test('Names of the elements', () => {
  assert.equal(bucketName(0, 24), 'below 1 µs');
  assert.equal(bucketName(1, 24), '1 µs to 2 µs');
  assert.equal(bucketName(11, 24), '1 ms to 2 ms');
  assert.equal(bucketName(23, 24), '4.2 s and more');
});

test('A quantile is the upper bound of the element in which it lies', () => {
  const histogram = counts({ 2: 50, 10: 49, 20: 1 });
  assert.equal(quantile(histogram, 0.5), 4);
  assert.equal(quantile(histogram, 0.51), 1024);
  assert.equal(quantile(histogram, 0.99), 1024);
  assert.equal(quantile(histogram, 1), 2 ** 20);
  assert.equal(quantile(counts({ 23: 1 }), 0.5), Infinity);
  assert.equal(quantile(counts({}), 0.5), undefined);
});

test('Bars are logarithmic: one among three is half as high', () => {
  const heights = barHeights(counts({ 3: 1, 4: 3 }));
  assert.equal(heights[3], 0.5);
  assert.equal(heights[4], 1);
  assert.equal(heights[5], 0);
  assert.deepEqual(barHeights(counts({})), counts({}));
});
