import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { ActorRequests } from '../../../inspector/page/actor_requests.js';
import { RequestsView } from '../../../inspector/page/requests_view.js';
import { makeUpDocument } from './made_up_document.mjs';

let page;
beforeEach(() => (page = makeUpDocument()));

const request = (spanId, more) => ({
  requestId: 'same',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId,
  method: 'POST',
  path: '/api/execute',
  startedAt: '2026-11-28T12:00:00.000Z',
  recorded: true,
  ...more,
});
const ended = { durationMicroseconds: 240, status: 200, outcome: 'complete' };
const twins = { open: [request('00000000000000a1')], ended: [request('00000000000000a2', ended)] };
const linksOf = (place) => place.all('a').map((link) => link.getAttribute('href'));

async function show(requests) {
  const view = new RequestsView({ get: async () => requests }, () => {});
  page.getElementById('requests-text').value = '';
  await view.load();
  return page.getElementById('requests-rows');
}

test('Two requests of one trace and one id are two rows, each with a way of its own', async () => {
  const rows = await show(twins);
  assert.deepEqual(rows.all('tr').map((row) => row.all('td').at(-1).textContent), ['under way', 'complete']);
  assert.deepEqual(linksOf(rows), ['#trace=00000000000000a1', '#trace=00000000000000a2']);
});

test('So they are of an actor', () => {
  const section = new ActorRequests().show(twins);
  assert.equal(section.all('li').length, 2);
  assert.deepEqual(linksOf(section), ['#trace=00000000000000a1', '#trace=00000000000000a2']);
});

test('What is not recorded is reached as long as it can be cut', async () => {
  const rows = await show({
    open: [request('00000000000000a1', { recorded: false })],
    ended: [request('00000000000000a2', { recorded: false, ...ended })],
  });
  assert.deepEqual(linksOf(rows), ['#trace=00000000000000a1', null]);
});
