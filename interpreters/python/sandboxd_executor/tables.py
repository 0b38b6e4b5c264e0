"""Pandas frames and series as data: a Frictionless Data "tabular data resource", as Jupyter shows tables."""

MIME_TYPE = "application/vnd.dataresource+json"

# More rows are of no use to a reader; the resource says how many there are.
MOST_ROWS = 1000


def _type_of(dtype):
    kind = dtype.kind
    if kind == "b":
        return "boolean"
    if kind in "iu":
        return "integer"
    if kind == "f":
        return "number"
    if kind == "M":
        return "datetime"
    return "string" if kind in "OSU" else "any"


def _names(columns):
    """One for each column, all different: `a` and `a.1`, as pandas reads such files. Of levels `a.x`."""
    names = {}
    for column in columns:
        levels = column if isinstance(column, tuple) else (column,)
        name = given = ".".join(str(level) for level in levels if level != "")
        number = 0
        while name in names:
            number += 1
            name = f"{given}.{number}"
        names[name] = True
    return list(names)


def _cell(value):
    import pandas

    if pandas.api.types.is_scalar(value) and pandas.isna(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def _resource(frame):
    shown = frame.head(MOST_ROWS).reset_index(allow_duplicates=True)
    names = _names(shown.columns)
    fields = [{"name": name, "type": _type_of(dtype)} for name, dtype in zip(names, shown.dtypes)]
    rows = [{name: _cell(value) for name, value in zip(names, row)} for row in shown.itertuples(index=False, name=None)]
    return {"schema": {"fields": fields}, "data": rows, "rows": len(frame)}


def register(shell):
    """Adds the data to what is shown of frames, also when pandas is imported later."""
    shell.for_type("pandas.core.frame", "DataFrame", MIME_TYPE, _resource)
    shell.for_type("pandas.core.series", "Series", MIME_TYPE, lambda series: _resource(series.to_frame()))
