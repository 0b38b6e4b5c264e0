import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EventStreamParser } from '../../../inspector/page/event_stream.js';

test('An event ends with an empty line', () => {
  const parser = new EventStreamParser();
  assert.deepEqual(parser.push('data: {"a":1}\n\ndata: 2\n\n'), ['{"a":1}', '2']);
});

test('Pieces may be cut anywhere, within a line end, too', () => {
  const parser = new EventStreamParser();
  const pieces = ['da', 'ta: on', 'e\r', '\n\r', '\n', 'data: two\n', '\n'];
  assert.deepEqual(
    pieces.map((piece) => parser.push(piece)),
    [[], [], [], [], ['one'], [], ['two']],
  );
});

test('Several lines of data are one event, comments and other fields none', () => {
  const parser = new EventStreamParser();
  assert.deepEqual(parser.push(': keep-alive\n\nevent: x\nid: 4\n\ndata:a\ndata: b\n\n'), ['a\nb']);
});
