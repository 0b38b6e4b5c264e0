// Sessions and commands with the clients of dialect B.
import { failure, json, refusal, stream } from '../expected.mjs';

const create = 'POST /api/session/create';
const remove = 'POST /api/session/delete';
const execute = 'POST /api/execute';
const streamed = 'POST /api/execute/stream';

const withOptions = ['0.6.5', '0.10.3', '0.12.10']; // of single commands, 0.5.3 and later
const withoutSessions = ['0.10.3', '0.12.10'];
const noSession = '__DISABLE_SESSION__';

const result = (exitCode, stdout, stderr, command, sessionId = '<session>') =>
  json(200, { success: exitCode === 0, exitCode, stdout, stderr, command, duration: 0, timestamp: 'T', sessionId });

const chatty = 'echo hi; echo err >&2; (exit 3)';
const slow = 'echo a; echo; printf z; sleep 0.3; echo b >&2; (exit 4)';
const isAtHome = '[ "$PWD" = "$HOME" ] || [ "$PWD" = / ]';

export const rows = [
  { route: 'GET /', name: 'is answered to the probe of a container', source: 'protocol 13',
    run: (w) => w.request('GET', '/'),
    expect: [{ ...json(200, /./), headers: { ...json().headers, 'content-type': /^text\/plain; ?charset=utf-8$/ } }] },

  { route: 'GET /api/session/list', name: 'names the sessions', source: 'protocol 4.2',
    run: (w) => w.request('GET', '/api/session/list'),
    expect: [json(200, { success: true, data: ['<session>'], timestamp: 'T' })] },

  { route: create, name: 'makes a session', source: 'protocol 4.1',
    run: (w) => w.client.utils.createSession({ id: w.id('made'), env: { A: 'a' }, cwd: '/usr' }),
    expect: [json(200, { success: true, data: { id: '<made>' }, containerPlacementId: null, timestamp: 'T' })] },
  { route: create, name: 'refuses a session that exists', source: 'Appendix A',
    run: (w) => w.client.utils.createSession({ id: w.session }),
    throws: 'SESSION_ALREADY_EXISTS',
    expect: [failure(409, 'SESSION_ALREADY_EXISTS', "Session '<session>' already exists",
      { sessionId: '<session>', containerPlacementId: null })] },
  { route: create, name: 'starts in another directory when its own is missing', source: 'protocol 4.1',
    run: async (w) => {
      await w.client.utils.createSession({ id: w.id('lost'), cwd: '/no/such/directory' });
      await w.client.commands.execute(isAtHome, w.id('lost'));
    },
    expect: [
      json(200, { success: true, data: { id: '<lost>' }, containerPlacementId: null, timestamp: 'T' }),
      result(0, '', '', isAtHome, '<lost>'),
    ] },
  { route: create, name: 'takes no token for an id', source: 'protocol 4.1 NEW', sdks: withoutSessions,
    run: (w) => w.client.utils.createSession({ id: noSession }),
    throws: 'VALIDATION_FAILED',
    expect: [refusal(/./, 'id')] },

  { route: remove, name: 'deletes a session', source: 'protocol 4.2',
    run: async (w) => w.client.utils.deleteSession(await w.hidden(() => w.newSession('short'))),
    expect: [json(200, { success: true, sessionId: '<short>', timestamp: 'T' })] },
  { route: remove, name: 'knows no such session', source: 'protocol 4.2',
    run: (w) => w.client.utils.deleteSession('nobody'),
    throws: 'INTERNAL_ERROR',
    expect: [failure(500, 'INTERNAL_ERROR', "Session 'nobody' not found",
      { sessionId: 'nobody', originalError: 'Session not found' })] },
  { route: remove, name: 'wants an id', source: 'protocol 4.2',
    run: (w) => w.client.utils.deleteSession(''),
    throws: 'VALIDATION_FAILED',
    expect: [refusal('sessionId is required', 'sessionId')] },

  { route: execute, name: 'gives output, errors and exit code', source: 'Appendix A',
    run: (w) => w.client.commands.execute(chatty, w.session),
    expect: [result(3, 'hi', 'err', chatty)] },
  { route: execute, name: 'makes a session that is not there', source: 'protocol 4.3',
    run: (w) => w.client.commands.execute('echo new', w.id('unheard-of')),
    expect: [result(0, 'new', '', 'echo new', '<unheard-of>')] },
  { route: execute, name: 'runs an empty command', source: 'protocol 4.3',
    run: (w) => w.client.commands.execute('', w.session),
    expect: [result(0, '', '', '')] },
  { route: execute, name: 'reports a directory that is missing', source: 'Appendix A', sdks: withOptions,
    run: (w) => w.client.commands.execute('pwd', w.session, { cwd: '/nope' }),
    expect: [result(1, '', "Failed to change directory to '/nope'", 'pwd')] },
  { route: execute, name: 'applies variables to one command', source: 'protocol 4.4', sdks: withOptions,
    run: async (w) => {
      await w.client.commands.execute('echo $A', w.session, { env: { A: 'once' } });
      await w.client.commands.execute('echo "[$A]"', w.session);
    },
    expect: [result(0, 'once', '', 'echo $A'), result(0, '[]', '', 'echo "[$A]"')] },
  { route: execute, name: 'names a variable that is none', source: 'protocol 4.3 NEW', sdks: withOptions,
    run: (w) => w.client.commands.execute('true', w.session, { env: { '1A': 'x' } }),
    throws: 'VALIDATION_FAILED',
    expect: [refusal('Invalid environment variable name: 1A', /env/)] },
  { route: execute, name: 'tells that the time of a command was over, once', source: 'Appendix A', sdks: withOptions,
    run: (w) => w.client.commands.execute('sleep 3', w.session, { timeoutMs: 300 }),
    throws: 'COMMAND_EXECUTION_ERROR',
    expect: [failure(500, 'COMMAND_EXECUTION_ERROR',
      "Failed to execute command 'sleep 3' in session '<session>': Command timeout after 300ms",
      { command: 'sleep 3', stderr: 'Command timeout after 300ms' })] },
  { route: execute, name: 'tells that a command has ended the shell', source: 'Appendix A',
    run: async (w) => {
      const id = await w.hidden(() => w.newSession('left'));
      await w.client.commands.execute('exit 7', id).catch(() => {});
      await w.client.commands.execute('echo fresh', id);
    },
    expect: [
      failure(410, 'SESSION_TERMINATED', "Session '<left>' shell exited (exit code: 7)", { sessionId: '<left>', exitCode: 7 }),
      result(0, 'fresh', '', 'echo fresh', '<left>'),
    ] },
  { route: execute, name: 'runs without any session', source: 'protocol 4.7', sdks: withoutSessions,
    run: (w) => w.client.commands.execute('echo x; exit 3', noSession),
    expect: [result(3, 'x\n', '', 'echo x; exit 3', noSession)] },

  { route: streamed, name: 'streams output and exit code', source: 'Appendix A',
    run: (w) => w.drain(w.client.commands.executeStream(slow, w.session)),
    expect: [stream(
      { type: 'start', command: slow, timestamp: 'T' },
      { type: 'stdout', data: 'a\n\n', timestamp: 'T' },
      { type: 'stderr', data: 'b\n', timestamp: 'T' },
      { type: 'stdout', data: 'z\n', timestamp: 'T' },
      { type: 'complete', exitCode: 4, timestamp: 'T' })] },
  { route: streamed, name: 'runs in a copy of the session', source: 'protocol 4.6',
    run: async (w) => {
      await w.drain(w.client.commands.executeStream('copied=yes', w.session));
      await w.client.commands.execute('echo "[$copied]"', w.session);
    },
    expect: [
      stream({ type: 'start', command: 'copied=yes', timestamp: 'T' }, { type: 'complete', exitCode: 0, timestamp: 'T' }),
      result(0, '[]', '', 'echo "[$copied]"'),
    ] },
  { route: streamed, name: 'tells the exit code of exit', source: 'protocol 4.6 NEW',
    run: (w) => w.drain(w.client.commands.executeStream('exit 5', w.session)),
    expect: [stream({ type: 'start', command: 'exit 5', timestamp: 'T' }, { type: 'complete', exitCode: 5, timestamp: 'T' })] },
  { route: streamed, name: 'reports a directory that is missing', source: 'protocol 4.6 NEW', sdks: withOptions,
    run: (w) => w.drain(w.client.commands.executeStream('pwd', w.session, { cwd: '/nope' })),
    expect: [stream(
      { type: 'start', command: 'pwd', timestamp: 'T' },
      { type: 'stderr', data: /^Failed to change directory to '\/nope'\n?$/, timestamp: 'T' },
      { type: 'complete', exitCode: 1, timestamp: 'T' })] },
  { route: streamed, name: 'wants a command', source: 'protocol 4.6',
    run: (w) => w.client.commands.executeStream(' ', w.session),
    throws: 'INVALID_COMMAND',
    expect: [failure(400, 'INVALID_COMMAND', 'Invalid command: empty command provided', {})] },

  { route: 'GET /api/ping', name: 'answers pong', source: 'protocol 13',
    run: (w) => w.client.utils.ping(),
    expect: [json(200, { success: true, status: 'healthy', timestamp: 'T' })] },
  { route: 'GET /api/version', name: 'tells a version', source: 'protocol 13',
    run: (w) => w.client.utils.getVersion(),
    expect: [json(200, { success: true, version: /./, timestamp: 'T' })] },
  { route: 'GET /api/commands', name: 'tells commands', source: 'protocol 13 NEW',
    run: async (w) => {
      const commands = await w.client.utils.getCommands();
      if (!commands.includes('bash') || String(commands) !== String([...new Set(commands)].sort()))
        throw new Error(`unsorted, or without bash: ${commands}`);
    },
    expect: [({ body }) => json(200, { success: true, availableCommands: body.availableCommands,
      count: body.availableCommands.length, timestamp: 'T' })] },
];
