"""The gallery: cells, and what must come of each, written by hand.

    cell                the form of a cell, and the words in which it says what comes
    chart               the words for charts
    events              the form of what came
    lines_and_points    matplotlib: lines, scatters, their axes
    bars_and_shares     matplotlib: bars, pies
    distributions       matplotlib: histograms, box plots, heatmaps
    tables              pandas
    objects             whatever else can be shown: LaTeX, images, HTML, display ids, ...
    plotly_and_vega     charts that come as a MIME bundle
    errors              everything that ends a cell
    output              what is printed, and how much
    nodejs              JavaScript and TypeScript

../gallery_test.py runs them. To add a cell, add it to the list `CELLS` of its theme; no value that is expected may be
copied from what comes.
"""

from . import (bars_and_shares, distributions, errors, lines_and_points, nodejs, objects, output, plotly_and_vega,
               tables)

THEMES = (lines_and_points, bars_and_shares, distributions, tables, objects, plotly_and_vega, errors, output, nodejs)

CELLS = {cell.name: cell for theme in THEMES for cell in theme.CELLS}
