// The HTTP service of Node behind the rows `proxy-*-node`: what people run in a sandbox. Has the bodies of
// `sandboxd_bench serve`, listens on the loopback device at a port that the system chooses, and prints its address.
import { createServer } from 'node:http';

const line = '012345678901234567890123456789012345678901234567890123456789012\n';
const body = (bytes) => Buffer.from(line.repeat(bytes / line.length));
const bodies = { '/small': body(1024), '/large': body(64 * 1024 * 1024) };

const service = createServer((request, response) => {
  const found = bodies[request.url];
  response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/plain', 'Content-Length': found?.length ?? 0 });
  response.end(found);
});
service.keepAliveTimeout = 60_000;
service.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${service.address().port}`));
