"""Has matplotlib draw by figures.py, whenever it is imported.

Not by MPLBACKEND: what user code starts would inherit that, and does not have our modules.
"""

import importlib.machinery
import sys

BACKEND = "module://sandboxd_executor.figures"


class _Finder:
    """Finds matplotlib as everybody does, and has our backend chosen when its module has been run."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "matplotlib":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_choose(module):
                run(module)
                module.rcParams["backend"] = BACKEND

            spec.loader.exec_module = run_and_choose
        return spec


def choose():
    """Before anything imports matplotlib."""
    sys.meta_path.insert(0, _Finder)
