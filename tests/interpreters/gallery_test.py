#!/usr/bin/python3
"""Runs the cells of gallery/ in the real daemon, over HTTP, and compares what comes with what must come.

    SANDBOXD_BINARY=build/release/sandboxd tests/interpreters/gallery_test.py [Gallery.test_NAME ...]
    SANDBOXD_BINARY=build/release/sandboxd tests/interpreters/gallery_test.py --write-pictures

The second draws the pictures of docs/results.md anew.
"""

import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

import results_page
from code_world import WithDaemon, minimum, running
from gallery import CELLS, THEMES
from gallery.cell import RESULT_MAX_BYTES, differences
from gallery.events import pictures_of, together

AT_ONCE = 3  # cells, each in an executor of its own

KEYS = minimum() | {"result-max-bytes": f'"{RESULT_MAX_BYTES >> 10}KiB"',
                    "python-preload": '"numpy,pandas,matplotlib.pyplot"'}


def problems_of(cell, events):
    """What is wrong with the events of a cell."""
    return differences(cell.comes, together(events), "events")


class Gallery(WithDaemon):
    """One test for each cell; its name is that of the cell."""

    keys = KEYS
    ahead = False  # whether all cells are wanted: they then run while others are compared

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool = ThreadPoolExecutor(AT_ONCE)
        cells = CELLS.values() if cls.ahead else ()
        cls.runs = {cell.name: cls.pool.submit(cls.daemon.run_once, cell.code, cell.language) for cell in cells}

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown(cancel_futures=True)

    def events_of(self, cell):
        ahead = self.runs.get(cell.name)
        return ahead.result() if ahead else self.daemon.run_once(cell.code, cell.language)

    def test_names_are_different(self):
        self.assertEqual(len(CELLS), sum(len(theme.CELLS) for theme in THEMES))

    def test_page_shows_what_comes(self):
        shown = results_page.cells()
        self.assertGreaterEqual(len(shown), 10)
        for name, (code, language, events) in shown.items():
            with self.subTest(name):
                self.assertEqual((code, language), (CELLS[name].code, CELLS[name].language))
                told = together(self.events_of(CELLS[name]))
                self.assertEqual(differences(events, told, "events"), [])
                self.assertEqual(len(pictures_of(told)), len(results_page.pictures(name)))


def _test_of(cell):
    return lambda self: self.assertEqual(problems_of(cell, self.events_of(cell)), [])


for _cell in CELLS.values():
    setattr(Gallery, f"test_{_cell.name}", _test_of(_cell))


def write_pictures():
    with running(KEYS) as daemon:
        for name, (code, language, _) in results_page.cells().items():
            for path, picture in zip(results_page.pictures(name), pictures_of(daemon.run_once(code, language))):
                path.write_bytes(picture)
                print(f"{path}: {len(picture)} bytes")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write-pictures"]:
        write_pictures()
    else:
        Gallery.ahead = all(word.startswith("-") for word in sys.argv[1:])
        unittest.main()
