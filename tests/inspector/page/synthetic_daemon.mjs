import { createServer } from 'node:http';

import { someRequests, someTrace } from './made_up_requests.mjs';

const json = { 'Content-Type': 'application/json' };
const now = () => new Date().toISOString();
const startedAt = now();
const supervisor = (strategy) => ({ strategy, intensity: 5, periodSeconds: 10, used: 1, left: 4 });
const histogram = Array.from(
  { length: 24 },
  (_, index) => Math.round(4_000 * Math.exp(-((index - 6) ** 2) / 8)) + (index === 17 ? 2 : 0),
);

const actor = (path, kind, more = {}) => ({
  path,
  kind,
  phase: 'running',
  restarts: 0,
  startedAt,
  mailbox: {
    depth: 0,
    highWater: 4,
    received: 10,
    handled: 10,
    oldestMicroseconds: 0,
    handlingMicroseconds: 900,
    longestHandlingMicroseconds: 400,
  },
  ...more,
});

function session(number, sessions) {
  const path = `${sessions}/${number}`;
  const pid = 4_000 + 2 * number;
  return [
    actor(path, 'session-supervisor', { supervisor: supervisor('rest_for_one') }),
    actor(`${path}/init`, 'init', { pid, status: `pid ${pid}, isolated` }),
    actor(`${path}/session`, 'session', {
      details: { id: `user-${number}`, command: 'make -j4', waiting: 0 },
      status: 'running: make -j4, 0 waiting',
    }),
    actor(`${path}/shell`, 'shell', { pid: pid + 1, status: `pid ${pid + 1} (2 in the session)` }),
  ];
}

/** A tree with four actors for each of `sessions` sessions, in all states there are. */
export function manyActors(sessions) {
  const workload = '/root/sandbox/workload';
  const made = [
    actor('/root', 'supervisor', { supervisor: supervisor('one_for_one') }),
    actor('/root/http', 'http', { status: 'listening on port 3000' }),
    actor('/root/sandbox', 'supervisor', { supervisor: supervisor('one_for_one') }),
    actor('/root/sandbox/launcher', 'launcher', { pid: 311, status: 'spawner 311' }),
    actor(workload, 'supervisor', { supervisor: supervisor('one_for_one') }),
    actor(`${workload}/file-pool`, 'file-pool', { status: '0 idle, 4 busy, 1,312 waiting' }),
    actor(`${workload}/git`, 'supervisor', {
      phase: 'exited',
      lastError: 'more than 5 restarts within 10 s',
      supervisor: { ...supervisor('dynamic'), used: 6, left: -1 },
    }),
    actor(`${workload}/watch-registry`, 'watch-registry', {
      phase: 'exited',
      restarts: 3,
      restartDue: new Date(Date.now() + 20_000).toISOString(),
    }),
    actor(`${workload}/sessions`, 'supervisor', { supervisor: supervisor('dynamic') }),
  ];
  made[5].mailbox = { ...made[5].mailbox, depth: 1_312, highWater: 1_400, oldestMicroseconds: 812_000 };
  for (let number = 1; number <= sessions; ++number) made.push(...session(number, `${workload}/sessions`));
  return made;
}

const pool = (language, more) => ({
  language,
  idle: 3,
  starting: 0,
  lent: 2,
  waiting: 0,
  circuit: 'closed',
  retryAfterMilliseconds: 0,
  minimum: 3,
  maximum: 0,
  ...more,
});

function overview(uptimeMilliseconds) {
  return {
    version: '1.0.0',
    pid: 300,
    startedAt,
    uptimeMilliseconds,
    rssBytes: 61_000_000 + Math.round(3e6 * Math.sin(uptimeMilliseconds / 4e3)),
    cpuMilliseconds: Math.round(uptimeMilliseconds * 0.21 + 300 * Math.sin(uptimeMilliseconds / 3e3)),
    descriptors: 412,
    threads: 23,
    connections: 118,
    bufferedBytes: 20_000,
    kinds: [],
    pools: [
      pool('python', {}),
      pool('javascript', { circuit: 'half_open', starting: 1, idle: 0 }),
      pool('typescript', {
        circuit: 'open',
        idle: 0,
        lent: 0,
        waiting: 7,
        retryAfterMilliseconds: 12_400,
        problem: 'the transpiler ended with exit code 1',
      }),
    ],
    budgets: [
      {
        name: 'content of files in memory',
        used: 230_000_000,
        limit: 268_435_456,
        setting: 'files.memory-budget-bytes',
      },
      { name: 'connections', used: 118, limit: 1_024, setting: 'http.max-connections' },
      { name: 'sessions', used: 80, limit: 0, setting: 'sandbox.max-sessions' },
    ],
    lints: [
      {
        rule: 'breaker-open',
        level: 'critical',
        path: '',
        text: 'Code in TypeScript is refused since its executors do not start.',
      },
      {
        rule: 'deep-mailbox',
        level: 'warning',
        path: '/root/sandbox/workload/file-pool',
        text: 'More than a thousand file operations wait for a worker.',
        setting: 'files.workers',
      },
    ],
    lastEvent: 2,
  };
}

