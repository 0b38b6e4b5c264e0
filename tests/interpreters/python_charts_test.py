#!/usr/bin/python3
"""What the Python executors show of figures, with IPython and without."""

import unittest

from executor_world import ForkServer
from python_world import NAMESPACE_INIT, WithoutIPython, WithServer


class Charts(WithServer):
    prelude = "import matplotlib.pyplot as plt, numpy as np, pandas as pd\n"

    def axes(self, code, count=1):
        told = self.executor().run(self.prelude + code)
        charts = [event["data"]["application/vnd.sandboxd.chart+json"] for kind, event in told
                  if kind == "result" and "image/png" in event["data"]]
        self.assertEqual(len(charts), 1, told)
        self.assertEqual(charts[0]["library"], "matplotlib")
        self.assertEqual(len(charts[0]["data"]["axes"]), count)
        self.chart = charts[0]
        return charts[0]["data"]["axes"][0]

    def test_lines(self):
        axes = self.axes("plt.plot([1, 2], [3, 4.5], label='s')\nplt.title('T')\nplt.xlabel('time (s)')\n"
                         "plt.ylabel('mass [kg]')\nplt.yscale('log')\nplt.show()")
        self.assertEqual(axes, {
            "type": "line", "title": "T", "x": {"label": "time (s)", "unit": "s", "scale": "linear"},
            "y": {"label": "mass [kg]", "unit": "kg", "scale": "log"},
            "series": [{"type": "line", "name": "s", "points": [[1, 3], [2, 4.5]]}]})

    def test_lines_over_time(self):
        axes = self.axes("plt.plot(pd.to_datetime(['2020-01-01', '2020-01-02 12:00']), [1, 2])")
        self.assertEqual(axes["series"][0]["points"], [["2020-01-01T00:00:00", 1], ["2020-01-02T12:00:00", 2]])

    def test_scatter(self):
        axes = self.axes("plt.scatter([1, 2], [3, 4], label='p')\nplt.plot([0, 1], [0, 1])")
        self.assertEqual(axes["type"], "scatter")
        self.assertEqual(axes["series"][0], {"type": "scatter", "name": "p", "points": [[1, 3], [2, 4]]})

    def test_bars(self):
        axes = self.axes("plt.bar(['a', 'b'], [3, 4])")
        self.assertEqual(axes["series"], [{"type": "bar", "points": [["a", 3], ["b", 4]]}])
        axes = self.axes("pd.DataFrame({'n': [1, 2]}, index=['x', 'y']).plot.barh()")
        self.assertEqual(axes["series"],
                         [{"type": "bar", "name": "n", "orientation": "horizontal", "points": [["x", 1], ["y", 2]]}])

    def test_histograms(self):
        axes = self.axes("plt.hist([0, 1, 1, 2, 2, 2], bins=[0, 1, 2, 3])")
        self.assertEqual(axes["series"], [{"type": "histogram", "points": [[0, 1, 1], [1, 2, 2], [2, 3, 3]]}])
        axes = self.axes("plt.hist([[0, 1], [1, 1]], bins=[0, 1, 2], label=['u', 'v'])")
        self.assertEqual(axes["series"], [{"type": "histogram", "name": "u", "points": [[0, 1, 1], [1, 2, 1]]},
                                          {"type": "histogram", "name": "v", "points": [[0, 1, 0], [1, 2, 2]]}])
        axes = self.axes("plt.hist([0, 1, 1], bins=[0, 1, 2], histtype='step')")
        self.assertEqual(axes["series"], [{"type": "histogram", "points": [[0, 1, 1], [1, 2, 2]]}])

    def test_boxes(self):
        axes = self.axes("plt.boxplot([[1, 2, 3, 4, 100]], labels=['u'])")
        self.assertEqual(axes["type"], "box")
        self.assertEqual(axes["series"], [{"type": "box", "points": [
            {"label": "u", "min": 1, "q1": 2, "median": 3, "q3": 4, "max": 4, "outliers": [100]}]}])

    def test_pies(self):
        axes = self.axes("plt.pie([1, 3], labels=['x', 'y'])")
        self.assertEqual(axes["series"], [{"type": "pie", "points": [["x", 0.25], ["y", 0.75]]}])

    def test_heatmaps(self):
        axes = self.axes("plt.imshow([[1, 2], [3, 4]])\nplt.colorbar()")
        self.assertEqual((axes["type"], axes["series"][0]["points"]), ("heatmap", [[1, 2], [3, 4]]))
        axes = self.axes("plt.pcolormesh([[1, 2], [3, 4]])")
        self.assertEqual((axes["type"], axes["series"][0]["points"]), ("heatmap", [[1, 2], [3, 4]]))

    def test_several_axes(self):
        self.axes("f, (a, b) = plt.subplots(1, 2)\na.plot([1])\nb.bar(['x'], [1])\nf.suptitle('both')", count=2)
        self.assertEqual((self.chart["type"], self.chart["title"]), ("unknown", "both"))
        self.assertEqual([axes["type"] for axes in self.chart["data"]["axes"]], ["line", "bar"])

    def test_long_series_are_sampled(self):
        series = self.axes("plt.plot(np.arange(20001))")["series"][0]
        self.assertEqual((len(series["points"]), series["sampled_from"]), (5000, 20001))
        self.assertEqual((series["points"][0], series["points"][-1]), ([0, 0], [20000, 20000]))

    def test_figures_are_shown_once(self):
        python = self.executor()
        python.run(self.prelude)
        figures = [len([1 for kind, _ in python.run(code) if kind == "result"])
                   for code in ("plt.plot([1]);\nplt.show()", "plt.plot([1]);", "plt.plot([1]);\n1/0", "pass")]
        self.assertEqual(figures, [1, 1, 1, 0])

    def test_what_it_starts_draws_as_it_likes(self):
        told = self.executor().run("import subprocess\nsubprocess.run(['/usr/bin/python3', '-c', "
                                   "'import matplotlib.pyplot as p; p.figure(); print(p.get_backend())'])\nNone")
        self.assertEqual(told[:-1], [("stdout", "agg\n")])

    def test_a_matplotlib_that_is_imported_later_draws_here(self):
        server = ForkServer(NAMESPACE_INIT, self.isolate, preload=("numpy",),
                            environment={**self.environment, "MPLBACKEND": "svg"})
        self.addCleanup(server.close)
        python = server.fork()
        self.addCleanup(python.kill)
        told = python.run("import sys\nprint('matplotlib' in sys.modules)\nimport matplotlib.pyplot as plt\nplt.plot([1]);")
        self.assertEqual([kind for kind, _ in told], ["stdout", "result", "complete"])
        self.assertEqual(told[0][1], "False\n")
        self.assertIn("application/vnd.sandboxd.chart+json", told[1][1]["data"])
        self.assertEqual(python.value("import os; os.environ['MPLBACKEND']"), {"text/plain": "'svg'"})


class ChartsWithoutIPython(WithoutIPython, Charts):
    pass


if __name__ == "__main__":
    unittest.main()
