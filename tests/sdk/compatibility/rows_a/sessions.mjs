// Sessions and commands with SDK 0.3.7.
const create = 'POST /api/session/create';
const list = 'GET /api/session/list';
const execute = 'POST /api/execute';
const stream = 'POST /api/execute/stream';

export const rows = [
  { route: 'GET /', name: 'is answered to the probe of a container', run: (w) => w.request('GET', '/') },

  { route: create, name: 'makes a session without isolation',
    run: (w) => w.client.createSession({ id: w.id('plain'), isolation: false, cwd: w.directory }) },
  { route: create, name: 'makes an isolated session with variables',
    run: async (w) => {
      const id = w.id('isolated');
      await w.client.createSession({ id, isolation: true, env: { COLOR: `it's "so"` }, cwd: w.directory });
      await w.client.exec(id, 'echo "$COLOR"; pwd');
    } },
  { route: create, name: 'reuses a session that lives',
    run: async (w) => {
      await w.client.createSession({ id: w.session, isolation: true, cwd: w.directory });
      await w.client.exec(w.session, 'pwd');
    } },
  { route: create, name: 'wants an id', run: (w) => w.client.createSession({ isolation: true }) },
  { route: create, name: 'wants an absolute directory',
    run: (w) => w.client.createSession({ id: w.id('relative'), isolation: true, cwd: 'rel' }) },

  { route: list, name: 'names the sessions', run: (w) => w.request('GET', '/api/session/list') },

  { route: execute, name: 'gives output, errors and exit code as they are',
    run: (w) => w.client.exec(w.session, 'echo hi; echo err >&2; (exit 3)') },
  { route: execute, name: 'keeps the state of the shell',
    run: async (w) => {
      await w.client.exec(w.session, 'cd /usr; word=kept; f() { echo "f $1"; }');
      await w.client.exec(w.session, 'pwd; echo $word; f x; cd - >/dev/null');
    } },
  { route: execute, name: 'goes on after exit',
    run: async (w) => {
      const id = await w.hidden(() => w.newSession('left'));
      await w.client.exec(id, 'exit 7').catch(() => {});
      await w.client.exec(id, 'echo after');
    } },
  { route: execute, name: 'wants a command', run: (w) => w.client.exec(w.session, '') },
  { route: execute, name: 'knows no such session', run: (w) => w.client.exec('nobody', 'true') },
  { route: execute, name: 'makes the default session again that its client believes to exist',
    run: (w) => w.client.exec(w.id('sandbox-box'), 'echo alive') },
  { route: execute, name: 'wants JSON', run: (w) => w.request('POST', '/api/execute', 'no JSON') },
  { route: execute, name: 'ends the wait for a command whose time is over',
    run: async (w) => w.client.exec(await w.hidden(() => w.newSession('late')), 'sleep 1000') },

  { route: stream, name: 'streams output and the result',
    run: async (w) => w.drain(w.client.execStream(w.session, 'echo a; sleep 0.5; echo b >&2; (exit 4)')) },
  { route: stream, name: 'runs in the session itself',
    run: async (w) => {
      await w.drain(w.client.execStream(w.session, 'streamed=yes'));
      await w.client.exec(w.session, 'echo $streamed');
    } },
  { route: stream, name: 'wants a command', run: (w) => w.client.execStream(w.session, '') },
  { route: stream, name: 'knows no such session', run: (w) => w.client.execStream('nobody', 'true') },

  { route: 'GET /api/ping', name: 'answers pong', run: (w) => w.client.ping() },
];
