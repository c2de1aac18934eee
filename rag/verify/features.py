"""What a trained scorer is told of a claim and its evidence: a few dozen numbers, each named, each of a known bearing.

A claim of several sentences is read sentence by sentence, each against the sentences of the evidence that speak of it;
what is counted is counted over all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from indexers.sentences import sentence_spans
from rag.quantities import lacking, without_quantities
from rag.verify import checks, order
from rag.verify.checks.names import abbreviates
from rag.verify.evidence import Evidence, Sentence
from rag.verify.index import LONGEST_NGRAM
from rag.verify.terms import LEAST_WEIGHT, NEGATIONS, PLACERS, QUANTIFIERS, SPEAKER, terms
from rag.verify.windows import Held, held
from rag.words import WORD, names_in, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.verify.terms import Term
    from rag.verify.verdict import Reason

SUPPORTS = (
    *("recall_best", "recall_pair", "recall_triple", "recall_chosen", "recall_all"),
    *("plain_best", "plain_chosen", "plain_all", "weakest_sentence"),
    *("ngrams_1", "ngrams_2", "ngrams_3", "ngrams_4", "characters", "run_share", "run_log", "neighbours_near"),
)
"""Features that speak for support the more, the greater they are."""

SPEAKS_AGAINST = (
    *(f"{kind}_{where}" for where in ("best", "chosen", "all") for kind in ("missing", "missing_log", "missing_any")),
    *(f"{kind}_{where}" for where in ("best", "chosen", "all") for kind in ("missing_rarest", "missing_weight")),
    *("rare_chosen", "common_chosen", "rare_all", "common_all", "scattered_best", "scattered_chosen"),
    *("negated", "negation_new", "negation_lost", "quantifiers_new", "placers_new", "small_words_new"),
    *("put_between", "put_between_weight", "neighbours_apart", "names_missing", "numbers_missing"),
    *("of_the_speaker", "asks"),
    *("checks_contradicted", "checks_missing", "checks_noted"),
)
"""Features that speak against it the more, the greater they are."""

EITHER = ("names", "numbers")
"""Features that bear on how the others are to be read."""

NAMES = (*SUPPORTS, *SPEAKS_AGAINST, *EITHER)

RARE_FROM, COMMON_TO = 0.85, 0.7
"""Of `rag.verify.rarity`."""

MOST_COUNTED = 8
"""Counts are cut here: a claim with more that is wrong is no worse."""


MOST_CHECKED = 3
"""As many findings of one certainty as count."""


@dataclass(slots=True)
class _Read:
    """What was read of a claim, its sentences together."""

    held: list[Held] = field(default_factory=list)
    ngrams: NDArray[np.int64] = field(default_factory=lambda: np.zeros((LONGEST_NGRAM, 2), np.int64))
    grams: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2,), np.int64))
    words: int = 0
    longest_run: int = 0
    near: list[bool] = field(default_factory=list)
    between: list[Term] = field(default_factory=list)
    negated: bool = False
    negation_new: bool = False
    negation_lost: bool = False
    quantifiers_new: int = 0
    placers_new: int = 0
    small_words: list[bool] = field(default_factory=list)
    of_the_speaker: bool = False


def features(claim: Sentence, evidence: Evidence, *, reasons: Sequence[Reason] | None = None) -> dict[str, float]:
    """The features by `NAMES`, in that order; a claim without a content word is one that nothing is held of.

    Args:
        claim: One sentence, or several.
        evidence: What it is held against.
        reasons: What `rag.verify.checks.found` says of all its sentences, where that is known; else it is asked.
    """
    read = _Read()
    sentences = [Sentence(claim.text[start:end]) for start, end in sentence_spans(claim.text)]
    for sentence in sentences:
        _read_sentence(read, sentence.text, evidence)
    if reasons is None:
        reasons = [reason for sentence in sentences for reason in checks.found(sentence, evidence)]
    found = {**_checked(reasons), **_recalls(read.held), **_missing(read.held), **_in_order(read), **_small_words(read)}
    names = names_in(claim.text)
    numbers = sum(any(char.isdigit() for char in term.word) for term in terms(claim.text))
    found |= {
        "names": min(len(names), 6),
        "names_missing": min(sum(_is_new(name, evidence) for name in names), 4),
        "numbers": min(numbers, 5),
        "numbers_missing": min(len(lacking(claim.figures, evidence.whole.figures)), 3),
        "asks": "?" in claim.text,
    }
    return {name: float(found[name]) for name in NAMES}


def best_window(claim: Sentence, evidence: Evidence) -> list[int]:
    """The positions in ``evidence.sentences`` of what speaks of the claim, the most telling first; none of none."""
    if evidence.blank:
        return []
    found: dict[int, None] = {}
    for start, end in sentence_spans(claim.text):
        content = _content(claim.text[start:end], evidence)
        if content and (here := held(content, evidence.index)).everywhere.any():
            found |= dict.fromkeys(here.support)
    return list(found)


def _content(text: str, evidence: Evidence) -> list[Term]:
    """The content words, but for quantities, which are compared as values, and abbreviations of what is written out."""
    capitals = {match.group() for match in WORD.finditer(text) if len(match.group()) > 1 and match.group().isupper()}
    short = {name.lower() for name in capitals if abbreviates(name, evidence.whole)}
    return [term for term in terms(without_quantities(text)) if term.content and term.word not in short]


def _read_sentence(read: _Read, text: str, evidence: Evidence) -> None:
    index, said, content = evidence.index, terms(text), _content(text, evidence)
    if not content:
        return
    read.words += len(said)
    read.ngrams += np.array(order.shared_ngrams(said, index))
    read.grams += np.array(order.shared_grams(said, index))
    read.longest_run = max(read.longest_run, order.longest_run(said, index))
    read.near += order.neighbours(content, index)
    read.between += order.put_between(content, index)
    here = held(content, index)
    read.held.append(here)
    words = {term.word for term in said}
    there = frozenset[str]().union(*(index.word_sets[at] for at in here.support))
    negated = bool(words & NEGATIONS)
    read.negated |= negated
    read.negation_new |= negated and not there & NEGATIONS
    read.negation_lost |= not negated and bool(index.word_sets[here.nearest] & NEGATIONS)
    read.quantifiers_new += len(words & QUANTIFIERS - there)
    read.placers_new += len(words & PLACERS - there)
    read.small_words += [term.word not in there for term in said if not term.content]
    read.of_the_speaker |= bool(words & SPEAKER)


def _checked(reasons: Sequence[Reason]) -> dict[str, float]:
    """How many findings of each certainty, whatever was checked: too few claims fail some checks to weigh each."""
    kinds = {"checks_contradicted": "contradicts", "checks_missing": "lacks", "checks_noted": "notes"}
    return {name: min(sum(reason.finding == kind for reason in reasons), MOST_CHECKED) for name, kind in kinds.items()}


def _is_new(name: str, evidence: Evidence) -> bool:
    return stem(name.lower()) not in evidence.index.everything and not abbreviates(name, evidence.whole)


def _recalls(each: Sequence[Held]) -> dict[str, float]:
    """The share of the claim's content, weighed by how rare words are and plainly, that some of the evidence holds."""
    weights = _joined([here.weights for here in each])
    masks = {
        "best": _joined([here.best for here in each]),
        "pair": _joined([here.pair for here in each]),
        "triple": _joined([here.triple for here in each]),
        "chosen": _joined([here.chosen for here in each]),
        "all": _joined([here.everywhere for here in each]),
    }
    total = weights.sum() or 1.0
    found = {f"recall_{where}": float(mask @ weights) / total for where, mask in masks.items()}
    plain = {f"plain_{where}": _share(masks[where].sum(), len(weights)) for where in ("best", "chosen", "all")}
    by_sentence = [float(here.chosen @ here.weights) / float(here.weights.sum()) for here in each]
    return {
        **found,
        **plain,
        "weakest_sentence": min(by_sentence, default=0.0),
        "scattered_best": found["recall_all"] - found["recall_best"],
        "scattered_chosen": found["recall_all"] - found["recall_chosen"],
    }


