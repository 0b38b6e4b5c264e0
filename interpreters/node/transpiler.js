'use strict';
// The one transpiler of all TypeScript executors.
//
// Requests                        answers
//     transpile  id, code         transpiled  id, code, map      JavaScript, and the source map back to the user's text
//                                 rejected    id, problem        not TypeScript, and why: message, and where
//                                                                that is known line (from 1), column, and its text
//
// Types are taken away, not checked: a type error does not keep code from running.

const { transform } = require('esbuild');
const { parse } = require('./cell.js');
const { receive, send } = require('./channel.js');

// Characters. Much of what is sent as TypeScript is JavaScript, which is found out here sooner than esbuild, a process
// of its own, answers.
const longestToParse = 4096;

const options = {
  loader: 'ts',
  target: 'esnext',
  sourcemap: 'external',
  sourcefile: 'cell.ts',
  logLevel: 'silent',
  // Without it, an import would be dropped that only a later cell uses.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
};

// esbuild dies of about 100,000 brackets within each other; V8 and acorn would take no more than a few thousand.
const deepestNesting = 10_000;
const stringsCommentsAndBrackets =
  /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'|`[^`\\]*(?:\\.[^`\\]*)*`|\/\/.*|\/\*[^]*?\*\/|([([{])|([)\]}])/g;

/** Roughly: a regular expression may be taken for something else. */
function isNestedTooDeeply(code) {
  let depth = 0;
  for (const [, opens, closes] of code.matchAll(stringsCommentsAndBrackets)) {
    if (opens && ++depth > deepestNesting) return true;
    if (closes && depth > 0) --depth;
  }
  return false;
}

/** Whether it is JavaScript, and means the same as TypeScript: only `a<b>(c)` is both and means something else. */
function isJavaScript(code) {
  if (code.length > longestToParse || /<[^]*>/.test(code)) return false;
  try {
    parse(code);
    return true;
  } catch {
    return false;
  }
}

async function transpile({ id, code }) {
  if (isJavaScript(code)) return send({ type: 'transpiled', id, code, map: null });
  if (isNestedTooDeeply(code))
    return send({ type: 'rejected', id, problem: { message: `Brackets are nested more than ${deepestNesting} deep` } });
  try {
    const made = await transform(code, options);
    send({ type: 'transpiled', id, code: made.code, map: JSON.parse(made.map) });
  } catch (error) {
    // Not a word on the code: esbuild's process is gone, and with it this one's use. Its owner starts another.
    if (error.errors === undefined) process.exit(1);
    const [first] = error.errors;
    const { line, column, lineText: text } = first?.location ?? {};
    send({ type: 'rejected', id, problem: { message: first?.text ?? String(error.message), line, column, text } });
  }
}

receive(transpile, () => process.exit(0));
transform('', options).then(() => send({ type: 'ready', version: process.version }));
