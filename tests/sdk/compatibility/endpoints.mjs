// The checklist of the protocol (HTTP.md 18) without what this server does not serve, backup and desktop,
// and with its extensions of the code interpreter.
// `a` and `b`: the method of the client class that calls the endpoint in each dialect; in brackets the one of `Sandbox`.
// `none` means that no SDK calls it: the routes are part of the protocol all the same.

/** The published clients that the scenarios drive: both ends, and one in between for each shape that differs. */
export const sdks = {
  '0.3.7': { dialect: 'A', module: 'sdk-a' },
  '0.4.16': { dialect: 'B', module: 'sdk-b-0-4' },
  '0.6.5': { dialect: 'B', module: 'sdk-b-0-6' },
  '0.10.3': { dialect: 'B', module: 'sdk-b-0-10' },
  '0.12.10': { dialect: 'B', module: 'sdk-b' },
};

const everyB = ['0.4.16', '0.6.5', '0.10.3', '0.12.10'];
const withRegistry = ['0.4.16', '0.6.5', '0.10.3'];
const all = '0.4.1 - 0.12.10';
const inA = (method, versions = '0.3.3 - 0.3.7') => ({ method, versions, sdks: ['0.3.7'] });
const both = (name, method) => ({ a: inA(method), b: { method: name, versions: all, sdks: everyB } });

