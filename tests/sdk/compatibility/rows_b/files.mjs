// Files with the clients of dialect B. 0.4.16 asks for `utf8` whenever it asks for nothing else (HTTP.md 6.3).
import { failure, fileFailure, json, refusal, stream } from '../expected.mjs';

const write = 'POST /api/write';
const read = 'POST /api/read';
const readStream = 'POST /api/read/stream';
const remove = 'POST /api/delete';
const rename = 'POST /api/rename';
const move = 'POST /api/move';
const mkdir = 'POST /api/mkdir';
const list = 'POST /api/list-files';
const exists = 'POST /api/exists';

const withEncodings = ['0.6.5', '0.10.3', '0.12.10']; // honoured from 0.4.18 on

/** A scenario of one call, after a command that prepares the directory. */
const call = (route, name, source, prepare, work, answer, more = {}) => ({
  route, name, source, expect: [answer], throws: answer.body.code, ...more,
  run: async (w) => {
    if (prepare) await w.shell(prepare);
    return work(w.client.files, w.session);
  },
});
const ok = (fields) => json(200, { success: true, ...fields, timestamp: 'T' });
const content = (path, text, encoding, mimeType, size) =>
  ok({ path, content: text, encoding, isBinary: encoding === 'base64', mimeType, size });
const notFound = (path, operation, message = `File not found: ${path}`) =>
  fileFailure(404, 'FILE_NOT_FOUND', message, path, operation);
const invalid = (path, reason) =>
  failure(400, 'VALIDATION_FAILED', `Invalid path format for '${path}': ${reason}`,
    { validationErrors: [{ field: 'path', message: reason, code: 'INVALID_PATH' }] });
const empty = invalid('', 'Path must be a non-empty string');
const nul = 'a\0b';
const long = 'l'.repeat(4097);
const mkdirFailure = (path, stderr) =>
  failure(500, 'FILESYSTEM_ERROR', 'mkdir operation failed with exit code 1',
    { path, options: { recursive: false }, exitCode: 1, stderr });
const entry = (base, relativePath, type, size, mode) => ({
  name: relativePath.split('/').pop(), absolutePath: `<directory>/${base}/${relativePath}`, relativePath, type, size, mode,
  modifiedAt: 'T', permissions: { readable: true, writable: true, executable: type === 'directory' },
});

