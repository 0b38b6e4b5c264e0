// A repository that Debian's git has made, served over HTTP by git-http-backend(1).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = `
  git init -q -b main work && cd work
  git config user.name Tester && git config user.email tester@example.com
  echo first >a.txt && git add . && git commit -qm one
  git checkout -qb dev && printf dev >dev.txt && git add . && git commit -qm development
  git checkout -q main && echo second >a.txt && git commit -qam two
  git clone -q --bare . ../src.git`;

/** Answers one request by git-http-backend, or never when its path begins with `/hang/`. */
async function serve(root, request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/hang/')) return;
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
    },
  });
  request.pipe(child.stdin);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  await once(child, 'close');
  const answer = Buffer.concat(chunks);
  const end = answer.indexOf('\r\n\r\n');
  const fields = answer.subarray(0, end).toString().split('\r\n').map((line) => line.split(': '));
  for (const [name, value] of fields)
    if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  response.end(answer.subarray(end + 4));
}

/** `url`: a repository with the branches `main` and `dev`; `base`: where others would be. */
export async function makeRepository() {
  const root = mkdtempSync(join(tmpdir(), 'sandboxd-sdk-git-'));
  execFileSync('bash', ['-ec', script], { cwd: root, env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } });
  const server = createServer((request, response) => void serve(root, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.close();
    server.closeAllConnections?.();
    rmSync(root, { recursive: true, force: true });
  };
  return { base, url: `${base}/src.git`, close };
}
