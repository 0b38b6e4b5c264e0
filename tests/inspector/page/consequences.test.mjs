import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ofBreaker, ofCut, ofDrain, ofRestart, ofStop } from '../../../inspector/page/consequences.js';
import { supervisor } from './actors.mjs';

test('A restart tells who ends with it and what it costs', () => {
  assert.equal(
    ofRestart(supervisor('rest_for_one'), 0),
    'Its supervisor starts it again at once. The siblings that were started after it end and are started again with it. ' +
      'This uses up one of the 5 restarts within 10 s that its supervisor allows; 5 are left.',
  );
  assert.equal(
    ofRestart({ ...supervisor('one_for_one'), used: 5, left: 0 }, 3),
    'Its supervisor starts it again at once. Its siblings stay as they are. All 3 actors below it end with it. ' +
      'None of the 5 restarts within 10 s that its supervisor allows is left: the supervisor will give up, and its own supervisor will act.',
  );
});

test('What has no supervisor cannot be restarted or stopped', () => {
  assert.equal(ofRestart(undefined, 40), 'It has no supervisor: the daemon will refuse.');
  assert.equal(ofStop(undefined, 40), 'It has no supervisor: the daemon will refuse.');
});

test('A stop and the breakers', () => {
  const stop = 'Its supervisor stops it and does not start it again.';
  assert.equal(ofStop(supervisor('dynamic'), 1), `${stop} The actor below it ends with it.`);
  assert.equal(ofStop(supervisor('one_for_one'), 0), `${stop} What it serves fails until the daemon is started anew.`);
  assert.match(ofBreaker('python', 'trip'), /^The circuit opens: .*python/);
  assert.match(ofBreaker('python', 'reset'), /^The circuit closes: .*python/);
});

test('What a cut and a drain cost', () => {
  assert.match(ofCut, /the client gets no whole answer/);
  assert.match(ofDrain, /All sessions, processes and code contexts end with it/);
  assert.match(ofDrain, /settings that were changed here are lost/);
});
