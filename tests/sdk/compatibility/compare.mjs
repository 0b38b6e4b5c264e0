// Compares what a server has answered with what was expected of it, field by field.
import { isDeepStrictEqual } from 'node:util';

/** What stands for a field that is not there. */
export const absent = Symbol('absent');

/** All fields of a value by their dotted paths; an empty list or object is a field itself. */
function fieldsOf(value, path = '', fields = new Map()) {
  const entries = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  if (entries.length === 0) fields.set(path, value);
  for (const [key, item] of entries) fieldsOf(item, path ? `${path}.${key}` : key, fields);
  return fields;
}

/** Whether a field is at a pattern, whose part `*` stands for one part of a path. */
function isAt(pattern, path) {
  const parts = path.split('.');
  return pattern.split('.').length === parts.length && pattern.split('.').every((part, i) => part === '*' || part === parts[i]);
}

/** An allowed value is a value or a function that knows it. */
const isValue = (allowed, value) => (typeof allowed === 'function' ? allowed(value) : isDeepStrictEqual(allowed, value));

/** Leaves out the events that only one side has where a difference allows them. */
function withoutSurplus(exchange, side, allowed, used) {
  if (!exchange.events) return exchange;
  const events = exchange.events.filter((event, index, all) => {
    const found = allowed.find((one) => one.surplus === side && one.event(event, index, all));
    if (found) used.add(found);
    return !found;
  });
  return { ...exchange, events };
}

const show = (value) => (value === absent ? 'nothing' : value instanceof RegExp ? String(value) : JSON.stringify(value));

/**
 * The fields in which two exchanges differ and nothing allows it, each as one line. A text may be expected as a regular
 * expression. `allowed`: fields and events of the
 * differences of this scenario (differences.mjs); the ones that apply are added to `used`.
 */
export function unexplained(expected, observed, allowed, used) {
  const left = fieldsOf(withoutSurplus(expected, 'expected', allowed, used));
  const right = fieldsOf(withoutSurplus(observed, 'sandboxd', allowed, used));
  const lines = [];
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const before = left.has(path) ? left.get(path) : absent;
    const after = right.has(path) ? right.get(path) : absent;
    if (isDeepStrictEqual(before, after)) continue;
    if (before instanceof RegExp && typeof after === 'string' && before.test(after)) continue;
    const found = allowed
      .filter(({ at }) => at && isAt(at, path))
      .find((one) => isValue(one.expected, before) && isValue(one.sandboxd, after));
    if (found) used.add(found);
    else lines.push(`${path}: expected ${show(before)}, sandboxd ${show(after)}`);
  }
  return lines;
}
