"""A page onto the disk, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from evals.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path


def write_page(text: str, path: Path) -> None:
    """Write the page; one that is there already is replaced in one step.

    Raises:
        ReportError: It cannot be written there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ReportError(path, error.strerror or type(error).__name__) from error
