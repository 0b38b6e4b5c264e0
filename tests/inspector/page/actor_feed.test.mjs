import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ActorFeed } from '../../../inspector/page/actor_feed.js';
import { Rates } from '../../../inspector/page/rates.js';
import { ActorTree } from '../../../inspector/page/tree.js';
import { actor } from './actors.mjs';

const event = (second, actors, { gone = [], complete = true } = {}) => ({
  type: 'actors',
  time: `2026-11-28T12:00:0${second}.000Z`,
  actors,
  gone,
  complete,
});

function make() {
  const tree = new ActorTree();
  const rates = new Rates();
  const feed = new ActorFeed(tree, rates);
  feed.begin();
  return { tree, rates, feed };
}

const paths = (tree) => [...tree.nodes].map((node) => node.path).sort();

test('A look may come in pieces; its end sums it up', () => {
  const { feed } = make();
  assert.equal(feed.take(event(0, [actor('/root')], { complete: false })), undefined);
  assert.deepEqual(feed.take(event(0, [actor('/root/a', { phase: 'exited', mailbox: { depth: 3 } })])), {
    time: Date.parse('2026-11-28T12:00:00.000Z'),
    alive: 1,
    troubled: 1,
    deepest: 3,
    messagesPerSecond: null,
  });
});

test('Later looks tell only of changes', () => {
  const { feed, tree } = make();
  feed.take(event(0, [actor('/root'), actor('/root/a')]));
  const summary = feed.take(event(2, [actor('/root/b', { mailbox: { handled: 6 } })], { gone: ['/root/a'] }));
  assert.equal(summary.messagesPerSecond, 3);
  assert.deepEqual(paths(tree), ['/root', '/root/b']);
});

test('After a new connection only those are left of whom its first look tells', () => {
  const { feed, tree } = make();
  feed.take(event(0, [actor('/root'), actor('/root/a'), actor('/root/b')]));
  feed.begin();
  feed.take(event(5, [actor('/root')], { complete: false }));
  assert.deepEqual(paths(tree), ['/root', '/root/a', '/root/b']);
  feed.take(event(5, [actor('/root/b')]));
  assert.deepEqual(paths(tree), ['/root', '/root/b']);
});
