// The parts of a difference: a field that one side has and the other has not, or has otherwise; an event of one side.
import { absent } from './compare.mjs';

export const added = (at, sandboxd) => ({ at, expected: absent, sandboxd });
export const removed = (at, expected) => ({ at, expected, sandboxd: absent });
export const changed = (at, expected, sandboxd) => ({ at, expected, sandboxd });
export const onlyExpected = (event) => ({ surplus: 'expected', event });
export const onlySandboxd = (event) => ({ surplus: 'sandboxd', event });

export const isText = (value) => typeof value === 'string';
export const isNumber = (value) => typeof value === 'number';
export const matches = (pattern) => (value) => typeof value === 'string' && pattern.test(value);
export const oneOf = (...values) => (value) => values.includes(value);
