// Clones through SDK 0.3.7, dialect A of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { makeRepository } from './repository.mjs';
import { startServer } from './server.mjs';
import { freshId } from './support.mjs';

const { Sandbox } = await import('sdk-a'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('clones with SDK 0.3.7', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  let repository;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
    repository = await makeRepository();
  });
  after(() => {
    server?.kill();
    repository?.close();
  });

  it('clones the branch main into a directory of its own', async () => {
    const result = await sandbox.gitCheckout(repository.url, {});
    assert.deepEqual([result.success, result.exitCode, result.branch, result.stdout], [true, 0, 'main', '']);
    assert.match(result.targetDir, /^repo_\d+_[0-9a-f]{12}$/);
    assert.equal((await sandbox.exec(`cat ${result.targetDir}/a.txt`)).stdout, 'second\n');
  });

  it('tells what git said when it failed', async () => {
    const missing = await sandbox.gitCheckout(repository.url, { branch: 'none', targetDir: freshId('dir') });
    assert.deepEqual([missing.success, missing.exitCode], [false, 128]);
    assert.match(missing.stderr, /fatal: Remote branch none not found in upstream origin/);
    const nowhere = await sandbox.gitCheckout(`${repository.base}/none.git`, { targetDir: freshId('dir') });
    assert.match(nowhere.stderr, /fatal: repository '.*' not found/);
  });

  it('takes what a shell would not: quotes, spaces and options', async () => {
    const targetDir = `it's a "dir" ${freshId('x')}; touch injected`;
    const result = await sandbox.gitCheckout(repository.url, { targetDir });
    assert.equal(result.success, true);
    assert.equal((await sandbox.exec('ls -d injected')).exitCode, 2);
    const option = await sandbox.gitCheckout(repository.url, { branch: '--upload-pack=touch injected', targetDir: 'y' });
    assert.equal(option.success, false);
    assert.equal((await sandbox.exec('ls -d injected')).exitCode, 2);
  });

  it('refuses what is no URL', async () => {
    await assert.rejects(sandbox.gitCheckout('nothing', {}), /Invalid repository URL format/);
  });
});
