"""Questions with a passage that answers them or does not: labelled by people, or made by rule from clean text.

Made by rule: a heading that is a question is answered by its section among others, and neither by the others alone nor
once its names are exchanged; a question of a collection by its passage among others, not by the others. Some of these
labels are wrong, as two sections may say the same.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.answerable.stretches import Stretch, nearest, stretches_of_text
from rag.question import key_terms
from rag.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

DISTRACTORS = 4
"""Passages beside the one that answers, or instead of it."""

LEAST_CHARS = 150
MOST_CHARS = 2000

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_CODE = re.compile(r"```.*?```|<[^>]+>", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARK = re.compile(r"[*_`]{1,3}")
_NUMBER = re.compile(r"^(?:Q[:.]|\d+[.)])\s*")


@dataclass(frozen=True, slots=True)
class Posed:
    """A question, the passages that it is held against, and whether they answer it. ``kind`` says more of the case."""

    set: str
    id: str
    question: str
    stretches: tuple[Stretch, ...]
    answered: bool
    group: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading of a page."""

    page: str
    title: str
    heading: str
    body: str
    stems: frozenset[str]

    @property
    def stretches(self) -> list[Stretch]:
        """As a source of a window would be cut."""
        return stretches_of_text(self.body[:MOST_CHARS], heading=f"{self.title} > {self.heading}")

    @property
    def bare(self) -> list[Stretch]:
        """Likewise, under the page's title alone: where the heading is the question, it would answer itself."""
        return stretches_of_text(self.body[:MOST_CHARS], heading=self.title)


def labelled(folder: Path, name: str) -> list[Posed]:
    """``clapnq`` or ``mtragun``, labelled by people; only question, context, label and group are read."""
    posed = []
    for row in _rows(folder / "faithfulness" / f"{name}_answerability.jsonl"):
        heading, _, body = row["context"].partition("\n") if name == "clapnq" else ("", "", row["context"])
        stretches = nearest(row["claim"], stretches_of_text(body, heading=heading.strip()))
        kind = "" if row["context"].strip() else "nothing found"
        posed.append(Posed(name, row["id"], row["claim"], tuple(stretches), row["label"] == 1, row["group"], kind))
    return posed


def windows(folder: Path, *, every: int = 1) -> list[Posed]:
    """Questions of a collection in BEIR's format: the passages with most of the words, with the answer and without."""
    passages = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    own = defaultdict(list)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, passage, _ = line.split("\t")
        own[question].append(passage)
    stems = {key: set(content_stems(f"{row.get('title', '')} {row['text']}")) for key, row in passages.items()}
    posed = []
    for row in [row for row in _rows(folder / "queries.jsonl") if row.get("answerable", True)][::every]:
        question, right = row["text"], own[row["_id"]]
        titles = {passages[key].get("title") for key in right} - {"", None}
        others = [key for key in passages if key not in right and passages[key].get("title") not in titles]
        wanted = set(content_stems(question))
        near = sorted(others, key=lambda key: len(wanted & stems[key]), reverse=True)[:DISTRACTORS]
        for answered in (True, False):
            shown = [passages[key] for key in ([right[0]] if answered else []) + near]
            stretches = [s for one in shown for s in stretches_of_text(one["text"], heading=one.get("title") or "")]
            kind = "found" if answered else "not found"
            group = right[0] if folder.name.startswith("xquad") else row["_id"]
            found = tuple(nearest(question, stretches))
            posed.append(Posed(folder.name, f"{row['_id']} {kind}", question, found, answered, group, kind))
    return posed


def from_headings(folder: Path) -> list[Posed]:
    """The headings of Markdown pages that are questions, each with its section among others, and with others alone."""
    sections = [section for path in sorted(folder.rglob("*.md")) for section in _sections(path, folder)]
    asked = [one for one in sections if one.heading.endswith("?") and len(one.heading.split()) > 3 and one.body]
    long = [section for section in sections if len(section.body) >= LEAST_CHARS]
    names = list(dict.fromkeys(name for section in asked for name in _names(section.heading)))
    posed = []
    for section in asked[::2]:
        question = _NUMBER.sub("", section.heading)
        others = [one for one in long if one is not section and one.heading != section.heading]
        near = sorted(others, key=lambda one: _shared(question, one), reverse=True)[:DISTRACTORS]
        away = [stretch for one in near for stretch in one.stretches]
        told = [("found", question, section.bare + away, True), ("not found", question, away, False)]
        if _names(question):
            told.append(("other name", _renamed(question, names), section.bare + away, False))
        for kind, said, stretches, answered in told:
            name = f"{section.page}#{section.heading} {kind}"
            found = tuple(nearest(said, stretches))
            posed.append(Posed("handbook", name, said, found, answered, section.page, kind))
    return posed


def _shared(question: str, section: Section) -> int:
    return len(set(content_stems(question)) & section.stems)


def _names(question: str) -> list[str]:
    return [term for term in key_terms(question) if term.isalpha() and len(term) > 3 and not term.isupper()]


def _renamed(question: str, names: list[str]) -> str:
    """Each name of the question exchanged for the next one of the list: no chance, so the same every time."""
    for place, name in enumerate(_names(question), start=1):
        other = names[(names.index(name) + 7 * place) % len(names)]
        question = re.sub(rf"\b{re.escape(name)}\b", other, question, count=1)
    return question


def _sections(path: Path, folder: Path) -> Iterator[Section]:
    text = _FRONT.sub("", path.read_text(encoding="utf-8", errors="replace"))
    title = ""
    for part in re.split(r"^(?=#{1,6} )", text, flags=re.MULTILINE):
        if not part.startswith("#"):
            continue
        first, _, rest = part.partition("\n")
        heading, body = _plain(first.lstrip("# ")), _plain(rest)
        title = title or heading
        stems = frozenset(content_stems(f"{heading} {body}"))
        yield Section(str(path.relative_to(folder)), title, heading, body, stems)


def _plain(text: str) -> str:
    return _MARK.sub("", _LINK.sub(r"\1", _CODE.sub(" ", text))).strip()


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())
