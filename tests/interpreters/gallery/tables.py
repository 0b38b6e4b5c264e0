"""Frames and series of pandas: text, HTML, and a Frictionless Data table resource."""

from .cell import Cell, Many, Text, done, shows


def table(rows, count=None, **fields):
    """`fields`: name to type, in order."""
    schema = {"fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    return {"application/vnd.dataresource+json": {"schema": schema, "data": rows, "rows": count or len(rows)}}


PANDAS = "import pandas as pd\n"

CELLS = [
    Cell("frame", PANDAS + """\
pd.DataFrame({'city': ['Rome', None], 'degrees': [21.5, 18.0]}, index=['x', 'y'])""", [
        shows(text="   city  degrees\nx  Rome     21.5\ny  None     18.0",
              html=Text(("<table", "<th>degrees</th>", "<th>x</th>", "<td>Rome</td>", "<td>21.5</td>", "<td>18.0</td>")),
              data=table([{"index": "x", "city": "Rome", "degrees": 21.5}, {"index": "y", "city": None, "degrees": 18}],
                         index="string", city="string", degrees="number")),
        done(),
    ]),
    Cell("frame_of_every_type", PANDAS + """\
pd.DataFrame({
    'whole': pd.array([1, None], dtype='Int64'), 'part': [0.5, float('nan')], 'is': [True, False],
    'when': pd.to_datetime(['2024-02-29 12:00', None]), 'long': pd.to_timedelta(['90min', None]),
    'kind': pd.Categorical(['u', 'v'])})""", [
        shows(text=Text(("2024-02-29 12:00:00", "<NA>", "0 days 01:30:00")), html=Text(("<td>0.5</td>", "<td>u</td>")),
              data=table([{"index": 0, "whole": 1, "part": 0.5, "is": True, "when": "2024-02-29T12:00:00",
                           "long": "P0DT1H30M0S", "kind": "u"},
                          {"index": 1, "whole": None, "part": None, "is": False, "when": None, "long": None, "kind": "v"}],
                         **{"index": "integer", "whole": "integer", "part": "number", "is": "boolean", "when": "datetime",
                            "long": "any", "kind": "string"})),
        done(),
    ]),
    Cell("frame_whose_names_are_not_different", PANDAS + """\
pd.concat([pd.DataFrame({'a': [1]}), pd.DataFrame({'a': [2]})], axis=1).set_index(pd.Index([3], name='a'))""", [
        shows(text=Text(), html=Text(("<td>1</td>", "<td>2</td>", "<th>3</th>")),
              data=table([{"a": 3, "a.1": 1, "a.2": 2}], **{"a": "integer", "a.1": "integer", "a.2": "integer"})),
        done(),
    ]),
    Cell("frame_with_levels", PANDAS + """\
pd.DataFrame({('size', 'low'): [1], ('size', 'high'): [2]}, index=pd.MultiIndex.from_tuples([('m', 5)], names=['k', 'n']))""", [
        shows(text=Text(), html=Text(("<th>low</th>",)),
              data=table([{"k": "m", "n": 5, "size.low": 1, "size.high": 2}],
                         **{"k": "string", "n": "integer", "size.low": "integer", "size.high": "integer"})),
        done(),
    ]),
    Cell("frame_with_many_rows", PANDAS + "pd.DataFrame({'n': range(1500)})", [
        shows(text=Text(("[1500 rows x 1 columns]", "1499")), html=Text(("1500 rows",)),
              data=table(Many(1000, {"index": 0, "n": 0}, {"index": 999, "n": 999}), 1500, index="integer", n="integer")),
        done(),
    ]),
    Cell("series", PANDAS + "pd.Series([1, 2.5], index=['x', 'y'], name='weight')", [
        shows(text="x    1.0\ny    2.5\nName: weight, dtype: float64",
              data=table([{"index": "x", "weight": 1}, {"index": "y", "weight": 2.5}], index="string", weight="number")),
        done(),
    ]),
    Cell("empty_frame", PANDAS + "pd.DataFrame({'a': []})", [
        shows(text="Empty DataFrame\nColumns: [a]\nIndex: []", html=Text(("<th>a</th>",)),
              data=table([], index="integer", a="number")),
        done(),
    ]),
]
