#!/usr/bin/python3
"""sandboxctl against a whole daemon. SANDBOXCTL and SANDBOXD name the two programs."""

import json
import os
import re
import signal
import socket
import tempfile
import unittest
import urllib.request

from running_sandboxctl import CONTROL, TIME_LIMIT, Daemon, Follower, Terminal, eventually, run

EVIL = "sleep 30 # \x1b[31mred\x1b]0;title\x07 \x9b31m \x85 \u202eback\rover"


class WithDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.end)
        cls.daemon.begin("sleep 60", "alpha")
        cls.session = eventually(lambda: cls.find_session("alpha"))
        eventually(cls.has_settled)

    @classmethod
    def has_settled(cls):
        """Whether no actor is being started any more."""
        pools = json.loads(run(cls.daemon.url, "pools", "--json").stdout)
        return all(pool["starting"] == 0 and pool["idle"] == pool["minimum"] for pool in pools)

    @classmethod
    def find_session(cls, identifier):
        actors = json.loads(run(cls.daemon.url, "tree", "--json").stdout)["actors"]
        return next((one["path"] for one in actors
                     if one.get("details", {}).get("id") == identifier and "sleep" in one.get("status", "")), None)

    def run_good(self, *arguments, **environment):
        done = run(self.daemon.url, *arguments, **environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def check_refusal(self, done, code, pattern):
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        self.assertRegex(done.stderr, rf"\Asandboxctl: .*{pattern}.*\n\Z")


class Views(WithDaemon):
    def test_tree_has_every_actor_below_its_supervisor(self):
        tree = self.run_good("tree", "--all")
        self.assertRegex(tree, r"\A/root  supervisor  one_for_one\n├─ http  listening on port \d+\n")
        self.assertRegex(tree, r"(?m)^      │  [│ ]  ├─ session alpha  running: sleep 60, 0 waiting$")
        self.assertEqual(len(tree.splitlines()), json.loads(self.run_good("tree", "--json"))["total"])

    def test_tree_of_a_part(self):
        tree = self.run_good("tree", "interpreters/python/", LC_ALL="C")
        self.assertTrue(tree.startswith("/root/interpreters/python  supervisor  rest_for_one\n|- "), tree)
        self.assertTrue(tree.isascii())
        self.assertEqual(tree, self.run_good("tree", "/root/interpreters/python", LC_ALL="C"))

    def test_tree_cuts_many_children(self):
        for number in range(14):
            self.daemon.execute("true", f"one-of-many-{number}")
        below = ("tree", "sandbox/workload/sessions")
        self.assertRegex(self.run_good(*below), r"\n└─ \.\.\. and \d+ more\n\Z")
        whole = self.run_good(*below, "--all")
        self.assertNotIn("...", whole)
        for number in range(14):
            self.assertIn(f"session one-of-many-{number}  idle", whole)

    def test_show(self):
        text = self.run_good("show", self.session)
        self.assertTrue(text.startswith(self.session + "\n"), text)
        for pattern in (r"kind +session", r"phase +running", r"id +alpha", r"command +sleep 60", r"Mailbox",
                        r"Times that handlers took\n +< .* [1-9]\d* +█", r"Events .*\n.* started +" + self.session):
            self.assertRegex(text, pattern)

    def test_json_is_the_answer_of_the_interface(self):
        with urllib.request.urlopen(f"{self.daemon.url}/inspector/api/actors?limit=10000") as answer:
            told = json.load(answer)
        got = json.loads(self.run_good("tree", "--json"))
        self.assertEqual([one["path"] for one in got["actors"]], [one["path"] for one in told["actors"]])
        self.assertEqual(got["total"], len(got["actors"]))
        shown = json.loads(self.run_good("--json", "show", self.session))
        self.assertEqual((shown["path"], len(shown["handlingHistogram"])), (self.session, 24))
        self.assertEqual(json.loads(self.run_good("events", "--json", "--last", "1"))["events"][0].keys()
                         & {"sequence", "kind"}, {"sequence", "kind"})
        looks = [json.loads(line) for line in self.run_good("top", "--json", "--once").splitlines()]
        self.assertEqual([look["complete"] for look in looks][-1], True)

    def test_top_once(self):
        lines = self.run_good("top", "--once").splitlines()
        self.assertRegex(lines[0], r"^sandboxd .* actors \d+  messages/s [\d.,]+")
        self.assertRegex(lines[2], r"^\*MSG/S +DEPTH +BUSY +RESTARTS +LONGEST +PATH +STATUS$")
        self.assertTrue(any(self.session.removeprefix("/root/") in line for line in lines))

    def test_events_are_filtered(self):
        lines = self.run_good("events", "--kind", "started", "--path", self.session).splitlines()
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], rf"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}}  started +{self.session}  session$")
        self.assertEqual(self.run_good("events", "--search", "/SESSIONS/", "--last", "2").count("\n"), 2)

    def test_overview_based_commands(self):
        self.assertRegex(self.run_good("pools"), r"\ALANGUAGE +IDLE .*\npython +\d")
        self.assertEqual([one["language"] for one in json.loads(self.run_good("pools", "python", "--json"))], ["python"])
        self.assertRegex(self.run_good("settings", "interpreter"), r"\ninterpreter.python-pool-min-size +\d+ +default")
        self.assertRegex(self.run_good("settings", "interpreter.python-pool-min-size"), r"\n  default +\d+\n")
        done = run(self.daemon.url, "doctor")
        lints = json.loads(run(self.daemon.url, "doctor", "--json").stdout)
        self.assertEqual("All is well" in done.stdout, lints == [])

    def test_nothing_reaches_a_terminal_that_it_would_obey(self):
        self.daemon.begin(EVIL, "evil", **{"X-Request-Id": "evil"})
        path = eventually(lambda: self.find_session("evil"))
        for arguments in (("tree",), ("tree", "--all"), ("show", path), ("top", "--once"), ("events", "--last", "10000"),
                          ("requests",), ("trace", "evil"), ("tree", "--json"), ("show", path, "--json"),
                          ("top", "--json", "--once"), ("requests", "--json"), ("trace", "evil", "--otlp")):
            text = self.run_good(*arguments)
            self.assertIsNone(CONTROL.search(text), arguments)
            self.assertNotIn("\u202e", text)
        self.assertIn(r"\x1b[31mred\x1b]0;title\x07 \u009b31m \u0085 \u202eback\rover", self.run_good("show", path))
        self.check_refusal(run(self.daemon.url, "show", "/root/\x1b[31m\x9b"), 1, r"/root/\\x1b\[31m\\u009b")

    def test_colors_are_for_terminals(self):
        for arguments in (("tree",), ("show", self.session), ("events",), ("requests",), ("pools",), ("top", "--once")):
            self.assertNotIn("\x1b", self.run_good(*arguments))
        self.assertIn("\x1b[1m", self.run_good("tree", "--color", "always"))
        terminal = Terminal(self.daemon.url, "tree", "root/http")
        self.assertEqual(terminal.end(), 0)
        self.assertIn(b"\x1b[1m/root/http\x1b[0m", terminal.output)
        terminal = Terminal(self.daemon.url, "tree", "root/http", "--color=never")
        self.assertEqual(terminal.end(), 0)
        self.assertNotIn(b"\x1b", terminal.output)


