"""Reads docs/results.md: the cells it shows, what it says comes of them, and their pictures.

A cell begins with `<!-- cell: NAME -->`; its first block is the code, its second the events, wrapped for the eye. A text
that ends in ... stands for all that begin so.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from gallery.events import together

PAGE = Path(__file__).resolve().parents[2] / "docs/results.md"


@dataclass(frozen=True)
class Beginning:
    text: str

    def problem(self, value):
        return None if isinstance(value, str) and value.startswith(self.text) else f"does not begin with {self.text!r}"


def _abbreviated(value):
    if isinstance(value, dict):
        return {key: _abbreviated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_abbreviated(item) for item in value]
    return Beginning(value[:-3]) if isinstance(value, str) and value.endswith("...") else value


def _events(block):
    decoder, events = json.JSONDecoder(), []
    for frame in block.split("data: ")[1:]:
        event, end = decoder.raw_decode(frame)
        if frame[end:].strip():
            raise ValueError(f"not an event: {frame}")
        events.append(event)
    return [_abbreviated(event) for event in together(events)]


def _parts():
    pieces = re.split(r"<!-- cell: (\w+) -->", PAGE.read_text())
    return dict(zip(pieces[1::2], pieces[2::2]))


def cells():
    """Name to code, language and the events."""
    shown = {}
    for name, part in _parts().items():
        (language, code), (_, events) = re.findall(r"```(\w*)\n(.*?)\n```", part, re.DOTALL)[:2]
        shown[name] = (code, language, _events(events))
    return shown


def pictures(name):
    """The files of a cell's pictures, in order."""
    return [PAGE.parent / link for link in re.findall(r"!\[[^\]]*\]\((\S+\.png)\)", _parts()[name])]
