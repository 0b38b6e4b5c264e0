// A daemon of its own for tests in Node: SANDBOXD_BINARY, with its inspector.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const startTimeoutMs = 30_000;
const stopTimeoutMs = 30_000;

/** What `wanted` makes of the first line of which it makes something. */
function firstLine(stream, wanted) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => {
      const found = wanted(line);
      if (found) resolve(found);
    });
    lines.once('close', () => reject(new Error('the daemon ended before it listened')));
    setTimeout(() => reject(new Error('the daemon does not start')), startTimeoutMs).unref();
  });
}

function inspectorIn(line) {
  const entry = line.startsWith('{') ? JSON.parse(line) : {};
  return entry.subject === 'inspector' && entry.message === 'listening' && `http://127.0.0.1:${entry.port}`;
}

/**
 * Starts it. `sandbox` and `inspector` are the addresses of its two interfaces; `stop()` ends it by SIGTERM and gives its
 * exit code, or the name of the signal that had to end it. `flags`: more of them.
 */
export async function startDaemon(flags = []) {
  if (!process.env.SANDBOXD_BINARY) throw new Error('set SANDBOXD_BINARY to the path of the daemon');
  const root = await mkdtemp(join(tmpdir(), 'sandboxd-inspector-'));
  await mkdir(join(root, 'workspace'));
  const child = spawn(
    process.env.SANDBOXD_BINARY,
    [
      '--http.port=0',
      '--inspector.port=0',
      '--http.admit-workloads=true', // tests cannot be told from workloads everywhere
      '--inspector.admit-workloads=true',
      `--sandbox.workspace=${root}/workspace`,
      `--sandbox.runtime-directory=${root}/run`,
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stop = async () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    clearTimeout(timer);
    await rm(root, { recursive: true, force: true });
    return child.exitCode ?? child.signalCode;
  };
  try {
    const [sandbox, inspector] = await Promise.all([
      firstLine(child.stdout, (line) => /^listening on (http:\S+)$/.exec(line)?.[1]),
      firstLine(child.stderr, inspectorIn),
    ]);
    return { sandbox, inspector, stop };
  } catch (problem) {
    await stop();
    throw problem;
  }
}
