// Ports with the clients of dialect B: the registry up to 0.10.3, waiting for a service from 0.6.3 on.
import { failure, json, stream } from '../expected.mjs';

const expose = 'POST /api/expose-port';
const unexpose = 'DELETE /api/exposed-ports/{port}';
const exposed = 'GET /api/exposed-ports';
const proxy = 'ANY /proxy/{port}/{rest}';
const check = 'POST /api/port-check';
const watch = 'POST /api/port-watch';

/** Runs `work` while a port is exposed. */
const withExposed = async (w, port, work) => {
  await w.hidden(() => w.client.ports.exposePort(port, w.session, 'web'));
  try {
    await work();
  } finally {
    await w.hidden(() => w.client.ports.unexposePort(port, w.session));
  }
};
const found = { statusMin: 200, statusMax: 399 };

export const rows = [
  { route: expose, name: 'exposes a port', source: 'protocol 8.1',
    run: async (w) => {
      await w.client.ports.exposePort(w.port('open'), w.session);
      await w.hidden(() => w.client.ports.unexposePort(w.port('open'), w.session));
    },
    expect: [json(200, { success: true, port: '<open>', url: 'http://localhost:<open>', timestamp: 'T' })] },
  { route: expose, name: 'says that a port is exposed', source: 'protocol 8.1', throws: 'PORT_ALREADY_EXPOSED',
    run: (w) => withExposed(w, w.port('again'), () => w.client.ports.exposePort(w.port('again'), w.session, 'other')),
    expect: [failure(409, 'PORT_ALREADY_EXPOSED', /<again>/, { port: '<again>', portName: 'web' })] },
  { route: expose, name: 'refuses the port of the server', source: 'protocol 8.1', throws: 'INVALID_PORT_NUMBER',
    run: (w) => w.client.ports.exposePort(3000, w.session),
    expect: [failure(400, 'INVALID_PORT_NUMBER', /./, { port: 3000, reason: /./ })] },
  { route: expose, name: 'refuses a port that cannot exist', source: 'protocol 8.1', throws: 'INVALID_PORT_NUMBER',
    run: (w) => w.client.ports.exposePort(65_536, w.session),
    expect: [failure(400, 'INVALID_PORT_NUMBER', /./, { port: 65_536, reason: /./ })] },

  { route: unexpose, name: 'takes a port out', source: 'protocol 8.1',
    run: async (w) => {
      await w.hidden(() => w.client.ports.exposePort(w.port('short'), w.session));
      await w.client.ports.unexposePort(w.port('short'), w.session);
    },
    expect: [json(200, { success: true, port: '<short>', timestamp: 'T' })] },
  { route: unexpose, name: 'says that a port is not exposed', source: 'protocol 8.1', throws: 'PORT_NOT_EXPOSED',
    run: (w) => w.client.ports.unexposePort(w.port('never'), w.session),
    expect: [failure(404, 'PORT_NOT_EXPOSED', /<never>/, { port: '<never>' })] },

  { route: exposed, name: 'lists what is exposed', source: 'protocol 8.1',
    run: (w) => withExposed(w, w.port('shown'), () => w.client.ports.getExposedPorts(w.session)),
    expect: [json(200, { success: true, timestamp: 'T',
      ports: [{ port: '<shown>', url: 'http://localhost:<shown>', status: 'active' }] })] },

  { route: proxy, name: 'relays a request', source: 'protocol 8.2',
    run: (w) => withExposed(w, w.service.port, () => w.request('POST', `/proxy/${w.service.port}`, '{"some":"body"}')),
    expect: [{ ...json(200, { method: 'POST', url: '/', body: '{"some":"body"}' }),
      headers: { ...json().headers, 'x-service': 'yes' } }] },
  { route: proxy, name: 'relays to exposed ports only', source: 'protocol 8.2 NEW',
    run: (w) => w.request('GET', `/proxy/${w.port('closed')}`),
    expect: [json(404, { error: 'Port <closed> is not exposed', message: /./, port: '<closed>' })] },

  { route: check, name: 'finds a service', source: 'protocol 8.3',
    run: (w) => w.client.ports.checkPortReady({ port: w.service.port, mode: 'http', path: '/', ...found }),
    expect: [json(200, { ready: true, statusCode: 200 })] },
  { route: check, name: 'finds a service that answers otherwise', source: 'protocol 8.3',
    run: (w) => w.client.ports.checkPortReady({ port: w.service.port, mode: 'http', path: '/status/503', ...found }),
    expect: [json(200, { ready: false, statusCode: 503, error: /./ })] },
  { route: check, name: 'finds nothing', source: 'protocol 8.3',
    run: (w) => w.client.ports.checkPortReady({ port: w.port('dead'), mode: 'tcp' }),
    expect: [json(200, { ready: false, error: /./ })] },

  { route: watch, name: 'waits for a service', source: 'protocol 8.3',
    run: (w) => w.drain(w.client.ports.watchPort({ port: w.service.port, mode: 'http', path: '/', ...found })),
    expect: [stream({ type: 'watching', port: '<service>' }, { type: 'ready', port: '<service>', statusCode: 200 })] },
  { route: watch, name: 'waits for a connection', source: 'protocol 8.3',
    run: (w) => w.drain(w.client.ports.watchPort({ port: w.service.port, mode: 'tcp' })),
    expect: [stream({ type: 'watching', port: '<service>' }, { type: 'ready', port: '<service>' })] },
  { route: watch, name: 'tells that the process has ended', source: 'protocol 8.3',
    run: async (w) => {
      const processId = w.id('ender');
      await w.hidden(() => w.client.processes.startProcess('sleep 0.2; exit 5', w.session, { processId }));
      await w.drain(w.client.ports.watchPort({ port: w.port('dead'), mode: 'tcp', processId }));
    },
    expect: [stream({ type: 'watching', port: '<dead>' }, { type: 'process_exited', port: '<dead>', exitCode: 5 })] },
  { route: watch, name: 'knows no such process', source: 'Appendix A',
    run: (w) => w.drain(w.client.ports.watchPort({ port: 1, mode: 'tcp', processId: 'none' })),
    expect: [stream({ type: 'watching', port: 1 }, { type: 'error', port: 1, error: 'Process not found' })] },
  { route: watch, name: 'refuses a port that cannot exist', source: 'protocol 8.3 NEW', throws: 'INVALID_PORT',
    run: (w) => w.client.ports.watchPort({ port: 0, mode: 'tcp' }),
    expect: [failure(400, 'INVALID_PORT', /./, { port: 0, reason: /./ })] },
];
