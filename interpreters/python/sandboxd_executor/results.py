"""What is sent of a displayed object: a MIME bundle whose values JSON can say, none of them larger than the limit,
nor all of it larger than what the daemon takes: eight times the limit, and 1 MiB for the rest (actors/executor.cpp)."""

import base64
import json
import math

# Of these a part is still of use; any other value is sent whole or not at all.
_CUT = ("text/plain", "text/html", "text/markdown", "text/latex")

_MOST_TOGETHER = 7  # times the limit: the values of a bundle; the metadata may be as large as one more

_LONGEST_NAME = 255  # characters, of a display id, and of what is named in `left_out`; a MIME type has no more (RFC 6838)
_MOST_NAMES = 64  # in `left_out`; the rest are one

# What says these in a string says them in base64, some with line ends in it.
_BINARY = ("image/png", "image/jpeg", "application/pdf")


def plain(value, depth=32):
    """`value` with nothing in it but what JSON knows: numbers of numpy become numbers, what is not finite None."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if depth == 0:
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth - 1) for item in value]
    if hasattr(value, "tolist"):  # arrays and scalars of numpy
        return plain(value.tolist(), depth - 1)
    return str(value)


def as_json(value):
    """`value` if JSON can say it as it is, else None. Not finite numbers become None within it."""
    try:
        json.dumps(value)
        return plain(value, 1000)
    except (TypeError, ValueError, RecursionError):
        return None


def add_json(value, formats):
    """Dictionaries and lists that are the value of a cell are shown as JSON, too."""
    if type(value) in (dict, list):
        said = as_json(value)
        if said is not None:
            formats["application/json"] = said


def _cut(text, limit):
    kept = text.encode(errors="surrogatepass")[:limit].decode(errors="ignore")
    return f"{kept}\n... [{len(text) - len(kept)} of {len(text)} characters left out]"


def _is_json(kind):
    return kind == "application/json" or kind.endswith("+json")


def _bytes_of(value):
    """That it takes in a frame."""
    return len(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))


def _note(left_out, name, size):
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}..."
    if len(left_out) >= _MOST_NAMES:
        name = "..."
    left_out[name] = left_out.get(name, 0) + size


def _said(kind, value):
    """A value as JSON can say it."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if _is_json(kind):
        return plain(value)
    if kind in _BINARY:
        return "".join(str(value).split())
    return value if isinstance(value, str) else str(value)


def bundle(formats, limit):
    """The MIME bundle to send for what the formatters made, and what was left out of it: MIME type to full size."""
    sent, left_out = {}, {}
    room = _MOST_TOGETHER * limit
    for kind, value in formats.items():
        value = _said(kind, value)
        size = len(json.dumps(value)) if _is_json(kind) else len(value)
        if size > limit:
            _note(left_out, kind, size)
            if kind not in _CUT:
                continue
            value = _cut(value, limit)
        needed = _bytes_of(kind) + _bytes_of(value)
        if needed <= room:
            sent[kind] = value
            room -= needed
        elif size <= limit:
            _note(left_out, kind, size)
    if left_out and not sent:
        sent["text/plain"] = "".join(f"[{kind} of {size} bytes left out]" for kind, size in left_out.items())
    return sent, left_out


def about(metadata, display_id, limit, left_out):
    """The fields of a result beside its bundle. What is too large for them is noted in `left_out`, and that in them."""
    fields = {"metadata": plain(metadata)}
    size = _bytes_of(fields["metadata"])
    if size > limit:
        _note(left_out, "metadata", size)
        fields["metadata"] = {}
    if display_id is not None:
        if len(display_id) <= _LONGEST_NAME:
            fields["display_id"] = display_id
        else:
            _note(left_out, "display_id", len(display_id))
    if left_out:
        fields["metadata"]["left_out"] = left_out
    return fields
