"""What every shell has: the names a context begins with, and where its results go."""

import sys

from . import results

# Those of the reference's contexts, and `time`, which an example of the SDK's README takes for granted.
_PREDEFINED = {"json": "json", "np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "time": "time"}


def predefined():
    """Of the modules that are imported already."""
    return {name: sys.modules[module] for name, module in _PREDEFINED.items() if module in sys.modules}


class Outlet:
    """What every shell has, whoever runs its cells."""

    # Who takes what is displayed: called with the fields of a `result` event.
    receiver = None
    # Largest value of a MIME bundle, in bytes.
    result_limit = 8 << 20

    def hand_on(self, kind, formats, metadata, display_id=None):
        """`kind`: value, display or update."""
        if self.receiver is None:
            return
        data, left_out = results.bundle(formats, self.result_limit)
        if data:
            about = results.about(metadata, display_id, self.result_limit, left_out)
            self.receiver({"type": "result", "kind": kind, "data": data, **about})
