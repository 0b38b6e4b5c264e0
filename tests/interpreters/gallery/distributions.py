"""Histograms, box plots and heatmaps of matplotlib. The quartiles are numpy's: between the two nearest values."""

from .cell import Cell, Picture, done, shows
from .chart import BLUE, GREEN, RED, axis, heatmap, series, simple
from .lines_and_points import PLOT


def box(label, low, q1, median, q3, high, outliers=()):
    return {"label": label, "min": low, "q1": q1, "median": median, "q3": q3, "max": high, "outliers": list(outliers)}


CELLS = [
    Cell("histogram", PLOT + """\
plt.figure(figsize=(4, 3))
plt.hist([1, 2, 2, 3, 3, 3, 7], bins=[0, 2, 4, 8], color='green')
plt.xlabel('Wait (min)')
plt.show()""", [
        # The upper edge of a bin is not in it, but for the last.
        shows(png=Picture(colors=(GREEN,), pixels=2000),
              chart=simple("histogram", series("histogram", [[0, 2, 1], [2, 4, 5], [4, 8, 1]]), x=axis("Wait (min)", "min"))),
        done(),
    ]),
    Cell("histogram_with_equal_bins", PLOT + "plt.hist([0, 1, 4, 10], bins=4)\nplt.show()", [
        shows(png=Picture(), chart=simple("histogram", series(
            "histogram", [[0, 2.5, 2], [2.5, 5, 1], [5, 7.5, 0], [7.5, 10, 1]]))),
        done(),
    ]),
    Cell("stacked_histograms", PLOT + """\
plt.hist([[0, 1], [1, 1, 0]], bins=[0, 1, 2], stacked=True, color=['red', 'blue'], label=['few', 'more'])
plt.show()""", [
        shows(png=Picture(colors=(RED, BLUE), pixels=2000),
              chart=simple("histogram", series("histogram", [[0, 1, 1], [1, 2, 1]], "few"),
                           series("histogram", [[0, 1, 1], [1, 2, 2]], "more"))),
        done(),
    ]),
    Cell("histogram_in_steps_that_lies", PLOT + """\
plt.hist([0, 1, 1], bins=[0, 1, 2], histtype='step', orientation='horizontal')
plt.show()""", [
        shows(png=Picture(), chart=simple("histogram", series(
            "histogram", [[0, 1, 1], [1, 2, 2]], orientation="horizontal"))),
        done(),
    ]),
    Cell("boxes", PLOT + """\
plt.figure(figsize=(4, 3))
plt.boxplot([[1, 2, 3, 4, 12], [5, 6, 8, 9]], labels=['wide', 'even'])
plt.ylabel('Delay (ms)')
plt.show()""", [
        # wide: whiskers reach 1.5 * (4 - 2) beyond the box. even: 5 + 0.75 * 1 and 8 + 0.25 * 1.
        shows(png=Picture(smallest=(300, 200)),
              chart=simple("box", series("box", [box("wide", 1, 2, 3, 4, 4, [12]), box("even", 5, 5.75, 7, 8.25, 9)]),
                           y=axis("Delay (ms)", "ms"))),
        done(),
    ]),
    Cell("boxes_of_pandas_that_lie", """\
import pandas as pd
pd.DataFrame({'a': [1, 2, 3], 'b': [3, 4, 5]}).plot.box(vert=False);""", [
        shows(png=Picture(), chart=simple("box", series(
            "box", [box("a", 1, 1.5, 2, 2.5, 3), box("b", 3, 3.5, 4, 4.5, 5)], orientation="horizontal"))),
        done(),
    ]),
    Cell("boxes_that_were_cleared", PLOT + "plt.boxplot([1, 2])\nplt.cla()\nplt.plot([1, 2])\nplt.show()", [
        shows(png=Picture(), chart=simple("line", series("line", [[0, 1], [1, 2]]))),
        done(),
    ]),
    Cell("heatmap", PLOT + """\
plt.figure(figsize=(4, 3))
plt.imshow([[1, 2, 3], [4, 5, 6]], cmap='brg')
plt.xticks([0, 1, 2], ['a', 'b', 'c'])
plt.title('Grid')
plt.colorbar()
plt.show()""", [
        # The color map "brg" goes from blue over red to green.
        shows(png=Picture(colors=(BLUE, (0, 255, 0)), pixels=2000),
              chart=simple("heatmap", heatmap([[1, 2, 3], [4, 5, 6]], x_labels=["a", "b", "c"]), title="Grid")),
        done(),
    ]),
    Cell("heatmap_of_pcolormesh", PLOT + """\
plt.pcolormesh([0, 1, 3], [0, 2, 4], [[1.5, 2], [3, 4]], cmap='brg')
plt.xlabel('Place (m)')
plt.show()""", [
        shows(png=Picture(colors=(BLUE, (0, 255, 0)), pixels=2000),
              chart=simple("heatmap", heatmap([[1.5, 2], [3, 4]]), x=axis("Place (m)", "m"))),
        done(),
    ]),
    Cell("heatmap_with_a_hole", PLOT + """\
import numpy as np
plt.imshow(np.ma.masked_less([[1, 2], [3, 4]], 2))
plt.show()""", [
        shows(png=Picture(), chart=simple("heatmap", heatmap([[None, 2], [3, 4]]))),
        done(),
    ]),
    Cell("pictures_are_no_heatmaps", PLOT + "plt.imshow([[[255, 0, 0], [0, 0, 255]]])\nplt.show()", [
        shows(png=Picture(colors=(RED, BLUE), pixels=2000), chart=simple("unknown")),
        done(),
    ]),
]
