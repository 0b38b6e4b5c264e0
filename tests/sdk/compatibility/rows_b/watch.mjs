// Watches with the clients of dialect B. What is watched is below the workspace.
import { failure, json, stream } from '../expected.mjs';

const watch = 'POST /api/watch';
const check = 'POST /api/watch/check';

const event = (eventType, name) =>
  ({ type: 'event', eventType, path: `<watched>/${name}`, isDirectory: false, timestamp: 'T' });
const status = (fields) => json(200, { success: true, ...fields, timestamp: 'T' });

/** Reads a stream until its text has a word, and leaves it. */
async function readUntil(body, word) {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes(word)) return;
  }
}

export const rows = [
  { route: watch, name: 'tells what happens', source: 'Appendix A',
    run: async (w) => {
      const path = await w.freshWatched();
      const body = await w.client.watch.watch({ path, sessionId: w.session });
      await w.shell(`(cd ${path}; echo x >wf.txt; mv wf.txt wg.txt)`);
      await readUntil(body, 'move_to');
    },
    expect: [stream(
      { type: 'watching', path: '<watched>', watchId: '<watch>' },
      event('create', 'wf.txt'), event('modify', 'wf.txt'), event('move_from', 'wf.txt'), event('move_to', 'wg.txt'))] },
  { route: watch, name: 'reports a missing directory', source: 'protocol 10.1', throws: 'FILE_NOT_FOUND',
    run: async (w) => w.client.watch.watch({ path: `${await w.freshWatched()}/none` }),
    expect: [failure(404, 'FILE_NOT_FOUND', 'Path does not exist: <watched>/none', { path: '<watched>/none' })] },
  { route: watch, name: 'stays inside the workspace', source: 'protocol 10.1', throws: 'PERMISSION_DENIED',
    run: (w) => w.client.watch.watch({ path: '/usr' }),
    expect: [failure(403, 'PERMISSION_DENIED', 'path must be inside <workspace>',
      { path: '/usr', resolvedPath: '/usr', workspaceRoot: '<workspace>' })] },
  { route: watch, name: 'wants a path', source: 'protocol 10.1', throws: 'VALIDATION_FAILED',
    run: (w) => w.client.watch.watch({ path: ' ' }),
    expect: [failure(400, 'VALIDATION_FAILED', 'path is required and must be a non-empty string', { path: ' ' })] },
  { route: watch, name: 'refuses patterns it does not know', source: 'protocol 10.1', throws: 'VALIDATION_FAILED',
    run: (w) => w.client.watch.watch({ path: '.', include: ['[a]'] }),
    expect: [failure(400, 'VALIDATION_FAILED',
      'include contains unsupported glob syntax. Supported tokens: *, **, ? and path separators',
      { pattern: '[a]', include: ['[a]'] })] },

  { route: check, name: 'begins and tells that something has changed', source: 'Appendix A',
    run: async (w) => {
      const path = await w.freshWatched();
      const { version } = await w.client.watch.checkChanges({ path });
      await w.shell(`echo x >${path}/new`);
      const { version: later } = await w.client.watch.checkChanges({ path, since: version });
      await w.client.watch.checkChanges({ path, since: later });
    },
    expect: [
      status({ status: 'unchanged', version: '<watch>:0' }),
      status({ status: 'changed', version: '<watch>:2' }),
      status({ status: 'unchanged', version: '<watch>:2' }),
    ] },
  { route: check, name: 'tells that its memory is gone', source: 'protocol 10.2',
    run: async (w) => w.client.watch.checkChanges({ path: await w.freshWatched(), since: 'watch-1-1795208154691:4' }),
    expect: [status({ status: 'resync', version: '<watch>:0', reason: 'expired' })] },
  { route: check, name: 'wants a version of its own', source: 'protocol 10.2', throws: 'VALIDATION_FAILED',
    run: (w) => w.client.watch.checkChanges({ path: '.', since: 'x' }),
    expect: [failure(400, 'VALIDATION_FAILED', 'since must be a version returned by checkChanges()', { since: 'x' })] },
];
