import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HealthView } from '../../../inspector/page/health_view.js';
import { makeUpDocument } from './made_up_document.mjs';

const lint = (rule, more) => ({ rule, level: 'warning', path: '', text: `${rule} was found`, ...more });

function show(lints) {
  const page = makeUpDocument();
  new HealthView({}).show({ lints, pools: [], budgets: [] });
  return page.getElementById('lints').all('li');
}

test('A finding leads to the request or the actor that it is about', () => {
  const rows = show([
    lint('slow-client', { request: '00000000000000a1' }),
    lint('slow-client', { request: '00000000000000a2' }),
    lint('circuit', { path: '/root/interpreters/python/pool' }),
    lint('descriptors'),
  ]);
  assert.deepEqual(
    rows.map((row) => row.all('a').map(({ href }) => href)),
    [['#trace=00000000000000a1'], ['#trace=00000000000000a2'], ['#actor=/root/interpreters/python/pool'], []],
  );
});

test('Findings of one rule about the whole daemon are told apart by their setting', () => {
  const rows = show([
    lint('budget', { text: 'connections', setting: 'http.max-connections' }),
    lint('budget', { text: 'sessions', setting: 'sandbox.max-sessions' }),
  ]);
  assert.deepEqual(
    rows.map((row) => row.textContent),
    ['warningconnectionshttp.max-connections', 'warningsessionssandbox.max-sessions'],
  );
});
