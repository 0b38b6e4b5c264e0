"""Has what a fork makes lie together.

Python's allocator fills the gaps of its heap first, and those are scattered: a fork that makes a hundred small objects
would write to a hundred pages that it shared until then, and copy each. Where there are no gaps, it begins a new page.
"""

import sys

# Objects/obmalloc.c of CPython: blocks of up to 512 bytes, in steps of 16, lie in pools, each behind a header.
LARGEST, STEP = 512, 16
POOL, HEADER = 16 << 10, 48
MOST = 8 << 20  # bytes in all: with another allocator it would have no end

_filler = []


def _fill(size, most):
    """Until the blocks that are given out are neighbours for the length of a pool: then that pool was empty. Returns how
    many bytes are left of `most`."""
    last, neighbours = 0, 0
    while most > 0 and neighbours < (POOL - HEADER) // size:
        block = bytes(size - sys.getsizeof(b""))
        _filler.append(block)
        neighbours = neighbours + 1 if id(block) == last + size else 1
        last = id(block)
        most -= size
    return most


def fill_gaps():
    """Of all sizes but the two that a `bytes` is too large for. Takes about a megabyte, for good."""
    most = MOST
    for size in range(sys.getsizeof(b"") // STEP * STEP + STEP, LARGEST + 1, STEP):
        most = _fill(size, most)
