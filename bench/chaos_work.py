"""Keeps contexts at work, and compares what comes of each run with what must come, whatever is killed meanwhile."""

import random
import threading
import time

QUEUE = 100  # the most a context is used before it is made anew

# What is run: relative weights, and by language the code, what its result and its output are.
KINDS = {"quick": 35, "prints": 15, "counter": 30, "sleeps": 8, "timeout": 4, "raises": 8}
CODE = {
    "python": {
        "quick": "1+1",
        "prints": "import time\nfor i in range(5):\n    print('line', i)\n    time.sleep(0.04)",
        "counter": "n = globals().get('n', 0) + 1\nn",
        "sleeps": "__import__('time').sleep(0.7)\n'slept'",
        "timeout": "__import__('time').sleep(60)",
        "raises": "raise KeyError('oops')",
    },
    "javascript": {
        "quick": "1+1",
        "prints": "for (let i = 0; i < 5; ++i) {\n  console.log('line', i);\n"
                  "  await new Promise((done) => setTimeout(done, 40));\n}",
        "counter": "globalThis.n = (globalThis.n ?? 0) + 1",
        "sleeps": "await new Promise((r) => setTimeout(r, 700)); 'slept'",
        "timeout": "await new Promise((r) => setTimeout(r, 60000))",
        "raises": "throw new RangeError('oops')",
    },
}
CODE["typescript"] = {kind: code.replace("let i", "let i: number") for kind, code in CODE["javascript"].items()}
RESULTS = {"quick": ["2"], "sleeps": ["slept", "'slept'"]}
OUTPUT = {"prints": "".join(f"line {i}\n" for i in range(5))}
ERRORS = {"timeout": "TimeoutError", "raises": {"python": "KeyError"}}
OWN_TIME = {"prints": 0.2, "sleeps": 0.7, "timeout": 0.3}  # seconds
TIMEOUT_MS = 300
INTERRUPT_GRACE = 2  # seconds: the default of interpreter.interrupt-grace
LATE = 0.2  # seconds that a thread of this program may be late to see a run begin


