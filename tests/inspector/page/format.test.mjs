import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bytes,
  dayAndTime,
  microseconds,
  milliseconds,
  rate,
  timeOfDay,
  whole,
} from '../../../inspector/page/format.js';

const check = (format, expected) => {
  for (const [number, text] of expected) assert.equal(format(number), text);
};

test('Bytes', () => {
  check(bytes, [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024, '10 KiB'],
    [1024 * 1024 - 1, '1 MiB'],
    [5 * 1024 ** 3, '5 GiB'],
    [3000 * 1024 ** 4, '3000 TiB'],
  ]);
});

test('Times', () => {
  check(microseconds, [
    [0, '0 µs'],
    [350, '350 µs'],
    [1_200, '1.2 ms'],
    [999_400, '999 ms'],
    [999_600, '1 s'],
    [3_400_000, '3.4 s'],
    [59_600_000, '1 min'],
    [125_000_000, '2 min 5 s'],
    [11_520_000_000, '3 h 12 min'],
    [363_600_000_000, '4 d 5 h'],
    [86_400_000_000, '1 d'],
  ]);
  assert.equal(milliseconds(1_500), '1.5 s');
});

test('Whole numbers', () => {
  check(whole, [
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [12_345_678, '12,345,678'],
  ]);
});

test('Rates', () => {
  check(rate, [
    [0, ''],
    [0.01, '<0.1'],
    [0.25, '0.3'],
    [9.96, '10'],
    [1234.4, '1,234'],
  ]);
});

test('Points in time are told as they come, in UTC', () => {
  assert.equal(timeOfDay('2026-11-28T18:25:33.194Z'), '18:25:33.194');
  assert.equal(dayAndTime('2026-11-28T18:25:33.194Z'), '2026-11-28 18:25:33');
});
