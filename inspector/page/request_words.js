import { microseconds } from './format.js';

const levels = { 'client-gone': 'warning', stalled: 'critical', cut: 'critical' };

/** What no other request has: clients may give several the same id, or trace. */
export const keyOf = ({ spanId }) => spanId;

export const isUnderWay = ({ durationMicroseconds }) => durationMicroseconds === undefined;

/** For how many microseconds a request has been under way, or was; `now` in milliseconds. */
export const lengthOf = (request, now) =>
  request.durationMicroseconds ?? Math.max(0, now - Date.parse(request.startedAt)) * 1e3;

/** The duration of a request in words. The age of one that is under way is told in whole seconds. */
export function durationOf(request, now) {
  const length = lengthOf(request, now);
  if (!isUnderWay(request)) return microseconds(length);
  return length < 1e6 ? '0 s' : microseconds(Math.floor(length / 1e6) * 1e6);
}

/** What became of a request: `{level, words}`. */
export function outcomeOf(request) {
  const stalls = request.clientStallsMicroseconds;
  if (stalls !== undefined && isUnderWay(request))
    return { level: 'warning', words: `client takes nothing for ${Math.floor(stalls / 1e6)} s` };
  if (isUnderWay(request)) return { level: 'calm', words: 'under way' };
  const { outcome } = request;
  return { level: levels[outcome] ?? 'calm', words: outcome.replace('-', ' ') };
}

/** The status of the answer: `{level, words}`. */
export function statusOf({ status }) {
  if (status === undefined) return { level: undefined, words: '' };
  return { level: status >= 500 ? 'critical' : undefined, words: status === 0 ? 'none' : String(status) };
}