class Worker(threading.Thread):
    """Keeps one context at work and knows what its runs must tell."""

    def __init__(self, client, language, place, kills, tally, given, seed):
        super().__init__(daemon=True)
        self._client, self._language, self._place = client, language, place
        self._kills, self._tally, self._given = kills, tally, given
        self._source = random.Random(seed)
        self._stop_asked = threading.Event()
        self._context = None
        self._was_deaf = False  # in its last run, to an interrupt

    def run(self):
        try:
            while not self._stop_asked.is_set():
                if self._context is None:
                    self._create()
                else:
                    self._run_one()
                    if self._source.random() < 1 / QUEUE:
                        self._delete()
            self._delete()
        except Exception as error:  # of this program
            self._tally.problem("a worker broke", repr(error))
            raise

    def stop(self):
        self._stop_asked.set()

    def _create(self):
        began = time.monotonic()
        try:
            answer = self._client.create(self._language, patience=self._given.patience, cwd=self._place)
        except OSError as error:
            return self._tally.problem("creating a context took too long", error)
        if answer.status != 200:
            self._judge_refusal(answer)
            time.sleep(min(answer.retry_after or 0.2, 1))
            return None
        self._context = answer.body["contextId"]
        self._counter = 0
        self._must_be_told = False
        self._since = began  # kills before this one are told of
        self._lent = time.monotonic()  # the executor, or before
        self._is_new = True  # the executor
        self._was_deaf = False
        return None

    def _delete(self):
        if self._context is None:
            return
        try:
            answer = self._client.delete(self._context, patience=self._given.patience)
            if answer.status != 200:
                self._tally.problem("deleting a context failed", answer)
        except OSError as error:
            self._tally.problem("deleting a context took too long", error)
        self._context = None

    def _run_one(self):
        kind = self._source.choices(*zip(*KINDS.items()))[0]
        more = {"timeout_ms": TIMEOUT_MS} if kind == "timeout" else {}
        own = OWN_TIME.get(kind, 0)
        run = self._client.run(self._context, CODE[self._language][kind], own + self._given.patience, **more)
        took = (run.ended or time.monotonic()) - run.began
        self._tally.ended("refused" if run.refusal else run.ename or ("broken" if run.broken else "complete"),
                          took - own)
        if run.broken:
            self._must_be_told = None  # who knows
            self._tally.problem(f"{kind}: {run.broken.split(' s')[0].rstrip('.0123456789')}",
                                f"{self._language} after {took:.2f} s: {run}")
        elif run.refusal:
            self._judge_refusal(run.refusal)
            time.sleep(min(run.refusal.retry_after or 0.2, 1))
        else:
            self._judge_loss(kind, run)
            self._judge_outcome(kind, run)

    def _judge_refusal(self, answer):
        body = answer.body if isinstance(answer.body, dict) else {}
        text = f"{answer.status} {body.get('code')} {body.get('message')}"
        self._tally.refused(text)
        typed = body.get("code") and body.get("message") and body.get("error")
        if answer.status == 503 and typed and answer.retry_after is not None and answer.retry_after > 0:
            return
        self._kills.read()
        if answer.status == 500 and typed and "The executor ended" in body["message"] and self._kills.unlent:
            return
        self._tally.problem(f"refused by {text}", answer.headers)

    def _kills_since(self, run):
        return self._kills.between(self._place, self._language, self._since, run.ended, self._is_new)

    def _was_lent_dying(self):
        return self._is_new and self._kills.hit_before_lent(self._language, self._since, self._lent)

    def _judge_loss(self, kind, run):
        """What is told of lost state, and the kills that explain it."""
        if run.state_lost:
            self._tally.told_of_loss()
            if not self._kills_since(run) and not self._was_deaf and not self._was_lent_dying():
                self._tally.problem("state was lost without a kill", f"{self._language} {kind}: {run}")
            self._counter = 0
            self._since = run.began
            self._lent = run.first_event
            self._is_new = True
        elif self._must_be_told:
            self._tally.problem("state was lost and the next run not told", f"{self._language} {kind}: {run}")
            self._counter = None
        self._must_be_told = False

    def _judge_outcome(self, kind, run):
        # Sandboxd kills what goes on after its interrupt; Python's `timeout` sleeps, which an interrupt ends.
        too_long = run.ended - run.answered > TIMEOUT_MS / 1000 + INTERRUPT_GRACE - LATE
        self._was_deaf = self._language != "python" and run.ename == "TimeoutError" and too_long
        if self._was_deaf:
            self._tally.was_deaf()
        if run.ename == "ExecutorTerminated":
            kills = self._kills_since(run)
            if kills:
                when, killed = kills[-1]
                self._tally.terminated(killed, (run.ended - max(when, run.began)) * 1000)
            elif not self._was_lent_dying():
                self._tally.problem("terminated without a kill", f"{self._language} {kind}: {run}")
            self._must_be_told = True
            return
        self._is_new = False
        expected = ERRORS.get(kind)
        expected = expected.get(self._language, "RangeError") if isinstance(expected, dict) else expected
        if run.ename != expected:
            self._tally.problem(f"{kind}: wrong end", f"{self._language}: {run}")
        if kind == "counter" and run.ename is None:
            if self._counter is not None and run.results != [str(self._counter + 1)]:
                self._tally.problem("counter: wrong value", f"{self._language}, not {self._counter + 1}: {run}")
            self._counter = int(run.value or 0)
        if kind in RESULTS and run.value not in RESULTS[kind]:
            self._tally.problem(f"{kind}: wrong result", f"{self._language}: {run}")
        if run.stdout != OUTPUT.get(kind, ""):
            self._tally.problem(f"{kind}: wrong output", f"{self._language}: {run}")
