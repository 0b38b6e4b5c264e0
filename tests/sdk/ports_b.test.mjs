// Ports in dialect B of the protocol: the registry through SDK 0.10.3, the last that has one, and waiting for a service
// through SDK 0.12.10.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { freshId } from './support.mjs';

const { Sandbox: SandboxWithRegistry } = await import('sdk-b-0-10'); // after the shims are in place
const { Sandbox } = await import('sdk-b');

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

const anyPort = () => 20_000 + Math.floor(Math.random() * 10_000);

let server;
before(async () => void (server = await startServer()));
after(() => server?.kill());

describe('ports with SDK 0.10.3', { timeout: 120_000 }, () => {
  const hostname = 'example.com';
  let sandbox;
  before(async () => void (sandbox = await makeSandbox(SandboxWithRegistry, freshId('box'))));

  it('exposes a port, lists it and takes it out again', async () => {
    const exposed = await sandbox.exposePort(8080, { name: 'web', hostname });
    assert.deepEqual([exposed.port, exposed.name], [8080, 'web']);
    const [listed] = await sandbox.getExposedPorts(hostname);
    assert.deepEqual([listed.port, listed.status], [8080, 'active']);
    assert.equal(await sandbox.isPortExposed(8080), true);
    await sandbox.unexposePort(8080);
    assert.deepEqual(await sandbox.getExposedPorts(hostname), []);
    assert.equal(await sandbox.isPortExposed(8080), false);
  });

  it('says that a port is exposed already', async () => {
    await sandbox.exposePort(8081, { hostname });
    await assert.rejects(sandbox.exposePort(8081, { hostname }), { code: 'PORT_ALREADY_EXPOSED' });
    await sandbox.unexposePort(8081);
  });
});

describe('waiting for a port with SDK 0.12.10', { timeout: 120_000 }, () => {
  let sandbox;
  before(async () => void (sandbox = await makeSandbox(Sandbox, freshId('box'))));
  after(() => sandbox?.killAllProcesses());

  it('waits until a process serves', async () => {
    const port = anyPort();
    const process = await sandbox.startProcess(`sleep 0.3; exec python3 -m http.server --bind 127.0.0.1 ${port}`);
    await process.waitForPort(port, { timeout: 20_000 });
    await process.waitForPort(port, { mode: 'http', path: '/', status: 200, timeout: 20_000 });
    await process.waitForPort(port, { mode: 'tcp', timeout: 20_000 });
    await process.kill();
  });

  it('says that the process has ended before it served', async () => {
    const process = await sandbox.startProcess('sleep 0.2; exit 5');
    await assert.rejects(process.waitForPort(anyPort(), { timeout: 20_000 }), (error) => {
      assert.equal(error.code, 'PROCESS_EXITED_BEFORE_READY');
      assert.equal(error.exitCode, 5);
      return true;
    });
  });

  it('gives up in its own time', async () => {
    const process = await sandbox.startProcess('sleep 100');
    await assert.rejects(process.waitForPort(anyPort(), { timeout: 300 }), { code: 'PROCESS_READY_TIMEOUT' });
    await process.kill();
  });
});
