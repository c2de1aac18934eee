"""What of a question's evidence a window holds: its page, the line that answers, its text."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evals.locate import find_quote
from evals.search.collection import load_collection
from evals.search.collection_index import ROOT
from indexers.document import PART_SEPARATOR, document_id
from retrievers.units import DocumentUnits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexers.document import Document
    from indexers.store import Snapshot

Span = tuple[int, int]
Shown = dict[str, list[Span]]
"""What is shown of each document, by id."""

WHOLE = 0.9
HALF = 0.5
NUMBER_WEIGHT = 3.0
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Item:
    """One place that bears out an answer: a page with its text, or a quote; ``line`` is what of it answers."""

    document_id: str
    span: Span
    line: Span
    text: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; any of its items is evidence."""

    text: str
    items: tuple[Item, ...]


def asked_of_cases(path: Path, snapshot: Snapshot) -> list[Asked]:
    """The answerable cases of a ``cases.jsonl``, as far as their evidence is in the index."""
    names = {Path(entry.uri).name: entry.id for entry in snapshot.documents()}
    found: list[Asked] = []
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        said = f"{row.get('reference', '')} {row['question']}"
        items = [
            item
            for evidence in row.get("evidence", ())
            if (name := names.get(Path(evidence["document"]).name)) is not None
            for item in _items(snapshot.document(name), evidence, said)
        ]
        if items:
            found.append(Asked(row["question"], tuple(items)))
    return found


def asked_of_collection(folder: Path, snapshot: Snapshot) -> list[Asked]:
    """The judged questions of a folder in BEIR's format: the evidence is the text of a relevant record."""
    collection = load_collection(folder)
    found: list[Asked] = []
    known = {entry.id for entry in snapshot.documents()}
    for question, grades in collection.grades.items():
        names = [document_id(f"{ROOT}{PART_SEPARATOR}{record}") for record, grade in grades.items() if grade > 0]
        documents = [snapshot.document(name) for name in names if name in known]
        items = tuple(Item(each.id, _body(each), _body(each), None) for each in documents)
        if items:
            found.append(Asked(collection.questions[question], items))
    return found


def held(asked: Asked, shown: Shown, documents: Mapping[str, Document]) -> dict[str, float]:
    """For the best item: whether any of its place is shown (``page``), its line whole (``line``), half its text."""
    shares = [_text_share(item, shown, documents) for item in asked.items]
    return {
        "page": float(any(_shared(shown.get(item.document_id, ()), item.span) for item in asked.items)),
        "line": float(any(_share(shown.get(item.document_id, ()), item.line) >= WHOLE for item in asked.items)),
        "text": float(max(shares) >= HALF),
    }


def _items(document: Document, evidence: Mapping[str, object], said: str) -> list[Item]:
    page, quote = evidence.get("page_index"), evidence.get("quote")
    if isinstance(page, int):
        blocks = [block for block in document.blocks if block.page == page + 1]
        if not blocks:
            return []
        span = (blocks[0].start, blocks[-1].end)
        return [Item(document.id, span, _answering(document, span, said), str(evidence.get("text") or "") or None)]
    return [Item(document.id, span, span, None) for span in find_quote(document.text, str(quote))]


def _answering(document: Document, span: Span, said: str) -> Span:
    """The unit of a page that shares most with the reference answer and the question, by rarity on the page."""
    units = DocumentUnits(document).covering(*span)
    words = [set(_WORD.findall(document.text[start:end].casefold())) for start, end in units]
    numbers = [_numbers(document.text[start:end]) for start, end in units]
    counts = Counter(word for each in [*words, *numbers] for word in each)
    wanted_words, wanted_numbers = set(_WORD.findall(said.casefold())), _numbers(said)

    def shared(at: int) -> float:
        rarity = {word: math.log(1 + len(units) / counts[word]) for word in words[at] | numbers[at]}
        by_word = math.fsum(rarity[word] for word in words[at] & wanted_words)
        return by_word + NUMBER_WEIGHT * math.fsum(rarity[number] for number in numbers[at] & wanted_numbers)

    return units[max(range(len(units)), key=shared)]


def _numbers(text: str) -> set[str]:
    return {f"#{number.replace(',', '').removesuffix('.00')}" for number in _NUMBER.findall(text)}


def _body(document: Document) -> Span:
    """The text of a record without its title."""
    blocks = [block for block in document.blocks if block.kind != "heading"] or list(document.blocks)
    return (blocks[0].start, blocks[-1].end) if blocks else (0, len(document.text))


def _text_share(item: Item, shown: Shown, documents: Mapping[str, Document]) -> float:
    """Of a page's evidence text the words that are shown of that page and the next; of a quote its characters."""
    spans = shown.get(item.document_id, ())
    if item.text is None:
        return _share(spans, item.span)
    start, end = item.span
    text = documents[item.document_id].text
    margin = end - start
    near = sorted({span for span in spans if span[0] < end + margin and span[1] > start - margin})
    wanted = Counter(_WORD.findall(item.text.casefold()))
    there = Counter(_WORD.findall(" ".join(text[slice(*span)] for span in near).casefold()))
    return sum((wanted & there).values()) / max(sum(wanted.values()), 1)


def _shared(spans: Sequence[Span], place: Span) -> int:
    return sum(max(0, min(end, place[1]) - max(start, place[0])) for start, end in set(spans))


def _share(spans: Sequence[Span], place: Span) -> float:
    return _shared(spans, place) / max(place[1] - place[0], 1)
