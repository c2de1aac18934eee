"""Where the `rag` program begins: nothing heavy is imported before an interrupt can be told in one line."""

from __future__ import annotations

import sys

from api.exit_codes import INTERRUPTED


def main() -> int:
    """Run the `rag` command and return its exit code, also when it is interrupted while it is being loaded."""
    try:
        from api.cli import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("\nrag: stopped safely; run it again to finish\n")
        return INTERRUPTED