def _missing(each: Sequence[Held]) -> dict[str, float]:
    """How many content words some of the evidence lacks, and how rare they are."""
    found: dict[str, float] = {}
    said = [term for here in each for term in here.said]
    for where in ("best", "chosen", "all"):
        masks = [{"best": here.best, "chosen": here.chosen, "all": here.everywhere}[where] for here in each]
        lacking = [term for term, there in zip(said, _joined(masks), strict=True) if not there]
        weights = [term.weight for term in lacking]
        rarities = [weight - LEAST_WEIGHT for weight in weights]
        found |= {
            f"missing_{where}": min(len(lacking), MOST_COUNTED),
            f"missing_log_{where}": math.log1p(len(lacking)),
            f"missing_any_{where}": bool(lacking),
            f"missing_rarest_{where}": max(weights, default=0.0),
            f"missing_weight_{where}": min(sum(weights), MOST_COUNTED),
            f"rare_{where}": min(sum(rare > RARE_FROM for rare in rarities), 5),
            f"common_{where}": min(sum(rare <= COMMON_TO for rare in rarities), 5),
        }
    return found


def _in_order(read: _Read) -> dict[str, float]:
    shared = read.ngrams.tolist()
    found: dict[str, float] = {}
    share = 0.0
    for n, (count, of) in enumerate(shared, start=1):  # a claim of two words has no three in a row: as its two
        share = _share(count, of) if of else share
        found[f"ngrams_{n}"] = share
    return {
        **found,
        "characters": _share(*read.grams.tolist()),
        "run_share": _share(read.longest_run, read.words),
        "run_log": math.log1p(read.longest_run),
        "neighbours_near": _share(sum(read.near), len(read.near)),
        "neighbours_apart": min(len(read.near) - sum(read.near), 6),
        "put_between": min(len(read.between), 4),
        "put_between_weight": min(sum(term.weight for term in read.between), 4.0),
    }


def _small_words(read: _Read) -> dict[str, float]:
    return {
        "negated": read.negated,
        "negation_new": read.negation_new,
        "negation_lost": read.negation_lost,
        "quantifiers_new": min(read.quantifiers_new, 3),
        "placers_new": min(read.placers_new, 3),
        "small_words_new": _share(sum(read.small_words), len(read.small_words)),
        "of_the_speaker": read.of_the_speaker,
    }


def _joined(parts: Sequence[NDArray[np.generic]]) -> NDArray[np.float64]:
    return np.concatenate([part.astype(np.float64) for part in parts]) if parts else np.zeros(0)


def _share(count: float, of: float) -> float:
    return float(count) / of if of else 0.0
