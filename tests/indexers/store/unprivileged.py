"""Folders that may not be written or read: root may do everything, so the tests become somebody else for a moment."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@contextmanager
def another_user() -> Iterator[None]:
    """Inside, rights count; nothing that was not imported before can be imported."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that every user reaches, as those of pytest are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        set_rights(folder, folders=0o700, files=0o600)
        shutil.rmtree(folder)


def set_rights(folder: Path, *, folders: int, files: int) -> None:
    """Set the rights of a folder and of all that lies in it."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(folders if path.is_dir() else files)
