// New contexts see Python packages as they are, although the fork server has imported its own long ago.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { spawnServer } from './server.mjs';

const python = '/usr/bin/python3';
const patienceMs = 30_000;

/** As pip puts it there: a change of the folder's entries. */
async function install(folder, version) {
  await writeFile(join(folder, 'new'), `VERSION = ${version}\n`);
  await rename(join(folder, 'new'), join(folder, 'probe.py'));
}

for (const automatic of [true, false])
  describe(`packages, interpreter.python-reload = ${automatic}`, { timeout: 120_000 }, () => {
    let folder;
    let server;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'packages-'));
      await install(folder, 1);
      const program = join(folder, 'python-with-probe');
      await writeFile(program, `#!/bin/sh\nPYTHONPATH=${folder} PYTHONDONTWRITEBYTECODE=1 exec ${python} "$@"\n`);
      await chmod(program, 0o755);
      server = await spawnServer({
        SANDBOXD_INTERPRETER_PYTHON_PROGRAM: program,
        SANDBOXD_INTERPRETER_PYTHON_PRELOAD: 'probe',
        SANDBOXD_INTERPRETER_PYTHON_RELOAD: String(automatic),
      });
    });
    after(async () => {
      server?.kill();
      await rm(folder, { recursive: true, force: true });
    });

    const post = async (path, body = {}) => {
      const response = await fetch(server.url + path, {
        method: 'POST', headers: { 'content-type': 'application/json', 'accept': 'text/event-stream' }, body: JSON.stringify(body),
      });
      return { status: response.status, text: await response.text() };
    };
    const create = async () => JSON.parse((await post('/api/contexts', { language: 'python' })).text).contextId;
    const versionIn = async (context) => {
      const { text } = await post('/api/execute/code', { context_id: context, code: 'import probe; probe.VERSION' });
      return Number(/"text":"(\d+)"/.exec(text)[1]);
    };
    /** What the newest contexts see, once it is `version` or patience has come to its end. */
    const newVersion = async (version) => {
      const end = Date.now() + patienceMs;
      for (;;) {
        const seen = await versionIn(await create());
        if (seen === version || Date.now() > end) return seen;
      }
    };

    it('are seen by new contexts, and old ones keep theirs', async () => {
      const old = await create();
      assert.equal(await versionIn(old), 1);
      await install(folder, 2);
      if (!automatic) {
        const { status, text } = await post('/api/interpreter/reload');
        assert.equal(status, 200);
        assert.match(JSON.parse(text).python, /^3\.\d+\.\d+$/);
        assert.equal(await versionIn(await create()), 2, 'seen when the request is answered');
      }
      assert.equal(await newVersion(2), 2);
      assert.equal(await versionIn(old), 1);
    });

    it('that break when they are imported do not keep contexts from being made', async () => {
      await install(folder, 'nothing');
      if (!automatic) assert.equal((await post('/api/interpreter/reload')).status, 200);
      const end = Date.now() + patienceMs;
      for (;;) {
        const { text } = await post('/api/execute/code', { context_id: await create(), code: 'import probe' });
        if (text.includes("name 'nothing' is not defined")) return;
        assert.ok(Date.now() < end, text);
      }
    });
  });
