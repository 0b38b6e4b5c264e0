'use strict';
// What is shown of a value: a MIME bundle.
//
// The conventions are those of Jupyter's JavaScript kernels. Of Deno's: an object with a method
// `[Symbol.for('Jupyter.display')]()` says its MIME bundle itself (it may be asynchronous), `display(value, {raw,
// display_id, update})` shows a value or, raw, a MIME bundle, and html`...`, md`...` and svg`...` make such objects. Of
// ijavascript: `_toHtml()`, `_toMarkdown()`, `_toSvg()`, `_toPng()`, `_toJpeg()`, `_toMime()`; these may be asynchronous, too.

const { inspect } = require('node:util');

const displaySymbol = Symbol.for('Jupyter.display');

const methods = {
  _toHtml: 'text/html',
  _toMarkdown: 'text/markdown',
  _toSvg: 'image/svg+xml',
  _toPng: 'image/png',
  _toJpeg: 'image/jpeg',
};

const tagOf = (value) => Object.prototype.toString.call(value);

/** Whether JSON says all there is to say of an object: not of a Map, an Error, a Promise, a RegExp. */
function isData(value) {
  return tagOf(value) === '[object Object]' || tagOf(value) === '[object Array]' || typeof value.toJSON === 'function';
}

function asJson(value) {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // circular, or a BigInt in it
  }
}

function ownBundle(value) {
  if (typeof value[displaySymbol] === 'function') return value[displaySymbol]();
  if (typeof value._toMime === 'function') return value._toMime();
  const bundle = {};
  for (const [method, kind] of Object.entries(methods))
    if (typeof value[method] === 'function') bundle[kind] = value[method]();
  if (Object.keys(bundle).length === 0) return undefined;
  return Object.values(bundle).some((one) => typeof one?.then === 'function') ? settled(bundle) : bundle;
}

/** The bundle when all that it promises is there. */
async function settled(bundle) {
  const entries = Object.entries(bundle).map(async ([kind, value]) => [kind, await value]);
  return Object.fromEntries(await Promise.all(entries));
}

/** The MIME bundle of a value, or a promise of it. */
function bundleOf(value) {
  if (value !== null && (typeof value === 'object' || typeof value === 'function')) {
    const own = ownBundle(value);
    if (own !== undefined) return own;
    const json = isData(value) ? asJson(value) : undefined;
    if (json !== undefined) return { 'application/json': json };
  }
  return { 'text/plain': inspect(value, { depth: 6 }) };
}

const isJson = (kind) => kind === 'application/json' || kind.endsWith('+json');
const isCut = new Set(['text/plain', 'text/html', 'text/markdown', 'text/latex']);

function cut(text, limit) {
  const kept = text.slice(0, limit).replace(/[\ud800-\udbff]$/, '');
  return `${kept}\n... [${text.length - kept.length} of ${text.length} characters left out]`;
}

// The daemon takes eight of the largest values in one event, and 1 MiB for the rest (actors/executor.cpp).
const mostTogether = 7; // largest values that those of a bundle may take together
const longestName = 255; // characters, of a display id, and of what is named in `left_out`; a MIME type has no more (RFC 6838)
const mostNames = 64; // in `left_out`; the rest are one

/** That it takes in a frame. */
const bytesOf = (value) => Buffer.byteLength(JSON.stringify(value));

function note(leftOut, name, size) {
  let noted = name.length > longestName ? `${name.slice(0, longestName)}...` : name;
  if (Object.keys(leftOut).length >= mostNames) noted = '...';
  leftOut[noted] = (leftOut[noted] ?? 0) + size;
}

/** What of a MIME bundle is sent, and what was left out of it: MIME type to full size. */
function limited(bundle, limit) {
  const data = {};
  const leftOut = {};
  let room = mostTogether * limit;
  for (const [kind, given] of Object.entries(bundle)) {
    let value = given;
    if (ArrayBuffer.isView(value)) value = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    else if (isJson(kind)) value = asJson(value) ?? null;
    else if (typeof value !== 'string') value = String(value);
    const size = isJson(kind) ? JSON.stringify(value).length : value.length;
    if (size > limit) {
      note(leftOut, kind, size);
      if (!isCut.has(kind)) continue;
      value = cut(value, limit);
    }
    const needed = bytesOf(kind) + bytesOf(value);
    if (needed <= room) {
      data[kind] = value;
      room -= needed;
    } else if (size <= limit) {
      note(leftOut, kind, size);
    }
  }
  if (Object.keys(data).length === 0)
    for (const [kind, size] of Object.entries(leftOut))
      data['text/plain'] = `${data['text/plain'] ?? ''}[${kind} of ${size} bytes left out]`;
  return { data, leftOut };
}

/** A display id as it is sent; too long, it is noted in `leftOut`. */
function limitedId(id, leftOut) {
  const text = String(id);
  if (text.length <= longestName) return text;
  note(leftOut, 'display_id', text.length);
  return undefined;
}

const tagged = (kind) => (parts, ...values) => ({
  [displaySymbol]: () => ({ [kind]: Array.isArray(parts) ? String.raw({ raw: parts }, ...values) : String(parts) }),
});

const makers = { html: tagged('text/html'), md: tagged('text/markdown'), svg: tagged('image/svg+xml') };

module.exports = { bundleOf, limited, limitedId, makers };
