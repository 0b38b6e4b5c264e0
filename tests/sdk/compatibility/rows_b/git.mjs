// Clones with the clients of dialect B, from a repository that the test serves (`w.repository`).
import { failure, json } from '../expected.mjs';

const git = 'POST /api/git/checkout';
const withDepth = ['0.10.3', '0.12.10']; // 0.6.10 and later

const failed = (repository, targetDir, stderr) =>
  failure(500, 'GIT_OPERATION_FAILED', new RegExp(`^Failed to clone repository '${repository}': .*${stderr.source}`, 's'),
    { repository, targetDir, exitCode: 128, stderr });
const cloned = (branch, targetDir) =>
  json(200, { success: true, repoUrl: '<host>/src.git', branch, targetDir, timestamp: 'T' });

export const rows = [
  { route: git, name: 'clones a repository', source: 'protocol 7',
    run: (w) => w.client.git.checkout(w.repository.url, w.session, { targetDir: 'cloned' }),
    expect: [cloned('main', 'cloned')] },
  { route: git, name: 'clones a branch', source: 'protocol 7',
    run: (w) => w.client.git.checkout(w.repository.url, w.session, { targetDir: 'branched', branch: 'dev' }),
    expect: [cloned('dev', 'branched')] },
  { route: git, name: 'clones with a depth', source: 'protocol 7', sdks: withDepth,
    run: async (w) => {
      await w.client.git.checkout(w.repository.url, w.session, { targetDir: 'shallow', depth: 1 });
      const count = await w.shell('git -C shallow rev-list --count HEAD');
      if (count !== '1') throw new Error(`${count} commits`);
    },
    expect: [cloned('main', 'shallow')] },
  { route: git, name: 'reports a directory that is taken', source: 'Appendix A', throws: 'GIT_OPERATION_FAILED',
    run: async (w) => {
      await w.shell('mkdir -p gg; : >gg/x');
      await w.client.git.checkout(w.repository.url, w.session, { targetDir: 'gg' });
    },
    expect: [failed('<host>/src.git', 'gg', /fatal: destination path 'gg' already exists and is not an empty directory\./)] },
  { route: git, name: 'reports a missing branch', source: 'protocol 7', throws: 'GIT_OPERATION_FAILED',
    run: (w) => w.client.git.checkout(w.repository.url, w.session, { targetDir: 'never', branch: 'none' }),
    expect: [failed('<host>/src.git', 'never', /fatal: Remote branch none not found in upstream origin/)] },
  { route: git, name: 'reports a missing repository', source: 'protocol 7', throws: 'GIT_OPERATION_FAILED',
    run: (w) => w.client.git.checkout(`${w.repository.base}/none.git`, w.session, { targetDir: 'never' }),
    expect: [failed('<host>/none.git', 'never', /fatal: repository '<host>\/none\.git\/' not found/)] },
  { route: git, name: 'wants a URL', source: 'protocol 7', throws: 'INVALID_GIT_URL',
    run: (w) => w.client.git.checkout('', w.session, { targetDir: 'never' }),
    expect: [failure(400, 'INVALID_GIT_URL', /^Invalid Git URL '': /,
      { validationErrors: [{ field: 'repoUrl', message: /./, code: 'INVALID_GIT_URL' }] })] },
  { route: git, name: 'refuses a long directory', source: 'protocol 7', throws: 'VALIDATION_FAILED',
    run: (w) => w.client.git.checkout(w.repository.url, w.session, { targetDir: 'l'.repeat(4097) }),
    expect: [failure(400, 'VALIDATION_FAILED', /./,
      { validationErrors: [{ field: 'targetDirectory', message: /./, code: 'INVALID_PATH' }] })] },
];
