"""Measures the code interpreters of the servers, each row on servers started for it: a context that has run code
keeps an executor of the reference for ever, so that one row would spoil the next."""

import contextlib
import json
import os
import urllib.request

import processes
import servers

MEMORY_ROWS = {"code-memory-10": 10, "code-memory-100": 100}  # contexts
OWN_ROWS = ["code-idle-memory", *MEMORY_ROWS]
MOST_OF_REFERENCE = 15  # Python executors; more contexts share them

LIBRARIES = """import numpy, pandas, matplotlib.pyplot
numpy.arange(1000).sum(), pandas.DataFrame({"a": [1, 2]})["a"].sum()"""


def remarks(row):
    """What is to be known of the reference's figures."""
    if row.startswith(("code-pooled-", "code-plot-first")):
        return f"reference: no more than the {servers.POOL_SIZE} executors started ahead"
    if row.startswith("code-beyond-"):
        return "reference: no more executors than its limit, so fewer contexts"
    return "sandboxd alone: beyond the limit of the reference" if row == "code-parallel-100" else ""


def kinds(given, workspace, extra):
    """How to start the servers with pools as shipped. The client reads dialect A only, as the reference speaks it."""
    environment = {"PATH": f"{given.python_directory}:{os.environ['PATH']}"}
    found = [] if given.only_reference else [
        servers.Sandboxd(given.sandboxd, workspace, ["--http.dialect=a", *extra], environment)]
    if given.reference or given.only_reference:
        found.append(servers.Reference(servers.PROJECT / "build/bench-cache", environment))
    return found


@contextlib.contextmanager
def running(some_kinds, scratch, warm):
    """The servers side by side; when `warm`, each fills its pools before the next is started."""
    with contextlib.ExitStack() as cleanup:
        found = []
        for kind in some_kinds:
            server = kind.start(scratch / f"{kind.name}-code.log")
            cleanup.callback(server.stop, kind.grace)
            if warm:
                kind.wait_for_pools(server)
            found.append(server)
        yield found


def measure_row(ask, row, some_kinds, scratch, starts):
    """One row of the client. `ask` runs it on servers and returns its figures, or why there are none."""
    if row.startswith("code-first-"):
        return _measure_first(ask, row, some_kinds, scratch, starts)
    with running(some_kinds, scratch, warm=True) as found:
        return ask(row, found)


def _measure_first(ask, row, some_kinds, scratch, starts):
    """One figure for each start of a server, which is alone, for it works hard then: that of the median."""
    result = {}
    for kind in some_kinds:
        sides = []
        for _ in range(starts):
            with running([kind], scratch, warm=False) as found:
                figures = ask(row, found)
            if isinstance(figures, str):
                return figures
            sides.append(figures[kind.name])
        sides.sort(key=lambda side: (side["failures"], side.get("ready", {}).get("p50_ms", 0)))
        result[kind.name] = sides[-1] if sides[-1]["failures"] else sides[(len(sides) - 1) // 2]
    return result


def _create_and_import(server):
    context = server.request("POST", "/api/contexts", {"language": "python"})["id"]
    request = urllib.request.Request(
        f"{server.url}/api/execute/code",
        json.dumps({"context_id": context, "code": LIBRARIES, "language": "python"}).encode(),
        {"Content-Type": "application/json", "Accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=40) as answer:
        events = answer.read()
    if b'"execution_complete"' not in events:
        raise RuntimeError(f"{server.name}: the libraries cannot be imported: {events[:500]!r}")


def measure_memory(row, some_kinds, scratch):
    """PSS of the whole tree with warm pools, or what each context adds to it when it has imported the libraries."""
    count = MEMORY_ROWS.get(row, 0)
    result = {}
    for kind in some_kinds:
        if kind.name == "reference" and count > MOST_OF_REFERENCE:
            continue
        with running([kind], scratch, warm=True) as (server,):
            before = processes.settled_tree_pss(server.pid)
            for _ in range(count):
                _create_and_import(server)
            after = processes.settled_tree_pss(server.pid) if count else 0
        result[kind.name] = {"pss": (after - before) / count if count else before}
    return result
