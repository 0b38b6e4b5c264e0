/** When the actors of these tests are looked at, in milliseconds. */
export const noon = Date.parse('2026-11-28T12:00:00.000Z');

/** An actor that has been fine for an hour, but for what is given. */
export const actor = (path, { mailbox = {}, ...more } = {}) => ({
  path,
  kind: 'worker',
  phase: 'running',
  restarts: 0,
  startedAt: '2026-11-28T11:00:00.000Z',
  ...more,
  mailbox: {
    depth: 0,
    highWater: 0,
    received: 0,
    handled: 0,
    oldestMicroseconds: 0,
    handlingMicroseconds: 0,
    longestHandlingMicroseconds: 0,
    ...mailbox,
  },
});

/** The figures of a supervisor that has not restarted anything. */
export const supervisor = (strategy) => ({ strategy, intensity: 5, periodSeconds: 10, used: 0, left: 5 });
