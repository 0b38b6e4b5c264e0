// SDK 0.3.7, dialect A of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { collect, freshId, request, textOf } from './support.mjs';

const { Sandbox, parseSSEStream } = await import('sdk-a'); // after the shims are in place

// This SDK reports every request on the console.
console.log = () => {};
console.error = () => {};

describe('SDK 0.3.7', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
  });
  after(() => server?.kill());

  const newSession = (options = {}) => sandbox.createSession({ id: freshId('s'), ...options });

  it('runs a command in the default session', async () => {
    const result = await sandbox.exec('echo hello');
    assert.equal(result.stdout, 'hello\n');
    assert.equal(result.stderr, '');
    assert.equal(result.exitCode, 0);
    assert.equal(result.success, true);
    assert.equal(result.command, 'echo hello');
    assert.ok(!Number.isNaN(Date.parse(result.timestamp)));
  });

  it('reports stderr and a non-zero exit code as a result', async () => {
    const result = await sandbox.exec('echo out; echo err >&2; (exit 3)');
    assert.deepEqual([result.stdout, result.stderr, result.exitCode, result.success], ['out\n', 'err\n', 3, false]);
  });

  it('keeps output as it is', async () => {
    const result = await sandbox.exec("printf 'a\\n\\n\\n'; printf 'h\\303\\251\\377' >&2");
    assert.equal(result.stdout, 'a\n\n\n');
    assert.equal(result.stderr, 'hé\uFFFD');
  });

  it('keeps the state of the shell between commands', async () => {
    const session = await newSession();
    await session.exec('cd /tmp; word=plain; export EXPORTED=yes; greet() { echo "hi $1"; }');
    const { stdout } = await session.exec('pwd; echo $word; printenv EXPORTED; greet you');
    assert.equal(stdout, '/tmp\nplain\nyes\nhi you\n');
  });

  it('gives a session its environment and directory', async () => {
    const session = await newSession({ env: { COLOR: 'blue', QUOTED: `it's "so" $HOME` }, cwd: '/usr' });
    const { stdout } = await session.exec('pwd; echo "$COLOR"; printenv QUOTED');
    assert.equal(stdout, `/usr\nblue\nit's "so" $HOME\n`);
  });

  it('applies setEnvVars given before the first command', async () => {
    const early = await makeSandbox(Sandbox, freshId('box'));
    await early.setEnvVars({ TOKEN: 'abc' });
    assert.equal((await early.exec('echo $TOKEN')).stdout, 'abc\n');
  });

  it('reuses a session that exists', async () => {
    const id = freshId('s');
    const first = await sandbox.createSession({ id });
    await first.exec('kept=1');
    const second = await sandbox.createSession({ id });
    assert.equal((await second.exec('echo $kept')).stdout, '1\n');
  });

  it('keeps sessions apart', async () => {
    const [one, two] = await Promise.all([newSession(), newSession()]);
    await one.exec('x=1; cd /');
    assert.equal((await two.exec('echo "[$x]"')).stdout, '[]\n');
  });

  it('refuses a session without an absolute directory', async () => {
    await assert.rejects(newSession({ cwd: 'relative' }), { message: 'Failed to create session' });
  });

  it('says which sessions there are when one is unknown', async () => {
    const known = await newSession();
    const { status, body } = await request('/api/execute', {
      method: 'POST',
      body: JSON.stringify({ id: 'nobody', command: 'true' }),
    });
    assert.equal(status, 404);
    assert.equal(body.error, "Session 'nobody' not found");
    assert.ok(body.availableSessions.includes(known.id));
  });

  it('makes the default session again for a client that believes it exists', async () => {
    const { status, body } = await request('/api/execute', {
      method: 'POST',
      body: JSON.stringify({ id: freshId('sandbox'), command: 'echo alive' }),
    });
    assert.equal(status, 200);
    assert.equal(body.stdout, 'alive\n');
  });

  it('answers exit as a result and goes on with the same settings', async () => {
    const session = await newSession({ env: { KEPT: 'kept' }, cwd: '/usr' });
    const result = await session.exec('cd /; echo bye; exit 7');
    assert.deepEqual([result.stdout, result.exitCode, result.success], ['bye\n', 7, false]);
    assert.equal((await session.exec('pwd; echo $KEPT')).stdout, '/usr\nkept\n');
  });

  it('reports a syntax error and keeps the session', async () => {
    const session = await newSession();
    await session.exec('v=1');
    const result = await session.exec('if true; then');
    assert.equal(result.exitCode, 2);
    assert.match(result.stderr, /syntax error/);
    assert.equal((await session.exec('echo $v')).stdout, '1\n');
  });

  it('gives commands an empty standard input', async () => {
    assert.deepEqual((await sandbox.exec('cat; echo end')).stdout, 'end\n');
  });

  it('delivers ten megabytes', async () => {
    const { stdout } = await sandbox.exec("head -c 10000000 /dev/zero | tr '\\0' x");
    assert.equal(stdout.length, 10_000_000);
  });

  it('streams events and repeats the output at the end', async () => {
    const session = await newSession();
    const events = await collect(
      parseSSEStream(await session.execStream('echo a; echo b >&2; printf z; (exit 4)')),
    );
    assert.equal(events[0].type, 'start');
    assert.equal(textOf(events, 'stdout'), 'a\nz');
    assert.equal(textOf(events, 'stderr'), 'b\n');
    const last = events.at(-1);
    assert.equal(last.type, 'complete');
    assert.equal(last.exitCode, 4);
    assert.deepEqual(last.result, { stdout: 'a\nz', stderr: 'b\n', exitCode: 4, success: false });
    assert.ok(events.every((event) => event.command === 'echo a; echo b >&2; printf z; (exit 4)'));
    assert.equal(events.filter((event) => event.type === 'start').length, 1);
    assert.equal(events.filter((event) => event.type === 'complete').length, 1);
  });

  it('streams in the session itself', async () => {
    const session = await newSession();
    await collect(parseSSEStream(await session.execStream('cd /usr; v=streamed')));
    assert.equal((await session.exec('pwd; echo $v')).stdout, '/usr\nstreamed\n');
  });

  it('streams output while the command runs', async () => {
    const session = await newSession();
    const fifo = `/tmp/${freshId('fifo')}`;
    await session.exec(`mkfifo ${fifo}`);
    // The command cannot end before the test has seen its first output and opened the other end.
    const stream = await session.execStream(`echo first; cat ${fifo}; rm ${fifo}`);
    const other = await newSession();
    const seen = [];
    for await (const event of parseSSEStream(stream)) {
      seen.push(event);
      if (event.type === 'stdout' && event.data === 'first\n') await other.exec(`echo second > ${fifo}`);
    }
    assert.equal(textOf(seen, 'stdout'), 'first\nsecond\n');
    assert.equal(seen.at(-1).exitCode, 0);
  });

  it('streams every character whole', async () => {
    const text = '€😀é'.repeat(20_000);
    const session = await newSession();
    const events = await collect(
      parseSSEStream(await session.execStream(`for i in $(seq 20000); do printf '€😀é'; done`)),
    );
    assert.equal(textOf(events, 'stdout'), text);
  });

  it('answers ping', async () => {
    assert.ok(!Number.isNaN(Date.parse(await sandbox.client.ping())));
  });

  it('lists sessions', async () => {
    const session = await newSession();
    const { body } = await request('/api/session/list');
    assert.ok(body.sessions.includes(session.id));
    assert.equal(body.count, body.sessions.length);
  });

  it('is served until the server is told to stop', async () => {
    assert.equal(await server.stop(), 0);
  });
});
