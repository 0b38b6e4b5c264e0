// A service as sandboxes have them, behind a port: tells what it was asked, or answers with the status asked for.
import { once } from 'node:events';
import { createServer } from 'node:http';

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const status = /^\/status\/(\d+)$/.exec(request.url);
  response.writeHead(status ? Number(status[1]) : 200, { 'Content-Type': 'application/json', 'X-Service': 'yes' });
  response.end(JSON.stringify({ method: request.method, url: request.url, body: Buffer.concat(chunks).toString() }));
}

/** `port`, where it listens; `close()`. */
export async function startService() {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections?.();
  };
  return { port: server.address().port, close };
}
