"""Charts that come as a MIME bundle, in the shapes in which plotly and altair display theirs."""

from .cell import Cell, done, shows
from .chart import axes, axis, chart, series, simple

PLOTLY = "application/vnd.plotly.v1+json"
VEGA_LITE = "application/vnd.vegalite.v5+json"


def displayed(name, kind, value, expected=None):
    """A cell that displays a figure beside a text, as the libraries do; and the chart that is read from it."""
    code = f"display({{'text/plain': 'Figure', '{kind}': {value!r}}}, raw=True)"
    formats = {} if expected is None else {"chart": expected}
    return Cell(name, code, [shows(text="Figure", data={kind: value}, **formats), done()])


def box(label, low, q1, median, q3, high, outliers=()):
    return {"label": label, "min": low, "q1": q1, "median": median, "q3": q3, "max": high, "outliers": list(outliers)}


SALES = [{"month": "Jan", "sold": 3, "shop": "A"}, {"month": "Feb", "sold": 5, "shop": "A"},
         {"month": "Jan", "sold": 4, "shop": "B"}]

CELLS = [
    displayed("plotly_lines_and_points", PLOTLY, {
        "data": [{"type": "scatter", "mode": "lines", "name": "up", "x": [1, 2, 3], "y": [10, 20, 40]},
                 {"type": "scatter", "mode": "markers", "x": ["2024-01-01", "2024-01-02"], "y": [7, 8]}],
        "layout": {"title": {"text": "Rise"}, "xaxis": {"title": {"text": "Time (s)"}},
                   "yaxis": {"title": {"text": "Level [dB]"}, "type": "log"}},
    }, simple("scatter", series("line", [[1, 10], [2, 20], [3, 40]], "up"),
              series("scatter", [["2024-01-01", 7], ["2024-01-02", 8]]), title="Rise", library="plotly",
              x=axis("Time (s)", "s"), y=axis("Level [dB]", "dB", "log"))),
    displayed("plotly_bars", PLOTLY, {
        "data": [{"type": "bar", "name": "standing", "x": ["a", "b"], "y": [1, 2]},
                 {"type": "bar", "name": "lying", "orientation": "h", "x": [3, 4], "y": ["c", "d"]}],
        "layout": {},
    }, simple("bar", series("bar", [["a", 1], ["b", 2]], "standing"),
              series("bar", [["c", 3], ["d", 4]], "lying", orientation="horizontal"), library="plotly")),
    displayed("plotly_pie", PLOTLY, {
        "data": [{"type": "pie", "labels": ["one", "three"], "values": [1, 3]}], "layout": {"title": "Parts"},
    }, simple("pie", series("pie", [["one", 0.25], ["three", 0.75]]), title="Parts", library="plotly")),
    displayed("plotly_box", PLOTLY, {
        "data": [{"type": "box", "name": "wide", "y": [4, 100, 1, 3, 2]}], "layout": {},
    }, simple("box", series("box", [box("wide", 1, 2, 3, 4, 4, [100])], "wide"), library="plotly")),
    # The bytes were packed by Python's struct: '<3h' of 1, -2, 300; '<3d' of 0.5, -1, 1000; '<6B' of 1 to 6.
    displayed("plotly_typed_arrays", PLOTLY, {
        "data": [{"type": "scatter", "mode": "lines", "x": {"dtype": "i2", "bdata": "AQD+/ywB"},
                  "y": {"dtype": "f8", "bdata": "AAAAAAAA4D8AAAAAAADwvwAAAAAAQI9A"}},
                 {"type": "heatmap", "z": {"dtype": "u1", "bdata": "AQIDBAUG", "shape": "2, 3"}}],
        "layout": {},
    }, simple("heatmap", series("line", [[1, 0.5], [-2, -1], [300, 1000]]), series("heatmap", [[1, 2, 3], [4, 5, 6]]),
              library="plotly")),
    displayed("vega_lite_bars", VEGA_LITE, {
        "title": "Sales", "mark": "bar", "data": {"values": SALES},
        "encoding": {"x": {"field": "month", "type": "nominal"}, "y": {"field": "sold", "title": "Sold (t)"}, "color": {"field": "shop"}},
    }, simple("bar", series("bar", [["Jan", 3], ["Feb", 5]], "A"), series("bar", [["Jan", 4]], "B"), title="Sales",
              library="altair", x=axis("month"), y=axis("Sold (t)", "t"))),
    displayed("vega_lite_layers", VEGA_LITE, {
        "datasets": {"d": [{"x": 1, "y": 10}, {"x": 2, "y": 100}]}, "data": {"name": "d"},
        "layer": [{"mark": {"type": "rule"}, "encoding": {"y": {"datum": 50}}},
                  {"mark": {"type": "line"}, "encoding": {"x": {"field": "x"}, "y": {"field": "y", "scale": {"type": "log"}}}}],
    }, simple("line", series("line", [[1, 10], [2, 100]]), library="altair", x=axis("x"), y=axis("y", scale="log"))),
    displayed("vega_lite_arcs", VEGA_LITE, {
        "mark": {"type": "arc"}, "data": {"values": [{"k": "a", "v": 1}, {"k": "b", "v": 3}]},
        "encoding": {"theta": {"field": "v"}, "color": {"field": "k"}},
    }, chart("pie", axes("pie", series("pie", [["a", 0.25], ["b", 0.75]]), x=axis("k"), y=axis("v")), library="altair")),
    displayed("a_bundle_of_another_library", "application/vnd.own+json", {"a": [1]}),
]
