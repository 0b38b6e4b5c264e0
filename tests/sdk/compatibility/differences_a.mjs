// Dialect A: what the reference server of 0.3.7 answers otherwise.
import { added, changed, isNumber, isText, matches, oneOf, onlyExpected, onlySandboxd, removed } from './parts.mjs';

const of = (row, why, routes, parts, names) => ({ row, why, routes, parts, names });
/** Fields that the clients of dialect B read in the same answer. */
const union = (routes, parts, names) =>
  of('2.4', 'The answer has the fields of both dialects.', routes, parts, names);

const contexts = ['POST /api/contexts', 'GET /api/contexts', 'DELETE /api/contexts/{id}'];
const code = ['POST /api/execute/code'];
/** Those of contexts run code, too. */
const runs = ['POST /api/contexts', 'DELETE /api/contexts/{id}', ...code];
const isStdout = (pattern) => ({ type, text }) => type === 'stdout' && pattern.test(text);
const isType = (...types) => ({ type }) => types.includes(type);
const isErrorOf = (evalue) => (event) => event.type === 'error' && event.ename === 'ExecutionError' && evalue.test(event.evalue);

export const differencesA = [
  of('1.3 NEW', 'The longer list of header fields of dialect B.', '*', [
    changed('headers.access-control-allow-headers', 'Content-Type, Authorization',
      'Content-Type, Authorization, X-Session-Id, X-Sandbox-Id, X-Trace-Id'),
  ]),
  of('1.1 NEW', 'Connections are kept open, and said to be.', '*', [added('headers.connection', 'keep-alive')]),
  of('1.2', 'Every answer has the id that its lines in the log have; no client reads it.', '*', [
    added('headers.x-request-id', matches(/^[0-9a-f]{8}-[0-9a-f]+$/)),
  ]),
  of('3.1 NEW', 'Bodies of errors have the fields of both dialects.', '*', [
    added('body.code', matches(/^[A-Z_]+$/)),
    added('body.message', isText),
    added('body.httpStatus', isNumber),
    added('body.timestamp', 'T'),
    added('body.suggestion', isText),
    added('body.context', {}),
    added('body.context.*', isText),
    added('body.context.*.*.*', isText),
  ]),

  of('13', 'The text of `/` is free.', ['GET /'], [changed('body', 'Hello from Bun server! 🚀', 'sandboxd is running\n')]),
  union(['POST /api/session/create'], [
    added('body.sessionId', isText), added('body.data.id', isText), added('body.containerPlacementId', null),
    added('body.timestamp', 'T'),
  ], ['makes a session without isolation', 'makes an isolated session with variables', 'reuses a session that lives']),
  union(['GET /api/session/list'], [added('body.success', true), added('body.data.*', isText)]),
  union(['GET /api/ping'], [added('body.success', true), changed('body.system', 'interpreter (70x faster)', 'sandboxd')]),

  of('4.4 NEW, 15 #12', '`exit` is a result, and the session goes on in a fresh shell.', ['POST /api/execute'], [
    changed('status', 500, 200),
    removed('body.error', 'Command execution failed'), removed('body.message', isText),
    added('body.success', oneOf(false, true)), added('body.exitCode', oneOf(7, 0)), added('body.stdout', oneOf('', 'after\n')),
    added('body.stderr', ''), added('body.command', oneOf('exit 7', 'echo after')), added('body.duration', '<duration>'),
    added('body.timestamp', 'T'), changed('outcome', 'Command execution failed', 'resolved'),
  ], ['goes on after exit']),
  of('4.3 NEW, 15 #14a', 'A default session that its client believes to exist is made again.', ['POST /api/execute'], [
    changed('status', 404, 200), removed('body.error', "Session '<sandbox-box>' not found"),
    removed('body.availableSessions.*', isText), added('body.success', true), added('body.exitCode', 0),
    added('body.stdout', 'alive\n'), added('body.stderr', ''), added('body.command', 'echo alive'),
    added('body.duration', '<duration>'), added('body.timestamp', 'T'),
    changed('outcome', "Session '<sandbox-box>' not found", 'resolved'),
  ], ['makes the default session again that its client believes to exist']),
  of('4.3 NEW, 15 #14a', 'The default session that was made again is one of those that exist.', ['POST /api/execute/stream'], [
    changed('body.availableSessions.4', '<late>', '<sandbox-box>'), added('body.availableSessions.5', '<late>'),
  ], ['knows no such session']),
  of('1.3 NEW, 15 #34', 'What is no JSON is an error of the client.', ['POST /api/execute'], [
    changed('status', 500, 400), changed('body.error', 'Command execution failed', 'Invalid request body'),
    changed('body.message', 'Failed to parse JSON', 'Invalid request body'),
  ], ['wants JSON']),
  of('4.5 NEW, 15 #38', 'A nominal 500 that tells of a timeout has the status 422: some clients would repeat the command.',
    ['POST /api/execute'], [changed('status', 500, 422)], ['ends the wait for a command whose time is over']),
  of('15 #27', 'One `start`.', ['POST /api/execute/stream'], [
    onlyExpected((event, index) => event.type === 'start' && index === 1),
  ]),

  union(['POST /api/process/start'], [
    added('body.success', true), added('body.processId', isText), added('body.pid', '<pid>'),
    added('body.command', 'sleep 1000'), added('body.timestamp', 'T'),
  ], ['starts a process', 'takes the id of the client']),
  union(['GET /api/process/list', 'GET /api/process/{id}', 'GET /api/process/{id}/logs'], [added('body.success', true)]),
  union(['DELETE /api/process/kill-all'], [added('body.cleanedCount', 2)]),
  of('15 #21', 'The exit code of what was killed is known.', ['DELETE /api/process/{id}', 'GET /api/process/{id}/stream'], [
    changed('body.process.exitCode', null, 143), added('body.success', true), added('events.0.exitCode', 143),
  ], ['kills a process', 'ends when the process is killed']),

  of('15 #16', 'A file has the bytes it was given, without one more newline.', ['POST /api/write'], [
    changed('body.content', 'h\u00e9llo $HOME `id`\n', 'h\u00e9llo $HOME `id`'), changed('body.size', 18, 17),
  ], ['gives back what was written']),
  of('15 #16', 'What is given as base64 is written as bytes.', ['POST /api/write'], [
    changed('body.content', 'AAH/\n', 'AAH/'), changed('body.encoding', 'utf-8', 'base64'), changed('body.isBinary', false, true),
    changed('body.mimeType', 'text/plain', 'application/octet-stream'), changed('body.size', 5, 3),
  ], ['writes bytes']),
  of('6.1 NEW, 15 #19', 'A directory of the system is one with that whole name.', ['POST /api/read'], [
    changed('status', 400, 200), removed('body.error', 'Dangerous path not allowed'), added('body.success', false),
    added('body.exitCode', 1), added('body.path', '/etcetera/x'), added('body.content', ''), added('body.timestamp', 'T'),
    changed('outcome', 'Dangerous path not allowed', 'resolved'),
  ], ['takes whole names for those of the system']),
  of('6.3', 'A directory is no file: `success` is false.', ['POST /api/read'], [
    changed('body.success', true, false), changed('body.exitCode', 0, 1), removed('body.encoding', 'base64'),
    removed('body.isBinary', true), removed('body.mimeType', 'inode/directory'), removed('body.size', isNumber),
  ], ['reports a directory as failure']),
  union(['POST /api/rename', 'POST /api/move'], [added('body.path', isText), added('body.newPath', isText)]),
  of('5.5', 'Where in its stream a piece of output begins, so that a follower can go on there later.',
    ['GET /api/process/{id}/stream'], [added('events.*.offset', isNumber)]),
  of('7', 'Why a clone failed, in one word.', ['POST /api/git/checkout'], [added('body.cause', isText)]),
  union(['POST /api/list-files'], [added('body.count', isNumber)]),
  of('6.6 NEW', 'Paths are absolute, times are ISO 8601 in UTC.', ['POST /api/list-files'], [
    changed('body.files.*.absolutePath', isText, matches(/^<directory>\/[\w.]+\/[\w./]+$/)),
    changed('body.files.*.modifiedAt', matches(/^\w{3} [ \d]\d \d\d:\d\d$/), 'T'),
  ]),
  of('15 #18', 'Names are read from the directory, not from a listing.', ['POST /api/list-files'], [
    changed('body.files.0.name', 'link -> nowhere', 'link'), changed('body.files.0.relativePath', 'link -> nowhere', 'link'),
    changed('body.files.1.relativePath', 'a.txt', 'sub/a.txt'),
  ], ['lists a symbolic link', 'lists directories below']),

  union(['POST /api/expose-port'], [added('body.url', matches(/^http:\/\/localhost:<\w+>$/))]),
  union(['GET /api/exposed-ports'], [
    added('body.success', true), added('body.ports.*.url', 'http://localhost:<shown>'), added('body.ports.*.status', 'active'),
  ]),
  of('8.1', 'A port that cannot exist is refused as by expose-port.', ['DELETE /api/unexpose-port'], [
    changed('status', 404, 400), changed('body.error', 'Port is not exposed', 'Port must be between 1 and 65535'),
    changed('outcome', 'Port is not exposed', 'Port must be between 1 and 65535'),
  ], ['wants a port that exists']),
  of('8.2 NEW', 'Bodies are relayed as they come: fields of one connection are its own, a refused body is not read.',
    ['ANY /proxy/{port}/{rest}'], [
      removed('headers.keep-alive', isText), removed('headers.connection', 'keep-alive'), added('headers.connection', 'close'),
    ]),
  of('3.1', 'Errors of the proxy name the port, as in dialect B.', ['ANY /proxy/{port}/{rest}'], [
    added('body.port', isText),
  ]),
  of('8.2', 'The message tells why in words of its own.', ['ANY /proxy/{port}/{rest}'], [
    changed('body.message', isText, matches(/Connection refused$/)),
  ], ['says that nothing answers']),

  union(contexts, [
    added('body.success', true), added('body.contextId', '<uuid>'), added('body.contexts.*.contextId', '<uuid>'),
    added('body.timestamp', 'T'),
  ]),
  of('1.3 NEW', 'Every answer has these header fields.', runs, [
    added('headers.access-control-allow-origin', '*'),
    added('headers.access-control-allow-methods', 'GET, POST, PUT, DELETE, OPTIONS'),
    added('headers.access-control-allow-headers', 'Content-Type, Authorization, X-Session-Id, X-Sandbox-Id, X-Trace-Id'),
  ]),
  of('1.3 NEW, 15 #34', 'What is no JSON is an error of the client.', ['POST /api/contexts', ...code], [
    changed('status', 500, 400), changed('body.error', 'Failed to parse JSON', 'Invalid request body'),
  ], ['wants JSON']),
  of('3.1', 'The context of an error is told in the form of dialect B, too.', runs, [added('body.details.contextId', isText)]),
  of('9.1 NEW, 15 #41', 'The directory and the environment of a context are those of its code.', ['POST /api/contexts'], [
    changed('events.0.json.0', isText, '/usr'), changed('events.0.json.1', null, 'blue'),
  ], ['gives a context its directory and environment']),
  of('9.2', 'A context has one language: code of another is refused, as in dialect B.', code, [
    changed('status', 200, 500), changed('headers.content-type', 'text/event-stream', 'application/json'),
    removed('headers.cache-control', 'no-cache'), removed('framing', 'lines'), onlyExpected(() => true), removed('events', []),
    added('body.error', matches(/was created for python, cannot execute javascript code$/)),
    changed('outcome', 'resolved', matches(/was created for python, cannot execute javascript code$/)),
  ], ['refuses another language than that of the context']),
  of('9.4', 'When a piece of output was printed, in milliseconds.', code, [added('events.*.timestamp', '<now>')]),
  of('9.4 NEW, 15 #41', 'The runs of a context are counted, those that fail, too.', code, [
    changed('events.*.execution_count', 1, isNumber), added('events.*.execution_count', isNumber),
  ]),
  of('9.4', 'All formats of a value are in one event.', code, [
    onlyExpected(({ type, text }) => type === 'result' && text === '<IPython.core.display.HTML object>'),
    added('events.0.text', '<IPython.core.display.HTML object>'),
  ], ['shows all formats of a value']),
  of('9.4', 'A figure is told as data, too.', code, [
    added('events.0.chart.type', 'line'), added('events.0.chart.title', ''), added('events.0.chart.library', 'matplotlib'),
    added('events.0.chart.data.axes.0.*', oneOf('', 'line')), added('events.0.chart.data.axes.0.*.*', oneOf('', 'linear')),
    added('events.0.chart.data.axes.0.series.0.type', 'line'),
    added('events.0.chart.data.axes.0.series.0.points.*.*', oneOf(1, 2, 3, 4)),
  ], ['shows a figure']),
  of('9.4 NEW, 15 #2', 'What is printed and shown is told as it comes, in its order.', code, [
    onlyExpected((event, index) => index === 0 && isStdout(/^after\n$/)(event)),
    onlySandboxd((event, index) => index === 1 && isStdout(/^after\n$/)(event)),
  ], ['shows what is displayed where it belongs']),
  of('9.4 NEW, 15 #2', 'What is printed is told as it comes, in its order.', code, [
    changed('events.0.text', 'one\nthree\n', 'one\n'),
    onlySandboxd((event, index) => index === 2 && isStdout(/^three\n$/)(event)),
  ], ['keeps the order of output and errors']),
  of('9.3 NEW, 15 #42', 'The last value is a result, and not printed.', code, [
    changed('events.0.text', 'out\nOut[1]: 2\n', 'out\n'), onlyExpected(isStdout(/^Out\[1\]: /)),
  ], ['runs Python', 'keeps variables of Python', 'gives lists and dictionaries of Python as JSON', 'shows all formats of a value']),
  of('9.3 NEW, 15 #42', 'The traceback is in the error, and not printed.', code, [onlyExpected(isStdout(/^\u001b\[/))],
    ['tells an error of Python', 'tells a wrong syntax of Python']),
  of('9.3 NEW', 'The traceback is that of Python, and has the frames of the code alone.', code, [
    changed('events.0.traceback.0', isText, 'Traceback (most recent call last):'),
    changed('events.0.traceback.1', isText, matches(/^  Cell In\[\d+\], line 1, in <module>$/)),
    changed('events.0.traceback.2', isText, "    raise ValueError('bad')"),
    changed('events.0.traceback.3', isText, 'ValueError: bad'),
    removed('events.0.traceback.4', isText), removed('events.0.traceback.5', isText),
  ], ['tells an error of Python']),
  of('9.3 NEW, 15 #42', 'A wrong syntax is an error.', code, [
    onlyExpected(isType('execution_complete')),
    onlySandboxd(({ type, ename, evalue }) => type === 'error' && ename === 'SyntaxError' && evalue === "expected ':'"),
  ], ['tells a wrong syntax of Python']),
  of('9.4', 'The line of an error, which is optional.', code, [added('events.*.lineNumber', 1)]),
  of('9.3 NEW, 15 #42', 'An error has its own name and message; its stack has the frames of the code alone.', code, [
    changed('events.0.text', matches(/\nTypeError: bad\n {4}at /), matches(/^TypeError: bad\n {4}at Cell In\[\d+\]:1:7\n$/)),
    changed('events.1.ename', 'ExecutionError', 'TypeError'), changed('events.1.evalue', matches(/\nTypeError: bad\n {4}at /), 'bad'),
    removed('events.1.traceback', []), added('events.1.traceback.*', matches(/^(TypeError: bad| {4}at Cell In\[\d+\]:1:7)$/)),
  ], ['tells an error of JavaScript', 'tells an error of TypeScript']),
  of('9.3', 'What cannot be compiled has a name of its own and the message alone.', code, [
    changed('events.0.text', matches(/ERROR: Unexpected "="\n$/), 'TypeScript compilation error: Unexpected "="\n'),
    changed('events.1.ename', 'ExecutionError', 'TranspileError'),
    changed('events.1.evalue', matches(/ERROR: Unexpected "="\n$/), 'Unexpected "="'),
    removed('events.1.traceback', []), added('events.1.traceback.*', matches(/^Cell In|let b: = 2|\^|Unexpected "="/)),
  ], ['tells a wrong syntax of TypeScript']),
  of('9.3', 'Code may await, as in dialect B.', code, [
    onlyExpected(isType('stderr')), onlyExpected(isErrorOf(/await is only valid in async functions/)),
    onlySandboxd(({ type, text }) => type === 'result' && text === '1'), onlySandboxd(isType('execution_complete')),
  ], ['awaits']),
  of('9.3 NEW, 15 #43', 'What was declared in a cell before may be declared again.', code, [
    onlyExpected(isType('stderr')), onlyExpected(isErrorOf(/Identifier 'again' has already been declared/)),
    onlySandboxd(({ type, text }) => type === 'result' && text === '2'),
    onlySandboxd((event, index) => index === 1 && isType('execution_complete')(event)),
  ], ['takes a constant again']),
];
