"""What happened while executors were killed, and whether that, and how the daemon is afterwards, is good."""

import collections
import threading
import time

import code_client
import executor_processes
import processes

POOL = 3  # executors ready in each language
SETTLE = 20  # seconds: longest until the processes are those of the beginning


class Tally:
    """What happened, from all threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self.ends = collections.Counter()  # of runs, by kind of end
        self.refusals = collections.Counter()  # by their text
        self.latencies = collections.defaultdict(list)  # ms, from the kill to the end of the run, by what was killed
        self.longest = 0  # seconds, of a run beyond its own time
        self.losses_told = 0
        self.deaf = 0  # runs that were ended for not heeding an interrupt
        self.problems = collections.Counter()
        self.examples = {}

    def problem(self, what, example=""):
        with self._lock:
            self.problems[what] += 1
            self.examples.setdefault(what, str(example)[:600])

    def ended(self, how, beyond):
        with self._lock:
            self.ends[how] += 1
            self.longest = max(self.longest, beyond)

    def refused(self, text):
        with self._lock:
            self.refusals[text] += 1

    def terminated(self, killed, milliseconds):
        with self._lock:
            self.latencies[killed].append(milliseconds)

    def told_of_loss(self):
        with self._lock:
            self.losses_told += 1

    def was_deaf(self):
        with self._lock:
            self.deaf += 1


def sample(server):
    now = executor_processes.Processes(server.pid)
    return {**now.counts(), "processes": len(now.states), "zombies": len(now.zombies),
            "descriptors": processes.descriptors(server.pid), "rss": processes.memory(server.pid)["rss"]}


def differences(first, now, slack):
    names = [name for name in first if name not in ("rss", "descriptors") and now[name] != first[name]]
    if abs(now["descriptors"] - first["descriptors"]) > slack:
        names.append("descriptors")
    return [f"{name}: {first[name]} at first, {now[name]} now" for name in names]


def settle(server, first, slack):
    """A sample like the first one, or the last taken in the time there is."""
    client = code_client.Client(server.url)
    end = time.monotonic() + SETTLE
    while True:
        pools = client.health()["languages"].values()
        now = sample(server)
        idle = all(pool["idle"] == POOL and pool["starting"] == pool["inUse"] == 0 for pool in pools)
        if idle and now["zombies"] == 0 and (first is None or not differences(first, now, slack)):
            return now
        if time.monotonic() > end:
            return now
        time.sleep(0.1)


def judge(given, tally, first, last):
    problems = [f"{count} x {what}\n    {tally.examples[what]}" for what, count in tally.problems.most_common()]
    problems += differences(first, last, given.slack)
    limit = first["rss"] * (1 + given.growth / 100) + 1024
    if last["rss"] > limit:
        problems.append(f"RSS grew from {first['rss']} to {last['rss']} KiB, at most {limit:.0f} is flat")
    if not tally.latencies:
        problems.append("no run was hit")
    for killed, values in tally.latencies.items():
        for name, part, limit in (("p50", 0.5, given.latency_p50), ("p99", 0.99, given.latency_p99)):
            if (value := quantile(values, part)) > limit:
                problems.append(f"{killed}: {name} from kill to event is {value:.1f} ms, at most {limit:.0f} is good")
    return problems


def judge_health(server):
    """The pools are as at first, every language answers, and the server says it is well."""
    client, problems = code_client.Client(server.url), []
    for language, pool in client.health()["languages"].items():
        if (pool["idle"], pool["starting"], pool["inUse"], pool["waiting"]) != (POOL, 0, 0, 0):
            problems.append(f"the pool of {language} is not what it was: {pool}")
    for language in code_client.LANGUAGES:
        context = client.create(language).body.get("contextId")
        run = client.run(context, "1+1")
        if run.value != "2":
            problems.append(f"{language} does not answer any more: {run}")
        client.delete(context)
    health = client.health()
    if health["status"] != "healthy":
        problems.append(f"not healthy: {health}")
    return problems


def quantile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def report(tally, kills):
    print(f"\nends      {dict(tally.ends.most_common())}")
    print(f"refusals  {dict(tally.refusals.most_common())}")
    print(f"kills     {dict(kills.counts.most_common())}, {kills.unlent} not of a context's executor")
    print(f"told of lost state: {tally.losses_told}; deaf to an interrupt: {tally.deaf}; "
          f"longest run beyond its own time {tally.longest:.2f} s")
    for killed, values in tally.latencies.items():
        print(f"from kill to event in ms, {killed}: p50 {quantile(values, 0.5):.1f}, p90 {quantile(values, 0.9):.1f}, "
              f"p99 {quantile(values, 0.99):.1f}, max {max(values):.1f} ({len(values)} runs)")