class Traces(WithDaemon):
    def execute(self, identifier, session="traced"):
        """What has been told of it when it has ended."""
        self.daemon.execute("echo hi", session, **{"X-Request-Id": identifier})
        # The answer is with the client before the server has noted that.
        return eventually(lambda: self.of_interface(f"requests?search={identifier}")["ended"])[0]

    def of_interface(self, path):
        with urllib.request.urlopen(f"{self.daemon.url}/inspector/api/{path}") as answer:
            return json.load(answer)

    def test_a_request_can_be_followed_through_the_actors(self):
        request = self.execute("night-1")
        text = self.run_good("trace", "night-1")
        self.assertTrue(text.startswith("POST /api/execute\n  request id    night-1\n"), text)
        for pattern in (rf"\n  trace id +{request['traceId']}\n  span id +{request['spanId']}\n",
                        r"\n  status +200\n", r"\n  outcome +complete\n",
                        r"\nSpans\n +START +DURATION +WHEN +SPAN +ACTOR +PID +WAITED +TEXT\n",
                        r"\n *[\d.]+ [um]?s +[\d.]+ [um]?s +█+ +run_command +/root/sandbox/\S+ +[\d.]+ [um]?s\n",
                        r"\n *[\d.]+ [um]?s +[\d.]+ [um]?s +█+ +command\b.* exited with 0\n",
                        r" └─ start_child +/root/sandbox/workload/sessions +"):
            self.assertRegex(text, pattern)
        for number in (request["traceId"], request["spanId"]):
            self.assertEqual(self.run_good("trace", number).splitlines()[1], "  request id    night-1")
        self.assertTrue(self.run_good("trace", "night-1", LC_ALL="C").isascii())

    def test_json_is_the_answer_of_the_interface(self):
        self.execute("night-2")
        told = self.of_interface("trace?id=night-2")
        self.assertEqual(json.loads(self.run_good("trace", "night-2", "--json")), told)
        self.assertIn("exited with 0", [span.get("text") for span in told["spans"]])
        exported = json.loads(self.run_good("trace", "night-2", "--otlp"))
        self.assertEqual(exported, self.of_interface("trace?id=night-2&format=otlp"))
        spans = exported["resourceSpans"][0]["scopeSpans"][0]["spans"]
        self.assertEqual((spans[0]["traceId"], len(spans)), (told["traceId"], len(told["spans"]) + 1))
        listed = json.loads(self.run_good("requests", "--search", "night-2", "--json"))
        self.assertEqual([one["requestId"] for one in listed["ended"]], ["night-2"])

    def test_requests_are_listed_those_under_way_first(self):
        self.execute("night-3")
        lines = self.run_good("requests").splitlines()
        self.assertRegex(lines[0], r"^TIME \(UTC\) +DURATION +STATUS +METHOD +PATH +REQUEST ID +OUTCOME$")
        self.assertRegex(lines[1], r"^\S+ \S+ +[\d.]+ \w+ +under way +POST +/api/execute +\S+$")  # of WithDaemon
        found = [line for line in lines if " night-3" in line]
        self.assertEqual(len(found), 1, lines)
        self.assertRegex(found[0], r"^\d{4}-\d\d-\d\d [\d:.]{12} +[\d.]+ [um]?s +200 +POST +/api/execute +night-3$")

    def test_requests_are_filtered(self):
        def names(*arguments):
            return re.findall(r"night-\d", self.run_good("requests", *arguments))
        self.execute("night-4")
        self.execute("night-5", session="other")
        self.assertEqual(names("--search", "NIGHT-5"), ["night-5"])
        self.assertEqual(names("--search", "night-", "--limit", "1"), ["night-5"])
        actor = next(span["path"] for span in self.of_interface("trace?id=night-5")["spans"]
                     if span.get("path", "").endswith("/session"))
        self.assertEqual(names("--actor", actor.removeprefix("/root/")), ["night-5"])
        done = run(self.daemon.url, "requests", "--search", "no such request")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", "sandboxctl: No such requests\n"))

    def test_what_is_under_way_is_told_as_such(self):
        identifier = self.of_interface("requests?search=execute")["open"][0]["requestId"]
        text = self.run_good("trace", identifier)
        self.assertRegex(text, r"\n  duration +under way for \d")
        self.assertRegex(text, r"\n *[\d.]+ [um]?s +under way +█+ +command\b")


