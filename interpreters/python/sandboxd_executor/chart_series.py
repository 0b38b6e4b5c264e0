"""The series of a chart: the data behind what matplotlib has drawn in its axes, in the form that charts.py tells."""

from .watched_plots import box_lines, boxes, histograms

# More are of no use to a reader.
MOST_POINTS = 5000


def _sampled(series, points):
    points = list(points)
    if len(points) > MOST_POINTS:
        series["sampled_from"] = len(points)
        step = (len(points) - 1) / (MOST_POINTS - 1)
        points = [points[round(index * step)] for index in range(MOST_POINTS)]
    series["points"] = points
    return series


def _named(kind, artist_label):
    label = str(artist_label or "")
    return {"type": kind} if not label or label.startswith("_") else {"type": kind, "name": label}


def _value(value):
    if hasattr(value, "astype") and getattr(value, "dtype", None) is not None and value.dtype.kind == "M":
        value = value.astype("datetime64[us]").item()  # finer times have no isoformat
    return value.isoformat() if hasattr(value, "isoformat") else value


def _dates(axis):
    """How a number on the axis is told: as a time where the axis shows times."""
    import matplotlib.dates

    if isinstance(axis.get_converter() if hasattr(axis, "get_converter") else axis.converter,
                  (matplotlib.dates.DateConverter, matplotlib.dates._SwitchableDateConverter)):
        return _time
    return lambda value: value


def _time(number):
    import matplotlib.dates

    if number is None or number != number:
        return None
    return matplotlib.dates.num2date(number).replace(tzinfo=None).isoformat()


def _tick_labels(axis):
    """The places that have a text of their own, not just their number."""
    import matplotlib.category
    import matplotlib.ticker

    formatter = axis.get_major_formatter()
    fixed = isinstance(axis.get_major_locator(), matplotlib.ticker.FixedLocator)
    if not isinstance(formatter, (matplotlib.category.StrCategoryFormatter, matplotlib.ticker.FixedFormatter)):
        # set_ticklabels() makes a function of its texts; other functions only put numbers differently.
        if not (fixed and isinstance(formatter, matplotlib.ticker.FuncFormatter)):
            return {}
    places = [float(place) for place in axis.get_ticklocs()]
    return {place: label for place, label in zip(places, formatter.format_ticks(places)) if label}


def _parts_of_others(axes):
    """Lines that only help to show others: the caps of error bars, the ground of stems. And what containers call
    their main lines."""
    import matplotlib.container

    parts, names = set(), {}
    for container in axes.containers:
        if isinstance(container, matplotlib.container.ErrorbarContainer):
            main, caps, _ = container.lines
            parts.update(caps)
            names[main] = container.get_label()
        elif isinstance(container, matplotlib.container.StemContainer):
            parts.add(container.baseline)
            names[container.markerline] = container.get_label()
    return parts, names


def _lines(axes):
    parts, names = _parts_of_others(axes)
    for line in axes.lines:
        if line in box_lines or line in parts or line.get_transform() != axes.transData:
            continue
        points = zip(map(_value, line.get_xdata(orig=True)), map(_value, line.get_ydata(orig=True)))
        kind = "scatter" if line.get_linestyle() in ("None", "", " ") else "line"
        yield _sampled(_named(kind, names.get(line, line.get_label())), ([x, y] for x, y in points))


def _scatters(axes):
    import matplotlib.collections

    tell_x, tell_y = _dates(axes.xaxis), _dates(axes.yaxis)
    names_x, names_y = _tick_labels(axes.xaxis), _tick_labels(axes.yaxis)
    for drawn in axes.collections:
        if isinstance(drawn, matplotlib.collections.PathCollection):
            points = ([names_x.get(x, tell_x(x)), names_y.get(y, tell_y(y))] for x, y in drawn.get_offsets().tolist())
            yield _sampled(_named("scatter", drawn.get_label()), points)


def _bins(counts, edges):
    return ([low, high, count] for low, high, count in zip(edges, edges[1:], counts))


def _histogram(label, counts, edges, lies):
    series = _named("histogram", label)
    if lies:
        series["orientation"] = "horizontal"
    return _sampled(series, _bins(counts, edges))


