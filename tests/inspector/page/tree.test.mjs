import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ActorTree } from '../../../inspector/page/tree.js';
import { actor, noon, supervisor } from './actors.mjs';

const names = (tree) => tree.rows.map((node) => '  '.repeat(node.level - 1) + node.name);

function makeTree(...more) {
  const tree = new ActorTree();
  const actors = [
    actor('/root', { supervisor: supervisor('one_for_one') }),
    actor('/root/sessions', { supervisor: supervisor('dynamic') }),
    actor('/root/sessions/10', { supervisor: supervisor('rest_for_one') }),
    actor('/root/sessions/10/session', { details: { id: 'beta', command: 'make' }, status: 'running: make' }),
    actor('/root/sessions/9', { supervisor: supervisor('rest_for_one') }),
    actor('/root/sessions/9/session', { details: { id: 'alpha' }, status: 'idle' }),
    actor('/root/sessions/9/shell'),
    actor('/root/http'),
    ...more,
  ];
  // As the stream tells them: in any order.
  for (const one of actors.reverse()) tree.apply(one, noon);
  return tree;
}

test('Dynamic children are closed at first, and come in the order of their numbers', () => {
  const tree = makeTree();
  assert.deepEqual(names(tree), ['root', '  http', '  sessions']);
  tree.open(tree.node('/root/sessions'), true);
  assert.deepEqual(names(tree), ['root', '  http', '  sessions', '    9', '    10']);
  tree.open(tree.node('/root'), false);
  assert.deepEqual(names(tree), ['root']);
});

test('An actor can be revealed', () => {
  const tree = makeTree();
  tree.reveal('/root/sessions/9/shell');
  assert.deepEqual(names(tree), ['root', '  http', '  sessions', '    9', '      session', '      shell', '    10']);
});

test('Rows know their place among their siblings', () => {
  const tree = makeTree();
  assert.deepEqual(
    tree.rows.map((node) => node.position),
    [1, 1, 2],
  );
  assert.equal(tree.node('/root').shownChildren, 2);
});

test('A search shows a dynamic child as a whole', () => {
  const tree = makeTree();
  tree.search(' ALPHA ');
  assert.deepEqual(names(tree), ['root', '  sessions', '    9', '      session', '      shell']);
  assert.deepEqual(
    tree.rows.filter((node) => node.matches).map((node) => node.name),
    ['session'],
  );
  tree.search('');
  assert.deepEqual(names(tree), ['root', '  http', '  sessions']);
});

test('A search looks into path, status, details and last error', () => {
  const tree = makeTree(actor('/root/files', { lastError: 'Disk is full' }));
  const found = (text) => (tree.search(text), tree.rows.filter((node) => node.matches).map((node) => node.path));
  assert.deepEqual(found('http'), ['/root/http']);
  assert.deepEqual(found('running: make'), ['/root/sessions/10/session']);
  assert.deepEqual(found('beta'), ['/root/sessions/10/session']);
  assert.deepEqual(found('disk'), ['/root/files']);
  assert.deepEqual(found('nothing of the kind'), []);
  assert.deepEqual(tree.rows, []);
});

test('A search finds what comes to match, and no longer what ceases to', () => {
  const tree = makeTree();
  tree.search('make test');
  assert.deepEqual(names(tree), []);
  tree.apply(actor('/root/http', { status: 'make test' }), noon);
  assert.deepEqual(names(tree), ['root', '  http']);
  tree.apply(actor('/root/http'), noon);
  assert.deepEqual(names(tree), []);
});

test('What is closed during a search is open again with the next one', () => {
  const tree = makeTree();
  tree.search('alpha');
  tree.open(tree.node('/root/sessions'), false);
  assert.deepEqual(names(tree), ['root', '  sessions']);
  tree.search('alph');
  assert.equal(tree.rows.length, 5);
});

test('Trouble is counted on all levels above', () => {
  const tree = makeTree();
  tree.apply(actor('/root/sessions/9/shell', { phase: 'exited' }), noon);
  assert.equal(tree.node('/root').troublesBelow, 1);
  assert.equal(tree.node('/root/sessions').troublesBelow, 1);
  tree.search('', true);
  assert.deepEqual(names(tree), ['root', '  sessions', '    9', '      session', '      shell']);
  tree.apply(actor('/root/sessions/9/shell'), noon);
  assert.equal(tree.node('/root').troublesBelow, 0);
});

test('Trouble comes and goes with time, too', () => {
  const tree = makeTree();
  tree.apply(actor('/root/http', { mailbox: { depth: 1 } }), noon);
  tree.endLook(noon + 500);
  assert.equal(tree.node('/root/http').trouble, undefined);
  tree.endLook(noon + 2_000);
  assert.deepEqual(tree.node('/root/http').trouble, { level: 'warning', words: 'busy 2 s' });
});

test('Who is gone has no row, and an empty place goes with the last that lived below', () => {
  const tree = makeTree();
  tree.open(tree.node('/root/sessions'), true);
  tree.remove('/root/sessions/9');
  assert.deepEqual(names(tree), ['root', '  http', '  sessions', '    9', '    10']);
  tree.remove('/root/sessions/9/session');
  tree.remove('/root/sessions/9/shell');
  assert.deepEqual(names(tree), ['root', '  http', '  sessions', '    10']);
  assert.equal(tree.node('/root/sessions/9'), undefined);
  assert.equal(tree.node('/root').actorsBelow, 4);
});

test('Who speaks for a dynamic child', () => {
  const tree = makeTree();
  assert.equal(tree.node('/root/sessions/9').speaker.actor.details.id, 'alpha');
  assert.equal(tree.node('/root/sessions').speaker, tree.node('/root/sessions'));
});