class ExitCodes(WithDaemon):
    def test_of_refusals(self):
        self.check_refusal(run(self.daemon.url, "show", "nobody"), 1, "/root/nobody")
        self.check_refusal(run(self.daemon.url, "tree", "nobody"), 1, "No actor lives at /root/nobody")
        self.check_refusal(run(self.daemon.url, "settings", "no.such"), 1, "no.such")
        for more in ((), ("--json",), ("--otlp",)):
            self.check_refusal(run(self.daemon.url, "trace", "no such", *more), 1, "no trace of a request no such")
        self.check_refusal(run(self.daemon.url, "cut", "no such", "--yes"), 1, "no trace of a request no such")
        self.check_refusal(run(self.daemon.url, "stop", "nobody", "--yes"), 1, "nobody")

    def test_of_wrong_usage(self):
        for arguments in ((), ("bogus",), ("tree", "--bogus"), ("show",), ("trace",), ("requests", "--limit", "0"),
                          ("signal", "http", "SIGFOO"),
                          ("breaker", "perl", "reset"), ("drain", "--for", "soon"), ("events", "--kind", "other"),
                          ("pools", "--min", "1"), ("pools", "python", "--min", "2", "--max", "1", "--yes"),
                          ("--url", "https://a", "tree"), ("--token-file", "/nowhere", "tree")):
            self.check_refusal(run(self.daemon.url, *arguments), 2, "")

    def test_when_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            for arguments in (("tree",), ("top", "--once"), ("events", "-f"), ("doctor",), ("requests",), ("trace", "x"),
                              ("restart", "http", "--yes"), ("cut", "x", "--yes")):
                self.check_refusal(run(url, *arguments), 3, "Cannot reach sandboxd at " + url)

    def test_help_tells_them_and_has_examples(self):
        text = self.run_good("--help")
        self.assertRegex(text, r"Exit codes:\n +0 +done\n +1 .*\n +2 .*\n +3 ")
        names = re.findall(r"(?m)^  ([a-z]+) {5,}", text.split("Subcommands:")[1])
        self.assertEqual(len(names), 15)
        for name in names:
            self.assertIn(f"Example:\n  sandboxctl {name}", self.run_good(name, "--help"))


