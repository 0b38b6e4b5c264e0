"""Bars and pies of matplotlib."""

from .cell import Cell, Picture, done, shows
from .chart import BLUE, GREEN, RED, axes, axis, chart, series, simple
from .lines_and_points import PLOT

CELLS = [
    Cell("bars", PLOT + """\
plt.figure(figsize=(4, 3))
plt.bar(['apples', 'pears', 'plums'], [3, 0, 4.5], color=['red', 'green', 'blue'])
plt.title('Harvest')
plt.ylabel('Weight [t]')
plt.show()""", [
        shows(png=Picture(colors=(RED, BLUE), pixels=2000, absent=(GREEN,)),
              chart=simple("bar", series("bar", [["apples", 3], ["pears", 0], ["plums", 4.5]]), title="Harvest",
                           y=axis("Weight [t]", "t"))),
        done(),
    ]),
    Cell("bars_that_lie", PLOT + """\
plt.barh(['short', 'long'], [1, 7], color='blue')
plt.xlabel('Length (cm)')
plt.show()""", [
        shows(png=Picture(colors=(BLUE,), pixels=2000),
              chart=simple("bar", series("bar", [["short", 1], ["long", 7]], orientation="horizontal"),
                           x=axis("Length (cm)", "cm"))),
        done(),
    ]),
    Cell("stacked_bars", PLOT + """\
plt.bar(['2023', '2024'], [5, 6], color='red', label='sun')
plt.bar(['2023', '2024'], [2, 1], bottom=[5, 6], color='blue', label='wind')
plt.show()""", [
        shows(png=Picture(colors=(RED, BLUE), pixels=2000),
              chart=simple("bar", series("bar", [["2023", 5], ["2024", 6]], "sun"),
                           series("bar", [["2023", 2], ["2024", 1]], "wind", base=[5, 6]))),
        done(),
    ]),
    Cell("grouped_bars", """\
import pandas as pd
pd.DataFrame({'men': [20, 35], 'women': [25, 32]}, index=['north', 'south']).plot.bar(
    color=['red', 'blue'], figsize=(4, 3), title='Both');""", [
        shows(png=Picture(colors=(RED, BLUE), pixels=2000),
              chart=simple("bar", series("bar", [["north", 20], ["south", 35]], "men"),
                           series("bar", [["north", 25], ["south", 32]], "women"), title="Both")),
        done(),
    ]),
    Cell("grouped_bars_by_hand", PLOT + """\
plt.bar([-0.2, 0.8, 1.8], [1, 2, 3], width=0.4, label='a')
plt.bar([0.2, 1.2, 2.2], [4, 5, 6], width=0.4, label='b')
plt.xticks([0, 1, 2], ['u', 'v', 'w'])
plt.show()""", [
        shows(png=Picture(), chart=simple("bar", series("bar", [["u", 1], ["v", 2], ["w", 3]], "a"),
                                          series("bar", [["u", 4], ["v", 5], ["w", 6]], "b"))),
        done(),
    ]),
    Cell("more_bars_than_ticks_keep_their_places", PLOT + """\
plt.bar([0, 1, 2, 3], [1, 2, 3, 4])
plt.xticks([0, 3], ['low', 'high'])
plt.show()""", [
        shows(png=Picture(), chart=simple("bar", series("bar", [["low", 1], [1, 2], [2, 3], ["high", 4]]))),
        done(),
    ]),
    Cell("numbers_in_another_form_are_no_names", PLOT + """\
plt.bar([10, 20], [1, 2], width=5)
plt.gca().xaxis.set_major_formatter(lambda value, place: f'{value:.0f} %')
plt.show()""", [
        shows(png=Picture(), chart=simple("bar", series("bar", [[10, 1], [20, 2]]))),
        done(),
    ]),
    Cell("bars_over_dates", PLOT + """\
from datetime import date
plt.bar([date(2024, 1, 1), date(2024, 1, 2)], [1, -2])
plt.show()""", [
        shows(png=Picture(), chart=simple("bar", series(
            "bar", [["2024-01-01T00:00:00", 1], ["2024-01-02T00:00:00", -2]]))),
        done(),
    ]),
    Cell("pie", PLOT + """\
plt.figure(figsize=(4, 3))
plt.pie([1, 2, 5], labels=['red', 'green', 'blue'], colors=['red', 'green', 'blue'], autopct='%d %%')
plt.title('Shares')
plt.show()""", [
        shows(png=Picture(colors=(RED, GREEN, BLUE), pixels=1000),
              chart=simple("pie", series("pie", [["red", 0.125], ["green", 0.25], ["blue", 0.625]]), title="Shares")),
        done(),
    ]),
    Cell("bars_and_a_pie", PLOT + """\
figure, (left, right) = plt.subplots(1, 2)
left.bar(['x'], [2])
right.pie([1, 1], labels=['m', 'n'], counterclock=False, startangle=90)
plt.show()""", [
        shows(png=Picture(), chart=chart("unknown", axes("bar", series("bar", [["x", 2]])),
                                         axes("pie", series("pie", [["m", 0.5], ["n", 0.5]])))),
        done(),
    ]),
]
