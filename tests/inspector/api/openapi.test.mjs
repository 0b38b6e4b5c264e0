// The inspector's description (openapi.json) is valid, and every answer is as it says: each operation is asked at least once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

import { startDaemon } from '../daemon.mjs';

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);

let daemon;
let description;
const asked = new Set();

/** A reference within the description, or what stands there itself. */
function resolved(value) {
  if (!value?.$ref) return value;
  return value.$ref.slice(2).split('/').reduce((place, name) => place[name], description);
}

/** Fails unless `body` is what the description says of this answer. */
function assertDescribed(method, path, status, type, body) {
  const operation = description.paths[path]?.[method.toLowerCase()];
  assert.ok(operation, `${method} ${path} is described`);
  const answer = resolved(operation.responses[status] ?? operation.responses.default);
  const schema = answer.content[type]?.schema;
  assert.ok(schema, `${method} ${path} ${status} ${type} is described`);
  const check = ajv.compile({ ...schema, components: description.components });
  assert.ok(check(body), `${method} ${path} ${status}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(body)}`);
  asked.add(operation.operationId);
}

/** Asks, and checks the answer. */
async function ask(method, path, { query = '', body, status = 200 } = {}) {
  const answer = await fetch(daemon.inspector + path + query, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  const type = answer.headers.get('content-type').split(';')[0];
  const parsed = type === 'application/json' ? JSON.parse(text) : text;
  assertDescribed(method, path, status, type, parsed);
  return parsed;
}

/** The first events of a stream, each checked, until `enough` says so. */
async function follow(path, query, enough) {
  const leave = new AbortController();
  const answer = await fetch(daemon.inspector + path + query, { signal: leave.signal });
  assert.equal(answer.status, 200);
  const events = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of answer.body) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      if (text.startsWith('data: ')) {
        events.push(JSON.parse(text.slice(6, end)));
        assertDescribed('GET', path, 200, 'text/event-stream', events.at(-1));
      }
      text = text.slice(end + 2);
    }
    if (enough(events)) break;
  }
  leave.abort();
  return events;
}

const post = (path, body) =>
  fetch(daemon.sandbox + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).then((answer) => answer.json());

describe('the inspector', () => {
  before(async () => {
    daemon = await startDaemon();
    description = await (await fetch(`${daemon.inspector}/inspector/api/openapi.json`)).json();
    await post('/api/execute', { command: 'true', sessionId: 'alpha' });
  });
  after(async () => assert.equal(await daemon.stop(), 0));

  it('has a valid description', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(description));
    assert.ok(valid, JSON.stringify(errors));
  });

  it('describes actors', async () => {
    const { actors, total } = await ask('GET', '/inspector/api/actors');
    assert.equal(actors.length, total);
    for (const { path } of actors) await ask('GET', '/inspector/api/actor', { query: `?path=${path}` });
    await ask('GET', '/inspector/api/actors', { query: '?limit=x', status: 400 });
    await ask('GET', '/inspector/api/actor', { query: '?path=/nobody', status: 404 });
    await follow('/inspector/api/actors/stream', '?interval=100', (events) => events.length > 3);
  });

  it('describes the journal', async () => {
    const { newest } = await ask('GET', '/inspector/api/journal');
    const events = await follow('/inspector/api/journal/stream', '?after=0', (all) => all.length >= newest);
    assert.equal(events[0].event.sequence, 1);
  });

  it('describes requests and what was done for them', async () => {
    const answer = await fetch(`${daemon.sandbox}/api/execute`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'asked-here' },
      body: JSON.stringify({ command: 'true', sessionId: 'alpha' }),
    });
    assert.equal(answer.headers.get('X-Request-Id'), 'asked-here');
    await answer.text();
    const { ended } = await ask('GET', '/inspector/api/requests', { query: '?search=ASKED' });
    assert.deepEqual(ended.map(({ requestId }) => requestId), ['asked-here']);
    const { spans } = await ask('GET', '/inspector/api/trace', { query: '?id=asked-here' });
    assert.ok(spans.some(({ name, text }) => name === 'command' && text === 'exited with 0'));
    await ask('GET', '/inspector/api/trace', { query: `?id=${ended[0].traceId}&format=otlp` });
    await ask('GET', '/inspector/api/trace', { query: '?id=nobody', status: 404 });
    await ask('POST', '/inspector/api/request/cut', { body: { id: 'asked-here' }, status: 409 });
  });

  it('describes the daemon, its settings and its figures', async () => {
    await ask('GET', '/inspector/api/overview');
    const { settings } = await ask('GET', '/inspector/api/settings');
    assert.ok(settings.some(({ name }) => name === 'inspector.port'));
    assert.match(await ask('GET', '/metrics'), /^sandboxd_actors\{kind="session"\} 1$/m);
  });

  it('has figures in which promtool finds no fault', { skip: !process.env.PROMTOOL && 'PROMTOOL is not set' }, async () => {
    const text = await (await fetch(`${daemon.inspector}/metrics`)).text();
    const { status, stdout, stderr } = spawnSync(process.env.PROMTOOL, ['check', 'metrics'], { input: text });
    assert.equal(`${stdout}${stderr}`, '');
    assert.equal(status, 0);
  });

  it('describes orders', async () => {
    const { actors } = await ask('GET', '/inspector/api/actors', { query: '?kind=shell' });
    const [{ path }] = actors;
    await ask('POST', '/inspector/api/actor/signal', { body: { path, signal: 'SIGCONT' } });
    await ask('POST', '/inspector/api/actor/restart', { body: { path }, status: 202 });
    await ask('POST', '/inspector/api/actor/restart', { body: { path: '/root' }, status: 409 });
    await ask('POST', '/inspector/api/breaker', { body: { name: 'python', action: 'trip' }, status: 202 });
    await ask('POST', '/inspector/api/breaker', { body: { name: 'python', action: 'reset' }, status: 202 });
    await ask('POST', '/inspector/api/settings', { body: { name: 'log.level', value: 'warn' } });
    await ask('POST', '/inspector/api/settings', { body: { name: 'log.level', value: 'loud' }, status: 400 });
    await ask('POST', '/inspector/api/actor/stop', { body: { path: path.replace('/shell', '') }, status: 202 });
    await ask('POST', '/inspector/api/drain', { body: { milliseconds: -1 }, status: 400 });
    await ask('POST', '/inspector/api/drain', { body: { milliseconds: 10_000 }, status: 202 });
  });

  it('has no operation that was not asked', () => {
    const all = Object.values(description.paths).flatMap((methods) => Object.values(methods));
    assert.deepEqual(all.map(({ operationId }) => operationId).filter((name) => !asked.has(name)), []);
  });
});
