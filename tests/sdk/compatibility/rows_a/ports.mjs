// Ports and clones with SDK 0.3.7. `w.service` is a server of the test, `w.repository` one that serves a repository.
const expose = 'POST /api/expose-port';
const unexpose = 'DELETE /api/unexpose-port';
const exposed = 'GET /api/exposed-ports';
const proxy = 'ANY /proxy/{port}/{rest}';
const git = 'POST /api/git/checkout';

const relayed = async (w, method, path, body) => {
  await w.hidden(() => w.client.exposePort(w.service.port));
  await w.request(method, `/proxy/${w.service.port}${path}`, body);
  await w.hidden(() => w.client.unexposePort(w.service.port));
};

export const rows = [
  { route: expose, name: 'exposes a port with a name',
    run: async (w) => {
      await w.client.exposePort(w.port('named'), 'web');
      await w.hidden(() => w.client.unexposePort(w.port('named')));
    } },
  { route: expose, name: 'exposes a port again',
    run: async (w) => {
      await w.hidden(() => w.client.exposePort(w.port('again')));
      await w.client.exposePort(w.port('again'));
      await w.hidden(() => w.client.unexposePort(w.port('again')));
    } },
  { route: expose, name: 'wants a number', run: (w) => w.client.exposePort('web') },
  { route: expose, name: 'takes 0 for no port', run: (w) => w.client.exposePort(0) },
  { route: expose, name: 'wants a port that exists', run: (w) => w.client.exposePort(65_536) },

  { route: unexpose, name: 'takes a port out',
    run: async (w) => {
      await w.hidden(() => w.client.exposePort(w.port('short')));
      await w.client.unexposePort(w.port('short'));
    } },
  { route: unexpose, name: 'says that a port is not exposed', run: (w) => w.client.unexposePort(w.port('never')) },
  { route: unexpose, name: 'wants a number', run: (w) => w.client.unexposePort('web') },
  { route: unexpose, name: 'wants a port that exists', run: (w) => w.client.unexposePort(65_536) },

  { route: exposed, name: 'lists nothing', run: (w) => w.client.getExposedPorts() },
  { route: exposed, name: 'lists what is exposed',
    run: async (w) => {
      await w.hidden(() => w.client.exposePort(w.port('shown'), 'web'));
      await w.client.getExposedPorts();
      await w.hidden(() => w.client.unexposePort(w.port('shown')));
    } },

  { route: proxy, name: 'relays a request with its query', run: (w) => relayed(w, 'GET', '/echo/x?y=1&z=%20') },
  { route: proxy, name: 'relays a body', run: (w) => relayed(w, 'POST', '/echo', '{"some":"body"}') },
  { route: proxy, name: 'relays the status of an error', run: (w) => relayed(w, 'PUT', '/status/418', '{}') },
  { route: proxy, name: 'relays to exposed ports only', run: (w) => w.request('GET', `/proxy/${w.port('hidden')}/`) },
  { route: proxy, name: 'says that nothing answers',
    run: async (w) => {
      await w.hidden(() => w.client.exposePort(w.port('dead')));
      await w.request('GET', `/proxy/${w.port('dead')}/x`);
    } },
  { route: proxy, name: 'wants a port', run: (w) => w.request('GET', '/proxy/web/x') },

  { route: git, name: 'clones the branch main',
    run: async (w) => {
      await w.client.gitCheckout(w.repository.url, w.session, undefined, 'cloned');
      await w.client.exec(w.session, 'cat cloned/a.txt; git -C cloned branch --show-current');
    } },
  { route: git, name: 'clones a branch into a directory of its own choice',
    run: (w) => w.client.gitCheckout(w.repository.url, w.session, 'dev') },
  { route: git, name: 'reports a missing branch as failure',
    run: (w) => w.client.gitCheckout(w.repository.url, w.session, 'none', 'never') },
  { route: git, name: 'reports a missing repository as failure',
    run: (w) => w.client.gitCheckout(`${w.repository.base}/none.git`, w.session, 'main', 'never') },
  { route: git, name: 'reports a directory that is taken as failure',
    run: async (w) => {
      await w.shell('mkdir -p full; : >full/x');
      await w.client.gitCheckout(w.repository.url, w.session, 'main', 'full');
    } },
  { route: git, name: 'wants a URL', run: (w) => w.client.gitCheckout('', w.session) },
  { route: git, name: 'wants a URL it can clone', run: (w) => w.client.gitCheckout('nothing', w.session) },
  { route: git, name: 'knows no such session', run: (w) => w.client.gitCheckout(w.repository.url, 'nobody') },
];
