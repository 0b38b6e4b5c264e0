// Background processes with the clients of dialect B.
import { failure, json, stream } from '../expected.mjs';

const start = 'POST /api/process/start';
const list = 'GET /api/process/list';
const get = 'GET /api/process/{id}';
const kill = 'DELETE /api/process/{id}';
const killAll = 'DELETE /api/process/kill-all';
const logs = 'GET /api/process/{id}/logs';
const streamed = 'GET /api/process/{id}/stream';

const missing = 'no_such_cmd_1';
const startOf = (w, command, processId) => w.client.processes.startProcess(command, w.session, { processId });
/** Starts a process that is no part of what is compared. */
const hidden = (w, command, processId) => w.hidden(() => startOf(w, command, processId));
const unknown = (id) => failure(404, 'PROCESS_NOT_FOUND', `Process ${id} not found`, { processId: id });
const started = (processId, command) => json(200, { success: true, processId, pid: '<pid>', command, timestamp: 'T' });

export const rows = [
  { route: start, name: 'starts what is no command', source: 'Appendix A',
    run: (w) => startOf(w, missing, w.id('q1')),
    expect: [started('<q1>', missing)] },
  { route: start, name: 'makes up an id', source: 'protocol 5.2',
    run: (w) => w.client.processes.startProcess('true', w.session),
    expect: [started('<new-process>', 'true')] },
  { route: start, name: 'refuses the id of a process that runs', source: 'protocol 5.2 NEW',
    run: async (w) => {
      await hidden(w, 'sleep 1000', w.id('twice'));
      await startOf(w, 'sleep 1000', w.id('twice'));
    },
    throws: 'PROCESS_ERROR',
    expect: [failure(409, 'PROCESS_ERROR', /<twice>/, { processId: '<twice>' })] },
  { route: start, name: 'wants a command', source: 'protocol 5.2',
    run: (w) => w.client.processes.startProcess(' ', w.session),
    throws: 'INVALID_COMMAND',
    expect: [failure(400, 'INVALID_COMMAND', /./, {})] },

  { route: killAll, name: 'counts what was running', source: 'protocol 5.4',
    run: async (w) => {
      await w.hidden(() => w.client.processes.killAllProcesses());
      await hidden(w, 'sleep 1000', w.id('first-of-two'));
      await hidden(w, 'sleep 1000', w.id('second-of-two'));
      await w.client.processes.killAllProcesses();
    },
    expect: [json(200, { success: true, cleanedCount: 2, timestamp: 'T' })] },
  { route: list, name: 'lists the processes of all sessions', source: 'protocol 5.3',
    run: async (w) => {
      await hidden(w, 'sleep 1000', w.id('listed'));
      await w.client.processes.listProcesses();
    },
    expect: [({ body }) => json(200, {
      success: true,
      processes: [
        ...body.processes.filter(({ id }) => id !== '<listed>'), // of scenarios before
        { id: '<listed>', pid: '<pid>', command: 'sleep 1000', status: 'running', startTime: 'T' },
      ],
      timestamp: 'T',
    })] },
  { route: get, name: 'tells of a process that runs', source: 'protocol 5.3',
    run: async (w) => {
      await hidden(w, 'sleep 1000', w.id('asked-for'));
      await w.client.processes.getProcess(w.id('asked-for'));
    },
    expect: [json(200, { success: true, timestamp: 'T',
      process: { id: '<asked-for>', pid: '<pid>', command: 'sleep 1000', status: 'running', startTime: 'T' } })] },
  { route: get, name: 'tells that a process was killed', source: 'Appendix A',
    run: async (w) => {
      await hidden(w, 'sleep 1000', w.id('killed'));
      await w.hidden(() => w.client.processes.killProcess(w.id('killed')));
      await w.client.processes.getProcess(w.id('killed'));
    },
    expect: [json(200, { success: true, timestamp: 'T', process: { id: '<killed>', pid: '<pid>', command: 'sleep 1000',
      status: 'killed', startTime: 'T', endTime: 'T', exitCode: 143 } })] },
  { route: get, name: 'knows no such process', source: 'protocol 5.3',
    run: (w) => w.client.processes.getProcess('none'),
    throws: 'PROCESS_NOT_FOUND',
    expect: [unknown('none')] },

  { route: kill, name: 'kills a process', source: 'protocol 5.4',
    run: async (w) => {
      await hidden(w, 'sleep 1000', w.id('victim'));
      await w.client.processes.killProcess(w.id('victim'));
    },
    expect: [json(200, { success: true, processId: '<victim>', timestamp: 'T' })] },
  { route: kill, name: 'succeeds for a process that has ended', source: 'protocol 5.4 NEW',
    run: async (w) => {
      await hidden(w, 'true', w.id('over'));
      await w.hidden(() => w.drain(w.client.processes.streamProcessLogs(w.id('over'))));
      await w.client.processes.killProcess(w.id('over'));
    },
    expect: [json(200, { success: true, processId: '<over>', timestamp: 'T' })] },
  { route: kill, name: 'knows no such process', source: 'Appendix A',
    run: (w) => w.client.processes.killProcess('none'),
    throws: 'PROCESS_NOT_FOUND',
    expect: [unknown('none')] },

  { route: logs, name: 'gives what was printed, at once', source: 'protocol 5.3',
    run: async (w) => {
      await hidden(w, 'echo out; echo err >&2; exit 2', w.id('printer'));
      await w.client.processes.getProcessLogs(w.id('printer'));
    },
    expect: [json(200, { success: true, processId: '<printer>', stdout: 'out\n', stderr: 'err\n', timestamp: 'T' })] },
  { route: logs, name: 'knows no such process', source: 'protocol 5.3',
    run: (w) => w.client.processes.getProcessLogs('none'),
    throws: 'PROCESS_NOT_FOUND',
    expect: [unknown('none')] },

  { route: streamed, name: 'repeats what was printed and ends', source: 'Appendix A',
    run: async (w) => {
      await hidden(w, missing, w.id('q2'));
      await w.hidden(() => w.drain(w.client.processes.streamProcessLogs(w.id('q2'))));
      await w.drain(w.client.processes.streamProcessLogs(w.id('q2')));
    },
    expect: [stream(
      { type: 'process_info', processId: '<q2>', command: missing, status: 'failed', timestamp: 'T' },
      { type: 'stderr', data: /^bash: line \d+: no_such_cmd_1: command not found\n$/, processId: '<q2>', timestamp: 'T' },
      { type: 'exit', processId: '<q2>', exitCode: 127, data: 'Process failed with exit code 127', timestamp: 'T' })] },
  { route: streamed, name: 'tells the exit code of exit', source: 'protocol 5.5 NEW',
    run: async (w) => {
      const command = `until [ -e ${w.directory}/go ]; do sleep 0.01; done; exit 6`;
      await hidden(w, command, w.id('leaver'));
      const followed = await w.client.processes.streamProcessLogs(w.id('leaver'));
      await w.shell(`: >${w.directory}/go`);
      await w.drain(followed);
      await w.shell(`rm ${w.directory}/go`);
    },
    expect: [stream(
      { type: 'process_info', processId: '<leaver>', status: 'running', timestamp: 'T',
        command: 'until [ -e <directory>/go ]; do sleep 0.01; done; exit 6' },
      { type: 'exit', processId: '<leaver>', exitCode: 6, data: 'Process failed with exit code 6', timestamp: 'T' })] },
  { route: streamed, name: 'knows no such process', source: 'protocol 5.5',
    run: (w) => w.client.processes.streamProcessLogs('none'),
    throws: 'PROCESS_NOT_FOUND',
    expect: [unknown('none')] },
];
