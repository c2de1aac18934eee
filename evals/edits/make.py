"""Edits of every kind from clean texts, the same ones for the same texts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from evals.edits.citations import other_passage
from evals.edits.clean import CleanText
from evals.edits.dates import DATE
from evals.edits.edit import Edit, Given, Pool, Rule, Rules, Templates, half, name_of, seeded
from evals.edits.literals import IDENTIFIER, QUOTATION
from evals.edits.names import NAME, SWAPPED_NAME, names_of
from evals.edits.negation import NEGATION, OPPOSITE, QUANTIFIER
from evals.edits.numbers import MISPLACED, NUMBER, PERCENT
from evals.edits.rewrites import TRUE
from evals.edits.units import CURRENCY, UNIT

TRUE_KIND = "true"
CITATION_KIND = "swapped citation"
CITATION_PLACES = ("of_the_same_document", "of_another_document")
KINDS: Mapping[str, Rules] = MappingProxyType(
    {
        "number": NUMBER,
        "number of something else": MISPLACED,
        "unit": UNIT,
        "currency": CURRENCY,
        "percentage": PERCENT,
        "date": DATE,
        "name": NAME,
        "name of somebody else": SWAPPED_NAME,
        "negation": NEGATION,
        "quantifier": QUANTIFIER,
        "opposite": OPPOSITE,
        "identifier": IDENTIFIER,
        "quotation": QUOTATION,
        TRUE_KIND: TRUE,
    }
)
"""What rules change, apart from the swapped citation, which changes the evidence."""

POOL_NAMES = 2000


def make_edits(
    texts: Sequence[CleanText], *, templates: Templates, kinds: Iterable[str] = (*KINDS, CITATION_KIND), most: int = 200
) -> Iterator[Edit]:
    """Edits of the half of the documents that goes with ``templates``, kind by kind.

    Args:
        texts: Sentences that their passages hold, of several documents.
        templates: "train" or "test": both the rules and the documents differ, so that what is tried was not trained on.
        kinds: Of `KINDS`, and "swapped citation".
        most: Edits of a kind; drawn evenly over its rules, the same ones for the same texts.
    """
    chosen = [text for text in texts if half(text.document) == templates]
    pool = _pool(chosen)
    for kind in kinds:
        yield from edits_of(kind, chosen, templates=templates, pool=pool, most=most)


def edits_of(
    kind: str, texts: Sequence[CleanText], *, templates: Templates, pool: Pool | None = None, most: int = 200
) -> Iterator[Edit]:
    """Edits of one kind, at most ``most``, of all of ``texts``."""
    known = _pool(texts) if pool is None else pool
    drawn = sorted(texts, key=lambda text: seeded(text.document, text.sentence).random())
    if kind == CITATION_KIND:
        makers = [(place, _cited(place)) for place in CITATION_PLACES]
    else:
        makers = [(name_of(rule), _changed(kind, rule)) for rule in KINDS[kind].of(templates)]
    left = most
    for at, (name, maker) in enumerate(makers):
        share = -(-left // (len(makers) - at))
        edits = (maker(_given(text, known, name)) for text in drawn)
        for edit in itertools.islice((edit for edit in edits if edit is not None), share):
            yield edit
            left -= 1


def _given(text: CleanText, pool: Pool, template: str) -> Given:
    return Given(text.sentence, text.passage, text.document, pool, seeded(text.document, text.sentence, template))


def _changed(kind: str, rule: Rule) -> Callable[[Given], Edit | None]:
    label = int(kind == TRUE_KIND)

    def make(given: Given) -> Edit | None:
        claim = rule(given)
        # What the evidence says word for word is no edit: "of Basel" may give way to "of Bern" where both are said.
        if claim is None or (not label and claim.rstrip(".") in given.evidence):
            return None
        return Edit(claim, given.evidence, label, kind, name_of(rule), given.document, given.claim)

    return make


def _cited(place: str) -> Callable[[Given], Edit | None]:
    def make(given: Given) -> Edit | None:
        passage = other_passage(given, same_document=place == CITATION_PLACES[0])
        if passage is None:
            return None
        return Edit(given.claim, passage, 0, CITATION_KIND, place, given.document, given.claim)

    return make


def _pool(texts: Sequence[CleanText]) -> Pool:
    passages = dict.fromkeys((text.document, text.passage) for text in texts)
    names = dict.fromkeys(name for text in texts for name in names_of(text.sentence))
    return Pool(tuple(names)[:POOL_NAMES], tuple(passages))
