import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { ApiError } from '../../../inspector/page/api.js';
import { TraceView } from '../../../inspector/page/trace_view.js';
import { makeUpDocument } from './made_up_document.mjs';

let page, asked, found, cut, answer;
beforeEach(() => {
  page = makeUpDocument();
  asked = [];
  found = [];
  cut = [];
  answer = async () => underWay;
});

const spanId = '00f067aa0ba902b7';
const underWay = {
  requestId: 'same',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId,
  method: 'GET',
  path: '/api/process/7/stream',
  client: '10.2.0.17:40112',
  startedAt: '2026-11-28T12:00:00.000Z',
  spans: [],
  lostSpans: 0,
};
const ended = { ...underWay, durationMicroseconds: 5, status: 200, bytesOut: 1, outcome: 'complete' };

function makeView() {
  const get = (path, parameters) => {
    asked.push(parameters);
    return answer();
  };
  const actions = { cut: (trace) => cut.push(trace.spanId) };
  return new TraceView({ get }, actions, (id, span) => found.push([id, span]));
}
const button = () => page.getElementById('trace-cut');

test('Found by any id, a request is asked for by its span from then on', async () => {
  for (const id of ['same', underWay.traceId]) {
    asked = [];
    found = [];
    const view = makeView();
    view.select(id);
    await view.load();
    await view.load();
    assert.deepEqual(asked, [{ id }, { id: spanId }]);
    assert.deepEqual(found, [[id, spanId]]);
  }
});

test('What leads to it by its span then changes nothing', async () => {
  const view = makeView();
  view.select('same');
  await view.load();
  view.select(spanId);
  assert.equal(page.getElementById('trace-title').textContent, 'GET /api/process/7/stream');
});

test('An answer that comes when another request is wanted is left out', async () => {
  const view = makeView();
  view.select('same');
  const loaded = view.load();
  view.select('other');
  await loaded;
  assert.deepEqual(found, []);
  assert.equal(page.getElementById('trace-title').textContent, 'other');
});

test('It is exported by its span', async () => {
  const view = makeView();
  view.select('same');
  await view.load();
  const link = page.getElementById('trace-export');
  assert.equal(link.getAttribute('href'), `/inspector/api/trace?id=${spanId}&format=otlp`);
  link.click();
  assert.deepEqual(asked.at(-1), { id: spanId, format: 'otlp' });
});

test('A request can be cut as long as it is under way', async () => {
  const view = makeView();
  view.select('same');
  await view.load();
  assert.equal(button().hidden, false);
  button().click();
  assert.deepEqual(cut, [spanId]);
  button().focus();
  answer = async () => ended;
  await view.load();
  assert.equal(button().hidden, true);
  assert.equal(page.activeElement, page.getElementById('trace'), 'what has the focus must not vanish');
});

test('What there is no more cannot be cut; what cannot be asked for may', async () => {
  const view = makeView();
  view.select('same');
  await view.load();
  answer = () => Promise.reject(new TypeError('Failed to fetch'));
  await view.load();
  assert.equal(button().hidden, false);
  answer = () => Promise.reject(new ApiError(404, 'There is no trace of it'));
  await view.load();
  assert.equal(button().hidden, true);
  assert.equal(page.getElementById('trace-problem').textContent, 'There is no trace of it');
});