export const rows = [
  call(write, 'writes a file', 'protocol 6.2', null, (f, s) => f.writeFile('w.txt', 'text', s), ok({ path: 'w.txt' })),
  call(write, 'makes the directories above', 'protocol 6.2', null,
    (f, s) => f.writeFile('n0/n1/a.txt', 'x', s), ok({ path: 'n0/n1/a.txt' })),
  call(write, 'writes bytes', 'protocol 6.2', null,
    (f, s) => f.writeFile('w.bin', 'AAH/', s, { encoding: 'base64' }), ok({ path: 'w.bin' })),
  call(write, 'refuses what is no base64', 'protocol 6.2', null,
    (f, s) => f.writeFile('x', 'no base64!', s, { encoding: 'base64' }),
    failure(400, 'VALIDATION_FAILED', "Invalid base64 content for 'x': must contain only A-Z, a-z, 0-9, +, /, =",
      { validationErrors: [{ field: 'content', message: 'Invalid base64 characters', code: 'INVALID_BASE64' }] })),
  call(write, 'names a directory', 'protocol 6.2 NEW', 'mkdir -p taken', (f, s) => f.writeFile('taken', 'x', s),
    fileFailure(400, 'IS_DIRECTORY', /taken/, 'taken', 'file.write')),
  call(write, 'wants a path', 'protocol 6.1', null, (f, s) => f.writeFile('', 'x', s), empty),

  call(read, 'reads text as base64', 'Appendix A', "mkdir -p n1/n2; printf 'h\\303\\251llo' >n1/n2/a.txt",
    (f, s) => f.readFile('n1/n2/a.txt', s, { encoding: 'base64' }),
    content('n1/n2/a.txt', 'aMOpbGxv', 'base64', 'text/plain', 6), { sdks: withEncodings }),
  call(read, 'reads text', 'protocol 6.3', "printf 'one\\ntwo' >read.txt", (f, s) => f.readFile('read.txt', s),
    content('read.txt', 'one\ntwo', 'utf-8', 'text/plain', 7)),
  call(read, 'reads bytes', 'protocol 6.3', "printf '\\0\\001\\377' >bin.dat", (f, s) => f.readFile('bin.dat', s),
    content('bin.dat', 'AAH/', 'base64', 'application/octet-stream', 3)),
  call(read, 'reports a missing file', 'protocol 6.3', null, (f, s) => f.readFile('missing.txt', s),
    notFound('missing.txt', 'file.read')),
  call(read, 'names a directory', 'protocol 6.3 NEW', 'mkdir -p readdir', (f, s) => f.readFile('readdir', s),
    fileFailure(400, 'IS_DIRECTORY', /readdir/, 'readdir', 'file.read')),
  call(read, 'refuses more than 32 MiB', 'protocol 6.3', 'truncate -s 33554433 large.bin',
    (f, s) => f.readFile('large.bin', s),
    failure(413, 'FILE_TOO_LARGE', /./,
      { path: 'large.bin', operation: 'file.read', maxSize: 33_554_432, actualSize: 33_554_433 }, { operation: 'file.read' })),
  call(read, 'wants a path', 'protocol 6.1', null, (f, s) => f.readFile('', s), empty),
  call(read, 'refuses NUL in a path', 'protocol 6.1', null, (f, s) => f.readFile(nul, s),
    invalid(nul, 'Path contains null bytes')),
  call(read, 'refuses a long path', 'protocol 6.1', null, (f, s) => f.readFile(long, s),
    invalid(long, 'Path too long (max 4096 characters)')),

  { route: readStream, name: 'streams text', source: 'protocol 6.4',
    run: async (w) => {
      await w.shell("printf 'one\\ntwo\\n' >stream.txt");
      await w.drain(w.client.files.readFileStream('stream.txt', w.session));
    },
    expect: [stream(
      { type: 'metadata', mimeType: 'text/plain', size: 8, isBinary: false, encoding: 'utf-8' },
      { type: 'chunk', data: 'one\ntwo\n' },
      { type: 'complete', bytesRead: 8 })] },
  { route: readStream, name: 'streams bytes in chunks', source: 'protocol 6.4',
    run: async (w) => {
      await w.shell('head -c 70000 /dev/zero >zeros.dat');
      await w.drain(w.client.files.readFileStream('zeros.dat', w.session));
    },
    expect: [stream(
      { type: 'metadata', mimeType: 'application/octet-stream', size: 70_000, isBinary: true, encoding: 'base64' },
      { type: 'chunk', data: Buffer.alloc(65_535).toString('base64') },
      { type: 'chunk', data: Buffer.alloc(70_000 - 65_535).toString('base64') },
      { type: 'complete', bytesRead: 70_000 })] },
  { route: readStream, name: 'tells in the stream that a file is missing', source: 'protocol 6.4',
    run: (w) => w.drain(w.client.files.readFileStream('missing.dat', w.session)),
    expect: [stream({ type: 'error', error: 'File not found: <directory>/missing.dat' })] },
  { route: readStream, name: 'tells in the stream that a path is none', source: 'protocol 6.4',
    run: (w) => w.drain(w.client.files.readFileStream('', w.session)),
    expect: [stream({ type: 'error', error: "Invalid path format for '': Path must be a non-empty string" })] },

  call(remove, 'deletes a file', 'protocol 6.5', ': >gone.txt', (f, s) => f.deleteFile('gone.txt', s), ok({ path: 'gone.txt' })),
  call(remove, 'names a directory', 'Appendix A', 'mkdir -p n1', (f, s) => f.deleteFile('n1', s),
    fileFailure(400, 'IS_DIRECTORY', "Cannot delete directory with deleteFile() at 'n1'. Use exec('rm -rf <path>') instead.",
      'n1', 'file.delete')),
  call(remove, 'reports a missing file', 'protocol 6.5', null, (f, s) => f.deleteFile('missing.txt', s),
    notFound('missing.txt', 'file.delete')),

  call(rename, 'renames a file', 'protocol 6.5', ': >old.txt', (f, s) => f.renameFile('old.txt', 'new.txt', s),
    ok({ path: 'old.txt', newPath: 'new.txt' })),
  call(rename, 'reports a missing file', 'protocol 6.5', null, (f, s) => f.renameFile('missing.txt', 'x', s),
    notFound('missing.txt', 'file.rename', 'Source file not found: missing.txt')),
  call(rename, 'wants two paths', 'protocol 15 #47', ': >two', (f, s) => f.renameFile('two', '', s),
    refusal(/^Invalid path format for ''/, 'newPath', 'INVALID_PATH')),

  call(move, 'moves a file', 'protocol 6.5', ': >from.txt', (f, s) => f.moveFile('from.txt', 'to.txt', s),
    ok({ path: 'from.txt', newPath: 'to.txt' })),
  { route: move, name: 'moves into a directory', source: 'protocol 6.5',
    run: async (w) => {
      await w.shell(': >into.txt; mkdir -p into');
      await w.client.files.moveFile('into.txt', 'into', w.session);
      await w.client.files.exists('into/into.txt', w.session);
    },
    expect: [ok({ path: 'into.txt', newPath: 'into' }), ok({ path: 'into/into.txt', exists: true })] },
  call(move, 'reports a missing file', 'protocol 6.5', null, (f, s) => f.moveFile('missing.txt', 'x', s),
    notFound('missing.txt', 'file.move', 'Source file not found: missing.txt')),

  call(mkdir, 'makes a directory', 'protocol 6.5', null, (f, s) => f.mkdir('made', s), ok({ path: 'made', recursive: false })),
  call(mkdir, 'makes the directories above', 'protocol 6.5', 'mkdir -p m1',
    (f, s) => f.mkdir('m1/m2/m3', s, { recursive: true }), ok({ path: 'm1/m2/m3', recursive: true })),
  call(mkdir, 'reports a missing parent', 'protocol 6.5', null, (f, s) => f.mkdir('x/y', s),
    mkdirFailure('x/y', /No such file or directory/)),
  call(mkdir, 'reports what exists', 'protocol 6.5', 'mkdir -p there', (f, s) => f.mkdir('there', s),
    mkdirFailure('there', /File exists/)),

  call(list, 'lists directories below', 'Appendix A',
    'mkdir -p tree/q/w; chmod 755 tree/q tree/q/w; echo abc >tree/a; chmod 644 tree/a; : >tree/.hidden',
    (f, s) => f.listFiles('tree', s, { recursive: true }),
    ok({ path: 'tree', count: 3, files: [
      entry('tree', 'a', 'file', 4, 'rw-r--r--'), entry('tree', 'q', 'directory', 4096, 'rwxr-xr-x'),
      entry('tree', 'q/w', 'directory', 4096, 'rwxr-xr-x')] })),
  call(list, 'lists hidden files', 'protocol 6.6', 'mkdir -p dots; : >dots/.hidden; chmod 644 dots/.hidden',
    (f, s) => f.listFiles('dots', s, { includeHidden: true }),
    ok({ path: 'dots', count: 1, files: [entry('dots', '.hidden', 'file', 0, 'rw-r--r--')] })),
  call(list, 'reports a missing directory', 'protocol 6.6', null, (f, s) => f.listFiles('missing', s),
    notFound('missing', 'directory.list', 'Directory not found: missing')),
  call(list, 'names what is no directory', 'protocol 6.6', ': >plain', (f, s) => f.listFiles('plain', s),
    fileFailure(400, 'NOT_DIRECTORY', 'Path is not a directory: plain', 'plain', 'directory.list')),

  call(exists, 'knows a directory', 'protocol 6.5', 'mkdir -p here',
    (f, s) => f.exists('here', s), ok({ path: 'here', exists: true })),
  call(exists, 'knows that nothing is there', 'protocol 6.5', null, (f, s) => f.exists('missing', s),
    ok({ path: 'missing', exists: false })),
  call(exists, 'wants a path', 'protocol 6.5', null, (f, s) => f.exists('', s), empty),
];
