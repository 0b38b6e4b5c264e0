import { microseconds, whole } from './format.js';

const deepMailbox = 100;
const veryDeepMailbox = 1_000;
const longWait = 1e6;
const veryLongWait = 10e6;
const recently = 30_000;

function troubleOfMailbox(actor, sinceSeen) {
  const { depth, oldestMicroseconds } = actor.mailbox;
  if (depth >= deepMailbox)
    return { level: depth >= veryDeepMailbox ? 'critical' : 'warning', words: `${whole(depth)} waiting` };
  if (depth === 0) return undefined;
  // The stream is silent about an actor that handles one message for ever: its oldest message ages all the same.
  const waited = oldestMicroseconds + sinceSeen * 1e3;
  if (waited < longWait) return undefined;
  return { level: waited >= veryLongWait ? 'critical' : 'warning', words: `busy ${microseconds(waited)}` };
}

/**
 * Why somebody should look at an actor first: `{level: 'warning' or 'critical', words}`, or undefined.
 * `now` is the time in milliseconds, `seen` when the stream told of the actor last.
 */
export function troubleOf(actor, now, seen) {
  if (actor.supervisor?.left < 0) return { level: 'critical', words: 'gave up' };
  if (actor.phase === 'exited') {
    if (actor.restartDue === undefined) return { level: 'critical', words: 'exited' };
    const left = Date.parse(actor.restartDue) - now;
    return { level: 'warning', words: left > 0 ? `restarts in ${microseconds(left * 1e3)}` : 'restarting' };
  }
  const trouble = troubleOfMailbox(actor, Math.max(0, now - seen));
  if (trouble) return trouble;
  const age = now - Date.parse(actor.startedAt);
  if (actor.restarts > 0 && age < recently) return { level: 'warning', words: 'restarted' };
  return undefined;
}

/** Whether `troubleOf` this actor may change by the mere passing of time. */
export const troubleMayChange = (actor, now) =>
  actor.mailbox.depth > 0 ||
  actor.phase === 'exited' ||
  (actor.restarts > 0 && now - Date.parse(actor.startedAt) < recently);
