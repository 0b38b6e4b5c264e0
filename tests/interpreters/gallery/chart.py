"""The words for charts, and for the colors in which the cells draw them."""

RED, GREEN, BLUE = (255, 0, 0), (0, 128, 0), (0, 0, 255)  # matplotlib's "red", "green" and "blue"


def axis(label="", unit=None, scale="linear"):
    told = {"label": label, "scale": scale}
    return told if unit is None else {**told, "unit": unit}


def axes(kind, *series, title="", x=axis(), y=axis()):
    return {"type": kind, "title": title, "x": x, "y": y, "series": list(series)}


def series(kind, points, name=None, **more):
    told = {"type": kind, "points": points, **more}
    return told if name is None else {"name": name, **told}


def heatmap(points, **more):
    return {"type": "heatmap", "rows": len(points), "columns": len(points[0]), "points": points, "x_labels": [],
            "y_labels": [], **more}


def chart(kind, *all_axes, title="", library="matplotlib"):
    return {"type": kind, "title": title, "library": library, "data": {"axes": list(all_axes)}}


def simple(kind, *all_series, title="", x=axis(), y=axis(), library="matplotlib"):
    """A chart with one pair of axes, which has the title."""
    return chart(kind, axes(kind, *all_series, title=title, x=x, y=y), title=title, library=library)
