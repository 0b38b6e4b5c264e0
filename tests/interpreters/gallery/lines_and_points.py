"""Lines and scatters of matplotlib, and everything about axes."""

from .cell import Cell, Many, Picture, done, shows
from .chart import BLUE, GREEN, RED, axes, axis, chart, series, simple

PLOT = "import matplotlib.pyplot as plt\n"

CELLS = [
    Cell("line", PLOT + """\
plt.figure(figsize=(4, 3))
plt.plot([0, 1, 2, 3], [0, 5, 20, 45], color='red', linewidth=6, label='falling')
plt.plot([0, 1, 2, 3], [0, 10, 20, 30], color='blue', linewidth=6, label='steady')
plt.title('Two ways down')
plt.xlabel('Time (s)')
plt.ylabel('Distance [m]')
plt.legend()
plt.show()""", [
        shows(png=Picture(colors=(RED, BLUE), pixels=300, smallest=(300, 200), absent=(GREEN,)),
              chart=simple("line",
                           series("line", [[0, 0], [1, 5], [2, 20], [3, 45]], "falling"),
                           series("line", [[0, 0], [1, 10], [2, 20], [3, 30]], "steady"),
                           title="Two ways down", x=axis("Time (s)", "s"), y=axis("Distance [m]", "m"))),
        done(),
    ]),
    Cell("figures_that_are_open_at_the_end", PLOT + """\
plt.plot([1, 2], color='red', linewidth=6)
plt.figure()
plt.plot([3, 4], color='blue', linewidth=6)
'text'""", [
        shows(text="'text'"),
        shows(png=Picture(colors=(RED,), pixels=300, absent=(BLUE,)), chart=simple("line", series("line", [[0, 1], [1, 2]]))),
        shows(png=Picture(colors=(BLUE,), pixels=300, absent=(RED,)), chart=simple("line", series("line", [[0, 3], [1, 4]]))),
        done(),
    ]),
    Cell("labels_without_units", PLOT + """\
plt.plot([1, 2])
plt.xlabel('x')
plt.ylabel('f(x)')
plt.show()""", [
        shows(png=Picture(), chart=simple("line", series("line", [[0, 1], [1, 2]]), x=axis("x"), y=axis("f(x)"))),
        done(),
    ]),
    Cell("scatter", PLOT + """\
plt.scatter([1, 2, 4], [10, 30, 20], color='green', s=200, label='seen')
plt.plot([0, 4], [0, 40], color='blue', linewidth=6, label='expected')
plt.xlabel('Mass (kg)')
plt.show()""", [
        shows(png=Picture(colors=(GREEN, BLUE), pixels=100),
              chart=simple("scatter",
                           series("scatter", [[1, 10], [2, 30], [4, 20]], "seen"),
                           series("line", [[0, 0], [4, 40]], "expected"), x=axis("Mass (kg)", "kg"))),
        done(),
    ]),
    Cell("points_of_plot_are_a_scatter", PLOT + "plt.plot([1, 2], [3, 5], 'ro', markersize=20)\nplt.show()", [
        shows(png=Picture(colors=(RED,), pixels=100), chart=simple("scatter", series("scatter", [[1, 3], [2, 5]]))),
        done(),
    ]),
    Cell("log_axes", PLOT + """\
plt.loglog([1, 10, 100], [2, 200, 20000])
plt.xlabel('Frequency [Hz]')
plt.show()""", [
        shows(png=Picture(), chart=simple("line", series("line", [[1, 2], [10, 200], [100, 20000]]),
                                          x=axis("Frequency [Hz]", "Hz", "log"), y=axis(scale="log"))),
        done(),
    ]),
    Cell("dates", PLOT + """\
from datetime import date, datetime
plt.plot([date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)], [1, 2, 3])
plt.scatter([datetime(2024, 2, 29, 12, 30)], [2.5])
plt.show()""", [
        shows(png=Picture(), chart=simple("scatter", series("scatter", [["2024-02-29T12:30:00", 2.5]]),
                                          series("line", [["2024-02-28", 1], ["2024-02-29", 2], ["2024-03-01", 3]]))),
        done(),
    ]),
    Cell("times_of_pandas", """\
import pandas as pd
frame = pd.DataFrame({'when': pd.to_datetime(['2024-01-01 06:00', None, '2024-01-03']), 'value': [1, 2, 4]})
frame.plot.scatter('when', 'value')
pd.Series([1, 2], index=pd.date_range('2024-05-01', periods=2)).plot(ax=__import__('matplotlib.pyplot').pyplot.figure().gca());""", [
        shows(png=Picture(), chart=simple("scatter", series(
            "scatter", [["2024-01-01T06:00:00", 1], [None, None], ["2024-01-03T00:00:00", 4]]),
            x=axis("when"), y=axis("value"))),
        shows(png=Picture(), chart=simple("line", series("line", [["2024-05-01", 1], ["2024-05-02", 2]]))),
        done(),
    ]),
    Cell("twin_axes", PLOT + """\
figure, left = plt.subplots()
left.plot([1, 2], [20, 25], color='red', linewidth=6, label='warmth')
left.set(title='A day', xlabel='Hour (h)', ylabel='Temperature (°C)')
right = left.twinx()
right.bar([1, 2], [3, 0.5], color='blue', width=0.2, label='rain')
right.set_ylabel('Rain (mm)')
plt.show()""", [
        shows(png=Picture(colors=(RED, BLUE), pixels=300),
              chart=chart("unknown",
                          axes("line", series("line", [[1, 20], [2, 25]], "warmth"), title="A day",
                               x=axis("Hour (h)", "h"), y=axis("Temperature (°C)", "°C")),
                          axes("bar", series("bar", [[1, 3], [2, 0.5]], "rain"), y=axis("Rain (mm)", "mm")),
                          title="A day")),
        done(),
    ]),
    Cell("several_axes", PLOT + """\
figure, ((a, b), (c, d)) = plt.subplots(2, 2)
a.plot([1, 2]); b.plot([3, 4]); c.plot([5, 6]); d.plot([7, 8])
a.set_title('upper left'); d.set_title('lower right', loc='right')
figure.suptitle('Four')
plt.show()""", [
        shows(png=Picture(), chart=chart("line",
                                         axes("line", series("line", [[0, 1], [1, 2]]), title="upper left"),
                                         axes("line", series("line", [[0, 3], [1, 4]])),
                                         axes("line", series("line", [[0, 5], [1, 6]])),
                                         axes("line", series("line", [[0, 7], [1, 8]]), title="lower right"),
                                         title="Four")),
        done(),
    ]),
    Cell("error_bars", PLOT + """\
plt.errorbar([1, 2], [3, 4], yerr=[0.1, 0.2], capsize=5, color='red', linewidth=6, label='measured')
plt.axhline(3.5)
plt.show()""", [
        shows(png=Picture(colors=(RED,), pixels=300), chart=simple("line", series("line", [[1, 3], [2, 4]], "measured"))),
        done(),
    ]),
    Cell("stems", PLOT + "plt.stem([1, 2], [3, 4], label='s')\nplt.show()", [
        shows(png=Picture(), chart=simple("scatter", series("scatter", [[1, 3], [2, 4]], "s"))),
        done(),
    ]),
    Cell("magics_of_notebooks", """\
%matplotlib inline
%matplotlib notebook
%matplotlib agg
import matplotlib.pyplot as plt
plt.plot([1, 2], [3, 4]);""", [
        shows(png=Picture(), chart=simple("line", series("line", [[1, 3], [2, 4]]))),
        done(),
    ]),
    Cell("long_lines_are_sampled", PLOT + "plt.plot([2 * n for n in range(20_001)])\nplt.show()", [
        shows(png=Picture(), chart=simple("line", series("line", Many(5000, [0, 0], [20_000, 40_000]), sampled_from=20_001))),
        done(),
    ]),
    Cell("gaps", PLOT + "plt.plot([1, float('nan'), 3])\nplt.show()", [
        shows(png=Picture(), chart=simple("line", series("line", [[0, 1], [1, None], [2, 3]]))),
        done(),
    ]),
    Cell("three_dimensions_have_no_points", PLOT + """\
axes = plt.figure().add_subplot(projection='3d')
axes.plot([1, 2], [3, 4], [5, 6], color='red', linewidth=6)
axes.set_title('Deep')
plt.show()""", [
        shows(png=Picture(colors=(RED,), pixels=300), chart=simple("unknown", title="Deep")),
        done(),
    ]),
]
