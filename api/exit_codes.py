"""The exit codes of the `rag` command, which scripts rely on."""

from __future__ import annotations

DONE = 0
"""An abstention, and an index run with listed failures, are done."""
CHECK_FAILED = 1
CANNOT_RUN = 2
INTERNAL = 70
INTERRUPTED = 130
BROKEN_PIPE = 141
"""128 + SIGPIPE: what the shell shows for any program whose reader has gone."""
