"""What a page is made of; every text in it is plain text, and becomes HTML in the template alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "unsure", "plain"]
"""How a figure or a line is meant; the page says it by a word and a sign, not by colour alone."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells as shown; ``figures`` are the columns (from 0) to be set flush right.

    ``anchors`` are places of the page that the rows lead to, one a row; none lead anywhere if empty.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[int, ...] = ()
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with the table of what it shows; ``svg`` is our own drawing, "" where a table says it better."""

    title: str
    told: str
    svg: str
    table: Table


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: what it is about in a sentence, and its figures; ``missing`` says why there are none."""

    anchor: str
    title: str
    about: str
    figures: tuple[Figure, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure of the first screen, ``label`` in plain words."""

    label: str
    value: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A way in which cases went wrong, how many did, and what to do about it."""

    name: str
    count: int
    anchor: str
    advice: str


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the first screen."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class SaidSentence:
    """A sentence of an answer; ``tone`` of its verdict."""

    text: str
    verdict: str
    tone: Tone
    reasons: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text from a document; ``mark`` is what is said beside it, with its ``tone``."""

    label: str
    place: str
    text: str
    mark: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Said:
    """What one run did with a case."""

    run: str
    status: str
    tone: Tone
    trouble: str
    answer: str
    sentences: tuple[SaidSentence, ...]
    quotes: tuple[Excerpt, ...]
    found: tuple[Excerpt, ...]
    scores: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A case with all of its evidence."""

    anchor: str
    id: str
    kind: str
    question: str
    reference: str
    status: str
    tone: Tone
    wanted: tuple[Excerpt, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that went wrong in the same way."""

    anchor: str
    title: str
    advice: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    title: str
    verdict: Line
    lines: tuple[Line, ...]
    tiles: tuple[Tile, ...]
    troubles: tuple[Trouble, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    groups: tuple[Group, ...]
    rest: Table | None


@dataclass(frozen=True, slots=True)
class ModelsPage:
    """The benchmark of models: what is sure first, then the models themselves, then the figures."""

    title: str
    lines: tuple[Line, ...]
    models: Table
    sections: tuple[Section, ...]
