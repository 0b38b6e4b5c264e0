'use strict';
// One JavaScript executor: takes requests in order, runs cells in a vm context of its own, and tells what comes of them.
//
// Requests                                               answers
//     configure  cwd, environment, variables, ...        none
//     run        code, environment; of TypeScript also   any number of `result`, then `complete` or `error`
//                map, or problem instead of code
//     interrupt  after a SIGINT                          none
//
// A TypeScript executor is one, too; its code comes transpiled, with a source map.

const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');
const path = require('node:path');
const vm = require('node:vm');

const channel = require('./channel.js');
const stacks = require('./stacks.js');
const streams = require('./streams.js');
const { bundleOf, limited, limitedId, makers } = require('./display.js');
const { importFunction, scriptOf } = require('./cell.js');

// Before user code can put others in their place.
const { setImmediate, setTimeout } = globalThis;
const now = performance.now.bind(performance);

stacks.install();
streams.install();

let resultLimit = 8 << 20;
let executionCount = 0;
let interrupt; // rejects the run that waits for something
let signalSeen = false; // the last SIGINT has done its work
let signalTaken = Promise.resolve(); // nothing is left of it

// What is told of an error is bounded: more than that would be of no use to a reader, and too much for the daemon.
const mostCharacters = 64 << 10;
const mostErrors = 15;
const deepestCause = 5;

const cut = (text) =>
  text.length <= mostCharacters
    ? text
    : `${text.slice(0, mostCharacters)}... [${text.length - mostCharacters} of ${text.length} characters left out]`;

/** `kind`: value, display or update. */
function handOn(kind, bundle, id) {
  const { data, leftOut } = limited(bundle, resultLimit);
  if (Object.keys(data).length === 0) return;
  const displayId = id === undefined ? undefined : limitedId(id, leftOut);
  const metadata = Object.keys(leftOut).length > 0 ? { left_out: leftOut } : {};
  const result = { type: 'result', kind, data, metadata, display_id: displayId };
  if (kind !== 'value') return channel.sendInOrder(result);
  channel.send(result); // as a rule nothing comes after it: nobody waits
  streams.follow();
}

async function display(value, { raw = false, display_id: id, update = false } = {}) {
  const kind = update ? 'update' : 'display';
  const bundle = raw ? value : bundleOf(value);
  // At once where it is there, so that it keeps its place among what is printed.
  handOn(kind, typeof bundle?.then === 'function' ? await bundle : bundle, id);
}

/** Gives an object a property that is made when it is first wanted: some of Node's take milliseconds to load. */
function defineLazily(object, name, make) {
  const become = (value) => Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true });
  Object.defineProperty(object, name, { get: () => become(make())[name], set: become, configurable: true, enumerable: true });
}

const nodeGlobals = [
  'console', 'process', 'Buffer', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval',
  'clearImmediate', 'queueMicrotask', 'structuredClone', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder',
  'AbortController', 'AbortSignal', 'Event', 'EventTarget', 'performance', 'fetch', 'Headers', 'Request', 'Response',
  'FormData', 'Blob', 'atob', 'btoa', 'ReadableStream', 'WritableStream', 'TransformStream', 'WebAssembly',
];
// The reference's contexts begin with these, and Node's own prompt has them. The module crypto has all that the global
// of its name has.
const nodeModules = ['fs', 'path', 'util', 'crypto'];

const context = vm.createContext({ ...makers, display });
for (const name of nodeGlobals.filter((one) => one in globalThis)) defineLazily(context, name, () => globalThis[name]);
for (const name of nodeModules) defineLazily(context, name, () => require(`node:${name}`));
context.global = context.globalThis = vm.runInContext('globalThis', context);

/** `require` and `import` from where the context is now. */
function enterDirectory(directory) {
  const base = path.join(directory, 'cell.js');
  context.require = createRequire(base);
  context.module = { exports: {} };
  context.exports = context.module.exports;
  context.__dirname = directory;
  context.__filename = base;
  Object.defineProperty(context, importFunction, {
    value: async (specifier) => {
      const { resolve } = await import('import-meta-resolve');
      return import(resolve(String(specifier), pathToFileURL(base).href));
    },
    configurable: true,
  });
}

