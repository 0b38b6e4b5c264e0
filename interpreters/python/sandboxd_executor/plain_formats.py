"""The MIME bundle of an object without IPython, by the methods and the order of precedence that IPython has for it."""

import sys

from . import tracebacks

_METHODS = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "application/json": "_repr_json_",
    "application/javascript": "_repr_javascript_",
    "application/pdf": "_repr_pdf_",
}


def _has(value, method):
    """Asks the class: an object may say of any name that it has it, and a class has the methods of its objects."""
    return callable(getattr(type(value), method, None))


def _parted(made):
    """Both a value and a pair of a value and its metadata are allowed."""
    return made if isinstance(made, tuple) and len(made) == 2 else (made, None)


def _bundle(value):
    made, about = _parted(value._repr_mimebundle_(include=None, exclude=None))
    return dict(made or {}), dict(about or {})


def _try(make, value):
    """What user code makes of a value. One failure is no reason to show nothing: it is told on stderr."""
    try:
        return make(value)
    except NotImplementedError:  # how a class takes back what it has inherited
        return None
    except Exception as error:
        print(*tracebacks.describe(error)["traceback"], sep="\n", file=sys.stderr)
        return None


class Formatter:
    def __init__(self):
        self._registered = {}  # module and name of a class: {MIME type: function}

    def for_type(self, module, name, kind, function):
        """Has objects of a class, imported or not, shown under a MIME type as `function` says; None: not so."""
        self._registered.setdefault((module, name), {})[kind] = function

    def _makers(self, value):
        """MIME type to function, of all but the value's own bundle."""
        makers = {"text/plain": repr}
        for kind, method in _METHODS.items():
            if _has(value, method):
                makers[kind] = lambda one, method=method: getattr(one, method)()
        return makers

    def _registered_makers(self, value):
        makers = {}
        for base in reversed(type(value).__mro__):
            makers.update(self._registered.get((base.__module__, base.__name__), {}))
        return makers

    def format(self, value):
        """The MIME bundle of a value, and the metadata by MIME type."""
        formats, metadata = {}, {}
        if _has(value, "_repr_mimebundle_"):
            formats, metadata = _try(_bundle, value) or ({}, {})
        makers = {kind: make for kind, make in self._makers(value).items() if kind not in formats}
        for kind, make in {**makers, **self._registered_makers(value)}.items():
            made, about = _parted(_try(make, value))
            if made is not None:
                formats[kind] = made
            if about is not None:
                metadata[kind] = about
        return formats, metadata
