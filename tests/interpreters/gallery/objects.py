"""Whatever else can be shown, in the formats that IPython knows."""

import base64

from .cell import RESULT_MAX_BYTES, Cell, Number, Picture, Text, done, err, out, shows
from .chart import BLUE, RED

CELLS = [
    Cell("latex", r"""class Fraction:
    def _repr_latex_(self):
        return r'$\displaystyle \frac{1}{2}$'
    def __repr__(self):
        return '1/2'
Fraction()""", [shows(latex=r"$\displaystyle \frac{1}{2}$"), done()]),
    Cell("words_of_ipython", """\
from IPython.display import HTML, Javascript, JSON, Latex, Markdown, SVG
display(HTML('<b>é</b>'), Markdown('*m* 😀'), Latex('$x$'), Javascript('alert(1)'), JSON({'a': [1, None]}),
        SVG('<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'))""", [
        shows(html="<b>é</b>", text="<IPython.core.display.HTML object>"),
        shows(markdown="*m* 😀"),
        shows(latex="$x$"),
        shows(javascript="alert(1)"),
        # What the front end is to do with it: defaults of IPython's JSON().
        shows(json={"a": [1, None]}, metadata={"application/json": {"expanded": False, "root": "root"}}),
        shows(svg='<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'),
        done(),
    ]),
    Cell("image_of_pil", """\
from PIL import Image
image = Image.new('RGB', (30, 20), (255, 0, 0))
image.paste((0, 0, 255), (0, 0, 10, 20))
image""", [
        shows(png=Picture(colors=(RED, BLUE), size=(30, 20), pixels=200)),
        done(),
    ]),
    Cell("jpeg", """\
import io
from IPython.display import Image
from PIL import Image as Pictures
file = io.BytesIO()
Pictures.new('RGB', (16, 8), (255, 0, 0)).save(file, 'JPEG')
Image(file.getvalue(), format='jpeg')""", [
        shows(jpeg=Picture(colors=(RED,), size=(16, 8), pixels=100, kind="JPEG", tolerance=3)),
        done(),
    ]),
    Cell("pdf", """\
class Page:
    def _repr_pdf_(self):
        return b'%PDF-1.4\\n%%EOF'
Page()""", [shows(pdf=base64.b64encode(b"%PDF-1.4\n%%EOF").decode()), done()]),
    Cell("svg", """\
class Dot:
    def _repr_svg_(self):
        return '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'
Dot()""", [shows(svg='<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'), done()]),
    Cell("several_formats", """\
class All:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'text/plain': 'p', 'text/html': 'h', 'text/markdown': 'm', 'application/x-own': 'o'}, {'text/html': {'wide': True}}
All()""", [
        shows(text="p", html="h", markdown="m", data={"application/x-own": "o"}, metadata={"text/html": {"wide": True}}),
        done(),
    ]),
    Cell("dictionaries_and_lists", """\
display({'a': [1, 2.5, None, True], 'é': 'ü'})
[float('nan'), float('inf'), {'deep': []}]""", [
        # display() shows the text, as in a notebook; only a last expression is data, too.
        shows(text="{'a': [1, 2.5, None, True], 'é': 'ü'}"),
        shows(json=[None, None, {"deep": []}]),
        done(),
    ]),
    Cell("what_json_cannot_say", "{'when': __import__('datetime').date(2024, 2, 29)}", [
        shows(text="{'when': datetime.date(2024, 2, 29)}"), done()]),
    Cell("display_ids", """\
from IPython.display import HTML, update_display
handle = display(HTML('<i>0 %</i>'), display_id='progress')
handle.update(HTML('<i>50 %</i>'))
print('between')
update_display(HTML('<i>100 %</i>'), display_id='progress')""", [
        {**shows(html="<i>0 %</i>", text="<IPython.core.display.HTML object>"), "displayId": "progress"},
        {**shows(html="<i>50 %</i>", text="<IPython.core.display.HTML object>"), "displayId": "progress", "update": True},
        out("between\n"),
        {**shows(html="<i>100 %</i>", text="<IPython.core.display.HTML object>"), "displayId": "progress", "update": True},
        done(),
    ]),
    Cell("nothing", "None", [done()]),
    Cell("an_object_that_cannot_be_shown", """\
class Shy:
    def _repr_html_(self):
        raise ValueError('not to be seen')
    def __repr__(self):
        return 'shy'
Shy()""", [
        err("Traceback (most recent call last):\n  Cell In[1], line 3, in _repr_html_\n"
            "    raise ValueError('not to be seen')\nValueError: not to be seen\n"),
        shows(text="shy"),
        done(),
    ]),
    Cell("text_that_is_too_large", "'x' * 600_000", [
        shows(text="'" + "x" * (RESULT_MAX_BYTES - 1) + "\n... [337858 of 600002 characters left out]",
              metadata={"left_out": {"text/plain": 600_002}}),
        done(),
    ]),
    Cell("json_that_is_too_large", "list(range(100_000))", [
        # 488,890 digits, 99,999 times ", ", two brackets.
        shows(text=Text(("[0,\n 1,\n 2,", "...]")), metadata={"left_out": {"application/json": 688_890}}),
        done(),
    ]),
    Cell("image_that_is_too_large", """\
import os
from PIL import Image
Image.frombytes('RGB', (400, 400), os.urandom(480_000))""", [
        # Noise cannot be compressed; base64 makes four characters of three bytes.
        shows(text=Text(pattern="<PIL.Image.Image image mode=RGB size=400x400.*>"),
              metadata={"left_out": {"image/png": Number(640_000)}}),
        done(),
    ]),
    # The daemon takes 1 MiB and eight of the largest values in one event.
    Cell("metadata_that_is_too_large", "display({'text/plain': 'a'}, raw=True, metadata={'a': 'x' * 4_000_000})", [
        shows(text="a", metadata={"left_out": {"metadata": 4_000_009}}), done()]),
    Cell("bundle_that_is_too_large", f"display({{f'x/{{n}}': 'v' * {RESULT_MAX_BYTES} for n in range(13)}}, raw=True)", [
        shows(data={f"x/{n}": "v" * RESULT_MAX_BYTES for n in range(6)},
              metadata={"left_out": {f"x/{n}": RESULT_MAX_BYTES for n in range(6, 13)}}),
        done()]),
]
