import { isUnderWay, lengthOf } from './request_words.js';

const theRequest = 1;

const byStart = (one, other) => one.startMicroseconds - other.startMicroseconds || one.id - other.id;

const endOf = ({ startMicroseconds, durationMicroseconds = 0 }) => startMicroseconds + durationMicroseconds;

/**
 * The spans of a trace as rows: `{span, level}`, each below its parent, in the order in which they began. Those whose
 * parent is lost stand with those of the request itself, at level 1.
 */
export function inTreeOrder(spans) {
  const known = new Set(spans.map(({ id }) => id));
  const children = new Map();
  for (const span of [...spans].sort(byStart)) {
    const parent = known.has(span.parent) ? span.parent : theRequest;
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const collect = (parent, level) =>
    (children.get(parent) ?? []).flatMap((span) => [{ span, level }, ...collect(span.id, level + 1)]);
  return collect(theRequest, 1);
}

/** How many microseconds the bars of a trace have room for; `now` in milliseconds. */
export const roomOf = (trace, now) => Math.max(1, lengthOf(trace, now), ...trace.spans.map(endOf));

/** Whether something in a trace may still change. */
export const mayChange = (trace) => isUnderWay(trace) || trace.spans.some(isUnderWay);

/**
 * Where the bar of a span is and the one before it, for the time in the mailbox, if there are `room` microseconds:
 * `{wait: {left, width}, work: {left, width}}`, in percent. A span that is under way lasts until now.
 */
export function barsOf(span, room) {
  const percent = (time) => (Math.min(room, Math.max(0, time)) / room) * 100;
  const between = (start, end) => ({ left: percent(start), width: percent(end) - percent(start) });
  const start = span.startMicroseconds;
  return {
    wait: between(start - (span.waitedMicroseconds ?? 0), start),
    work: between(start, isUnderWay(span) ? room : endOf(span)),
  };
}
