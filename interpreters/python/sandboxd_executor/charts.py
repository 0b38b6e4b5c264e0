"""What a matplotlib figure shows, as data.

    {"type": "line", "title": "Sine", "library": "matplotlib",
     "data": {"axes": [{"type": "line", "title": "Sine",
                        "x": {"label": "time (s)", "unit": "s", "scale": "linear"}, "y": {...},
                        "series": [{"type": "line", "name": "sin", "points": [[0.0, 0.0], ...]}]}]}}

`type` is line, scatter, bar, histogram, box, pie, heatmap or unknown: of a series, of the axes (that of its series, the
most telling one first), and of the figure (that of its axes if they agree). The points are, by the type of the series:

    line, scatter  [x, y]                   bar      [name or place, length]; `base` says where each begins if not at 0
    histogram      [low, high, count]       box      {label, min, q1, median, q3, max, outliers}
    pie            [label, share of 1]      heatmap  rows of values, the first row first

Bars, histograms and boxes that lie have the `orientation` horizontal. Times are in ISO 8601. A unit is what stands in
brackets at the end of a label, after a space. Series beyond MOST_POINTS are sampled evenly, and say of how many points.
"""

import io
import re

from .chart_series import series_of
from .results import plain

MIME_TYPE = "application/vnd.sandboxd.chart+json"

# The most telling first: a bar chart with a line over it is a bar chart.
_ORDER = ("pie", "heatmap", "box", "histogram", "bar", "scatter", "line")

# After a space: "time (s)" has a unit, "f(x)" has none.
_UNIT = re.compile(r"\s[\[(]([^\[\]()]+)[\])]\s*$")


def _axis(label, scale):
    told = {"label": label, "scale": scale}
    unit = _UNIT.search(label)
    if unit:
        told["unit"] = unit.group(1)
    return told


def _type_of(kinds):
    return next((kind for kind in _ORDER if kind in kinds), "unknown")


def describe_axes(axes):
    series = series_of(axes)
    return {
        "type": _type_of({one["type"] for one in series}),
        "title": next((text for text in map(axes.get_title, ("center", "left", "right")) if text), ""),
        "x": _axis(axes.get_xlabel(), axes.get_xscale()),
        "y": _axis(axes.get_ylabel(), axes.get_yscale()),
        "series": series,
    }


def describe(figure):
    """The chart of a figure, or None when it has no axes."""
    shown = [describe_axes(axes) for axes in figure.axes if axes.get_label() != "<colorbar>"]
    if not shown:
        return None
    kinds = {one["type"] for one in shown}
    heading = getattr(figure, "_suptitle", None)
    return plain({
        "type": kinds.pop() if len(kinds) == 1 else "unknown",
        "title": heading.get_text() if heading is not None else shown[0]["title"],
        "library": "matplotlib",
        "data": {"axes": shown},
    })


def register(shell):
    """Has figures shown as PNG and as data, also when matplotlib is imported later."""
    shell.for_type("matplotlib.figure", "Figure", MIME_TYPE, describe)
    shell.for_type("matplotlib.figure", "Figure", "image/png", _png)


def _png(figure):
    if not figure.axes and not figure.lines:
        return None
    image = io.BytesIO()
    figure.canvas.print_figure(image, format="png", dpi=figure.dpi, facecolor=figure.get_facecolor(),
                               edgecolor=figure.get_edgecolor(), bbox_inches="tight")
    return image.getvalue()
