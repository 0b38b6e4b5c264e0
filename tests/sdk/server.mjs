// The server under test: SANDBOXD_BINARY, started as a platform does. With SANDBOXD_URL set, the tests talk to the
// server that runs there instead, and leave it running.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const startTimeoutMs = 30_000;
const stopTimeoutMs = 30_000;

// Debian's Python, which has IPython, numpy, pandas and matplotlib: a machine may have another one first on its PATH.
const defaultEnvironment = { SANDBOXD_INTERPRETER_PYTHON_PROGRAM: '/usr/bin/python3' };

/** The address in the server's first line, `listening on http://A:N`. */
async function addressOf(child) {
  const line = await new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error('the server said nothing')));
    child.once('error', reject);
    setTimeout(() => reject(new Error('the server does not start')), startTimeoutMs).unref();
  });
  const match = /^listening on (http:\/\/\S+)$/.exec(line);
  if (!match) throw new Error(`unexpected first line: ${line}`);
  return match[1];
}

/**
 * Starts a server of its own for one client generation (a server learns its client's dialect) and points the SDK at
 * it. `workspace` is its directory, which clients take for `/workspace`. `stop()` ends it by SIGTERM and gives its exit
 * code, or the name of the signal that had to end it; `kill()` is for tests that never came to that. `environment`: more
 * variables for it.
 */
export async function startServer(environment = {}) {
  if (process.env.SANDBOXD_URL) return { workspace: '/workspace', stop: async () => 0, kill: () => {} };
  const server = await spawnServer(environment);
  process.env.SANDBOXD_URL = server.url;
  return server;
}

/** The same beside others: only its `url` leads to it. */
export async function spawnServer(environment = {}) {
  if (!process.env.SANDBOXD_BINARY) throw new Error('set SANDBOXD_BINARY to the path of the server');
  const root = await mkdtemp(join(tmpdir(), 'sandboxd-sdk-'));
  await mkdir(join(root, 'workspace'));
  const child = spawn(
    process.env.SANDBOXD_BINARY,
    [
      '--http.address=127.0.0.1',
      '--http.port=0',
      `--sandbox.workspace=${root}/workspace`,
      `--sandbox.runtime-directory=${root}/run`,
      '--log.level=warn',
      // Nothing is started that a test has no use for.
      ...['python', 'javascript', 'typescript'].map((language) => `--interpreter.${language}-pool-min-size=0`),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...defaultEnvironment, ...process.env, ...environment } },
  );
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let url;
  try {
    url = await addressOf(child);
  } catch (error) {
    kill();
    throw error;
  }
  const stop = async () => {
    const exited = child.exitCode ?? child.signalCode ?? once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(kill, stopTimeoutMs);
    await exited;
    clearTimeout(timer);
    await rm(root, { recursive: true, force: true });
    return child.exitCode ?? child.signalCode;
  };
  return { url, workspace: join(root, 'workspace'), stop, kill };
}