export const endpoints = [
  { route: 'GET /', section: '13', ...both('port probe of containers', 'port probe of containers') },
  { route: 'POST /api/session/create', section: '4.1', ...both('utils.createSession (createSession)', 'createSession') },
  { route: 'GET /api/session/list', section: '4.2', ...both('none', 'none') },
  { route: 'POST /api/session/delete', section: '4.2',
    b: { method: 'utils.deleteSession (deleteSession)', versions: '0.4.16 - 0.12.10', sdks: everyB } },
  { route: 'POST /api/execute', section: '4.3', ...both('commands.execute (exec, setEnvVars)', 'exec') },
  { route: 'POST /api/execute/stream', section: '4.6', ...both('commands.executeStream (execStream, exec)', 'execStream') },
  { route: 'POST /api/process/start', section: '5.2', ...both('processes.startProcess (startProcess)', 'startProcess') },
  { route: 'GET /api/process/list', section: '5.3', ...both('processes.listProcesses (listProcesses)', 'listProcesses') },
  { route: 'GET /api/process/{id}', section: '5.3', ...both('processes.getProcess (getProcess)', 'getProcess') },
  { route: 'DELETE /api/process/{id}', section: '5.4', ...both('processes.killProcess (killProcess)', 'killProcess') },
  { route: 'DELETE /api/process/kill-all', section: '5.4',
    ...both('processes.killAllProcesses (killAllProcesses)', 'killAllProcesses') },
  { route: 'GET /api/process/{id}/logs', section: '5.3',
    ...both('processes.getProcessLogs (getProcessLogs, waitForLog)', 'getProcessLogs') },
  { route: 'GET /api/process/{id}/stream', section: '5.5',
    ...both('processes.streamProcessLogs (streamProcessLogs, waitForLog, waitForExit)', 'streamProcessLogs') },
  { route: 'POST /api/write', section: '6.2', ...both('files.writeFile (writeFile)', 'writeFile') },
  { route: 'POST /api/read', section: '6.3', ...both('files.readFile (readFile)', 'readFile') },
  { route: 'POST /api/read/stream', section: '6.4', ...both('files.readFileStream (readFileStream)', 'readFileStream') },
  { route: 'POST /api/delete', section: '6.5', ...both('files.deleteFile (deleteFile)', 'deleteFile') },
  { route: 'POST /api/rename', section: '6.5', ...both('files.renameFile (renameFile)', 'renameFile') },
  { route: 'POST /api/move', section: '6.5', ...both('files.moveFile (moveFile)', 'moveFile') },
  { route: 'POST /api/mkdir', section: '6.5', ...both('files.mkdir (mkdir)', 'mkdir') },
  { route: 'POST /api/list-files', section: '6.6', ...both('files.listFiles (listFiles)', 'listFiles') },
  { route: 'POST /api/exists', section: '6.5',
    b: { method: 'files.exists (exists)', versions: '0.4.9 - 0.12.10', sdks: everyB } },
  { route: 'POST /api/git/checkout', section: '7', ...both('git.checkout (gitCheckout)', 'gitCheckout') },
  { route: 'POST /api/expose-port', section: '8.1', a: inA('exposePort'),
    b: { method: 'ports.exposePort (exposePort)', versions: '0.4.1 - 0.10.3', sdks: withRegistry } },
  { route: 'DELETE /api/unexpose-port', section: '8.1', a: inA('unexposePort') },
  { route: 'DELETE /api/exposed-ports/{port}', section: '8.1',
    b: { method: 'ports.unexposePort (unexposePort)', versions: '0.4.1 - 0.10.3', sdks: withRegistry } },
  { route: 'GET /api/exposed-ports', section: '8.1', a: inA('getExposedPorts'),
    b: { method: 'ports.getExposedPorts (getExposedPorts, isPortExposed)', versions: '0.4.1 - 0.10.3', sdks: withRegistry } },
  { route: 'ANY /proxy/{port}/{rest}', section: '8.2', a: inA('none'),
    b: { method: 'none', versions: '0.4.1 - 0.10.3', sdks: ['0.10.3'] } },
  { route: 'POST /api/port-check', section: '8.3',
    b: { method: 'ports.checkPortReady (process.waitForPort)', versions: '0.6.3 - 0.6.6', sdks: ['0.6.5'] } },
  { route: 'POST /api/port-watch', section: '8.3',
    b: { method: 'ports.watchPort (process.waitForPort)', versions: '0.6.7 - 0.12.10', sdks: ['0.10.3', '0.12.10'] } },
  { route: 'POST /api/contexts', section: '9.1',
    ...both('interpreter.createCodeContext (createCodeContext, runCode)', 'createCodeContext') },
  { route: 'GET /api/contexts', section: '9.1', ...both('interpreter.listCodeContexts (listCodeContexts)', 'listCodeContexts') },
  { route: 'DELETE /api/contexts/{id}', section: '9.1',
    ...both('interpreter.deleteCodeContext (deleteCodeContext)', 'deleteCodeContext') },
  { route: 'POST /api/execute/code', section: '9.4',
    ...both('interpreter.runCodeStream, streamCode (runCode, runCodeStream)', 'runCodeStream (runCode, runCodeStream)') },
  { route: 'GET /api/interpreter/health', section: '9.1', b: { method: 'none', versions: all, sdks: ['0.12.10'] } },
  ...['POST /api/contexts/{id}/interrupt', 'POST /api/contexts/{id}/restart', 'POST /api/interpreter/reload'].map((route) => ({
    route, section: 'extension', b: { method: 'none', versions: 'none', sdks: ['0.12.10'] },
  })),
  { route: 'POST /api/watch', section: '10.1',
    b: { method: 'watch.watch (watch)', versions: '0.7.10 - 0.12.10', sdks: ['0.10.3', '0.12.10'] } },
  { route: 'POST /api/watch/check', section: '10.2',
    b: { method: 'watch.checkChanges (checkChanges)', versions: '0.8.3 - 0.12.10', sdks: ['0.10.3', '0.12.10'] } },
  { route: 'GET /api/ping', section: '13', ...both('utils.ping', 'ping') },
  { route: 'GET /api/version', section: '13',
    b: { method: 'utils.getVersion (onStart)', versions: '0.4.6 - 0.12.10', sdks: everyB } },
  { route: 'GET /api/commands', section: '13', b: { method: 'utils.getCommands', versions: all, sdks: everyB } },
];

/** Whether a recorded request, `METHOD /path?query`, went to a route. Names of actions are no ids. */
export function isRequestOf(route, request) {
  const [method, path] = route.split(' ');
  const pattern = path
    .replace('/{rest}', '(?:/.*)?')
    .replace('/process/{id}', '/process/(?!(?:list|kill-all)$)[^/]+')
    .replace(/\{\w+\}/g, '[^/]+');
  const [sent, target] = request.split(' ');
  return (method === 'ANY' || method === sent) && new RegExp(`^${pattern}$`).test(target.split('?')[0]);
}

/** The SDK versions that must prove a route. */
export const sdksOf = ({ a, b }) => [...(a?.sdks ?? []), ...(b?.sdks ?? [])];
