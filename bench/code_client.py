"""Talks to the code interpreter of a running sandboxd."""

import http.client
import json
import time
import urllib.parse

LANGUAGES = ("python", "javascript", "typescript")
TERMINAL = ("execution_complete", "error")
STATE_LOST = "The context was given a new executor: variables, functions and imports are gone.\n"


class Answer:
    """A whole answer that is no stream."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        text = response.read()
        self.body = json.loads(text) if text else None

    @property
    def retry_after(self):
        """The header in seconds, None when there is none."""
        value = self.headers["Retry-After"]
        return None if value is None else int(value)

    def __repr__(self):
        return f"{self.status} {self.body}"


class Run:
    """One run of code: what came, and when, in seconds of time.monotonic()."""

    def __init__(self):
        self.began = time.monotonic()
        self.refusal = None  # the Answer, where there was no stream
        self.events = []
        self.answered = None  # when the head of the answer was there
        self.first_event = None  # when that was there
        self.ended = None  # when the first terminal event was there
        self.broken = None  # what was wrong with the stream

    def _of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    @property
    def terminals(self):
        return [event for event in self.events if event["type"] in TERMINAL]

    @property
    def error(self):
        """The `error` event, None when there was none."""
        return next(iter(self._of("error")), None)

    @property
    def ename(self):
        return self.error and self.error["ename"]

    @property
    def results(self):
        return [event.get("text") for event in self._of("result")]

    @property
    def value(self):
        """The text of the only result."""
        return self.results[0] if len(self.results) == 1 else None

    @property
    def stdout(self):
        return "".join(event["text"] for event in self._of("stdout"))

    @property
    def stderr(self):
        """Without the notice of lost state."""
        return self._all_stderr.replace(STATE_LOST, "")

    @property
    def state_lost(self):
        """Whether this run was told that the ones before it are forgotten."""
        return STATE_LOST in self._all_stderr

    @property
    def _all_stderr(self):
        return "".join(event["text"] for event in self._of("stderr"))

    def __repr__(self):
        return f"{self.refusal}" if self.refusal else f"{self.events}{' BROKEN: ' + self.broken if self.broken else ''}"


class Client:
    """The routes of the code interpreter as clients of dialect B use them. Threads may share it."""

    def __init__(self, url):
        self._address = urllib.parse.urlsplit(url).netloc

    def _connect(self, patience):
        return http.client.HTTPConnection(self._address, timeout=patience)

    def ask(self, method, path, body=None, patience=20, headers=None):
        """One request; raises TimeoutError when its answer takes longer than `patience` seconds."""
        connection = self._connect(patience)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def create(self, language, patience=20, **more):
        return self.ask("POST", "/api/contexts", {"language": language, **more}, patience)

    def delete(self, context, patience=20):
        return self.ask("DELETE", f"/api/contexts/{context}", patience=patience)

    def health(self):
        return self.ask("GET", "/api/interpreter/health").body

    def open_stream(self, context, code, patience, **more):
        """A run whose stream is the caller's: the connection and the response. Close both."""
        connection = self._connect(patience)
        try:
            connection.connect()
            connection.request("POST", "/api/execute/code", json.dumps({"context_id": context, "code": code, **more}),
                               {"Connection": "close"})
            socket = connection.sock  # getresponse() hands it on, since there will be no other request
            return connection, socket, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def run(self, context, code, patience=20, on_event=None, **more):
        """Runs code and follows its stream to its end, `patience` seconds at most. Never raises for what the
        server does: see `broken`."""
        run = Run()
        deadline = run.began + patience
        response = None
        try:
            connection, socket, response = self.open_stream(context, code, patience, **more)
            run.answered = time.monotonic()
            if response.status != 200:
                run.refusal = Answer(response)
                run.ended = time.monotonic()
                return run
            self._follow(run, socket, response, deadline, on_event)
        except TimeoutError:
            run.broken = f"not over after {patience:.1f} s"
        except (OSError, http.client.HTTPException, ValueError) as error:
            run.broken = f"{type(error).__name__}: {error}"
        finally:
            if response is not None:
                response.close()
                connection.close()
        return run

    @staticmethod
    def _follow(run, socket, response, deadline, on_event):
        if (kind := response.headers["Content-Type"]) != "text/event-stream":
            raise ValueError(f"not a stream of events: {kind}")
        for event in events_of(_lines(socket, response, deadline)):
            now = time.monotonic()
            run.first_event = run.first_event or now
            run.events.append(event)
            if event["type"] in TERMINAL and run.ended is None:
                run.ended = now
            if on_event:
                on_event(event)
        if len(run.terminals) != 1 or run.events[-1] is not run.terminals[0]:
            run.broken = "not exactly one terminal event, the last"


def _lines(socket, response, deadline):
    """The lines of a stream as they come, until it ends."""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        socket.settimeout(left)
        line = response.readline()
        if not line:
            return
        yield line


def events_of(lines):
    """The events of a stream, each as soon as it is whole. All that may be in one is `data: {...}`, of ASCII characters
    alone, and comments, which keep the connection alive, each with an empty line after it: ValueError for the rest."""
    lines = iter(lines)
    for line in lines:
        if not line.startswith((b"data: {", b":")):
            raise ValueError(f"not an event: {line[:200]!r}")
        if (end := next(lines, None)) != b"\n":
            raise ValueError(f"not the end of an event: {end and end[:200]!r} after {line[-100:]!r}")
        if not line.startswith(b":"):
            yield json.loads(line.removeprefix(b"data: ").decode("ascii"))
