const microseconds = (since) => (Date.now() - since) * 1e3;

const request = (id, startedAt, more) => ({
  requestId: id,
  traceId: 'c0ffee'.padStart(32, '0'), // all of one client
  spanId: startedAt.toString(16).padStart(16, '0'),
  method: 'POST',
  path: '/api/execute',
  client: '10.2.0.17:40112',
  startedAt: new Date(startedAt).toISOString(),
  recorded: true,
  ...more,
});

const ended = (id, startedAt, durationMicroseconds, more) =>
  request(id, startedAt, { durationMicroseconds, status: 200, bytesOut: 497, outcome: 'complete', ...more });

/** Requests in all states there are, the first of which began at `begun`, in milliseconds. */
export function someRequests(begun) {
  const path = '/api/files/content/of/a/workspace/that/is/deep/and/has/long/names/of/directories/report.parquet';
  return {
    open: [
      request('<b>build-7</b>', begun),
      request('follow-logs', begun + 200, {
        method: 'GET',
        path: '/api/process/4117/stream',
        clientStallsMicroseconds: microseconds(begun),
      }),
      request('unrecorded', begun + 300, { method: 'GET', path: '/health', recorded: false }),
    ],
    ended: [
      ended('e595808b-4', begun - 10, 6_856),
      ended('e595808b-3', begun - 900, 31_400, { method: 'GET', path, outcome: 'client-gone', bytesOut: 81_920 }),
      ended('same', begun - 1_200, 240, { status: 429 }),
      ended('same', begun - 1_500, 5_000_000, { status: 503 }),
      ended('download', begun - 70_000, 63_000_000, { method: 'GET', path, outcome: 'stalled' }),
      ended('9b1c-cut', begun - 71_000, 800, { status: 0, bytesOut: 0, outcome: 'cut' }),
    ],
  };
}

const workload = '/root/sandbox/workload';
const message = (id, parent, name, startMicroseconds, durationMicroseconds, waitedMicroseconds, path) => ({
  id,
  parent,
  name,
  what: 'message',
  startMicroseconds,
  durationMicroseconds,
  waitedMicroseconds,
  path,
});

/** The trace of one of these requests. Of one that is under way a step is, too. */
export function someTrace(one) {
  const whole = one.durationMicroseconds ?? microseconds(Date.parse(one.startedAt));
  const at = (share) => Math.round(whole * share);
  const session = `${workload}/sessions/7/session`;
  const command = { id: 4, parent: 3, name: 'command', what: 'work', pid: 4_015, text: 'make -j4 <b>all</b>' };
  return {
    ...one,
    spans: [
      message(2, 1, 'run_command', at(0.02), at(0.03), at(0.01), `${workload}/session-manager`),
      message(3, 2, 'run_command', at(0.1), at(0.04), at(0.06), session),
      {
        ...command,
        startMicroseconds: at(0.12),
        ...(one.durationMicroseconds === undefined ? {} : { durationMicroseconds: at(0.8) }),
      },
      message(5, 4, 'write_output', at(0.3), at(0.1), at(0.1), `${workload}/sessions/7/shell`),
      message(6, 1, 'store_file', at(0.6), at(0.25), at(0.2), `${workload}/file-pool`),
    ].map((span) => (span.path === session ? { ...span, pid: 4_015 } : span)),
    lostSpans: 0,
  };
}
