"""What reaches a person's screen: nothing in a document, a name or a model's reply may steer the terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from indexers.visible import STEERING
from indexers.visible import visible as visible

if TYPE_CHECKING:
    from indexers.errors import RagError


def one_line(text: str, *, limit_chars: int) -> str:
    """The text on one line, blanks run together, cut at a word and ended by an ellipsis where it is longer."""
    line = " ".join(visible(text).split())
    if len(line) <= limit_chars:
        return line
    space = line[:limit_chars].rfind(" ")
    return line[: space if space >= limit_chars // 2 else limit_chars - 1] + "…"


def json_line(value: Mapping[str, object]) -> str:
    r"""One line of JSON, readable in any script; what would steer a terminal stands as ``\uXXXX``."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return STEERING.sub(lambda found: json.dumps(found.group())[1:-1], text)


def say(line: str = "") -> None:
    """Write a line to standard output, at once: an answer is read while it is written."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """Write a line to standard error: progress, notes and problems never mix with results."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def tell_problem(error: RagError) -> None:
    """Write what is wrong to standard error, and on the next line what to do."""
    tell(f"rag: {visible(' '.join(str(error).split()))}")
    tell(f"hint: {visible(error.hint)}")


def reader_is_a_person() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def speak_utf8() -> None:
    """Write UTF-8 whatever the locale says; a lone surrogate of a file name becomes an escape, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # absent where a test or a host replaced the stream
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def stop_writing() -> None:
    """After a broken pipe: send what is still buffered nowhere, so that the exit stays quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def amount(count: int, unit: str) -> str:
    """``1 page``, ``2 pages``."""
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
