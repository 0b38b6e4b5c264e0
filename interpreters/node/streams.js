'use strict';
// process.stdout and process.stderr of an executor.
//
// Both write to the descriptors 1 and 2, as subprocesses do, at once and in full. These are two pipes, whose reader
// cannot know which of two texts came first. Therefore whoever writes to one after the other was written to has the
// daemon take what is in the pipes before.

const { Writable } = require('node:stream');
const { sendInOrder, writeAll } = require('./channel.js');

let last = 0; // the descriptor that was written to, or `other`; 0: nothing yet in this run
const other = -1;

/** A run begins: what was printed before is not told from it. */
function begin() {
  last = 0;
}

/** Something was told for which nobody waited: what is printed next must not overtake it. */
function follow() {
  last = other;
}

function write(descriptor, bytes) {
  if (last !== 0 && last !== descriptor) sendInOrder({ type: 'synchronize' });
  last = descriptor;
  writeAll(descriptor, bytes);
}

function stream(descriptor) {
  const made = new Writable({
    write(bytes, _encoding, done) {
      write(descriptor, bytes);
      done();
    },
  });
  // An interrupt may end a write anywhere. Writable would wait for the end of that one for ever; this keeps no state.
  made.write = (chunk, encoding, done = encoding) => {
    write(descriptor, typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  made.fd = descriptor;
  made.isTTY = false;
  return made;
}

/** Replaces the two streams of the process; the console follows. */
function install() {
  const { Console } = require('node:console');
  for (const [name, descriptor] of Object.entries({ stdout: 1, stderr: 2 }))
    Object.defineProperty(process, name, { value: stream(descriptor), configurable: true, enumerable: true });
  globalThis.console = new Console({ stdout: process.stdout, stderr: process.stderr, colorMode: false });
}

module.exports = { begin, follow, install };