class Changes(WithDaemon):
    def test_are_refused_where_nobody_can_be_asked(self):
        def told():
            return json.loads(self.run_good("events", "--json", "--search", "by the inspector"))["events"]
        before = told()
        for arguments in (("restart", "http"), ("stop", "http"), ("signal", self.session, "KILL"),
                          ("breaker", "python", "trip"), ("pools", "python", "--min", "4"),
                          ("settings", "log.level", "debug"), ("cut", "x"), ("drain",)):
            self.check_refusal(run(self.daemon.url, *arguments), 2, "--yes")
        self.assertEqual(told(), before)

    def test_ask_by_naming_what_will_happen(self):
        terminal = Terminal(self.daemon.url, "restart", "interpreters/javascript/pool")
        terminal.wait_for("[y/N]")
        self.assertIn(b"/root/interpreters/javascript/pool (executor-pool", terminal.output)
        self.assertIn(b"rest_for_one", terminal.output)
        terminal.type("n\n")
        self.assertEqual(terminal.end(), 1)
        self.assertIn(b"Nothing was changed", terminal.output)
        terminal = Terminal(self.daemon.url, "restart", "interpreters/javascript/pool")
        terminal.wait_for("[y/N]")
        terminal.type("y\n")
        self.assertEqual(terminal.end(), 0)
        eventually(lambda: "started" in self.run_good("events", "--path", "interpreters/javascript/pool").splitlines()[-1]
                   and self.run_good("events", "--path", "interpreters/javascript/pool").count("started") == 2)

    def test_take_effect_with_yes(self):
        self.assertIn("min-size is 4 now", self.run_good("pools", "python", "--min", "4", "--yes"))
        self.assertEqual(json.loads(self.run_good("pools", "python", "--json"))[0]["minimum"], 4)
        self.assertEqual(json.loads(self.run_good("settings", "log.level", "debug", "--yes", "--json"))["value"], "debug")
        self.assertRegex(self.run_good("settings", "log.level"), r"after a restart +info")
        self.run_good("breaker", "typescript", "trip", "--yes")
        eventually(lambda: "open" in self.run_good("pools", "typescript"))
        self.assertEqual(run(self.daemon.url, "doctor").returncode, 1)
        self.run_good("breaker", "typescript", "reset", "--yes")
        eventually(lambda: "closed" in self.run_good("pools", "typescript"))

    def requests(self, search):
        return json.loads(self.run_good("requests", "--search", search, "--json"))

    def test_cut_names_the_request_and_cuts_that_one(self):
        self.daemon.begin("sleep 60", "slow", **{"X-Request-Id": "slow"})
        span = eventually(lambda: self.requests("slow")["open"])[0]["spanId"]
        for answer, code in (("n\n", 1), ("y\n", 0)):
            terminal = Terminal(self.daemon.url, "cut", "slow")
            terminal.wait_for("[y/N]")
            self.assertRegex(terminal.output.decode(), r"\ARequest slow \(POST /api/execute of 127\.0\.0\.1:\d+\), "
                                                       r"under way for [\d.]+ \w+, will be cut: ")
            self.assertEqual([one["spanId"] for one in self.requests("slow")["open"]], [span])
            terminal.type(answer)
            self.assertEqual(terminal.end(), code)
        ended = eventually(lambda: self.requests("slow")["ended"])
        self.assertEqual([(one["spanId"], one["outcome"]) for one in ended], [(span, "cut")])
        self.assertIn(f"cut request slow (POST /api/execute, span {span})", self.run_good("events", "--search", "by the inspector"))
        for identifier in ("slow", span):
            self.check_refusal(run(self.daemon.url, "cut", identifier, "--yes"), 1,
                               r"Request slow \(POST /api/execute of \S+\) has ended")
        terminal = Terminal(self.daemon.url, "cut", "slow")
        self.assertEqual(terminal.end(), 1)
        self.assertNotIn(b"[y/N]", terminal.output)

    def test_cut_refuses_an_id_that_several_requests_have(self):
        for session in ("twin-a", "twin-b"):
            self.daemon.begin("sleep 60", session, **{"X-Request-Id": "twin"})
        twins = eventually(lambda: found if len(found := self.requests("twin")["open"]) == 2 else None)
        terminal = Terminal(self.daemon.url, "cut", "twin")
        self.assertEqual(terminal.end(), 1)
        self.assertNotIn(b"[y/N]", terminal.output)
        done = run(self.daemon.url, "cut", "twin", "--yes")
        self.check_refusal(done, 1, "Several requests under way have the id twin, name one by its span id: ")
        table = self.run_good("requests", "--search", "twin")
        for one in twins:
            self.assertIn(f"{one['spanId']} (POST /api/execute of {one['client']})", done.stderr)
            self.assertRegex(table, rf"POST +/api/execute +twin +{one['spanId']}\n")
        self.run_good("cut", twins[0]["spanId"], "--yes")
        eventually(lambda: [one["spanId"] for one in self.requests("twin")["open"]] == [twins[1]["spanId"]])
        self.run_good("cut", "twin", "--yes")  # which is that of one now
        eventually(lambda: not self.requests("twin")["open"])

    def test_signal_and_stop(self):
        self.daemon.begin("sleep 60", "victim")
        session = eventually(lambda: self.find_session("victim"))
        shell = session.rsplit("/", 1)[0] + "/shell"
        self.assertRegex(self.run_good("signal", shell, "term", "--yes"), r"\ASIGTERM was sent to \d+ processes?\.\n\Z")
        eventually(lambda: "exited" in self.run_good("events", "--path", shell))
        self.run_good("stop", session.rsplit("/", 1)[0], "--yes")
        eventually(lambda: run(self.daemon.url, "show", session).returncode == 1)


