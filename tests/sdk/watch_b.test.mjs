// Watches for changes of files through SDK 0.12.10 with its HTTP transport, dialect B of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { freshId } from './support.mjs';

const { Sandbox, parseSSEStream } = await import('sdk-b'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('watches with SDK 0.12.10', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
  });
  after(() => server?.kill());

  const freshDirectory = async () => {
    const path = `${server.workspace}/${freshId('dir')}`;
    await sandbox.exec(`mkdir "${path}"`);
    return path;
  };

  /** Events up to the one that `isLast`; leaves the stream. */
  const eventsUntil = async (stream, isLast) => {
    const events = [];
    for await (const event of parseSSEStream(stream)) {
      events.push(event);
      if (isLast(event)) break;
    }
    return events;
  };
  const told = (events) =>
    events.filter((event) => event.type === 'event').map((event) => `${event.eventType} ${event.path.split('/').pop()}`);

  it('tells what happens from the moment it has resolved', async () => {
    const path = await freshDirectory();
    const stream = await sandbox.watch(path);
    await sandbox.writeFile(`${path}/new.txt`, 'one');
    await sandbox.writeFile(`${path}/new.txt`, 'two');
    await sandbox.exec(`cd "${path}"; mkdir deep; echo x >deep/file; mv new.txt moved.txt; rm moved.txt`);
    // What is found in a new directory may come after what happened elsewhere meanwhile.
    const missing = new Set(['create file', 'delete moved.txt']);
    const events = await eventsUntil(stream, (event) => missing.delete(told([event])[0]) && missing.size === 0);
    assert.equal(events[0].type, 'watching');
    assert.match(events[0].watchId, /^watch-\d+-\d+$/);
    const changes = told(events);
    assert.deepEqual(changes.slice(0, 2), ['create new.txt', 'modify new.txt']);
    for (const change of ['create deep', 'create file', 'move_from new.txt', 'move_to moved.txt', 'delete moved.txt'])
      assert.ok(changes.includes(change), `${change} in ${changes}`);
    assert.ok(!changes.some((change) => change.includes('sandboxd')), `${changes}`);
  });

  it('chooses by patterns and depth', async () => {
    const path = await freshDirectory();
    await sandbox.exec(`mkdir "${path}/sub"`);
    const typescript = await sandbox.watch(path, { include: ['*.ts'] });
    const flat = await sandbox.watch(path, { recursive: false });
    await sandbox.exec(`cd "${path}"; touch sub/a.ts sub/b.js c.js last.ts`);
    const isLast = (event) => event.path?.endsWith('/last.ts');
    assert.deepEqual(told(await eventsUntil(typescript, isLast)), ['create a.ts', 'create last.ts']);
    assert.deepEqual(told(await eventsUntil(flat, isLast)), ['create c.js', 'create last.ts']);
  });

  it('ends with its directory', async () => {
    const path = await freshDirectory();
    const stream = await sandbox.watch(path);
    await sandbox.exec(`rm -r "${path}"`);
    const events = await eventsUntil(stream, () => false);
    assert.equal(events.at(-1).type, 'stopped');
  });

  it('refuses what is missing or outside', async () => {
    await assert.rejects(sandbox.watch('/workspace-of-nobody'), (error) => error.code === 'PERMISSION_DENIED');
    await assert.rejects(sandbox.watch('none'), (error) => error.code === 'FILE_NOT_FOUND');
    await assert.rejects(sandbox.watch('.', { include: ['[a]'] }), (error) => error.code === 'VALIDATION_FAILED');
  });

  it('checks for changes', async () => {
    const path = await freshDirectory();
    const first = await sandbox.checkChanges(path);
    assert.equal(first.status, 'unchanged');
    assert.match(first.version, /^watch-\d+-\d+:0$/);
    assert.equal((await sandbox.checkChanges(path, { since: first.version })).status, 'unchanged');
    await sandbox.writeFile(`${path}/a`, 'x');
    const changed = await sandbox.checkChanges(path, { since: first.version });
    assert.equal(changed.status, 'changed');
    assert.match(changed.version, /:2$/);
    assert.equal((await sandbox.checkChanges(path, { since: changed.version })).status, 'unchanged');
    const other = await sandbox.checkChanges(path, { since: 'watch-1-1:4' });
    assert.deepEqual([other.status, other.reason], ['resync', 'restarted']);
    await assert.rejects(sandbox.checkChanges(path, { since: 'x' }), (error) => error.code === 'VALIDATION_FAILED');
  });
});
