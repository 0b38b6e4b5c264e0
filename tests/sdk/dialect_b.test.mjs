// SDK 0.12.10 with its HTTP transport, dialect B of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { collect, freshId, request, textOf } from './support.mjs';

const { Sandbox, SessionTerminatedError, parseSSEStream } = await import('sdk-b'); // after the shims are in place

// This SDK logs every command on the console, as JSON.
for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('SDK 0.12.10', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
  });
  after(() => server?.kill());

  const newSession = (options = {}) => sandbox.createSession({ id: freshId('s'), ...options });
  const rejectsWith = (promise, name, code, message) =>
    assert.rejects(promise, (error) => {
      assert.equal(error.name, name);
      assert.equal(error.code, code);
      if (message) assert.match(error.message, message);
      return true;
    });

  it('runs a command in the default session', async () => {
    const result = await sandbox.exec('echo hello');
    assert.equal(result.stdout, 'hello');
    assert.equal(result.stderr, '');
    assert.equal(result.exitCode, 0);
    assert.equal(result.success, true);
    assert.equal(result.command, 'echo hello');
    assert.ok(!Number.isNaN(Date.parse(result.timestamp)));
  });

  it('reports stderr and a non-zero exit code as a result', async () => {
    const result = await sandbox.exec('echo out; echo err >&2; (exit 3)');
    assert.deepEqual([result.stdout, result.stderr, result.exitCode, result.success], ['out', 'err', 3, false]);
  });

  it('drops exactly one final newline', async () => {
    const result = await sandbox.exec("printf 'a\\n\\n\\n'; printf 'b\\r\\n' >&2");
    assert.deepEqual([result.stdout, result.stderr], ['a\n\n', 'b\r']);
  });

  it('replaces what is no text and keeps NUL', async () => {
    const result = await sandbox.exec("printf 'a\\0b\\377'; printf 'h\\303\\251' >&2");
    assert.deepEqual([result.stdout, result.stderr], ['a\0b\uFFFD', 'hé']);
  });

  it('keeps the state of the shell between commands', async () => {
    const session = await newSession();
    await session.exec('cd /tmp; word=plain; greet() { echo "hi $1"; }');
    assert.equal((await session.exec('pwd; echo $word; greet you')).stdout, '/tmp\nplain\nhi you');
  });

  it('gives a session its environment and directory', async () => {
    const session = await newSession({ env: { COLOR: 'blue', QUOTED: `it's "so" $HOME` }, cwd: '/usr' });
    assert.equal((await session.exec('pwd; echo "$COLOR"; printenv QUOTED')).stdout, `/usr\nblue\nit's "so" $HOME`);
  });

  it('starts a session whose directory is missing', async () => {
    const session = await newSession({ cwd: '/no/such/directory' });
    assert.equal((await session.exec('echo alive')).stdout, 'alive');
  });

  it('applies environment and directory to one command', async () => {
    const session = await newSession();
    await session.exec('export A=old; cd /');
    const once = await session.exec('pwd; echo $A $B; A=changed', { env: { A: 'new', B: 'only' }, cwd: '/usr' });
    assert.equal(once.stdout, '/usr\nnew only');
    assert.equal((await session.exec('pwd; echo "$A [$B]"')).stdout, '/\nold []');
  });

  it('reports a directory that is missing for one command', async () => {
    const result = await sandbox.exec('pwd', { cwd: '/nope' });
    assert.deepEqual([result.exitCode, result.stdout], [1, '']);
    assert.equal(result.stderr, "Failed to change directory to '/nope'");
  });

  it('keeps what setEnvVars sets and unsets', async () => {
    await sandbox.setEnvVars({ TOKEN: `a'b "c" $d`, GONE: 'x' });
    assert.equal((await sandbox.exec('printenv TOKEN; echo $GONE')).stdout, `a'b "c" $d\nx`);
    await sandbox.setEnvVars({ GONE: undefined });
    assert.equal((await sandbox.exec('echo "[$GONE]"')).stdout, '[]');
    const session = await newSession();
    await session.setEnvVars({ MINE: '1' });
    assert.equal((await session.exec('echo $MINE')).stdout, '1');
  });

  it('keeps sessions apart', async () => {
    const [one, two] = await Promise.all([newSession(), newSession()]);
    await one.exec('x=1; cd /');
    assert.equal((await two.exec('echo "[$x]"')).stdout, '[]');
  });

  it('refuses a session that exists', async () => {
    const id = freshId('s');
    await sandbox.createSession({ id });
    await rejectsWith(
      sandbox.createSession({ id }), 'SessionAlreadyExistsError', 'SESSION_ALREADY_EXISTS', /already exists/,
    );
  });

  it('shares the default session with a client that has forgotten it', async () => {
    const name = freshId('box');
    const first = await makeSandbox(Sandbox, name);
    await first.exec('kept=1');
    const again = await makeSandbox(Sandbox, name);
    assert.equal((await again.exec('echo $kept')).stdout, '1');
    assert.equal(await again.getContainerPlacementId(), null);
  });

  it('deletes a session, which then begins afresh', async () => {
    const session = await newSession();
    await session.exec('v=1');
    const answer = await sandbox.deleteSession(session.id);
    assert.equal(answer.success, true);
    assert.equal(answer.sessionId, session.id);
    assert.ok(!Number.isNaN(Date.parse(answer.timestamp)));
    assert.equal((await session.exec('echo "[$v]"')).stdout, '[]');
  });

  it('reports the deletion of an unknown session', async () => {
    await rejectsWith(sandbox.deleteSession('nobody'), 'SandboxError', 'INTERNAL_ERROR', /^Session 'nobody' not found$/);
  });

  it('ends a command whose session is deleted', async () => {
    const session = await newSession();
    const marker = `/tmp/${freshId('started')}`;
    const pending = session.exec(`touch ${marker}; sleep 1000`);
    const destroyed = rejectsWith(pending, 'SessionDestroyedError', 'SESSION_DESTROYED');
    await sandbox.exec(`until [ -e ${marker} ]; do sleep 0.01; done; rm ${marker}`);
    await sandbox.deleteSession(session.id);
    await destroyed;
  });

  it('raises the typed error when a command ends the shell', async () => {
    const session = await newSession({ env: { LOST: 'x' } });
    await assert.rejects(session.exec('exit 7'), (error) => {
      assert.ok(error instanceof SessionTerminatedError);
      assert.equal(error.sessionId, session.id);
      assert.equal(error.exitCode, 7);
      assert.equal(error.httpStatus, 410);
      assert.equal(error.message, `Session '${session.id}' shell exited (exit code: 7)`);
      assert.match(error.suggestion, /Session-local state .* has been lost/);
      return true;
    });
    assert.equal((await session.exec('echo "[$LOST]"')).stdout, '[]');
  });

  it('raises an error with a nominal 500 on timeout, at once, and keeps the shell', async () => {
    const session = await newSession();
    await session.exec('v=1; f() { echo function; }');
    const began = Date.now();
    await assert.rejects(session.exec('sleep 60', { timeout: 300 }), (error) => {
      assert.equal(error.name, 'CommandError');
      assert.equal(error.code, 'COMMAND_EXECUTION_ERROR');
      assert.equal(error.httpStatus, 500);
      assert.equal(
        error.message,
        `Failed to execute command 'sleep 60' in session '${session.id}': Command timeout after 300ms`,
      );
      assert.deepEqual(error.context, { command: 'sleep 60', stderr: 'Command timeout after 300ms' });
      return true;
    });
    assert.ok(Date.now() - began < 10_000);
    assert.equal((await session.exec('echo $v; f')).stdout, '1\nfunction');
  });

  it("applies a session's own limit", async () => {
    const session = await newSession({ commandTimeoutMs: 200 });
    await rejectsWith(session.exec('sleep 60'), 'CommandError', 'COMMAND_EXECUTION_ERROR', /timeout after 200ms/);
  });

  it('names the variable that is no variable', async () => {
    await assert.rejects(sandbox.exec('true', { env: { '1A': 'x' } }), (error) => {
      assert.equal(error.name, 'ValidationFailedError');
      assert.equal(error.message, 'Invalid environment variable name: 1A');
      assert.equal(error.context.validationErrors[0].field, 'env.1A');
      return true;
    });
  });

  it('reports a syntax error and keeps the session', async () => {
    const session = await newSession();
    await session.exec('v=1');
    const result = await session.exec(`echo 'unterminated`);
    assert.equal(result.exitCode, 2);
    assert.notEqual(result.stderr, '');
    assert.equal((await session.exec('echo $v')).stdout, '1');
  });

  it('runs an empty command', async () => {
    assert.equal((await sandbox.exec('')).exitCode, 0);
  });

  it('delivers ten megabytes', async () => {
    const { stdout } = await sandbox.exec("head -c 10000000 /dev/zero | tr '\\0' x");
    assert.equal(stdout.length, 10_000_000);
  });

  it('streams events', async () => {
    const session = await newSession();
    const stream = await session.execStream('echo a; echo; printf z; echo b >&2; (exit 4)');
    const events = await collect(parseSSEStream(stream));
    assert.equal(events[0].type, 'start');
    assert.equal(events[0].command, 'echo a; echo; printf z; echo b >&2; (exit 4)');
    assert.equal(textOf(events, 'stdout'), 'a\n\nz');
    assert.equal(textOf(events, 'stderr'), 'b\n');
    assert.equal(events.at(-1).type, 'complete');
    assert.equal(events.at(-1).exitCode, 4);
    assert.equal(events.filter((event) => event.type === 'complete').length, 1);
  });

  it('streams in a copy of the session', async () => {
    const session = await newSession();
    await session.exec('cd /usr; v=before; f() { echo "f $v"; }');
    const events = await collect(parseSSEStream(await session.execStream('pwd; f; v=after; cd /')));
    assert.equal(textOf(events, 'stdout'), '/usr\nf before\n');
    assert.equal((await session.exec('pwd; echo $v')).stdout, '/usr\nbefore');
  });

  it('streams with environment, directory and limit of their own', async () => {
    const session = await newSession();
    let events = await collect(
      parseSSEStream(await session.execStream('pwd; echo $A', { env: { A: 'x' }, cwd: '/usr' })),
    );
    assert.equal(textOf(events, 'stdout'), '/usr\nx\n');
    events = await collect(parseSSEStream(await session.execStream('sleep 60', { timeout: 200 })));
    assert.equal(events.at(-1).type, 'complete');
    assert.equal(events.at(-1).exitCode, 124);
    events = await collect(parseSSEStream(await session.execStream('true', { cwd: '/nope' })));
    assert.equal(events.at(-1).exitCode, 1);
    assert.match(textOf(events, 'stderr'), /Failed to change directory to '\/nope'/);
  });

  it('streams the exit of a command that exits', async () => {
    const session = await newSession();
    await session.exec('v=1');
    const events = await collect(parseSSEStream(await session.execStream('echo x; exit 5')));
    assert.equal(events.at(-1).exitCode, 5);
    assert.equal((await session.exec('echo $v')).stdout, '1');
  });

  it('refuses to stream nothing', async () => {
    await assert.rejects(sandbox.execStream('  '), /Invalid command: empty command provided/);
  });

  it('calls back with output while the command runs', async () => {
    const session = await newSession();
    const fifo = `/tmp/${freshId('fifo')}`;
    await session.exec(`mkfifo ${fifo}`);
    const other = await newSession();
    const seen = [];
    let unblocked;
    // The command cannot end before the call-back has seen its first output.
    const result = await session.exec(`echo first; echo warn >&2; cat ${fifo}; rm ${fifo}`, {
      stream: true,
      onOutput: (type, data) => {
        seen.push([type, data]);
        if (data.includes('first')) unblocked = other.exec(`echo second > ${fifo}`);
      },
    });
    await unblocked;
    assert.equal(result.exitCode, 0);
    assert.equal(result.stdout, 'first\nsecond\n');
    assert.equal(result.stderr, 'warn\n');
    assert.ok(seen.some(([type, data]) => type === 'stderr' && data === 'warn\n'));
  });

  it('lets a command go on whose stream was left', async () => {
    const session = await newSession();
    const marker = `/tmp/${freshId('done')}`;
    const stream = await session.execStream(`echo begun; sleep 0.3; yes | head -c 1000000; touch ${marker}`);
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    const waited = await sandbox.exec(`until [ -e ${marker} ]; do sleep 0.02; done; rm ${marker}`, { timeout: 20_000 });
    assert.equal(waited.exitCode, 0);
  });

  it('streams every character whole', async () => {
    const session = await newSession();
    const events = await collect(
      parseSSEStream(await session.execStream(`for i in $(seq 20000); do printf '€😀é'; done`)),
    );
    assert.equal(textOf(events, 'stdout'), '€😀é'.repeat(20_000));
  });

  it('runs commands of one session in the order they came', async () => {
    const session = await newSession();
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => session.exec(`n=$((n+1)); echo $n ${i}`)));
    assert.deepEqual(results.map((result) => result.stdout), Array.from({ length: 20 }, (_, i) => `${i + 1} ${i}`));
  });

  it('runs without any session when asked to', async () => {
    const token = '__DISABLE_SESSION__';
    const run = (command, options) => sandbox.client.commands.execute(command, token, options);
    assert.equal((await run('x=1; echo "$x"; exit 3')).stdout, '1\n');
    assert.equal((await run('exit 3')).exitCode, 3);
    assert.equal((await run('echo "[$x]"')).stdout, '[]\n');
    assert.equal((await run('echo $A; pwd', { env: { A: 'a' }, cwd: '/usr' })).stdout, 'a\n/usr\n');
    const late = await run('echo begun; sleep 60', { timeoutMs: 200 });
    assert.deepEqual([late.exitCode, late.success, late.stdout], [124, false, 'begun\n']);
    assert.equal(late.stderr, 'Command timed out after 200ms');
    assert.equal((await run('true', { cwd: '/nope' })).exitCode, 1);
    const events = await collect(parseSSEStream(await sandbox.client.commands.executeStream('printf a; exit 2', token)));
    assert.equal(textOf(events, 'stdout'), 'a');
    assert.equal(events.at(-1).exitCode, 2);
  });

  it('refuses the token as the name of a session', async () => {
    await rejectsWith(
      sandbox.client.utils.createSession({ id: '__DISABLE_SESSION__' }), 'ValidationFailedError', 'VALIDATION_FAILED',
    );
  });

  it('answers ping, version and commands', async () => {
    assert.equal(await sandbox.client.utils.ping(), 'pong');
    assert.equal(typeof (await sandbox.client.utils.getVersion()), 'string');
    const commands = await sandbox.client.utils.getCommands();
    assert.ok(commands.includes('bash'));
    assert.deepEqual(commands, [...new Set(commands)].sort());
  });

  it('lists sessions', async () => {
    const session = await newSession();
    const { body } = await request('/api/session/list');
    assert.equal(body.success, true);
    assert.ok(body.data.includes(session.id));
  });

  it('is served until the server is told to stop', async () => {
    assert.equal(await server.stop(), 0);
  });
});
