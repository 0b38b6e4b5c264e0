import assert from 'node:assert/strict';
import { test } from 'node:test';

import { follow } from '../../../inspector/page/follow.js';

/** Follows streams that are given as lists of events, an error among them, until there are no more. */
async function run(streams, silence = 10_000) {
  const taken = [];
  const told = [];
  const isOver = new Error('over');
  const open = async function* (signal, onBytes) {
    for (const event of streams.shift()) {
      onBytes();
      if (event instanceof Error) throw event;
      if (event === 'silence')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      yield event;
    }
  };
  const sleep = async () => {
    if (streams.length === 0) throw isOver;
  };
  const tell = (problem, wait) => told.push([problem, wait]);
  await follow({ open, take: (event) => taken.push(event), tell, silence, sleep }).catch((error) =>
    assert.equal(error, isOver),
  );
  return { taken, told };
}

test('A stream that ends is opened again, after longer and longer pauses', async () => {
  const refused = [new Error('refused')];
  const { told } = await run(Array(7).fill(refused));
  assert.deepEqual(
    told.map(([, wait]) => wait),
    [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
  );
  assert.equal(told[0][0], 'refused');
});

test('What comes makes the pauses short again', async () => {
  const { taken, told } = await run([[new Error('a')], [new Error('b')], [1, 2], [3, new Error('c')]]);
  assert.deepEqual(taken, [1, 2, 3]);
  assert.deepEqual(told, [
    ['a', 500],
    ['b', 1_000],
    ['the daemon has ended the stream', 500],
    ['c', 500],
  ]);
});

test('While nobody looks no stream is open', async () => {
  const isOver = new Error('over');
  const told = [];
  let leave = new AbortController();
  let comeBack;
  let opened = 0;
  const presence = {
    get leaving() {
      return leave.signal;
    },
    back: Promise.resolve(),
  };
  const open = async function* (signal) {
    if (++opened === 2) throw isOver;
    queueMicrotask(() => {
      presence.back = new Promise((resolve) => (comeBack = resolve));
      leave.abort(new Error('nobody looks'));
    });
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  let hearOfIt;
  const wasTold = new Promise((resolve) => (hearOfIt = resolve));
  const tell = (problem, wait) => {
    told.push([problem, wait]);
    hearOfIt();
  };
  const sleep = () => Promise.reject(isOver);
  const followed = follow({ open, take: () => {}, tell, silence: 10_000, sleep, presence }).catch((error) => error);
  await wasTold;
  await new Promise(setImmediate); // it could open by now
  assert.equal(opened, 1);
  assert.deepEqual(told, [['nobody looks', undefined]]);
  leave = new AbortController();
  comeBack();
  assert.equal(await followed, isOver);
  assert.equal(opened, 2);
  assert.deepEqual(told[1], ['over', 500]);
});

test('Silence counts as lost', async () => {
  const { taken, told } = await run([[1, 'silence'], [2]], 50);
  assert.deepEqual(taken, [1, 2]);
  assert.equal(told[0][0], 'nothing comes any more');
});
