import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Actions } from '../../../inspector/page/actions.js';
import { ApiError } from '../../../inspector/page/api.js';
import { makeUpDocument } from './made_up_document.mjs';

mock.method(globalThis, 'setTimeout', () => {}); // a notice stays for seconds

let page, posted, answer;
beforeEach(() => {
  page = makeUpDocument();
  posted = [];
  answer = async () => ({ success: true });
});

const actions = new Actions({
  post: (path, body) => {
    posted.push([path, body]);
    return answer();
  },
});
const request = {
  requestId: 'same',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00f067aa0ba902b7',
  method: 'GET',
  path: '/api/process/7/stream',
  client: '10.2.0.17:40112',
};
const dialogs = () => page.body.all('dialog');
const words = () => dialogs()[0].textContent;

async function agree() {
  dialogs()[0].all('form')[0].dispatchEvent(new Event('submit', { cancelable: true }));
  await new Promise(setImmediate);
}

test('A request is cut by its span, once it has been named and that is agreed to', async () => {
  actions.cut(request);
  for (const part of ['GET /api/process/7/stream', '10.2.0.17:40112', 'the client gets no whole answer'])
    assert.ok(words().includes(part), part);
  assert.deepEqual(posted, []);
  await agree();
  assert.deepEqual(posted, [['request/cut', { id: '00f067aa0ba902b7' }]]);
  assert.equal(dialogs().length, 0);
  assert.match(page.getElementById('notice').textContent, /^Ordered: cut of GET/);
});

test('Whoever cancels cuts nothing', () => {
  actions.cut(request);
  const cancel = dialogs()[0].all('button')[0];
  assert.equal(page.activeElement, cancel);
  cancel.click();
  assert.equal(dialogs().length, 0);
  assert.deepEqual(posted, []);
});

test('Why a request could not be cut is told where that was asked', async () => {
  answer = () => Promise.reject(new ApiError(409, 'Request 00f067aa0ba902b7 has ended'));
  actions.cut(request);
  await agree();
  assert.ok(words().includes('Request 00f067aa0ba902b7 has ended'));
});

test('A drain tells what is lost, and waits as many seconds as are said', async () => {
  actions.drain();
  assert.ok(words().includes('All sessions, processes and code contexts end with it'));
  const [seconds] = dialogs()[0].all('input');
  assert.deepEqual([seconds.value, seconds.min, seconds.max, seconds.required], [30, 0, 86_400, true]);
  seconds.value = '5';
  await agree();
  assert.deepEqual(posted, [['drain', { milliseconds: 5_000 }]]);
});
