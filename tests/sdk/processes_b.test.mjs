// Background processes through SDK 0.12.10 with its HTTP transport, dialect B of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { collect, freshId, textOf } from './support.mjs';

const { Sandbox, parseSSEStream } = await import('sdk-b'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('processes with SDK 0.12.10', { timeout: 300_000 }, () => {
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

  it('starts a process and has its logs at once', async () => {
    const process = await sandbox.startProcess('echo out; echo err >&2', { processId: freshId('p') });
    assert.equal(process.status, 'running');
    assert.ok(process.pid > 0);
    const logs = await sandbox.getProcessLogs(process.id);
    assert.deepEqual([logs.stdout, logs.stderr], ['out\n', 'err\n']);
  });

  it('finds and lists processes', async () => {
    const id = freshId('p');
    await sandbox.startProcess('sleep 100', { processId: id });
    assert.equal((await sandbox.getProcess(id)).status, 'running');
    assert.equal(await sandbox.getProcess('nobody'), null);
    assert.ok((await sandbox.listProcesses()).some((process) => process.id === id));
    await sandbox.killProcess(id);
    const killed = await sandbox.getProcess(id);
    assert.deepEqual([killed.status, killed.exitCode], ['killed', 143]);
  });

  it('waits for the exit of a process', async () => {
    const process = await sandbox.startProcess('sleep 0.2; exit 7');
    assert.deepEqual(await process.waitForExit(10_000), { exitCode: 7 });
  });

  it('waits for a line of the log, past and to come', async () => {
    const process = await sandbox.startProcess('echo first; sleep 0.2; echo "ready on port 80"; sleep 100');
    assert.match((await process.waitForLog('first', 10_000)).line, /first/);
    assert.match((await process.waitForLog(/port \d+/, 10_000)).line, /ready on port 80/);
    await process.kill();
  });

  it('says that a process ended before its line came', async () => {
    const process = await sandbox.startProcess('echo other; exit 4');
    await assert.rejects(process.waitForLog('never', 10_000), (error) => {
      assert.equal(error.code, 'PROCESS_EXITED_BEFORE_READY');
      assert.equal(error.exitCode, 4);
      return true;
    });
  });

  it('streams logs to many followers, late ones too', async () => {
    const process = await sandbox.startProcess('for i in 1 2 3; do echo "line $i"; sleep 0.05; done; exit 2');
    const follow = async () => collect(parseSSEStream(await sandbox.streamProcessLogs(process.id)));
    const early = await Promise.all([follow(), follow()]);
    for (const events of [...early, await follow()]) {
      assert.equal(textOf(events, 'stdout'), 'line 1\nline 2\nline 3\n');
      assert.equal(events.filter((event) => event.type === 'exit').length, 1);
      assert.equal(events.at(-1).exitCode, 2);
    }
  });

  it('calls back', async () => {
    let text = '';
    const exit = await new Promise((resolve, reject) => {
      sandbox
        .startProcess('echo called; exit 3', { onOutput: (_stream, data) => (text += data), onExit: resolve, onError: reject })
        .catch(reject);
    });
    assert.equal(exit, 3);
    assert.equal(text, 'called\n');
  });

  it('refuses what is no command and what is no process', async () => {
    await assert.rejects(sandbox.startProcess(' '), (error) => error.code === 'INVALID_COMMAND');
    await assert.rejects(sandbox.killProcess('nobody'), (error) => error.code === 'PROCESS_NOT_FOUND');
    await assert.rejects(sandbox.getProcessLogs('nobody'), (error) => error.code === 'PROCESS_NOT_FOUND');
  });

  it('kills all that live', async () => {
    await sandbox.killAllProcesses();
    await sandbox.startProcess('sleep 100');
    await sandbox.startProcess('sleep 100');
    assert.equal(await sandbox.killAllProcesses(), 2);
  });
});