const events = (path) => [
  { sequence: 1, time: startedAt, kind: 'started', path, actorKind: 'worker' },
  {
    sequence: 2,
    time: startedAt,
    kind: 'restarting',
    path,
    actorKind: 'worker',
    text: 'exit reason: <b>crashed</b>',
    restartsInWindow: 1,
    intensity: 5,
  },
];

const settings = [
  {
    name: 'files.workers',
    value: '8',
    configured: '4',
    default: '4',
    origin: 'inspector',
    live: true,
    documentation: 'Workers that operate on files.',
  },
  {
    name: 'http.port',
    value: '3000',
    configured: '3000',
    default: '3000',
    origin: 'default',
    live: false,
    documentation: 'TCP port.',
  },
];

const processOf = (pid, parent, command) => ({
  pid,
  parent,
  pidInNamespace: pid - 4_000,
  state: 'S',
  command,
  rssBytes: 3_900_000,
  cpuMilliseconds: 1_250,
  startedAt,
});

/**
 * Serves the page of the inspector at `inspector` with an interface that is made up: a tree of `actors` of which `busy`
 * change each second. With a `token` it asks for that. The promise is for `{url, posted, asked, hang,
 * close}`: what was posted so far, the addresses at which requests and traces were asked for, and a function that ends all streams at once.
 */
export async function startSyntheticDaemon({ inspector, actors, busy, token }) {
  const begun = Date.now();
  const posted = [];
  const asked = [];
  const streams = new Set();
  const busyActors = actors.slice(-4 * busy).filter((_, index) => index % 4 === 2);

  const tell = (stream, document) =>
    stream.write(`data: ${JSON.stringify({ type: 'actors', time: now(), gone: [], ...document })}\n\n`);
  function follow(stream) {
    streams.add(stream);
    stream.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (let first = 0; first < actors.length; first += 200)
      tell(stream, { actors: actors.slice(first, first + 200), complete: first + 200 >= actors.length });
    stream.on('close', () => streams.delete(stream));
  }
  const timer = setInterval(() => {
    busyActors.forEach((one, index) => {
      one.mailbox.handled += index % 7;
      one.mailbox.received += index % 7;
    });
    for (const stream of streams) tell(stream, { actors: busyActors, complete: true });
  }, 1_000);

  const answers = {
    '/inspector/api/overview': () => overview(Date.now() - begun),
    '/inspector/api/settings': () => ({ settings }),
    '/inspector/api/journal': () => ({ events: events('/root/sandbox/workload/file-pool'), last: 2, newest: 2 }),
    '/inspector/api/requests': (url) => {
      asked.push(url);
      return requestsFor(url.searchParams.get('search') ?? '');
    },
    '/inspector/api/trace': (url) => {
      asked.push(url);
      const { open, ended } = someRequests(begun);
      const id = url.searchParams.get('id');
      return someTrace([...open, ...ended].find(({ requestId, spanId }) => requestId === id || spanId === id));
    },
    '/inspector/api/actor': (url) => ({
      ...actors.find(({ path }) => path === url.searchParams.get('path')),
      actorId: 5,
      waitingHistogram: histogram,
      handlingHistogram: histogram,
      events: events(url.searchParams.get('path')),
      processes: [processOf(4_003, 4_002, 'bash --norc -i'), processOf(4_117, 4_003, 'make -j4')],
    }),
  };

  function requestsFor(search) {
    const { open, ended } = someRequests(begun);
    const isFound = ({ requestId, path }) => `${requestId} ${path}`.includes(search);
    return { open: open.filter(isFound), ended: ended.filter(isFound) };
  }

  async function servePage(url, answer) {
    const page = await fetch(new URL(url.pathname, inspector));
    answer.writeHead(page.status, {
      'Content-Type': page.headers.get('Content-Type') ?? 'text/plain',
      'Content-Security-Policy': "default-src 'self'",
    });
    answer.end(Buffer.from(await page.arrayBuffer()));
  }

  async function post(request, url, answer) {
    let body = '';
    for await (const piece of request) body += piece;
    posted.push({ path: url.pathname, body: JSON.parse(body) });
    answer.writeHead(202, json).end('{"success":true}');
  }

  const server = createServer((request, answer) => {
    const url = new URL(request.url, 'http://localhost');
    const isInterface = url.pathname.startsWith('/inspector/api/');
    if (!isInterface) return servePage(url, answer);
    if (token && request.headers.authorization !== `Bearer ${token}`)
      return answer.writeHead(401, json).end('{"code":"UNAUTHORIZED","message":"no token","httpStatus":401}');
    if (request.method === 'POST') return post(request, url, answer);
    if (url.pathname === '/inspector/api/actors/stream') return follow(answer);
    if (url.pathname === '/inspector/api/journal/stream')
      return answer.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': quiet\n\n');
    return answer.writeHead(200, json).end(JSON.stringify(answers[url.pathname](url)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    posted,
    asked,
    hang: () => streams.forEach((stream) => stream.destroy()),
    close: () => (clearInterval(timer), server.closeAllConnections(), server.close()),
  };
}