function apply(changes) {
  for (const [name, value] of Object.entries(changes))
    if (value === null || value === undefined) delete process.env[name];
    else process.env[name] = value;
}

function configure({ cwd, fallback_cwd: fallback, environment, variables, result_limit: limit }) {
  for (const directory of [cwd, fallback, '/']) {
    try {
      process.chdir(directory);
      process.env.PWD = directory;
      break;
    } catch {} // the next one, then
  }
  enterDirectory(process.cwd());
  apply(environment);
  Object.assign(context, variables);
  resultLimit = limit;
}

/** Of a SyntaxError the line with its mark, which V8 puts before all else. */
function markOf(error) {
  const [place, line, mark] = String(error.stack).split('\n');
  return error.name === 'SyntaxError' && place.startsWith('Cell In[') && /^\s*\^+$/.test(mark) ? [place, line, mark] : [];
}

const stackOf = (error) => String(error.stack).split('\n').filter((one) => /^\s+at /.test(one));

/** Of the innermost frame in a cell; of a SyntaxError in what a cell became, that of the mark. */
function lineOf(error) {
  const [, start, count, line] = /(^|\n.*)Cell In\[(\d+)\]:(\d+)/.exec(String(error.stack)) ?? [];
  if (line === undefined) return undefined;
  return start === '' ? stacks.placeOf(Number(count), { line: Number(line), column: 1 }).line : Number(line);
}

const isError = (value) => Object.prototype.toString.call(value) === '[object Error]' || value instanceof Error;

function isInterrupt(error) {
  try {
    return error?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
  } catch {
    return false; // a getter or trap of user code
  }
}

const undescribed = '<the error could not be described>'; // its getters, traps or toString throw

/** Of anything that code can throw. */
function describe(error) {
  try {
    return description(error);
  } catch {
    return { ename: 'Error', evalue: undescribed, traceback: [] };
  }
}

function description(error) {
  if (isInterrupt(error))
    return { ename: 'KeyboardInterrupt', evalue: 'The run was interrupted', traceback: [] };
  if (!isError(error))
    return { ename: 'Error', evalue: cut(typeof error === 'string' ? error : bundleText(error)), traceback: [] };
  const ename = cut(String(error.name ?? 'Error'));
  const evalue = cut(String(error.message ?? ''));
  const given = error.loc?.line;
  const line = Number.isSafeInteger(given) ? given : lineOf(error);
  const told = { ename, evalue, traceback: tracebackOf(error) };
  return line === undefined ? told : { ...told, lineNumber: line };
}

/** Also of the errors that it was made of, and of its cause, as Node tells them. */
function tracebackOf(error, depth = 0) {
  if (!isError(error)) return [cut(bundleText(error))];
  const text = String(error.message ?? '');
  const name = String(error.name ?? 'Error');
  const lines = [...markOf(error), cut(text ? `${name}: ${text}` : name), ...stackOf(error)];
  if (depth === deepestCause) return lines;
  const add = (word, one) => {
    const [first, ...rest] = tracebackOf(one, depth + 1);
    lines.push(`  [${word}]: ${first}`, ...rest.map((line) => `  ${line}`));
  };
  if (Array.isArray(error.errors)) error.errors.slice(0, mostErrors).forEach((one, index) => add(index, one));
  if (error.cause !== undefined) add('cause', error.cause);
  return lines;
}

const bundleText = (value) => require('node:util').inspect(value);

/** On standard error, which user code may have broken. */
function report(text) {
  try {
    process.stderr.write(`${text}\n`);
  } catch {} // what went wrong is told all the same, by the event
}

/** Runs a cell; its value, or what it threw, as a rejection. `map` is that of a transpiled one. */
async function runCell(code, count, map) {
  stacks.enter(count, map);
  let made;
  try {
    made = scriptOf(code);
  } catch (error) {
    new vm.Script(code, { filename: stacks.cellFile(count) }); // throws V8's own words for most errors
    throw error;
  }
  stacks.edited(count, made.edits);
  const script = new vm.Script(made.script, { filename: stacks.cellFile(count), columnOffset: -made.prefix });
  try {
    return script.runInContext(context, { breakOnSigint: true });
  } catch (error) {
    signalSeen ||= isInterrupt(error);
    throw error;
  }
}

