"""The matplotlib backend of executors; chosen_backend.py has matplotlib take it.

plt.show() displays all open figures and closes them; so does the end of a cell.
"""

import builtins

from matplotlib.backend_bases import FigureManagerBase, _Backend
from matplotlib.backends.backend_agg import FigureCanvasAgg

from . import watched_plots

watched_plots.watch_axes()


class FigureManager(FigureManagerBase):
    """Of a figure that no window shows."""


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager


def display_open_figures():
    """Oldest first; and closes them."""
    from matplotlib import pyplot

    try:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if figure.axes or figure.texts or figure.images or figure.patches:
                builtins.display(figure)  # of whichever shell there is
    finally:
        pyplot.close("all")


@_Backend.export
class _InlineBackend(_Backend):
    FigureCanvas = FigureCanvas
    FigureManager = FigureManager

    @staticmethod
    def show(*_, **__):
        display_open_figures()
