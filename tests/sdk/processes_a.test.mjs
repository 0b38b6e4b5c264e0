// Background processes through SDK 0.3.7, dialect A of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { collect, freshId, textOf } from './support.mjs';

const { Sandbox, parseSSEStream } = await import('sdk-a'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('processes with SDK 0.3.7', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
  });
  after(async () => {
    await sandbox?.killAllProcesses();
    server?.kill();
  });

  it('starts a process whose first part prints, and has its logs at once', async () => {
    const process = await sandbox.startProcess('echo out; echo err >&2; sleep 0.01; exit 6');
    assert.equal(process.status, 'running');
    assert.ok(process.pid > 0);
    const logs = await sandbox.getProcessLogs(process.id);
    assert.deepEqual([logs.stdout, logs.stderr], ['out\n', 'err\n']);
    const ended = await sandbox.getProcess(process.id);
    assert.deepEqual([ended.status, ended.exitCode], ['failed', 6]);
  });

  it('lists and kills processes of the session', async () => {
    const id = freshId('p');
    const process = await sandbox.startProcess('sleep 100', { processId: id });
    assert.equal(process.id, id);
    assert.ok((await sandbox.listProcesses()).some((one) => one.id === id && one.status === 'running'));
    await sandbox.killProcess(id);
    assert.equal((await sandbox.getProcess(id)).status, 'killed');
    await assert.rejects(sandbox.getProcess('nobody'), /Process not found/);
  });

  it('streams logs to the end', async () => {
    const process = await sandbox.startProcess('echo one; sleep 0.05; echo two >&2; exit 5');
    const events = await collect(parseSSEStream(await sandbox.streamProcessLogs(process.id)));
    assert.equal(textOf(events, 'stdout'), 'one\n');
    assert.equal(textOf(events, 'stderr'), 'two\n');
    assert.deepEqual([events.at(-1).type, events.at(-1).exitCode], ['complete', 5]);
  });

  it('kills all', async () => {
    await sandbox.killAllProcesses();
    await sandbox.startProcess('sleep 100');
    assert.equal(await sandbox.killAllProcesses(), 1);
  });
});
