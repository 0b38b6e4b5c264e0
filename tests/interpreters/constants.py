"""What all tests of this folder hold to."""

# Debian's, which has the libraries, whatever comes first in PATH.
PYTHON = "/usr/bin/python3"

TIME_LIMIT = 60  # seconds, for what has no limit of its own, on a machine that others use too