const interrupted = () => Object.assign(new Error('interrupted'), { code: 'ERR_SCRIPT_EXECUTION_INTERRUPTED' });

/** Of a cell that is no TypeScript (`transpiler.js`). */
function reject({ message, line, column, text }, count) {
  report(`TypeScript compilation error: ${message}`);
  const place = text === undefined ? [] : [`${stacks.cellFile(count)}:${line}`, cut(text), `${' '.repeat(column)}^`];
  const told = { ename: 'TranspileError', evalue: message, traceback: [...place, `TranspileError: ${message}`] };
  channel.send({ type: 'error', ...told, lineNumber: line, execution_count: count });
}

async function run({ code, map, environment, problem }) {
  await signalTaken;
  streams.begin();
  const count = ++executionCount;
  if (problem) return reject(problem, count);
  let outcome = { type: 'complete' };
  try {
    await runWithin(environment, async () => {
      const value = await Promise.race([
        runCell(code, count, map),
        new Promise((_, reject) => { interrupt = reject; }),
      ]);
      if (value !== undefined) handOn('value', await bundleOf(value));
      await new Promise(setImmediate); // then Node has told of rejections nobody handles
    });
  } catch (error) {
    outcome = { type: 'error', ...describe(error) };
    if (outcome.traceback.length > 0) report(outcome.traceback.join('\n'));
  } finally {
    interrupt = undefined;
    channel.send({ ...outcome, execution_count: count }); // whatever happens: the daemon waits for it
  }
}

/** With the variables of one run; an error when user code has done away with `process.env`. */
async function runWithin(environment, work) {
  const old = Object.fromEntries(Object.keys(environment).map((name) => [name, process.env[name]]));
  apply(environment);
  try {
    await work();
  } finally {
    apply(old);
  }
}

// Node exchanges its handler of SIGINT, and starts a thread, at the beginning and at the end of every script that a
// SIGINT may end; one that comes just then ends the process. As long as the watchdog of its REPL is on, it does neither.
const watchdog = process.binding('contextify');
watchdog.startSigintWatchdog();

/** Whether a SIGINT has come, since this was asked last, that met no script. */
function hasSignalCome() {
  watchdog.startSigintWatchdog();
  return watchdog.stopSigintWatchdog();
}

// A handler of user code would take the place of the watchdog's, and leave none behind: Node hears of no SIGINT handlers, and
// never calls them.
for (const event of ['newListener', 'removeListener'])
  for (const listener of process.rawListeners(event)) {
    process.off(event, listener);
    process.on(event, (type, ...rest) => type !== 'SIGINT' && listener.call(process, type, ...rest));
  }

// The signal reaches the synchronous part of a cell only. So the daemon says by a message, too, that it has sent one: that
// ends what waits, and the next cell begins when the signal is known to have come.
const longestTaking = 200; // milliseconds

async function takeSignal() {
  const end = now() + longestTaking;
  while (!signalSeen && !hasSignalCome() && now() < end) await new Promise((done) => setTimeout(done, 1));
  signalSeen = false;
}

function onInterrupt() {
  interrupt?.(interrupted());
  signalTaken = signalTaken.then(takeSignal);
}

/** Of an error that ends no run. */
function summaryOf(error) {
  try {
    return isError(error) ? tracebackOf(error).join('\n') : bundleText(error);
  } catch {
    return undescribed;
  }
}

// Reported, as a browser's console would, and no reason to end.
process.on('unhandledRejection', (reason) => report(`Uncaught (in promise) ${summaryOf(reason)}`));
process.on('uncaughtException', (error) => report(`Uncaught ${summaryOf(error)}`));

/** What is slow the first time only is over before a context waits for it. */
async function warmUp() {
  enterDirectory(process.cwd());
  apply({ PWD: process.cwd() });
  limited(await bundleOf(await runCell('1 + 1', 0)), resultLimit);
}

const handlers = { configure, run, interrupt: onInterrupt };
channel.receive((request) => handlers[request.type](request), () => process.exit(0));
warmUp().then(() => channel.send({ type: 'ready', version: process.version, repeat_interrupts: true }));
