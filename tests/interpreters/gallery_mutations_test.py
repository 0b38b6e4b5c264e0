#!/usr/bin/python3
"""Shows that the gallery sees mistakes: each of these, made in a copy of the executors, must fail a cell."""

import shutil
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from code_world import BINARY, running
from gallery import CELLS
from gallery_test import KEYS, problems_of

AT_ONCE = 2


@dataclass(frozen=True)
class Mutation:
    """Where `old` stands, once, `new` does; the cells named must tell. Without `file` nothing is changed."""

    name: str
    file: str
    old: str
    new: str
    cells: tuple


PYTHON = "python/sandboxd_executor/"

MUTATIONS = (
    Mutation("x_and_y_of_points_are_swapped", PYTHON + "chart_series.py",
             "([x, y] for x, y in points)", "([y, x] for x, y in points)", ("line",)),
    Mutation("bars_have_their_widths_for_heights", PYTHON + "chart_series.py",
             "bar.get_y(), bar.get_height()) for", "bar.get_y(), bar.get_width()) for", ("bars",)),
    Mutation("edges_of_histograms_are_off_by_one", PYTHON + "chart_series.py",
             "zip(edges, edges[1:], counts)", "zip(edges[1:], edges[2:], counts)", ("histogram",)),
    Mutation("histograms_are_stacked_twice", PYTHON + "watched_plots.py",
             "numpy.diff(counts, axis=0, prepend=0)", "counts", ("stacked_histograms",)),
    Mutation("heatmaps_are_transposed", PYTHON + "chart_series.py",
             "values.tolist()", "values.T.tolist()", ("heatmap",)),
    Mutation("quartiles_are_swapped", PYTHON + "chart_series.py",
             '"q1": one["q1"]', '"q1": one["q3"]', ("boxes",)),
    Mutation("a_column_is_dropped", PYTHON + "tables.py",
             "shown = frame.head(MOST_ROWS)", "shown = frame.iloc[:, :-1].head(MOST_ROWS)", ("frame",)),
    Mutation("latex_is_skipped", PYTHON + "results.py",
             "in formats.items():", "in [one for one in formats.items() if one[0] != 'text/latex']:", ("latex",)),
    Mutation("tracebacks_keep_internal_frames", PYTHON + "tracebacks.py",
             "[frame for frame in frames if not _is_library(frame)]", "frames", ("frames_of_libraries_are_not_shown",)),
    Mutation("what_is_left_out_is_not_told", PYTHON + "results.py",
             "left_out[name] = left_out.get(name, 0) + size", "pass", ("text_that_is_too_large",)),
    Mutation("javascript_shows_html_as_text", "node/display.js",
             "_toHtml: 'text/html'", "_toHtml: 'text/plain'", ("js_methods_of_ijavascript",)),
)

UNCHANGED = Mutation("nothing", "", "", "", tuple(dict.fromkeys(name for one in MUTATIONS for name in one.cells)))


def copy_executors(directory):
    """The programs of the daemon under test; only what belongs to the executors themselves is no link."""
    for helper in ("launcher", "git"):
        (directory.parent / helper).symlink_to(BINARY.parent / helper)
    source = BINARY.parent / "interpreters"
    left_out = shutil.ignore_patterns("node_modules", "__pycache__", "CMakeFiles", "*.a")
    shutil.copytree(source, directory, ignore=left_out)
    (directory / "node/node_modules").symlink_to(source / "node/node_modules")


def failures_under(mutation):
    """The cells that fail when the mutation is made, with what is wrong with them."""
    with tempfile.TemporaryDirectory(prefix="sandboxd-mutation-") as root:
        directory = Path(root) / "interpreters"
        copy_executors(directory)
        if mutation.file:
            path = directory / mutation.file
            text = path.read_text()
            if text.count(mutation.old) != 1:
                raise ValueError(f"{mutation.file} has {mutation.old!r} {text.count(mutation.old)} times, not once")
            path.write_text(text.replace(mutation.old, mutation.new))
        # Nothing is imported ahead: that takes longer than these few cells.
        with running(KEYS | {"python-preload": '""'}, programs=root) as daemon:
            runs = {name: daemon.run_once(CELLS[name].code, CELLS[name].language) for name in mutation.cells}
    problems = {name: problems_of(CELLS[name], events) for name, events in runs.items()}
    return {name: wrong for name, wrong in problems.items() if wrong}


class Mutations(unittest.TestCase):
    def test_every_mutation_is_seen(self):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            unchanged = pool.submit(failures_under, UNCHANGED)
            seen = list(pool.map(failures_under, MUTATIONS))
        self.assertEqual(unchanged.result(), {}, "the copy itself fails")
        for mutation, failures in zip(MUTATIONS, seen):
            with self.subTest(mutation.name):
                self.assertEqual(sorted(failures), sorted(mutation.cells))


if __name__ == "__main__":
    unittest.main()
