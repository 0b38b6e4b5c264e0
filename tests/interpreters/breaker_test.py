#!/usr/bin/python3
"""The circuit breaker of one language, by the whole daemon."""

import threading
import unittest

from code_world import WithDaemon, eventually, minimum

END = {"python": "import os; os._exit(3)", "javascript": "process.exit(3)", "typescript": "process.exit(3)"}


class Breaker(WithDaemon):
    OPEN_TIME = 1  # seconds
    FAILURES = 3
    TRIALS = 2
    keys = minimum(python=1, javascript=1, typescript=1) | {
        "failures-to-open": FAILURES, "open-time": f"{int(OPEN_TIME * 1000)}ms", "trials-to-close": TRIALS}

    def lose_executors(self, language, context, count):
        """Ends that many executors of a context by its own code."""
        for _ in range(count):
            run = self.client.run(context, END[language])
            self.assertEqual(run.ename, "ExecutorTerminated", run)

    def open(self, language):
        """A context whose executors were lost until the circuit opened."""
        context = self.daemon.context(language)
        self.lose_executors(language, context, self.FAILURES)
        eventually(lambda: self.daemon.circuit(language) == "open", 2)
        return context

    def wait_for_trial(self, language):
        """The first context that is made after the open time."""
        def made():
            answer = self.client.create(language)
            return answer.body["contextId"] if answer.status == 200 else None
        return eventually(made, self.OPEN_TIME + 5)

    def close(self, language):
        context = self.wait_for_trial(language)
        for _ in range(self.TRIALS):
            self.assertEqual(self.value(context, "1+1"), "2")
        eventually(lambda: self.daemon.circuit(language) == "closed")
        return context

    def check_refusal(self, answer, language):
        """The body of HTTP.md 9.1 with the members of both dialects (3.1), and when to come again."""
        self.assertEqual(answer.status, 503, answer)
        text = "Service temporarily unavailable due to high error rate. Please try again later."
        body = answer.body
        self.assertEqual((body["error"], body["message"], body["status"]), (text, text, "circuit_open"))
        self.assertEqual((body["code"], body["httpStatus"]), ("INTERPRETER_NOT_READY", 503))
        self.assertIn(language, body["details"])
        self.assertIsInstance(body["context"], dict)
        self.assertIn("timestamp", body)
        self.assertIn(answer.retry_after, range(1, 3))

    def test_opens_for_one_language_only_and_closes_after_good_trials(self):
        others = {language: self.daemon.context(language) for language in ("python", "typescript")}
        for context in others.values():
            self.run_code(context, "n = 7")
        lost = self.daemon.context("javascript")
        self.assertEqual(self.client.health()["status"], "healthy")
        self.lose_executors("javascript", lost, self.FAILURES - 1)
        self.assertEqual(self.daemon.circuit("javascript"), "closed")
        self.lose_executors("javascript", lost, 1)
        eventually(lambda: self.daemon.circuit("javascript") == "open", 2)

        self.check_refusal(self.client.create("javascript"), "javascript")
        self.check_refusal(self.client.create("js"), "javascript")
        health = self.client.health()
        self.assertEqual(health["status"], "unhealthy")
        self.assertGreater(health["languages"]["javascript"]["retryAfterMs"], 0)
        self.assertLessEqual(health["languages"]["javascript"]["retryAfterMs"], self.OPEN_TIME * 1000)
        for language, context in others.items():
            self.assertEqual(self.daemon.circuit(language), "closed")
            self.assertEqual(self.value(context, "n"), "7")
            self.assertEqual(self.value(self.daemon.context(language), "1+1"), "2")

        trial = self.wait_for_trial("javascript")
        self.assertEqual(self.value(trial, "1+1"), "2")
        eventually(lambda: self.daemon.circuit("javascript") == "half_open")
        self.assertEqual(self.client.health()["status"], "unhealthy")
        self.assertEqual(self.value(trial, "2+2"), "4")
        eventually(lambda: self.daemon.circuit("javascript") == "closed")
        self.assertEqual(self.client.health()["status"], "healthy")
        run = self.run_code(lost, "1+1")
        self.assertEqual((run.value, run.state_lost), ("2", True))

    def test_refuses_runs_too_while_it_is_open(self):
        lost = self.open("javascript")
        answer = self.client.run(lost, "1+1")
        self.close("javascript")
        self.assertIsNotNone(answer.refusal, answer)
        self.check_refusal(answer.refusal, "javascript")

    def test_tells_clients_of_both_dialects(self):
        self.open("typescript")
        a = self.client.ask("GET", "/api/ping", headers={"Content-Type": "application/json"})
        self.assertEqual(a.status, 200)
        self.check_refusal(self.client.create("typescript"), "typescript")
        b = self.client.ask("POST", "/api/contexts", {"language": "typescript"}, headers={"X-Sandbox-Id": "box"})
        self.check_refusal(b, "typescript")
        self.close("typescript")

    def test_opens_again_when_a_trial_fails(self):
        self.open("python")
        trial = self.wait_for_trial("python")
        self.assertEqual(self.value(trial, "1+1"), "2")
        self.lose_executors("python", trial, 1)
        eventually(lambda: self.daemon.circuit("python") == "open")
        self.check_refusal(self.client.create("python"), "python")
        self.close("python")

    def test_lets_only_so_many_trials_through_at_a_time(self):
        self.open("python")
        under_way, refused, threads = [], [], []
        first = self.wait_for_trial("python")
        gate = self.daemon.path("trials")

        def work(context):
            code = f"import os, time\nprint('begun')\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.005)"
            run = self.client.run(context, code, on_event=lambda event: under_way.append(event)
                                  if event["type"] == "stdout" else None)
            if run.refusal:
                refused.append(run.refusal)
            elif run.broken or run.error:
                refused.append(run)

        try:
            for number in range(self.TRIALS + 1):
                before = len(under_way) + len(refused)
                if number == 0:
                    context = first
                elif (answer := self.client.create("python")).status == 200:
                    context = answer.body["contextId"]
                else:
                    refused.append(answer)
                    continue
                threads.append(threading.Thread(target=work, args=(context,)))
                threads[-1].start()
                eventually(lambda: len(under_way) + len(refused) > before)
        finally:
            gate.touch()
            for thread in threads:
                thread.join()
            if self.daemon.circuit("python") != "closed":
                self.close("python")
        self.assertEqual((len(under_way), len(refused)), (self.TRIALS, 1), refused)
        self.check_refusal(refused[0], "python")


class Rest(WithDaemon):
    """A context whose executors are lost again and again rests before it opens the circuit for all others."""

    LOSSES = 3
    keys = minimum(javascript=1) | {"failures-to-open": LOSSES + 2}
    environment = {"SANDBOXD_SUPERVISION_CONTEXT_INTENSITY": str(LOSSES), "SANDBOXD_SUPERVISION_CONTEXT_PERIOD": "5s"}

    def test_of_one_context_leaves_the_others_alone(self):
        lost = self.daemon.context("javascript")
        for _ in range(self.LOSSES + 1):
            self.assertEqual(self.run_code(lost, END["javascript"]).ename, "ExecutorTerminated")
        refused = eventually(lambda: self.client.run(lost, "1+1").refusal)
        self.assertEqual(refused.status, 503, refused)
        self.assertIn(refused.retry_after, range(1, 6))
        self.assertIn(f"has lost {self.LOSSES + 1} executors within 5 s", refused.body["error"])
        self.assertEqual(self.daemon.circuit("javascript"), "closed")
        self.assertEqual(self.value(self.daemon.context("javascript"), "1+1"), "2")
        self.assertEqual(eventually(lambda: self.client.run(lost, "1+1").value, 15), "2")


if __name__ == "__main__":
    unittest.main()
