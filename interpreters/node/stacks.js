'use strict';
// The stacks of errors: the frames of user code, with the places in the user's text.
//
// Error.prepareStackTrace has them so wherever a stack is shown: of what is thrown, of an error that is a value, in what the
// console prints. Node calls that of its own realm for the errors of a cell's, too, if user code has not set one there.

const { SourceMap } = require('node:module');

const cellFile = (count) => `Cell In[${count}]`;

// By execution count: { map, edits, lines }. All are kept: what a cell has defined may fail in a later one.
const cells = [];

/** A cell is about to run; `map` leads from a transpiled text to the user's. */
function enter(count, map) {
  cells[count] = { map: map && { ...map, sourcesContent: undefined }, lines: Infinity };
}

/** What cell.js has made of it. */
function edited(count, edits) {
  Object.assign(cells[count], { edits, lines: edits.toString().split('\n').length });
}

/** The place in the user's text that one in the script of a cell stands for. */
function placeOf(count, place) {
  const { edits, map } = cells[count] ?? {};
  const { line, column } = edits?.originalOf(place) ?? place;
  const entry = map && new SourceMap(map).findEntry(line - 1, column - 1);
  return entry?.originalLine === undefined ? { line, column } : { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/** A frame's text as it is shown; undefined: it is none of user code. */
function shown(text) {
  if (text.includes(__dirname) || /(^|\(|^async )node:/.test(text)) return undefined;
  const [, count, line] = /Cell In\[(\d+)\]:(\d+)/.exec(text) ?? [];
  if (Number(line) > cells[count]?.lines) return undefined; // what cell.js puts around a cell
  return text.replace(/Cell In\[(\d+)\]:(\d+):(\d+)/, (_, count, line, column) => {
    const place = placeOf(Number(count), { line: Number(line), column: Number(column) });
    return `${cellFile(count)}:${place.line}:${place.column}`;
  });
}

const asText = Error.prototype.toString;

/** Whether an error, or a prototype of it, has the mark of those that Node's modules make. */
function isOfNode(error) {
  if (error === null) return false;
  const marks = Object.getOwnPropertySymbols(error).some((one) => one.description === 'kIsNodeError');
  return marks || isOfNode(Object.getPrototypeOf(error));
}

/** As Node's own does it: errors of Node's modules have their code in the first line. */
function prepare(error, frames) {
  const first = isOfNode(error) ? `${error.name} [${error.code}]: ${error.message}` : asText.call(error);
  return [first, ...frames.map((one) => shown(String(one))).filter((one) => one !== undefined)].join('\n    at ');
}

function install() {
  Object.defineProperty(Error, 'prepareStackTrace', { value: prepare, writable: true, configurable: true });
}

module.exports = { cellFile, edited, enter, install, placeOf };