def _bar_names(places, names, tell):
    """What bars at these places are called: where each stands nearest to a tick of its own, what that is called. So it
    is with bars beside each other in groups."""
    if all(place in names for place in places):
        return [names[place] for place in places]
    ticks = sorted(names)
    reach = min((high - low for low, high in zip(ticks, ticks[1:])), default=1.0) / 2
    nearest = [min(ticks, key=lambda tick: abs(tick - place), default=None) for place in places]
    if ticks and len(set(nearest)) == len(places):
        if all(abs(tick - place) < reach for tick, place in zip(nearest, places)):
            return [names[tick] for tick in nearest]
    return [names.get(place, tell(place)) for place in places]


def _bars(axes):
    import matplotlib.container

    for container in axes.containers:
        if not isinstance(container, matplotlib.container.BarContainer):
            continue
        label = str(container.get_label())
        if label.startswith("_") and container.patches:
            label = container.patches[0].get_label()  # hist() puts it there
        if not container.patches:
            continue
        if container.patches[0] in histograms:
            yield _histogram(label, *histograms[container.patches[0]])
            continue
        series = _named("bar", label)
        if container.orientation == "horizontal":
            series["orientation"] = "horizontal"
            axis, along = axes.yaxis, axes.xaxis
            spans = [(bar.get_y(), bar.get_height(), bar.get_x(), bar.get_width()) for bar in container.patches]
        else:
            axis, along = axes.xaxis, axes.yaxis
            spans = [(bar.get_x(), bar.get_width(), bar.get_y(), bar.get_height()) for bar in container.patches]
        places = [round(float(low + width / 2), 9) for low, width, _, _ in spans]
        names = _bar_names(places, _tick_labels(axis), _dates(axis))
        if any(base != 0 for _, _, base, _ in spans):
            series["base"] = list(map(_dates(along), (base for _, _, base, _ in spans[:MOST_POINTS])))
        yield _sampled(series, ([name, length] for name, (_, _, _, length) in zip(names, spans)))


def _step_histograms(axes):
    """Those with histtype="step": one polygon each."""
    for patch in axes.patches:
        if patch in histograms and not hasattr(patch, "get_height"):
            yield _histogram(patch.get_label(), *histograms[patch])


def _pies(axes):
    from matplotlib.patches import Wedge

    wedges = [patch for patch in axes.patches if isinstance(patch, Wedge)]
    if wedges:
        points = [[wedge.get_label(), round((wedge.theta2 - wedge.theta1) / 360, 9)] for wedge in wedges]
        yield _sampled({"type": "pie"}, points)


def _box_plots(axes):
    for statistics, places, lies, line in boxes.get(axes, ()):
        if line() not in axes.lines:  # cleared since
            continue
        names = _tick_labels(axes.yaxis if lies else axes.xaxis)
        points = []
        for one, place in zip(statistics, places):
            points.append({
                "label": str(one.get("label") or names.get(float(place), place)),
                "min": one["whislo"], "q1": one["q1"], "median": one["med"], "q3": one["q3"], "max": one["whishi"],
                "outliers": list(one.get("fliers", ())),
            })
        yield _sampled({"type": "box", "orientation": "horizontal"} if lies else {"type": "box"}, points)


def _heatmaps(axes):
    import matplotlib.collections

    meshes = [drawn for drawn in axes.collections if isinstance(drawn, matplotlib.collections.QuadMesh)]
    for drawn in list(axes.images) + meshes:
        values = drawn.get_array()
        if values is None or values.ndim == 3:  # a picture in colors
            continue
        if drawn in meshes and values.ndim == 1:
            coordinates = drawn.get_coordinates()
            values = values.reshape(coordinates.shape[0] - 1, coordinates.shape[1] - 1)
        series = _named("heatmap", drawn.get_label())
        series["rows"], series["columns"] = values.shape
        if values.size <= MOST_POINTS:
            series["points"] = values.tolist()  # None where it is masked
        else:
            series["sampled_from"] = int(values.size)
        series["x_labels"] = list(_tick_labels(axes.xaxis).values())
        series["y_labels"] = list(_tick_labels(axes.yaxis).values())
        yield series


_FINDERS = (_pies, _heatmaps, _box_plots, _step_histograms, _bars, _scatters, _lines)


def series_of(axes):
    """All of the axes; none of axes in three dimensions, for what is drawn in them has its projection for points."""
    return [one for find in _FINDERS for one in find(axes)] if axes.name != "3d" else []
