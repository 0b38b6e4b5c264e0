#!/usr/bin/python3
"""The client that the other tests trust: of a stream of events it takes nothing that does not belong there."""

import http.server
import io
import sys
import threading
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from code_client import Client, events_of


class EventStream(unittest.TestCase):
    def test_takes_events_and_leaves_comments(self):
        stream = b': ka\n\ndata: {"type": "stdout", "text": "\\u00e4"}\n\n: ka\n\n: ka\n\ndata: {"type": "error"}\n\n'
        self.assertEqual(list(events_of(io.BytesIO(stream))), [{"type": "stdout", "text": "\u00e4"}, {"type": "error"}])
        self.assertEqual(list(events_of(io.BytesIO(b""))), [])

    def test_gives_each_event_as_soon_as_it_is_whole(self):
        lines = iter([b'data: {"n": 1}\n', b"\n", b"what follows"])
        self.assertEqual(next(events_of(lines)), {"n": 1})
        self.assertEqual(next(lines), b"what follows")

    def test_refuses_all_else(self):
        for stream, complaint in (
                ('data: {"text": "\u00e4"}\n\n'.encode(), "ascii"),
                (b'data: {"text"}\n\n', "Expecting ':'"),
                (b"data: 1\n\n", "not an event: b'data: 1"),
                (b"data: {}", "not the end of an event: None after b'data: {}'"),
                (b"data: {}\n", "not the end of an event: None after b'data: {}.n'"),
                (b"data: {}\ndata: {}\n\n", "not the end of an event: b'data: {}"),
                (b": ka\n", "not the end of an event: None"),
                (b": ka\ndata: {}\n\n", "not the end of an event: b'data: {}"),
                (b"data: {}\r\n\r\n", "not the end of an event"),
                (b"data:{}\n\n", "not an event: b'data:{}"),
                (b"event: stdout\n", "not an event: b'event: stdout"),
                (b"data: {}\n\n\n", "not an event: b'.n'"),
                (b" data: {}\n\n", "not an event")):
            with self.subTest(stream), self.assertRaisesRegex(ValueError, complaint):
                list(events_of(io.BytesIO(stream)))


class Server(http.server.BaseHTTPRequestHandler):
    """Answers every run of code with the kind and the text of its server."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(self.server.text)))
        self.end_headers()
        self.wfile.write(self.server.text)

    def log_message(self, *_):
        pass


class Runs(unittest.TestCase):
    END = b'data: {"type": "execution_complete"}\n\n'

    def setUp(self):
        self.server = self.enterContext(http.server.HTTPServer(("127.0.0.1", 0), Server))
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def run_of(self, text, kind="text/event-stream"):
        self.server.kind, self.server.text = kind, text
        return Client(f"http://127.0.0.1:{self.server.server_port}").run("context", "code")

    def test_a_whole_stream_is_not_broken(self):
        run = self.run_of(b": ka\n\n" + self.END)
        self.assertEqual((run.events, run.broken), ([{"type": "execution_complete"}], None))
        self.assertIsNotNone(run.ended)

    def test_a_stream_is_broken_by_what_does_not_belong_there(self):
        for text, kind, complaint in (
                (self.END, "text/plain", "not a stream of events: text/plain"),
                (self.END, "text/event-stream; charset=utf-8", "not a stream of events"),
                (self.END + b"event: end\n\n", "text/event-stream", "not an event: b'event: end"),
                (self.END[:-1], "text/event-stream", "not the end of an event"),
                (self.END * 2, "text/event-stream", "not exactly one terminal event"),
                (b": ka\n\n", "text/event-stream", "not exactly one terminal event")):
            with self.subTest(text):
                self.assertIn(complaint, str(self.run_of(text, kind).broken))


if __name__ == "__main__":
    unittest.main()
