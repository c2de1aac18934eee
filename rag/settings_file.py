"""Settings written into rag.toml: what a person wrote there, and every comment, stays."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """A settings file as it is ("" where there is none) and as it would be."""

    path: Path
    before: str
    after: str

    @property
    def diff(self) -> str:
        """A unified diff, without a line where nothing changes."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        name = str(self.path)
        return "".join(difflib.unified_diff(before, after, fromfile=name, tofile=f"{name}, tuned", n=1))


def edited(path: Path, values: Mapping[str, float]) -> Edit:
    """The file with these settings (``group.field``) at these values.

    Raises:
        SettingsError: The file is not TOML, or cannot be read.
    """
    import tomlkit  # 20 ms, for `rag tune` alone
    from tomlkit.exceptions import TOMLKitError

    try:
        before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        document = tomlkit.parse(before)
        for name, value in values.items():
            group, _, field = name.partition(".")
            if group not in document:
                document[group] = tomlkit.table()
            document[group][field] = value
        after = tomlkit.dumps(document)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except (TOMLKitError, TypeError) as error:
        raise SettingsError(f"{path} is not TOML that a setting can be written into: {error}") from error
    return Edit(path, before, after)


def write(edit: Edit) -> None:
    """Write the file, whole or not at all; its rights stay.

    Raises:
        SettingsError: It cannot be written, or has changed since it was read.
    """
    unfinished = edit.path.with_name(edit.path.name + ".unfinished")
    try:
        now = edit.path.read_text(encoding="utf-8-sig") if edit.path.exists() else ""
        if now != edit.before:
            raise SettingsError(f"{edit.path} has changed meanwhile; nothing was written")
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            file.write(edit.after)
            file.flush()
            os.fsync(file.fileno())
        if edit.path.exists():
            unfinished.chmod(edit.path.stat().st_mode & 0o777)
        unfinished.replace(edit.path)
    except OSError as error:
        raise SettingsError(f"{edit.path} cannot be written: {error.strerror}") from error
