// Files with SDK 0.3.7. Every scenario has names of its own in one directory.
const write = 'POST /api/write';
const read = 'POST /api/read';
const readStream = 'POST /api/read/stream';
const remove = 'POST /api/delete';
const rename = 'POST /api/rename';
const move = 'POST /api/move';
const mkdir = 'POST /api/mkdir';
const list = 'POST /api/list-files';

const forbidden = '/etc/passwd';
/** A scenario of one call of the client, after a command that prepares the directory. */
const call = (route, name, prepare, work) => ({
  route,
  name,
  run: async (w) => {
    if (prepare) await w.shell(prepare);
    return work(w.client, w.session);
  },
});

export const rows = [
  call(write, 'writes a file', null, (c, s) => c.writeFile('written.txt', 'text', 'utf-8', s)),
  { route: write, name: 'gives back what was written',
    run: async (w) => {
      await w.client.writeFile('back.txt', 'h\u00e9llo $HOME `id`', 'utf-8', w.session);
      await w.client.readFile('back.txt', 'utf-8', w.session);
    } },
  { route: write, name: 'writes bytes',
    run: async (w) => {
      await w.client.writeFile('bytes.dat', 'AAH/', 'base64', w.session);
      await w.client.readFile('bytes.dat', 'utf-8', w.session);
    } },
  call(write, 'makes the directories above', null, (c, s) => c.writeFile('above/one/two.txt', 'x', 'utf-8', s)),
  call(write, 'reports a directory as failure', 'mkdir -p taken', (c, s) => c.writeFile('taken', 'x', 'utf-8', s)),
  call(write, 'refuses directories of the system', null, (c, s) => c.writeFile('/etc/x', 'x', 'utf-8', s)),
  call(write, 'wants a path', null, (c, s) => c.writeFile('', 'x', 'utf-8', s)),
  call(write, 'knows no such session', null, (c) => c.writeFile('x', 'x', 'utf-8', 'nobody')),

  call(read, 'reads text', "printf 'one\\ntwo' >read.txt", (c, s) => c.readFile('read.txt', 'utf-8', s)),
  call(read, 'reads bytes', "printf '\\0\\001\\377' >bin.dat", (c, s) => c.readFile('bin.dat', 'utf-8', s)),
  call(read, 'reads an empty file', ': >empty.dat', (c, s) => c.readFile('empty.dat', 'utf-8', s)),
  call(read, 'reports a missing file as failure', null, (c, s) => c.readFile('missing.txt', 'utf-8', s)),
  call(read, 'reports a directory as failure', 'mkdir -p readdir', (c, s) => c.readFile('readdir', 'utf-8', s)),
  call(read, 'refuses directories of the system', null, (c, s) => c.readFile(forbidden, 'utf-8', s)),
  call(read, 'takes whole names for those of the system', null, (c, s) => c.readFile('/etcetera/x', 'utf-8', s)),
  call(read, 'refuses a way out', null, (c, s) => c.readFile('../x', 'utf-8', s)),
  call(read, 'wants a path', null, (c, s) => c.readFile('', 'utf-8', s)),
  call(read, 'knows no such session', null, (c) => c.readFile('x', 'utf-8', 'nobody')),

  { route: readStream, name: 'streams text',
    run: async (w) => {
      await w.shell("printf 'one\\ntwo\\n' >stream.txt");
      await w.drain(w.client.readFileStream('stream.txt', w.session));
    } },
  { route: readStream, name: 'streams bytes in chunks',
    run: async (w) => {
      await w.shell('head -c 70000 /dev/zero >zeros.dat');
      await w.drain(w.client.readFileStream('zeros.dat', w.session));
    } },
  { route: readStream, name: 'tells in the stream that a file is missing',
    run: (w) => w.drain(w.client.readFileStream('missing.dat', w.session)) },
  call(readStream, 'refuses directories of the system', null, (c, s) => c.readFileStream(forbidden, s)),
  call(readStream, 'knows no such session', null, (c) => c.readFileStream('x', 'nobody')),

  call(remove, 'deletes a file', ': >gone.txt', (c, s) => c.deleteFile('gone.txt', s)),
  call(remove, 'reports a missing file as failure', null, (c, s) => c.deleteFile('missing.txt', s)),
  call(remove, 'reports a directory as failure', 'mkdir -p deldir', (c, s) => c.deleteFile('deldir', s)),
  call(remove, 'refuses directories of the system', null, (c, s) => c.deleteFile(forbidden, s)),
  call(remove, 'knows no such session', null, (c) => c.deleteFile('x', 'nobody')),

  call(rename, 'renames a file', ': >old.txt', (c, s) => c.renameFile('old.txt', 'new.txt', s)),
  call(rename, 'reports a missing file as failure', null, (c, s) => c.renameFile('missing.txt', 'x.txt', s)),
  call(rename, 'refuses directories of the system', ': >r.txt', (c, s) => c.renameFile('r.txt', '/etc/x', s)),
  call(rename, 'knows no such session', null, (c) => c.renameFile('x', 'y', 'nobody')),

  call(move, 'moves a file', ': >from.txt', (c, s) => c.moveFile('from.txt', 'to.txt', s)),
  { route: move, name: 'moves into a directory',
    run: async (w) => {
      await w.shell('mkdir -p into; echo moved >into.txt');
      await w.client.moveFile('into.txt', 'into', w.session);
      await w.client.readFile('into/into.txt', 'utf-8', w.session);
    } },
  call(move, 'reports a missing file as failure', null, (c, s) => c.moveFile('missing.txt', 'x.txt', s)),
  call(move, 'refuses directories of the system', ': >m.txt', (c, s) => c.moveFile('m.txt', '/usr/x', s)),
  call(move, 'knows no such session', null, (c) => c.moveFile('x', 'y', 'nobody')),

  call(mkdir, 'makes a directory', null, (c, s) => c.mkdir('made', false, s)),
  call(mkdir, 'makes the directories above', null, (c, s) => c.mkdir('made1/made2', true, s)),
  call(mkdir, 'reports a missing parent as failure', null, (c, s) => c.mkdir('x/y', false, s)),
  call(mkdir, 'reports what exists as failure', 'mkdir -p exists', (c, s) => c.mkdir('exists', false, s)),
  call(mkdir, 'refuses directories of the system', null, (c, s) => c.mkdir('/usr/x', true, s)),
  call(mkdir, 'knows no such session', null, (c) => c.mkdir('x', false, 'nobody')),

  call(list, 'lists a directory',
    'mkdir -p list/sub; echo abc >list/a.txt; : >list/.hidden; chmod 755 list/sub; chmod 644 list/a.txt',
    (c, s) => c.listFiles('list', s)),
  call(list, 'lists hidden files', 'mkdir -p dots; : >dots/.hidden; chmod 600 dots/.hidden',
    (c, s) => c.listFiles('dots', s, { includeHidden: true })),
  call(list, 'lists directories below',
    'mkdir -p tree/sub; chmod 755 tree/sub; : >tree/sub/a.txt; chmod 644 tree/sub/a.txt',
    (c, s) => c.listFiles('tree', s, { recursive: true })),
  call(list, 'lists a symbolic link', 'mkdir -p links; ln -sf nowhere links/link',
    (c, s) => c.listFiles('links', s)),
  call(list, 'lists a file', 'echo abc >single.txt; chmod 640 single.txt', (c, s) => c.listFiles('single.txt', s)),
  call(list, 'reports a missing directory as failure', null, (c, s) => c.listFiles('missing', s)),
  call(list, 'refuses directories of the system', null, (c, s) => c.listFiles('/etc', s)),
  call(list, 'knows no such session', null, (c) => c.listFiles('.', 'nobody')),
];
