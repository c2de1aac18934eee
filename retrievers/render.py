"""Sources as the model sees them: numbered, fenced by a line that no document can write, one sentence a line.

What is written here is for reading alone. Spans and quotes come from the document's text, which is never changed.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrievers.window import Source

HEADER_CHARS = 200
"""The most characters of a title, of a URI, and of a path of headings in a source's header line."""

SAME_DOCUMENT = "same document"
"""In a source's header, for the name of the document that the source before it names."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_ROLES = "system|assistant|user|human|developer|tool|function|model"
_SUSPECT = re.compile(rf"<\||\|>|<<|>>|[<\[]/?[A-Za-z_]+[>\]]|\[\d+\.\d+\]|^\W*(?:{_ROLES})\s*:", re.IGNORECASE)
_DEFUSED = (
    (re.compile(r"<\|"), "<\u00a6"),  # <|im_start|>
    (re.compile(r"\|>"), "\u00a6>"),
    (re.compile(r"<{2,}"), lambda match: "\u2039" * len(match.group())),  # our fence, <<SYS>>
    (re.compile(r">{2,}"), lambda match: "\u203a" * len(match.group())),
    (re.compile(r"\[(/?INST)\]", re.IGNORECASE), r"(\1)"),
    (re.compile(rf"<(/?(?:{_ROLES}|s|start_of_turn|end_of_turn|source|sources))>", re.IGNORECASE), "\u2039\\1\u203a"),
    (re.compile(r"\[(\d+\.\d+)\]"), r"(\1)"),  # our labels
    (re.compile(rf"^(\W*(?:{_ROLES})\s*):", re.IGNORECASE), "\\1\uff1a"),
)


def one_line(text: str) -> str:
    """``text`` on one line: inner white space to single blanks, invisible characters gone, markers defused.

    Defused are fences, labels and the role markers of chat templates, by look-alikes, so that they stay readable.
    """
    line = " ".join(text.split())
    if not (line.isascii() and line.isprintable()):
        line = " ".join(_INVISIBLE.sub("", line).split())
    if _SUSPECT.search(line):
        for pattern, replacement in _DEFUSED:
            line = pattern.sub(replacement, line)
    return line


def source_header(title: str, uri: str, page: int | None, headings: Sequence[str], *, goes_on: bool = False) -> str:
    """What stands after a source's number: title, URI and page, then the path of headings.

    A title that says no more than the URI is left out, and of the headings one that repeats the title. ``goes_on``
    says that the source before is of the same document, so that its name need not be said again.
    """
    shown_title, shown_uri, path = _short(title), _short(uri), [one_line(heading) for heading in headings]
    if path and _same(path[0], shown_title):
        path = path[1:]
    if goes_on:
        place, shown_title = SAME_DOCUMENT, ""
    else:
        place = shown_uri
        stem = shown_uri.rpartition("/")[2].rpartition(".")[0]
        shown_title = "" if _same(shown_title, stem) else shown_title
    place = f"{place}, page {page}" if page is not None else place
    shown_path = _short(" > ".join(path))
    return f"{shown_title} ({place})".strip() + (f" | {shown_path}" if shown_path else "")


def render_source(number: int, header: str, lines: Sequence[str]) -> str:
    """One source: the header line, then one line a sentence, labelled ``[number.1]`` onwards; no line break at the end.

    Args:
        number: Of the source, from 1.
        header: As `source_header` gives it.
        lines: As `one_line` gives them, in order.
    """
    labelled = (f"[{number}.{place}] {line}" for place, line in enumerate(lines, start=1))
    return "\n".join((f"[{number}] {header}", *labelled))


def goes_on_flags(sources: Sequence[Source]) -> list[bool]:
    """For each source whether the one before it is of the same version of the same document."""
    names = [(source.document_id, source.version) for source in sources]
    return [at > 0 and name == names[at - 1] for at, name in enumerate(names)]


def frame(token: str, body: str) -> str:
    """``body`` between the two boundary lines."""
    return f"<<<sources {token}>>>\n{body}\n<<<end {token}>>>"


def render_window(sources: Sequence[Source], *, index_id: str, question: str) -> str:
    """All sources in the order given, between two boundary lines; "" where there are none.

    Equal input gives equal text. The boundary is derived from the index's own random id, which no document knows, and
    derived again should it occur in the text.
    """
    if not sources:
        return ""
    body = "\n\n".join(
        render_source(
            source.number,
            source_header(source.title, source.uri, source.page, source.headings, goes_on=goes_on),
            [one_line(sentence.text) for sentence in source.sentences],
        )
        for source, goes_on in zip(sources, goes_on_flags(sources), strict=True)
    )
    return frame(boundary(sources, body, index_id=index_id, question=question), body)


def boundary(sources: Sequence[Source], body: str, *, index_id: str, question: str) -> str:
    """16 hex digits that do not occur in ``body``."""
    places = (f"{source.document_id}:{source.version}:{source.start}:{source.end}" for source in sources)
    seed = "\0".join((index_id, question, *places)).encode("utf-8", "replace")
    attempt = 0
    while (token := hashlib.sha256(seed + b"\0%d" % attempt).hexdigest()[:16]) in body:
        attempt += 1
    return token


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= HEADER_CHARS else line[: HEADER_CHARS - 1] + "…"


def _same(one: str, other: str) -> bool:
    """Whether two names differ in no letter or digit."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
