// Background processes with SDK 0.3.7. Its reference cannot start a command whose first part prints, and seldom knows an
// exit code (HTTP.md 15, 20 and 21): the commands here are those it can run.
import { freshId } from '../../support.mjs';

const start = 'POST /api/process/start';
const list = 'GET /api/process/list';
const get = 'GET /api/process/{id}';
const kill = 'DELETE /api/process/{id}';
const killAll = 'DELETE /api/process/kill-all';
const logs = 'GET /api/process/{id}/logs';
const stream = 'GET /api/process/{id}/stream';

/** Starts a process that is no part of what is compared, and waits until it has ended. */
const ended = async (w, command, processId) => {
  await w.hidden(async () => {
    await w.client.startProcess(command, w.session, { processId });
    while ((await w.client.getProcess(processId)).process.status === 'running');
  });
};
const running = (w, processId, session = w.session) =>
  w.hidden(() => w.client.startProcess('sleep 1000', session, { processId }));

export const rows = [
  { route: start, name: 'starts a process',
    run: (w) => w.client.startProcess('sleep 1000', w.session, {}) },
  { route: start, name: 'takes the id of the client',
    run: (w) => w.client.startProcess('sleep 1000', w.session, { processId: w.id('chosen') }) },
  { route: start, name: 'refuses the id of a process that runs',
    run: async (w) => {
      const processId = w.id('twice');
      await running(w, processId);
      await w.client.startProcess('sleep 1000', w.session, { processId });
    } },
  { route: start, name: 'wants a command', run: (w) => w.client.startProcess('', w.session, {}) },
  { route: start, name: 'knows no such session', run: (w) => w.client.startProcess('true', 'nobody', {}) },

  { route: list, name: 'lists the processes of a session',
    run: async (w) => {
      const session = await w.hidden(() => w.newSession('lister'));
      await running(w, w.id('listed'), session);
      await running(w, w.id('listed-too'), session);
      await w.client.listProcesses(session);
    } },
  { route: list, name: 'knows no such session', run: (w) => w.client.listProcesses('nobody') },

  { route: get, name: 'tells of a process that runs',
    run: async (w) => {
      await running(w, w.id('asked-for'));
      await w.client.getProcess(w.id('asked-for'));
    } },
  { route: get, name: 'tells of a process that has ended',
    run: async (w) => {
      await ended(w, 'true', w.id('ended'));
      await w.client.getProcess(w.id('ended'));
    } },
  { route: get, name: 'tells of a process that has failed',
    run: async (w) => {
      await ended(w, 'false', w.id('failed'));
      await w.client.getProcess(w.id('failed'));
    } },
  { route: get, name: 'knows no such process', run: (w) => w.client.getProcess('none') },

  { route: kill, name: 'kills a process',
    run: async (w) => {
      await running(w, w.id('killed'));
      await w.client.killProcess(w.id('killed'));
      await w.client.getProcess(w.id('killed'));
    } },
  { route: kill, name: 'succeeds for a process that has ended',
    run: async (w) => {
      await ended(w, 'true', w.id('over'));
      await w.client.killProcess(w.id('over'));
    } },
  { route: kill, name: 'knows no such process', run: (w) => w.client.killProcess('none') },

  { route: killAll, name: 'kills the processes of a session',
    run: async (w) => {
      const session = await w.hidden(() => w.newSession('killer'));
      await running(w, w.id('first-of-two'), session);
      await running(w, w.id('second-of-two'), session);
      await w.client.killAllProcesses(session);
    } },
  { route: killAll, name: 'knows no such session', run: (w) => w.client.killAllProcesses('nobody') },

  { route: logs, name: 'gives what was printed',
    run: async (w) => {
      await ended(w, 'echo printed', w.id('printer'));
      await w.client.getProcessLogs(w.id('printer'));
    } },
  { route: logs, name: 'gives nothing of a silent process',
    run: async (w) => {
      await running(w, w.id('silent'));
      await w.client.getProcessLogs(w.id('silent'));
    } },
  { route: logs, name: 'knows no such process', run: (w) => w.client.getProcessLogs('none') },

  { route: stream, name: 'repeats what was printed and ends',
    run: async (w) => {
      await ended(w, 'echo printed', w.id('replayed'));
      await w.hidden(() => w.client.getProcessLogs(w.id('replayed')));
      await w.drain(w.client.streamProcessLogs(w.id('replayed')));
    } },
  { route: stream, name: 'ends when the process is killed',
    run: async (w) => {
      for (let isKilled = false, left = 5; !isKilled; left -= 1) {
        const id = w.named(freshId('followed'), '<followed>');
        await running(w, id);
        // The reference answers, head and all, when there is something to tell.
        const seen = w.drain(w.client.streamProcessLogs(id));
        isKilled = await w.hidden(() => w.client.killProcess(id)).then(
          () => true,
          (error) => {
            if (!w.losesRaces || left === 1) throw error;
            return false;
          },
        );
        await seen;
        if (!isKilled) await w.recorder.take();
      }
    } },
  { route: stream, name: 'knows no such process', run: (w) => w.client.streamProcessLogs('none') },
];
