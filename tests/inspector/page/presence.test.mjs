import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Presence } from '../../../inspector/page/presence.js';

class Page extends EventTarget {
  visibilityState = 'visible';

  become(state) {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

const isAborted = (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

test('Nobody looks once a page has been hidden for a while, until it is visible again', async () => {
  const page = new Page();
  const presence = new Presence(page, 20);
  const { leaving } = presence;
  page.become('hidden');
  assert.equal(presence.isAway, false);
  await isAborted(leaving);
  assert.equal(presence.isAway, true);

  let isBack = false;
  const back = presence.back.then(() => (isBack = true));
  await new Promise(setImmediate);
  assert.equal(isBack, false);
  page.become('visible');
  await back;
  assert.equal(presence.isAway, false);
  assert.equal(presence.leaving.aborted, false);
});

test('Who hides a page for a moment is not away', async () => {
  const page = new Page();
  const presence = new Presence(page, 20);
  page.become('hidden');
  page.become('visible');
  const hidden = new Page();
  const other = new Presence(hidden, 20); // its time is over later
  hidden.become('hidden');
  await isAborted(other.leaving);
  assert.equal(presence.isAway, false);
  await presence.back;
});

test('A page may be hidden from its beginning', async () => {
  const page = new Page();
  page.visibilityState = 'hidden';
  const presence = new Presence(page, 5);
  await isAborted(presence.leaving);
  assert.equal(presence.isAway, true);
});
