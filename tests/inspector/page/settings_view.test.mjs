import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SettingsView } from '../../../inspector/page/settings_view.js';
import { makeUpDocument } from './made_up_document.mjs';

test('The daemon is drained from here, not before that is asked for', () => {
  const page = makeUpDocument();
  let drains = 0;
  new SettingsView({}, { drain: () => ++drains });
  assert.equal(drains, 0);
  page.getElementById('drain').click();
  assert.equal(drains, 1);
});
