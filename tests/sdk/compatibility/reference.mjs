// The server that npm @cloudflare/sandbox 0.3.7 brings, started as the benchmark does it: fetched on first use, kept below
// build/.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../../', import.meta.url));

// Debian's Python has IPython, which the code interpreter of the reference needs: a machine may have another one first.
const path = `/usr/bin:${process.env.PATH}`;

/** `url` and `stop()`; or `unavailable`, why it cannot be fetched. Anything else that goes wrong is an error. */
export async function startReference(environment) {
  const child = spawn('python3', ['bench/servers.py', 'reference', 'build/bench-cache'], {
    cwd: project,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path, ...environment },
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.stdin.end();
    await exited;
  };
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited]);
  if (typeof line === 'string' && line.startsWith('http://')) return { url: line, stop };
  await stop();
  if (typeof line === 'string' && line.startsWith('unavailable: ')) return { unavailable: line.slice(13), stop };
  throw new Error(`the reference server does not start: ${line}`);
}
