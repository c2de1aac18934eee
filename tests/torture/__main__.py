"""Tries to break a store. `python -m tests.torture NAME... [--budget SECONDS] [--seed N]`; NAME `all` is all of them.

Without a budget each kind of trial does everything it can, and must reach its least number of trials.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and faiss are imported: a forked child has no worker threads
os.environ["OPENBLAS_NUM_THREADS"] = "1"

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.torture.trial import Budget, Result


def trials() -> dict[str, Callable[[Budget], Result]]:
    """Every kind of trial, by name, in the order of the table."""
    from tests.torture.damaged_stores import damage_trials
    from tests.torture.disk_errors import disk_error_trials
    from tests.torture.kills import kill_trials
    from tests.torture.machine import machine_trials
    from tests.torture.power_cuts import power_cut_trials
    from tests.torture.readers import reader_trials
    from tests.torture.sabotage import sabotage_trials
    from tests.torture.syncs import sync_trials

    return {
        "kills": kill_trials,
        "sync": sync_trials,
        "errors": disk_error_trials,
        "cuts": power_cut_trials,
        "sabotage": sabotage_trials,
        "damage": damage_trials,
        "readers": reader_trials,
        "machine": machine_trials,
    }


def main() -> int:
    """Run what is named, print a table, and fail where anything did."""
    import mmap  # noqa: F401  imported once, before the forks: a disk that fails must not hit an import

    import faiss  # noqa: F401
    import numpy.ma  # noqa: F401
    import tantivy  # noqa: F401

    from tests.torture.trial import Budget

    known = trials()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=[*known, "all"], metavar="NAME")
    parser.add_argument("--budget", type=float, help="seconds for each kind; without it everything is tried")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    failed = False
    for name in known if "all" in asked.names else asked.names:
        result = known[name](Budget(asked.budget, asked.seed))
        failed = _shown(result, whole=asked.budget is None) or failed
    return 1 if failed else 0


def _shown(result: Result, *, whole: bool) -> bool:
    """Print the line and the failures; whether it failed."""
    short = result.trials < (result.least if whole else 1)
    sys.stdout.write(result.line() + (f"   FEWER THAN {result.least:,}" if short else "") + "\n")
    for failure in result.failures:
        sys.stdout.write(f"  FAILED {failure}\n")
    sys.stdout.flush()
    return short or bool(result.failures)


if __name__ == "__main__":
    sys.exit(main())
