#!/usr/bin/python3
"""sandboxctl with servers that lose connections, or are none. SANDBOXCTL names it."""

import http.server
import json
import re
import select
import threading
import unittest
import urllib.parse

from running_sandboxctl import CONTROL, TIME_LIMIT, Follower, run


class LostConnection(unittest.TestCase):
    """Servers that end their streams."""

    def serve(self, answer):
        """`answer` is given the handler of each request."""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                answer(self)

            def give(self, document):
                self.wfile.write(json.dumps(document).encode())

            def tell(self, what):
                self.wfile.write(f": comment\n\ndata: {json.dumps(what)}\n\n".encode())

            def wait_until_the_client_leaves(self):
                select.select([self.connection], [], [], TIME_LIMIT)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def event(self, number, time=None, path=None):
        return {"sequence": number, "time": time or f"2026-11-28T18:00:0{number}.000Z", "kind": "notice",
                "path": f"/root/{path or number}"}

    def lines_until(self, last, url, *arguments):
        """What a follower has told until it tells of that actor, without the times."""
        follower = Follower(url, "events", "-f", *arguments)
        self.addCleanup(follower.end)
        follower.wait_for(last)
        return [re.sub(r"^\S+ \S+Z? +notice +", "", line) for line in follower.lines]

    def test_is_told_with_what_was_missed_and_resumed_where_it_was(self):
        asked = []

        def answer(request):
            asked.append(request.path)
            if "/stream" not in request.path:
                number = 6 if "after=5" in request.path else 5
                request.give({"startedAt": "2026-11-28T17:00:00.000Z", "events": [self.event(number)], "newest": 5})
            elif "after=5" in request.path:
                request.tell({"type": "missed", "events": 1700})
                request.tell({"type": "journal", "event": self.event(6)})
            else:
                request.tell({"type": "journal", "event": self.event(7)})
                request.wait_until_the_client_leaves()

        url = self.serve(answer)
        self.assertEqual(self.lines_until("/root/7", url, "--kind", "notice", "--last", "1"),
                         ["/root/5", "... 1,700 events missed: overwritten before they could be told", "/root/6",
                          f"sandboxctl: Cannot reach sandboxd at {url}: the stream ended; trying again each second",
                          "sandboxctl: Connected again, nothing was missed", "/root/7"])
        self.assertEqual([path.removeprefix("/inspector/api/") for path in asked],
                         ["overview", "journal?kind=notice&limit=1", "journal?after=4&limit=1",
                          "journal/stream?kind=notice&after=5",
                          "overview", "journal?after=5&limit=1", "journal/stream?kind=notice&after=6"])

    def serve_daemons(self, *daemons):
        """One after the other, each with its events and when it began; all but the last end with their streams."""
        living = list(daemons)

        def answer(request):
            began, events = living[0]
            path, _, query = request.path.partition("?")
            asked = dict(urllib.parse.parse_qsl(query))
            newest = events[-1]["sequence"]
            after = int(asked.get("after", 0))
            found = [one for one in events if one["sequence"] > (0 if after > newest else after)]
            if path == "/inspector/api/overview":
                request.give({"startedAt": began})
            elif path == "/inspector/api/journal":
                limit = int(asked["limit"])
                request.give({"events": found[:limit] if "after" in asked else found[-limit:], "newest": newest})
            else:
                for one in found:
                    request.tell({"type": "journal", "event": one})
                if len(living) == 1:
                    request.wait_until_the_client_leaves()
                else:
                    living.pop(0)

        return self.serve(answer)

    def check_what_another_tells(self, events, told):
        seen = [self.event(number) for number in (4, 5, 6, 7)]
        url = self.serve_daemons(("2026-11-28T18:00:00.000Z", seen), ("2026-11-28T19:00:00.000Z", events))
        self.assertEqual(self.lines_until(told[-1], url, "--last", "3"),
                         ["/root/5", "/root/6", "/root/7",
                          f"sandboxctl: Cannot reach sandboxd at {url}: the stream ended; trying again each second",
                          "sandboxctl: Connected again, but another sandboxd has begun: the last events of the one before "
                          "may be missing from its journal", *told])

    def test_shows_nothing_twice_when_another_daemon_lacks_the_last_events(self):
        anew = [self.event(number, f"2026-11-28T19:00:0{number}.000Z", f"anew/{number}") for number in (6, 7, 8)]
        self.check_what_another_tells([self.event(4), self.event(5), *anew],
                                      ["/root/anew/6", "/root/anew/7", "/root/anew/8"])

    def test_shows_all_of_another_daemon_that_numbers_anew(self):
        anew = [self.event(number, f"2026-11-28T19:00:0{number}.000Z", f"anew/{number}") for number in (1, 2)]
        self.check_what_another_tells(anew, ["/root/anew/1", "/root/anew/2"])


class OtherServers(unittest.TestCase):
    """What is no inspector, or one of another version."""

    def answer(self, status, body, arguments):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            done = run(f"http://127.0.0.1:{server.server_port}", *arguments)
            server.shutdown()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Asandboxctl: [^\n]*\n\Z")
        self.assertIsNone(CONTROL.search(done.stderr))
        return done.stderr

    def test_an_endpoint_that_is_not_offered(self):
        told = self.answer(404, b'{"code":"UNKNOWN_ERROR","message":"The requested endpoint was not found"}', ["doctor"])
        self.assertIn("does not offer GET /inspector/api/overview", told)
        self.assertIn("does not offer", self.answer(404, b"", ["events", "-f"]))

    def test_an_answer_that_is_none(self):
        self.assertIn("no JSON", self.answer(200, b"<html>", ["tree"]))
        self.assertIn("No actor", self.answer(200, b"[1]", ["tree"]))
        self.assertIn("status 500", self.answer(500, b"\x1b[31m\xff", ["tree"]))
        self.assertIn(r"a\nb\x1b", self.answer(409, b'{"code":"X","message":"a\\nb\\u001b"}', ["show", "http"]))


if __name__ == "__main__":
    unittest.main()
