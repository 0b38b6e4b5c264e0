"""What the shapes that matplotlib has drawn do not tell: histograms look like bars, box plots like lines."""

import functools
import inspect
import weakref

histograms = weakref.WeakKeyDictionary()  # first bar: (counts, edges, whether it lies)
boxes = weakref.WeakKeyDictionary()  # axes: [(statistics, positions, whether they lie, one of the lines, weakly)]
box_lines = weakref.WeakSet()


def watch_axes():
    """Has matplotlib remember which bars are histograms and which lines are box plots. Once in a process."""
    import numpy
    from matplotlib.axes import Axes

    if getattr(Axes.hist, "watched", False):
        return
    hist, bxp = Axes.hist, Axes.bxp
    hist_form, bxp_form = inspect.signature(hist), inspect.signature(bxp)

    @functools.wraps(hist)
    def watched_hist(axes, *arguments, **options):
        counts, edges, drawn = hist(axes, *arguments, **options)
        given = hist_form.bind(axes, *arguments, **options).arguments
        several = numpy.ndim(counts) == 2
        own = counts
        if several and (given.get("stacked") or given.get("histtype") == "barstacked"):
            own = numpy.diff(counts, axis=0, prepend=0)  # matplotlib gives the sums of what is stacked
        for heights, bars in zip(own, drawn) if several else [(own, drawn)]:
            if len(bars) > 0:
                histograms[bars[0]] = (list(heights), list(edges), given.get("orientation") == "horizontal")
        return counts, edges, drawn

    @functools.wraps(bxp)
    def watched_bxp(axes, bxpstats, positions=None, *arguments, **options):
        bxpstats = list(bxpstats)
        drawn = bxp(axes, bxpstats, positions, *arguments, **options)
        places = list(positions) if positions is not None else list(range(1, len(bxpstats) + 1))
        lies = not bxp_form.bind(axes, bxpstats, positions, *arguments, **options).arguments.get("vert", True)
        if drawn["medians"]:
            boxes.setdefault(axes, []).append((bxpstats, places, lies, weakref.ref(drawn["medians"][0])))
        box_lines.update(artist for artists in drawn.values() for artist in artists)
        return drawn

    watched_hist.watched = True
    Axes.hist, Axes.bxp = watched_hist, watched_bxp
