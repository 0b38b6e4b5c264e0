"""What is told of an exception: its name, its text and the frames of user code, with their source lines.

All of it is bounded, and says what was left out: a text of megabytes would be of no use to a reader, and more than the
daemon takes.
"""

import itertools
import os
import sys
import sysconfig
import traceback

_LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {path for path in sys.path if path.endswith(("-packages", ".zip"))}
    | {os.path.dirname(__file__)}
)

MOST_CHARACTERS = 64 << 10  # of the exception's text
MOST_LINES = 500  # of a traceback
MOST_IN_A_LINE = 2000  # characters

# As in Python's own tracebacks.
_MOST_REPEATED = 3
_DEEPEST_GROUP = 10


def _cut(text, most):
    return text if len(text) <= most else f"{text[:most]}... [{len(text) - most} of {len(text)} characters left out]"


def _cut_lines(lines):
    left_out = len(lines) - MOST_LINES
    if left_out > 0:
        half = MOST_LINES // 2
        lines = [*lines[:half], f"... [{left_out} lines left out]", *lines[-half:]]
    return [_cut(line, MOST_IN_A_LINE) for line in lines]


def cell_name(count):
    """The file name under which the cell with this execution count is compiled."""
    return f"Cell In[{count}]"


def _is_cell(frame):
    return str(frame.filename).startswith("Cell In[")


def _is_library(frame):
    # Cython gives its frames the names of sources that are not there.
    return frame.filename.startswith((*_LIBRARIES, "<frozen ")) or frame.filename.endswith((".pyx", ".pxi"))


def _shown_frames(summary):
    """From the first frame of a cell on, without those of libraries."""
    frames = list(summary.stack)
    for index, frame in enumerate(frames):
        if _is_cell(frame):
            frames = frames[index:]
            break
    return [frame for frame in frames if not _is_library(frame)]


def _frame_lines(frames):
    lines = ["Traceback (most recent call last):"] if frames else []
    for (filename, number, name), run in itertools.groupby(frames, lambda one: (one.filename, one.lineno, one.name)):
        run = list(run)
        for frame in run[:_MOST_REPEATED]:
            place = filename if _is_cell(frame) else f'File "{filename}"'
            lines.append(f"  {place}, line {number}, in {name}")
            if frame.line:
                lines.append(f"    {frame.line}")
        if len(run) > _MOST_REPEATED:
            lines.append(f"  [Previous line repeated {len(run) - _MOST_REPEATED} more times]")
    return lines


def _chain(summary):
    """The exceptions that led to the last one, first to last, each with how it led to the next."""
    chain, seen, how = [], set(), None
    while summary is not None and id(summary) not in seen:
        seen.add(id(summary))
        chain.append((summary, how))
        if summary.__cause__ is not None:
            summary, how = summary.__cause__, "The above exception was the direct cause of the following exception:"
        elif summary.__context__ is not None and not summary.__suppress_context__:
            summary, how = summary.__context__, "During handling of the above exception, another exception occurred:"
        else:
            break
    return reversed(chain)


def _lines(summary, depth=0):
    lines = []
    for one, how in _chain(summary):
        lines += _frame_lines(_shown_frames(one))
        for text in _last_lines(one):
            lines += _cut(text.rstrip("\n"), MOST_CHARACTERS).split("\n")
        if depth < _DEEPEST_GROUP:
            parts = getattr(one, "exceptions", None) or ()
            for number, part in enumerate(parts, 1):
                lines.append(f"  Exception {number} of {len(parts)} in the group:")
                lines += [f"    {line}" for line in _lines(part, depth + 1)]
        if how:
            lines.append(how)
    return lines


def _last_lines(summary):
    try:
        return list(summary.format_exception_only())
    except Exception:  # a SyntaxError that user code has made of anything
        return [summary.exc_type.__name__]


def _text(error):
    try:
        return str(error.msg if isinstance(error, SyntaxError) and error.msg else error)
    except Exception:  # a __str__ of user code
        return "<exception whose text could not be made>"


def describe(error):
    """The fields of an `error` event, of whatever user code has raised; `lineNumber` is that of the innermost cell."""
    try:
        return _description(error)
    except BaseException:  # of its __cause__, __class__, ..., which may be user code
        return {"ename": "Exception", "evalue": "<the exception could not be described>", "traceback": []}


def _description(error):
    summary = traceback.TracebackException.from_exception(error, compact=True)
    if isinstance(error, SyntaxError) and _is_cell(error):
        line = error.lineno
    else:
        line = next((frame.lineno for frame in reversed(summary.stack) if _is_cell(frame)), None)
    told = {
        "ename": _cut(type(error).__name__, MOST_IN_A_LINE),
        "evalue": _cut(_text(error), MOST_CHARACTERS),
        "traceback": _cut_lines(_lines(summary)),
    }
    return told if not isinstance(line, int) or line.bit_length() > 63 else {**told, "lineNumber": line}
