"""The form of a cell, and the words in which it says what must come of it."""

import base64
import io
import math
import re
from dataclasses import dataclass, field

# Of the daemon that runs the gallery: larger values are cut, or left out.
RESULT_MAX_BYTES = 256 << 10


@dataclass(frozen=True)
class Cell:
    name: str
    code: str
    comes: list  # the events of the stream, in order
    language: str = "python"


# Events, as a client of dialect B reads them.


def out(text):
    return {"type": "stdout", "text": text}


def err(text):
    return {"type": "stderr", "text": text}


def shows(metadata=None, **formats):
    """A result; formats are the SDK's words: text, html, png, chart, ..."""
    return {"type": "result", "metadata": metadata or {}, **formats}


def done():
    return {"type": "execution_complete", "execution_count": 1}


def fails(ename, evalue, traceback, line=None, count=1):
    told = {"type": "error", "ename": ename, "evalue": evalue, "traceback": traceback, "execution_count": count}
    return told if line is None else {**told, "lineNumber": line}


# What stands for a value that is not known to the letter has a method `problem(value)`: what is wrong with it, or None.


@dataclass(frozen=True)
class Text:
    """Contains all of these, and matches the pattern from its first to its last character."""

    contains: tuple = ()
    pattern: str = r"(?s).*"

    def problem(self, value):
        if not isinstance(value, str):
            return "is no text"
        missing = [part for part in self.contains if part not in value]
        if missing:
            return f"does not contain {missing[0]!r}: {shortened(value)}"
        return None if re.fullmatch(self.pattern, value) else f"does not match {self.pattern}: {shortened(value)}"


@dataclass(frozen=True)
class Number:
    """Of at least `least`."""

    least: float = 0

    def problem(self, value):
        return None if is_number(value) and value >= self.least else f"is no number from {self.least} on: {value!r}"


@dataclass(frozen=True)
class Many:
    """A list of which only the length, the first and the last are said."""

    length: int
    first: object
    last: object

    def problem(self, value):
        if not isinstance(value, list) or len(value) != self.length:
            return f"has not {self.length} items"
        wrong = differences(self.first, value[0], "the first") + differences(self.last, value[-1], "the last")
        return wrong[0] if wrong else None


@dataclass(frozen=True)
class Picture:
    """An image in base64. Each color covers at least `pixels` of it. The size is exact, or at least that of `smallest`."""

    colors: tuple = ()
    size: tuple = None
    smallest: tuple = (1, 1)
    pixels: int = 1
    kind: str = "PNG"
    tolerance: int = 0  # for what JPEG does to colors
    absent: tuple = field(default=())

    def problem(self, value):
        from PIL import Image

        image = Image.open(io.BytesIO(base64.b64decode(value)))
        if image.format != self.kind:
            return f"is {image.format}, not {self.kind}"
        if self.size and image.size != self.size:
            return f"has the size {image.size}, not {self.size}"
        if image.width < self.smallest[0] or image.height < self.smallest[1]:
            return f"is as small as {image.size}"
        found = image.convert("RGB").getcolors(image.width * image.height)

        def covered(color):
            return sum(count for count, one in found if all(abs(a - b) <= self.tolerance for a, b in zip(one, color)))

        for color in self.colors:
            if covered(color) < self.pixels:
                return f"has {covered(color)} pixels of the color {color}, not {self.pixels}"
        for color in self.absent:
            if covered(color) > 0:
                return f"has the color {color}"
        return None


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def shortened(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-90:]}"


def differences(expected, value, place="it"):
    """Where a value is not what is expected: a list of texts, empty when it is. Numbers need not be of one type."""
    if hasattr(expected, "problem"):
        problem = expected.problem(value)
        return [f"{place} {problem}"] if problem else []
    if isinstance(expected, dict) and isinstance(value, dict):
        wrong = [f"{place}.{key} is not there" for key in expected if key not in value]
        wrong += [f"{place}.{key} is there: {shortened(value[key])}" for key in value if key not in expected]
        return wrong + [one for key in expected if key in value
                        for one in differences(expected[key], value[key], f"{place}.{key}")]
    if isinstance(expected, (list, tuple)) and isinstance(value, list):
        wrong = [one for index, (a, b) in enumerate(zip(expected, value)) for one in differences(a, b, f"{place}[{index}]")]
        if len(expected) != len(value):
            wrong.append(f"{place} has {len(value)} items, not {len(expected)}: {shortened(value)}")
        return wrong
    if is_number(expected) and is_number(value):
        equal = math.isclose(expected, value, rel_tol=1e-9, abs_tol=1e-12)
    else:
        equal = type(expected) is type(value) and expected == value
    return [] if equal else [f"{place} is {shortened(value)}, not {shortened(expected)}"]
