import { microseconds } from './format.js';

/** Below how many microseconds the times in element `index` are; Infinity for the last of `count`. */
export const upperBound = (index, count) => (index === count - 1 ? Infinity : 2 ** index);

/** Which times element `index` of `count` counts, in words. */
export function bucketName(index, count) {
  if (index === 0) return 'below 1 µs';
  const lower = microseconds(2 ** (index - 1));
  return index === count - 1 ? `${lower} and more` : `${lower} to ${microseconds(2 ** index)}`;
}

/** Below which bound, in microseconds, the given share (0 to 1) of the times is; undefined if there are none. */
export function quantile(histogram, share) {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  const index = histogram.findIndex((count) => (below += count) >= share * total);
  return upperBound(index, histogram.length);
}

/** How high each bar is, 0 to 1. Logarithmic: the one slow message among thousands is what one looks for. */
export function barHeights(histogram) {
  const highest = Math.log1p(Math.max(...histogram));
  return histogram.map((count) => (highest === 0 ? 0 : Math.log1p(count) / highest));
}
