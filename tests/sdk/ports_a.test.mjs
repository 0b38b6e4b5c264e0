// Exposed ports through SDK 0.3.7, dialect A of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { freshId, request } from './support.mjs';

const { Sandbox } = await import('sdk-a'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('ports with SDK 0.3.7', { timeout: 120_000 }, () => {
  const hostname = 'example.com';
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
  });
  after(() => server?.kill());

  it('exposes a port, lists it and takes it out again', async () => {
    const exposed = await sandbox.exposePort(8080, { name: 'web', hostname });
    assert.deepEqual([exposed.port, exposed.name], [8080, 'web']);
    await sandbox.exposePort(8080, { name: 'again', hostname }); // replaces
    const [listed] = await sandbox.getExposedPorts(hostname);
    assert.deepEqual([listed.port, listed.name], [8080, 'again']);
    assert.match(listed.exposedAt, /^\d{4}-\d\d-\d\dT/);
    await sandbox.unexposePort(8080);
    assert.deepEqual(await sandbox.getExposedPorts(hostname), []);
  });

  it('says that a port is not exposed', async () => {
    await assert.rejects(sandbox.unexposePort(8081), /Port is not exposed/);
  });

  it('relays to an exposed port only', async () => {
    const id = freshId('p');
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    await sandbox.exec('echo hello > page.txt');
    await sandbox.startProcess(`exec python3 -m http.server --bind 127.0.0.1 ${port}`, { processId: id });
    assert.equal((await request(`/proxy/${port}/page.txt`)).body.error, `Port ${port} is not exposed`);
    await sandbox.exposePort(port, { hostname });
    let answer;
    do answer = await fetch(new URL(`/proxy/${port}/page.txt`, process.env.SANDBOXD_URL));
    while (answer.status === 502);
    assert.equal(await answer.text(), 'hello\n');
    await sandbox.killProcess(id);
  });
});
