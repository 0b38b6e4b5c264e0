"""Everything that ends a cell: the name, the text, the frames of user code with their source lines, the line."""

from .cell import Cell, Text, done, err, fails, out

FRAMES = "Traceback (most recent call last):"
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"


def at(line, source, name="<module>"):
    """The two lines of a frame."""
    return [f"  Cell In[1], line {line}, in {name}", f"    {source}"]


CELLS = [
    Cell("exception", """\
def divide(n):
    return 1 / n

print('before')
divide(0)
print('after')""", [
        out("before\n"),
        fails("ZeroDivisionError", "division by zero", [
            FRAMES, *at(5, "divide(0)"), *at(2, "return 1 / n", "divide"), "ZeroDivisionError: division by zero"], 2),
    ]),
    Cell("syntax_error", "x = 1\ny = = 2", [
        fails("SyntaxError", "invalid syntax", [
            '  File "Cell In[1]", line 2', "    y = = 2", "        ^", "SyntaxError: invalid syntax"], 2),
    ]),
    Cell("parenthesis_that_is_never_closed", "print('a'\nprint('b')", [
        fails("SyntaxError", "'(' was never closed", [
            '  File "Cell In[1]", line 1', "    print('a'", "         ^", "SyntaxError: '(' was never closed"], 1),
    ]),
    Cell("indentation_error", "if True:\nprint('x')", [
        fails("IndentationError", "expected an indented block after 'if' statement on line 1", [
            '  File "Cell In[1]", line 2', "    print('x')", "    ^^^^^",
            "IndentationError: expected an indented block after 'if' statement on line 1"], 2),
    ]),
    Cell("syntax_error_in_other_code", "code = 'x = = 1'\n\nexec(code)", [
        # The line is that of the cell, not of the other code.
        fails("SyntaxError", "invalid syntax", [
            FRAMES, *at(3, "exec(code)"), '  File "<string>", line 1', "    x = = 1", "        ^",
            "SyntaxError: invalid syntax"], 3),
    ]),
    Cell("cause", """\
try:
    {}['key']
except KeyError as error:
    raise ValueError('no such thing') from error""", [
        fails("ValueError", "no such thing", [
            FRAMES, *at(2, "{}['key']"), "KeyError: 'key'", CAUSE,
            FRAMES, *at(4, "raise ValueError('no such thing') from error"), "ValueError: no such thing"], 4),
    ]),
    Cell("exceptions_within_exceptions", """\
try:
    try:
        1 / 0
    except ZeroDivisionError:
        [][1]
finally:
    undefined""", [
        fails("NameError", "name 'undefined' is not defined", [
            FRAMES, *at(3, "1 / 0"), "ZeroDivisionError: division by zero", CONTEXT,
            FRAMES, *at(5, "[][1]"), "IndexError: list index out of range", CONTEXT,
            FRAMES, *at(7, "undefined"), "NameError: name 'undefined' is not defined"], 7),
    ]),
    Cell("exception_from_none", "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('k') from None", [
        fails("KeyError", "'k'", [FRAMES, *at(4, "raise KeyError('k') from None"), "KeyError: 'k'"], 4),
    ]),
    Cell("exception_in_a_generator", """\
def numbers():
    yield 1
    raise RuntimeError('no more')

for number in numbers():
    print(number)""", [
        out("1\n"),
        fails("RuntimeError", "no more", [
            FRAMES, *at(5, "for number in numbers():"), *at(3, "raise RuntimeError('no more')", "numbers"),
            "RuntimeError: no more"], 3),
    ]),
    Cell("exception_after_await", """\
import asyncio
async def late():
    await asyncio.sleep(0)
    raise OSError(2, 'late')
await late()""", [
        fails("FileNotFoundError", "[Errno 2] late", [
            FRAMES, *at(5, "await late()"), *at(4, "raise OSError(2, 'late')", "late"),
            "FileNotFoundError: [Errno 2] late"], 4),
    ]),
    Cell("group_of_exceptions", "raise ExceptionGroup('both', [ValueError('one'), TypeError('two')])", [
        fails("ExceptionGroup", "both (2 sub-exceptions)", [
            FRAMES, *at(1, "raise ExceptionGroup('both', [ValueError('one'), TypeError('two')])"),
            "ExceptionGroup: both (2 sub-exceptions)", "  Exception 1 of 2 in the group:", "    ValueError: one",
            "  Exception 2 of 2 in the group:", "    TypeError: two"], 1),
    ]),
    Cell("notes", "error = ValueError('v')\nerror.add_note('see there')\nraise error", [
        fails("ValueError", "v", [FRAMES, *at(3, "raise error"), "ValueError: v", "see there"], 3),
    ]),
    Cell("frames_of_libraries_are_not_shown", "import json\njson.loads('{')", [
        fails("JSONDecodeError", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", [
            FRAMES, *at(2, "json.loads('{')"),
            "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"], 2),
    ]),
    Cell("frames_of_compiled_libraries_are_not_either", "import pandas as pd\npd.DataFrame({'a': [1]})['b']", [
        fails("KeyError", "'b'", [
            "KeyError: 'b'", CAUSE, FRAMES, *at(2, "pd.DataFrame({'a': [1]})['b']"), "KeyError: 'b'"], 2),
    ]),
    Cell("frames_of_libraries_between_ours", "def key(value):\n    return value.nothing\n\nsorted([1, 2], key=key)", [
        fails("AttributeError", "'int' object has no attribute 'nothing'", [
            FRAMES, *at(4, "sorted([1, 2], key=key)"), *at(2, "return value.nothing", "key"),
            "AttributeError: 'int' object has no attribute 'nothing'"], 2),
    ]),
    Cell("recursion_without_end", "def deeper(n):\n    return deeper(n + 1)\n\ndeeper(0)", [
        fails("RecursionError", "maximum recursion depth exceeded", [
            FRAMES, *at(4, "deeper(0)"), *(3 * at(2, "return deeper(n + 1)", "deeper")),
            Text(pattern=r"  \[Previous line repeated \d+ more times\]"),
            "RecursionError: maximum recursion depth exceeded"], 2),
    ]),
    Cell("text_of_megabytes", "raise ValueError('x' * 20_000_000)", [
        # 64 KiB are kept; of the traceback's line 2000 characters.
        fails("ValueError", "x" * 65_536 + "... [19934464 of 20000000 characters left out]", [
            FRAMES, *at(1, "raise ValueError('x' * 20_000_000)"),
            Text(pattern=r"ValueError: x+\.\.\. \[\d+ of \d+ characters left out\]")], 1),
    ]),
    Cell("half_a_surrogate_pair", r"raise ValueError('a\ud800b')", [
        # No encoding of Unicode can say it.
        fails("ValueError", "a\ufffdb", [FRAMES, *at(1, r"raise ValueError('a\ud800b')"), "ValueError: a\ufffdb"], 1),
    ]),
    Cell("exception_whose_text_cannot_be_made", """\
class Broken(Exception):
    def __str__(self):
        raise KeyError('k')
raise Broken()""", [
        fails("Broken", "<exception whose text could not be made>", [
            FRAMES, *at(4, "raise Broken()"), "Broken: <exception str() failed>"], 4),
    ]),
    Cell("syntax_error_of_anything", "raise SyntaxError('m', ('f', 'x', 'y', 'z'))", [
        fails("SyntaxError", "m", [FRAMES, *at(1, "raise SyntaxError('m', ('f', 'x', 'y', 'z'))"), "SyntaxError"], 1),
    ]),
    Cell("assertion", "assert 1 + 1 == 3, 'sums'", [
        fails("AssertionError", "sums", [FRAMES, *at(1, "assert 1 + 1 == 3, 'sums'"), "AssertionError: sums"], 1),
    ]),
    Cell("exit", "import sys\nsys.exit('enough')", [
        fails("SystemExit", "enough", [FRAMES, *at(2, "sys.exit('enough')"), "SystemExit: enough"], 2),
    ]),
    Cell("exception_in_a_thread", """\
import threading
def work():
    raise ValueError('aside')
thread = threading.Thread(target=work)
thread.start()
thread.join()
'goes on'""", [
        {"type": "stderr", "text": Text(("Exception in thread", "line 3, in work", "ValueError: aside\n"))},
        {"type": "result", "text": "'goes on'", "metadata": {}},
        done(),
    ]),
    Cell("exception_in_a_file_that_is_run", """\
from pathlib import Path
Path('/tmp/gallery_cell.py').write_text('print("in")\\n1 / 0\\n')
%run /tmp/gallery_cell.py
Path('/tmp/gallery_cell.py').unlink()
print('goes on')""", [
        out("in\n"),
        err('Traceback (most recent call last):\n  File "/tmp/gallery_cell.py", line 2, in <module>\n    1 / 0\n'
            "ZeroDivisionError: division by zero\n"),
        out("goes on\n"),
        done(),
    ]),
    Cell("warning", "import warnings\nwarnings.warn('careful')", [
        err("Cell In[1]:2: UserWarning: careful\n  warnings.warn('careful')\n"), done()]),
]
