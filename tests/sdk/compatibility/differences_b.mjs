// Dialect B: what the exchanges of Appendix A and the tables of the protocol do not have, or have otherwise.
import { added, changed, isNumber, isText, matches, oneOf, onlyExpected } from './parts.mjs';

const of = (row, why, routes, parts, names) => ({ row, why, routes, parts, names });
/** Fields that the client of dialect A reads in the same answer. */
const union = (routes, ...parts) => of('2.4', 'The answer has the fields of both dialects.', routes, parts);

const code = ['POST /api/execute/code', 'POST /api/contexts/{id}/interrupt'];

export const differencesB = [
  of('1.1 NEW', 'Connections are kept open, and said to be.', '*', [added('headers.connection', 'keep-alive')]),
  of('1.2', 'Every answer has the id that its lines in the log have; no client reads it.', '*', [
    added('headers.x-request-id', matches(/^[0-9a-f]{8}-[0-9a-f]+$/)),
  ]),
  of('3.1 NEW', 'Bodies of errors have the text that dialect A reads.', '*', [added('body.error', isText)]),
  of('3.2', 'The code of a refused field is optional.', '*', [
    added('body.context.validationErrors.0.code', oneOf('required', 'invalid_value')),
  ]),

  union(['GET /api/session/list'], added('body.count', 1), added('body.sessions.0', '<session>')),
  union(['POST /api/session/create'],
    added('body.id', isText), added('body.sessionId', isText), added('body.message', matches(/ created with isolation$/))),
  of('4.5 NEW, 15 #38', 'A nominal 500 that tells of a timeout has the status 422: some clients would repeat the command.',
    ['POST /api/execute'], [changed('status', 500, 422)], ['tells that the time of a command was over, once']),
  of('4.6 NEW, 15 #29', 'Streams add no newline, so what is printed is in one piece.', ['POST /api/execute/stream'], [
    changed('events.1.data', 'a\n\n', 'a\n\nz'),
    onlyExpected((event, index) => index === 3 && event.type === 'stdout' && event.data === 'z\n'),
  ], ['streams output and exit code']),
  union(['GET /api/ping'],
    added('body.message', 'pong'), added('body.system', 'sandboxd'), added('body.progress', 100)),

  union(['POST /api/process/start'],
    added('body.process.id', isText), added('body.process.pid', '<pid>'), added('body.process.command', isText),
    added('body.process.status', 'running'), added('body.process.startTime', 'T'),
    added('body.process.sessionId', '<session>')),
  union(['DELETE /api/process/kill-all'], added('body.killedCount', 2), added('body.message', 'Killed 2 processes')),
  union(['GET /api/process/list'],
    added('body.count', (value) => value > 0), added('body.processes.*.sessionId', '<session>')),
  union(['GET /api/process/{id}'], added('body.process.sessionId', '<session>')),
  union(['DELETE /api/process/{id}'],
    added('body.sessionId', '<session>'), added('body.message', matches(/^Process <[\w-]+> killed$/))),
  union(['GET /api/process/{id}/logs'], added('body.sessionId', '<session>')),
  union(['GET /api/process/{id}/stream'], added('events.*.sessionId', '<session>')),

  union(['POST /api/write', 'POST /api/read', 'POST /api/delete', 'POST /api/rename', 'POST /api/move', 'POST /api/mkdir',
    'POST /api/list-files'], added('body.exitCode', 0)),
  union(['POST /api/rename'], added('body.oldPath', 'old.txt')),
  union(['POST /api/move'], added('body.sourcePath', isText), added('body.destinationPath', isText)),
  union(['POST /api/mkdir'], added('body.stdout', ''), added('body.stderr', '')),

  of('3.2', 'The context of a failed clone may have its branch.', ['POST /api/git/checkout'], [
    added('body.context.branch', 'none'),
  ], ['reports a missing branch']),

  union(['POST /api/expose-port'], added('body.exposedAt', 'T')),
  union(['GET /api/exposed-ports'],
    added('body.ports.0.name', 'web'), added('body.ports.0.exposedAt', 'T'), added('body.count', 1)),
  of('3.1 NEW', 'Errors of the proxy have the fields of both dialects.', ['ANY /proxy/{port}/{rest}'], [
    added('body.code', 'PORT_NOT_EXPOSED'), added('body.context', {}), added('body.httpStatus', 404),
    added('body.timestamp', 'T'),
  ]),
  of('8.2 NEW', 'A refused body is not read: the connection ends.', ['ANY /proxy/{port}/{rest}'], [
    added('headers.connection', 'close'),
  ]),

  union(['POST /api/contexts', 'POST /api/contexts/{id}/interrupt', 'POST /api/contexts/{id}/restart'],
    added('body.id', '<uuid>'), added('body.createdAt', 'T'), added('body.lastUsed', 'T')),
  union(['GET /api/contexts'],
    added('body.contexts.*.contextId', '<uuid>'), added('body.contexts.*.createdAt', 'T'), added('body.contexts.*.lastUsed', 'T')),
  of('9.4', 'When a piece of output was printed, in milliseconds.', code, [added('events.*.timestamp', '<now>')]),
  of('9.4 NEW', 'Runs that fail are counted, too.', code, [added('events.*.execution_count', isNumber)]),
  of('9.4', 'The line of an error, which is optional.', code, [added('events.*.lineNumber', oneOf(2, 3))], ['interrupts what runs']),
  of('9.1', 'How many executors there are of each language, and whether more can be had.', ['GET /api/interpreter/health'], [
    added('body.languages.*.circuit', 'closed'), added('body.languages.*.*', isNumber),
  ]),

  of('5.5', 'Where in its stream a piece of output begins, so that a follower can go on there later.',
    ['GET /api/process/{id}/stream'], [added('events.*.offset', isNumber)]),
  of('7', 'Why a clone failed, in one word.', ['POST /api/git/checkout'], [added('body.context.cause', isText)]),
];
