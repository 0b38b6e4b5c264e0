// Clones through SDK 0.12.10 with its HTTP transport, dialect B of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { makeRepository } from './repository.mjs';
import { startServer } from './server.mjs';
import { freshId, request } from './support.mjs';

const { Sandbox } = await import('sdk-b'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('clones with SDK 0.12.10', { timeout: 300_000 }, () => {
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

  it('clones a branch over HTTP', async () => {
    const targetDir = `/tmp/${freshId('clone')}`;
    const result = await sandbox.gitCheckout(repository.url, { branch: 'dev', targetDir });
    assert.deepEqual([result.success, result.branch, result.targetDir], [true, 'dev', targetDir]);
    assert.equal((await sandbox.exec(`cat ${targetDir}/dev.txt; git -C ${targetDir} status --porcelain`)).stdout, 'dev');
    await sandbox.exec(`rm -rf ${targetDir}`);
  });

  it('clones with a depth', async () => {
    const targetDir = `/tmp/${freshId('clone')}`;
    await sandbox.gitCheckout(repository.url, { depth: 1, targetDir });
    assert.equal((await sandbox.exec(`git -C ${targetDir} rev-list --count HEAD`)).stdout, '1');
    await sandbox.exec(`rm -rf ${targetDir}`);
  });

  it('fails in the words of git', async () => {
    await assert.rejects(sandbox.gitCheckout(`${repository.base}/none.git`, { targetDir: '/tmp/never' }), (error) => {
      assert.equal(error.code, 'GIT_OPERATION_FAILED');
      assert.equal(error.errorResponse.httpStatus, 500);
      assert.match(error.message, /fatal: repository '.*none\.git\/' not found/);
      return true;
    });
    await assert.rejects(sandbox.gitCheckout(repository.url, { branch: 'none', targetDir: '/tmp/never' }),
      /Remote branch none not found in upstream origin/);
    const existing = await sandbox.exec('mkdir -p /tmp/git-full && touch /tmp/git-full/x');
    assert.equal(existing.exitCode, 0);
    await assert.rejects(sandbox.gitCheckout(repository.url, { targetDir: '/tmp/git-full' }),
      /destination path '\/tmp\/git-full' already exists and is not an empty directory/);
  });

  it('refuses a scheme that is not allowed', async () => {
    await assert.rejects(sandbox.gitCheckout('ext::sh -c id', { targetDir: '/tmp/never' }), { code: 'INVALID_GIT_URL' });
  });

  it('ends a clone whose time is over', async () => {
    await assert.rejects(sandbox.gitCheckout(`${repository.base}/hang/x`, { cloneTimeoutMs: 500, targetDir: '/tmp/never' }),
      (error) => error.code === 'GIT_NETWORK_ERROR' && /timed out after 1 seconds/.test(error.message));
    const { status } = await request('/api/git/checkout', {
      method: 'POST', body: JSON.stringify({ repoUrl: repository.url, timeoutMs: 0 }) });
    assert.equal(status, 400);
  });
});