class Streams(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(lambda: self.daemon.end())

    def follow(self, *arguments):
        follower = Follower(self.daemon.url, "events", "-f", *arguments)
        self.addCleanup(follower.end)
        return follower

    def test_events_are_followed(self):
        follower = self.follow("--path", "sandbox/workload/sessions", "--last", "1")
        follower.wait_for("started +/root/sandbox/workload/sessions  supervisor")
        self.daemon.execute("true", "alpha")
        follower.wait_for(r"started +/root/sandbox/workload/sessions/1/session  session")

    def test_events_are_followed_as_json(self):
        follower = self.follow("--json", "--last", "1", "--kind", "started")
        follower.wait_for("started")  # behind which it goes on
        self.daemon.execute("true", "alpha")
        follower.wait_for("sessions/1/session")
        events = [json.loads(line) for line in list(follower.lines)]
        self.assertEqual({one["type"] for one in events}, {"journal"})
        self.assertEqual({one["event"]["kind"] for one in events}, {"started"})

    def test_a_restart_of_the_daemon_is_told(self):
        follower = self.follow()
        follower.wait_for("/root/http")
        self.daemon.end()
        follower.wait_for("sandboxctl: Cannot reach sandboxd .* trying again")
        self.daemon = Daemon(inspector_port=self.daemon.inspector_port)
        follower.wait_for("sandboxctl: Connected again, but another sandboxd has begun: .* may be missing")
        self.daemon.execute("true", "alpha")
        follower.wait_for("sessions/1/session")

    def test_no_event_is_shown_twice_when_the_daemon_was_killed(self):
        def marks(documents):
            return [(one["sequence"], one["time"]) for one in documents]

        def has_shown_all():
            told = json.loads(run(self.daemon.url, "events", "--json", "--last", "10000").stdout)["events"]
            return set(marks(told)) <= set(shown())

        def shown():
            return marks(json.loads(line)["event"] for line in list(follower.lines) if line.startswith("{"))

        self.daemon.end()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        file = f"{directory.name}/journal"
        self.daemon = Daemon(f"--inspector.journal-file={file}")
        self.daemon.execute("true", "alpha")
        follower = self.follow("--json", "--last", "10000")
        eventually(has_shown_all)
        self.daemon.process.kill()
        self.daemon.end()
        with open(file, "rb+") as lines:  # as if the last had not been written yet
            lines.truncate(sum(map(len, lines.readlines()[:-3])))
        self.daemon = Daemon(f"--inspector.journal-file={file}", inspector_port=self.daemon.inspector_port)
        follower.wait_for("sandboxctl: Connected again, but another sandboxd has begun")
        eventually(has_shown_all)
        all_shown = shown()
        numbers = {number for number, _ in all_shown}
        self.assertEqual(len(all_shown), len(set(all_shown)))
        self.assertLess(len(numbers), len(all_shown), "the second daemon has not gone on with the numbers of what is lost")

    def test_top_tells_when_the_daemon_is_gone(self):
        terminal = Terminal(self.daemon.url, "top")
        terminal.wait_for("*MSG/S")
        self.daemon.process.terminate()
        terminal.wait_for("Cannot reach sandboxd")
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)

    def test_drain_ends_the_daemon(self):
        done = run(self.daemon.url, "drain", "--for", "5s", "--yes")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.daemon.process.wait(TIME_LIMIT), 0)

    def test_top_leaves_the_terminal_as_it_was(self):
        def by_key(terminal):
            terminal.type("h")
            terminal.wait_for("*BUSY")
            terminal.type("q")
        for leave, code in ((by_key, 0), (lambda terminal: terminal.type("\x03"), 0),
                            (lambda terminal: os.kill(terminal.pid, signal.SIGTERM), -signal.SIGTERM),
                            (lambda terminal: os.kill(terminal.pid, signal.SIGHUP), -signal.SIGHUP)):
            terminal = Terminal(self.daemon.url, "top")
            terminal.wait_for("*MSG/S")
            terminal.wait_for("/root")
            self.assertTrue(terminal.output.startswith(b"\x1b[?1049h"))
            leave(terminal)
            self.assertEqual(terminal.end(), code)
            self.assertTrue(terminal.output.endswith(b"\x1b[?1049l"), terminal.output[-100:])
            self.assertIn(b"\x1b[?25h", terminal.output[-40:])


class Token(unittest.TestCase):
    def test_is_taken_from_a_file(self):
        with tempfile.NamedTemporaryFile("w") as good, tempfile.NamedTemporaryFile("w") as bad:
            good.write("0123456789abcdef0123456789abcdef\n")
            good.flush()
            bad.write("no\n")
            bad.flush()
            daemon = Daemon(f"--http.token-file={good.name}", "--http.require-token=true")
            self.addCleanup(daemon.end)
            self.assertEqual(run(daemon.url, "tree", "--token-file", good.name).returncode, 0)
            self.assertEqual(run(daemon.url, "tree", SANDBOXCTL_TOKEN_FILE=good.name).returncode, 0)
            for done in (run(daemon.url, "tree"), run(daemon.url, "tree", "--token-file", bad.name)):
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, "--token-file")


if __name__ == "__main__":
    unittest.main()
