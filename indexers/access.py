"""Who may see a document: rules by path, and lists that lie beside a file or in a folder.

What is nearest to the document decides alone: its own list (``report.pdf.access``), else that of its folder or of the
nearest folder above it (``.ragaccess``), else the last rule that matches its path, else nobody but the owner.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.errors import LoadError, SettingsError
from indexers.patterns import PathPattern, PatternMalformed, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER_LIST = ".ragaccess"
FILE_LIST_SUFFIX = ".access"
EVERYBODY = ("*",)
OWNER_ONLY: tuple[str, ...] = ()
MOST_BYTES = 64 * 1024
MOST_NAME_CHARS = 200

Groups = tuple[str, ...]
"""Sorted names of groups: ``("*",)`` is everybody, ``()`` nobody but the owner."""


class AccessMalformed(LoadError):
    """A list of groups cannot be read or understood: what it speaks of is shown to nobody but the owner."""

    hint = (
        'Write groups = ["one", "two"] (TOML) or ["one", "two"] (JSON); until then only the owner sees what it is for.'
    )


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Documents whose path matches ``path`` may be seen by ``groups``; ``origin`` says where the rule stands."""

    path: str
    groups: tuple[str, ...]
    origin: str = "access"


class AccessRules:
    """Rules, compiled; the last one that matches decides, as in `.ragignore`: the exceptions stand below the rule."""

    def __init__(self, rules: Sequence[AccessRule] = ()) -> None:
        """Compile the rules.

        Raises:
            SettingsError: A pattern or a group's name is malformed; the message begins with the rule's origin.
        """
        self._rules: list[tuple[PathPattern, Groups]] = []
        for rule in rules:
            try:
                if rule.path.startswith("!"):
                    raise PatternMalformed("begins with !; write a later rule for the exception instead")
                pattern = compile_pattern(rule.path)
                if pattern is None:
                    raise PatternMalformed("matches nothing")
                self._rules.append((pattern, checked_groups(rule.groups)))
            except PatternMalformed as error:
                raise SettingsError(f"{rule.origin}: the path {rule.path[:80]!r} {error}") from error
            except ValueError as error:
                raise SettingsError(f"{rule.origin}: {error}") from error

    def groups_for(self, uri: str, *, relative: str) -> Groups:
        """Who may see the document, by the rules alone.

        Args:
            uri: Its name, which begins with the root's; a rule may name the root.
            relative: Its place below the root; a rule need not name the root. A root that is a file has its name.
        """
        for pattern, groups in reversed(self._rules):
            if pattern.holds(uri) or pattern.holds(relative):
                return groups
        return OWNER_ONLY


def checked_groups(names: Sequence[object]) -> Groups:
    """The names as they are stored: sorted, each once, and ``("*",)`` where "*" or "public" is among them.

    Raises:
        ValueError: A name is no text, blank, too long, begins or ends with a blank, or cannot be printed.
    """
    for name in names:
        if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
            raise ValueError(f"{str(name)[:80]!r} is not a group's name")
        if len(name) > MOST_NAME_CHARS:
            raise ValueError(f"the group's name {name[:40]!r}... is longer than {MOST_NAME_CHARS} characters")
    groups = tuple(sorted({str(name) for name in names}))
    return EVERYBODY if {"*", "public"} & set(groups) else groups


def groups_text(groups: Groups | None) -> str:
    """Who may see a document, in words."""
    return "everybody" if groups == EVERYBODY else ", ".join(groups or ()) or "nobody but the owner"


def read_list(path: Path) -> Groups:
    """The groups that a list names.

    Raises:
        AccessMalformed: It cannot be read, or is no list of groups; the message names file and line.
        FileNotFoundError: There is none.
    """
    try:
        text = _content(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # the name of the file it would speak of leaves no room for it
            raise FileNotFoundError(error.errno, error.strerror) from error
        raise AccessMalformed(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AccessMalformed("is not UTF-8") from error
    try:
        return checked_groups(_named(text))
    except json.JSONDecodeError as error:
        raise AccessMalformed(f"line {error.lineno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # tomllib's error is a ValueError and names the line
        raise AccessMalformed(str(error)) from error


def _content(path: Path) -> bytes:
    # A link could lead to a list that speaks of other files; a pipe would never end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123  # a descriptor has no Path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise AccessMalformed("is not an ordinary file")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise AccessMalformed(f"has more than {MOST_BYTES:,} bytes")
    return data


def _named(text: str) -> Sequence[object]:
    values = json.loads(text) if text.lstrip().startswith(("[", "{")) else tomllib.loads(text)
    if isinstance(values, dict):
        if list(values) != ["groups"]:
            raise ValueError(f"there is one key, groups; found {', '.join(map(repr, values)) or 'none'}")
        values = values["groups"]
    if not isinstance(values, list):
        raise ValueError("groups is not a list")
    return values
