// Files through SDK 0.12.10 with its HTTP transport, dialect B of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { freshId } from './support.mjs';

const { Sandbox, collectFile, streamFile } = await import('sdk-b'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('files with SDK 0.12.10', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
    await sandbox.exec('mkdir -p files-b && cd files-b');
  });
  after(async () => {
    await sandbox?.exec('cd .. && rm -rf files-b');
    server?.kill();
  });

  const rejectsWith = (promise, code, httpStatus, message) =>
    assert.rejects(promise, (error) => {
      assert.equal(error.code, code);
      assert.equal(error.httpStatus, httpStatus);
      if (message) assert.match(error.message, message);
      return true;
    });

  it('writes and reads text', async () => {
    const text = 'grüße\n"quoted"\tand \u0000 NUL 😀';
    const written = await sandbox.writeFile('text.txt', text);
    assert.deepEqual([written.success, written.path], [true, 'text.txt']);
    const read = await sandbox.readFile('text.txt');
    assert.equal(read.content, text);
    assert.deepEqual([read.success, read.encoding, read.isBinary, read.mimeType, read.size], [
      true, 'utf-8', false, 'text/plain', Buffer.byteLength(text),
    ]);
  });

  it('writes and reads bytes as base64', async () => {
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) % 256));
    await sandbox.writeFile('bytes.bin', bytes.toString('base64'), { encoding: 'base64' });
    const read = await sandbox.readFile('bytes.bin');
    assert.deepEqual([read.encoding, read.isBinary], ['base64', true]);
    assert.deepEqual(Buffer.from(read.content, 'base64'), bytes);
    assert.equal((await sandbox.exec('sha256sum <bytes.bin')).stdout.length > 64, true);
  });

  it('reads text as base64 when asked to', async () => {
    await sandbox.writeFile('a.txt', 'héllo');
    const read = await sandbox.readFile('a.txt', { encoding: 'base64' });
    assert.deepEqual([read.content, read.encoding, read.isBinary, read.mimeType], ['aMOpbGxv', 'base64', true, 'text/plain']);
  });

  it('refuses what is no base64', () =>
    rejectsWith(sandbox.writeFile('x', 'not base64!', { encoding: 'base64' }), 'VALIDATION_FAILED', 400, /base64/));

  it('makes directories, lists, renames, moves and deletes', async () => {
    await sandbox.mkdir('tree/deep', { recursive: true });
    await sandbox.writeFile('tree/deep/one.js', '1');
    await sandbox.writeFile('tree/.hidden', '');
    assert.deepEqual((await sandbox.renameFile('tree/deep/one.js', 'tree/deep/two.js')).newPath, 'tree/deep/two.js');
    const moved = await sandbox.moveFile('tree/deep/two.js', 'tree');
    assert.deepEqual([moved.path, moved.newPath], ['tree/deep/two.js', 'tree']);
    const listed = await sandbox.listFiles('tree', { recursive: true });
    assert.deepEqual(listed.files.map((file) => [file.relativePath, file.type]), [['deep', 'directory'], ['two.js', 'file']]);
    assert.equal(listed.count, 2);
    const all = await sandbox.listFiles('tree', { includeHidden: true });
    assert.deepEqual(all.files.map((file) => file.name), ['.hidden', 'deep', 'two.js']);
    assert.match(all.files[2].modifiedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(all.files[2].mode, /^rw-r--r--$/);
    assert.equal((await sandbox.deleteFile('tree/two.js')).success, true);
    assert.equal((await sandbox.exists('tree/two.js')).exists, false);
    assert.equal((await sandbox.exists('tree')).exists, true);
  });

  it('names the failures of files', async () => {
    await sandbox.mkdir('dir');
    await rejectsWith(sandbox.readFile('missing.txt'), 'FILE_NOT_FOUND', 404, /File not found: missing.txt/);
    await rejectsWith(sandbox.readFile('dir'), 'IS_DIRECTORY', 400);
    await rejectsWith(sandbox.deleteFile('dir'), 'IS_DIRECTORY', 400, /deleteFile\(\)/);
    await rejectsWith(sandbox.deleteFile('missing'), 'FILE_NOT_FOUND', 404);
    await rejectsWith(sandbox.renameFile('missing', 'x'), 'FILE_NOT_FOUND', 404, /Source file not found: missing/);
    await rejectsWith(sandbox.mkdir('dir'), 'FILESYSTEM_ERROR', 500, /mkdir operation failed with exit code 1/);
    await rejectsWith(sandbox.listFiles('missing'), 'FILE_NOT_FOUND', 404, /Directory not found: missing/);
    await rejectsWith(sandbox.writeFile('dir', 'x'), 'IS_DIRECTORY', 400);
    await rejectsWith(sandbox.readFile(''), 'VALIDATION_FAILED', 400, /non-empty/);
  });

  it('streams files of both kinds', async () => {
    await sandbox.exec("head -c 300000 /dev/urandom >random.bin; for ((i=0;i<60000;i++)); do echo \"é $i\"; done >lines.txt");
    const binary = await collectFile(await sandbox.readFileStream('random.bin'));
    assert.equal(binary.metadata.isBinary, true);
    assert.equal(binary.content.length, 300000);
    const whole = await sandbox.readFile('random.bin');
    assert.deepEqual(Buffer.from(binary.content), Buffer.from(whole.content, 'base64'));
    const text = await collectFile(await sandbox.readFileStream('lines.txt'));
    assert.equal(text.content, (await sandbox.readFile('lines.txt')).content);
  });

  it('tells in the stream that a file is missing', async () => {
    await assert.rejects(async () => {
      for await (const chunk of streamFile(await sandbox.readFileStream('missing.bin'))) assert.fail(chunk);
    }, /File streaming error: File not found/);
  });
});
