// Files through SDK 0.3.7, dialect A of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { freshId } from './support.mjs';

const { Sandbox } = await import('sdk-a'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('files with SDK 0.3.7', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
    await sandbox.exec('mkdir -p files-a && cd files-a');
  });
  after(async () => {
    await sandbox?.exec('cd .. && rm -rf files-a');
    server?.kill();
  });

  it('writes and reads text, byte for byte', async () => {
    const text = 'grüße\nSANDBOX_EOF\n$HOME `id` "x"';
    const written = await sandbox.writeFile('a b.txt', text);
    assert.deepEqual([written.success, written.exitCode, written.path], [true, 0, 'a b.txt']);
    const read = await sandbox.readFile('a b.txt');
    assert.deepEqual(
      [read.content, read.success, read.exitCode, read.encoding, read.isBinary, read.mimeType, read.size],
      [text, true, 0, 'utf-8', false, 'text/plain', Buffer.byteLength(text)]);
  });

  it('answers failures as results', async () => {
    const missing = await sandbox.readFile('missing');
    assert.deepEqual([missing.success, missing.exitCode, missing.content], [false, 1, '']);
    assert.equal((await sandbox.deleteFile('missing')).success, false);
    assert.equal((await sandbox.renameFile('missing', 'x')).success, false);
    await sandbox.mkdir('dir');
    const again = await sandbox.mkdir('dir');
    assert.deepEqual([again.success, again.exitCode, again.recursive], [false, 1, false]);
    assert.equal((await sandbox.writeFile('dir', 'x')).success, false);
    const listed = await sandbox.listFiles('missing');
    assert.deepEqual([listed.success, listed.exitCode, listed.files], [false, 1, []]);
  });

  it('refuses the directories of the system', () =>
    assert.rejects(sandbox.readFile('/etc/passwd'), /Dangerous path not allowed/));

  it('makes directories, lists, renames, moves and deletes', async () => {
    assert.equal((await sandbox.mkdir('tree/deep', { recursive: true })).success, true);
    await sandbox.writeFile('tree/one', '1');
    const renamed = await sandbox.renameFile('tree/one', 'tree/two');
    assert.deepEqual([renamed.oldPath, renamed.newPath, renamed.success], ['tree/one', 'tree/two', true]);
    const moved = await sandbox.moveFile('tree/two', 'tree/deep/three');
    assert.deepEqual([moved.sourcePath, moved.destinationPath, moved.success], ['tree/two', 'tree/deep/three', true]);
    const listed = await sandbox.listFiles('tree', { recursive: true });
    assert.deepEqual(listed.files.map((file) => [file.name, file.type]), [['deep', 'directory'], ['three', 'file']]);
    assert.match(listed.files[1].mode, /^-rw-r--r--$/);
    assert.equal((await sandbox.deleteFile('tree/deep/three')).success, true);
    assert.equal((await sandbox.deleteFile('tree')).success, false);
  });

  it('streams a file', async () => {
    await sandbox.exec('head -c 200000 /dev/zero >zeros.bin');
    const stream = await sandbox.readFileStream('zeros.bin');
    const text = await new Response(stream).text();
    const events = text.trim().split('\n\n').map((event) => JSON.parse(event.replace(/^data: /, '')));
    assert.equal(events[0].type, 'metadata');
    assert.equal(events[0].size, 200000);
    assert.deepEqual(events.at(-1), { type: 'complete', bytesRead: 200000 });
    const bytes = events.slice(1, -1).reduce((sum, event) => sum + Buffer.from(event.data, 'base64').length, 0);
    assert.equal(bytes, 200000);
  });
});
