'use strict';
// The frames between an executor and the daemon: four bytes of length, most significant first, then that much JSON.
//
// Requests come on descriptor 3, events leave on descriptor 4. On the second the daemon answers a frame that asks for
// it with a single byte: it has taken everything that was written before.

const fs = require('node:fs');
const net = require('node:net');

const requests = 3;
const events = 4;

/** Half a surrogate pair, which JSON.stringify escapes and the daemon takes for garbage, becomes U+FFFD. */
function wellFormed(text) {
  if (!text.includes('\\ud')) return text;
  return text.replace(/\\(ud[89a-f][0-9a-f]{2}|.)/g, (escape, what) => (what.length > 1 ? '\ufffd' : escape));
}

function encode(message) {
  const text = Buffer.from(wellFormed(JSON.stringify(message)));
  const frame = Buffer.alloc(4 + text.length);
  frame.writeUInt32BE(text.length);
  text.copy(frame, 4);
  return frame;
}

/** Writes all of it to a descriptor that may be full for a while; returns when it is written. */
function writeAll(descriptor, bytes) {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += fs.writeSync(descriptor, bytes, written);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // user code made the pipe non-blocking
    }
  }
}

/** Tells the daemon something. */
function send(message) {
  writeAll(events, encode(message));
}

/** Tells the daemon something and returns when it has taken it, and all output that was written before. */
function sendInOrder(message) {
  send(message);
  if (fs.readSync(events, Buffer.alloc(1)) !== 1) process.exit(0); // it has let go of us
}

/** Calls `take(message)` for each request, and `end()` when there will be none. */
function receive(take, end) {
  const socket = new net.Socket({ fd: requests, readable: true, writable: false });
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const length = rest.readUInt32BE();
      const text = rest.subarray(4, 4 + length).toString();
      rest = rest.subarray(4 + length);
      take(JSON.parse(text));
    }
  });
  socket.on('end', end);
  socket.on('error', end);
}

module.exports = { receive, send, sendInOrder, writeAll };
