"""What the ratings come to, with the systems under their names again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.errors import RatingError
from evals.outcome import PLACES, Gap, Outcome
from evals.rating.agreement import Figure, auroc, krippendorff, pearson, share, spearman
from evals.rating.tasks import said_the_same
from evals.scores import AMOUNTS

if TYPE_CHECKING:
    from evals.rating.ratings import Rating
    from evals.rating.systems import System

LABEL_VALUES = {"correct": 1.0, "partly": 0.5, "wrong": 0.0}
SUPPORT_VALUES = {"yes": 1.0, "no": 0.0}
ENOUGH = 0.5
"""An answer counts as right, a sentence as supported, where the mean of the raters is above it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a system came out: wins, losses and ties of its comparisons, the share won, and the labels of its answers."""

    name: str
    wins: int
    losses: int
    ties: int
    preferred: Figure
    labels: dict[str, int]
    rated: Figure
    supported: Figure


@dataclass(frozen=True, slots=True)
class Correlation:
    """How a score goes with what people said: ``auroc`` of telling right from wrong."""

    score: str
    of: str
    spearman: Figure
    pearson: Figure
    auroc: Figure


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all raters. ``shown_first`` is how often the first answer was preferred: far from one half, place decided."""

    raters: dict[str, int]
    agreement: dict[str, Figure]
    standings: tuple[Standing, ...]
    shown_first: Figure
    said_the_same: int
    correlations: tuple[Correlation, ...]
    passed_over: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """A value that a rater gave of a unit of a case."""

    unit: str
    case: str
    value: float


def summarise(ratings: Sequence[Rating], systems: Sequence[System]) -> Summary:
    """Put the ratings together; those of other answers than these are counted and passed over.

    Raises:
        RatingError: No rating is of these answers.
    """
    keys = {system.key for system in systems}
    known = [rating for rating in ratings if keys.issuperset(rating.sides) and _in_all(rating, systems)]
    if not known:
        told = "no ratings yet" if not ratings else f"none of the {len(ratings)} ratings is of these answers"
        raise RatingError(told)
    labels, sentences, preferences = _labels(known), _sentences(known), _preferences(known)
    raters = [rating.rater for rating in known]
    return Summary(
        raters={rater: raters.count(rater) for rater in sorted(set(raters))},
        agreement={
            "preference": _alpha(preferences, "ordinal"),
            "label": _alpha(labels, "ordinal"),
            "sentence": _alpha(sentences, "nominal"),
        },
        standings=tuple(_standing(system, known, labels, sentences) for system in systems),
        shown_first=_shown_first(known),
        said_the_same=said_the_same(systems),
        correlations=tuple(_correlations(systems, labels, sentences)),
        passed_over=len(ratings) - len(known),
    )


def summary_json(summary: Summary) -> dict[str, Any]:
    """The summary, six decimal places."""
    return {
        "raters": summary.raters,
        "passed_over": summary.passed_over,
        "agreement": {name: figure_json(one) for name, one in summary.agreement.items()},
        "systems": [
            {
                "name": one.name, "wins": one.wins, "losses": one.losses, "ties": one.ties,
                "preferred": figure_json(one.preferred), "labels": one.labels, "rated": figure_json(one.rated),
                "supported_sentences": figure_json(one.supported),
            }
            for one in summary.standings
        ],
        "first_answer_preferred": figure_json(summary.shown_first),
        "said_the_same": summary.said_the_same,
        "correlations": [
            {
                "score": one.score, "of": one.of, "spearman": figure_json(one.spearman),
                "pearson": figure_json(one.pearson), "auroc": figure_json(one.auroc),
            }
            for one in summary.correlations
        ],
    }  # fmt: skip


def figure_json(figure: Figure) -> dict[str, Any]:
    """A figure, its interval and what it speaks of."""
    ends = None if figure.interval is None else [round(end, PLACES) for end in figure.interval]
    return {"value": _cell(figure.value), "interval": ends, "n": figure.n}


def _cell(value: Outcome) -> float | str:
    return value.value if isinstance(value, Gap) else round(value, PLACES)


def _in_all(rating: Rating, systems: Sequence[System]) -> bool:
    return all(rating.case in system.run.cases for system in systems if system.key in rating.sides)


def _preferences(ratings: Sequence[Rating]) -> list[_Mark]:
    """By pair: 1 where the side with the first key is preferred, -1 where the other is, 0 where they are as good."""
    marks = []
    for rating in ratings:
        if rating.preferred in ("first", "second", "same"):
            one = min(rating.sides)
            sign = {"first": 1.0, "second": -1.0, "same": 0.0}[rating.preferred]
            value = sign if rating.sides[0] == one else -sign
            marks.append(_Mark("\0".join((rating.case, *sorted(rating.sides))), rating.case, value))
    return marks


def _labels(ratings: Sequence[Rating]) -> list[_Mark]:
    """By case and system; of a rater who met an answer in several pairs, the last word."""
    last = {
        (rating.rater, rating.case, key): label
        for rating in ratings
        for key, label in zip(rating.sides, rating.labels or (None,) * len(rating.sides), strict=True)
        if label is not None
    }
    return [
        _Mark(f"{case}\0{key}", case, LABEL_VALUES[label])
        for (_, case, key), label in last.items()
        if label in LABEL_VALUES
    ]


def _sentences(ratings: Sequence[Rating]) -> list[_Mark]:
    last = {
        (rating.rater, rating.case, key, at): mark
        for rating in ratings
        for key, side in zip(rating.sides, rating.sentences, strict=False)
        for at, mark in enumerate(side)
        if mark is not None
    }
    return [
        _Mark(f"{case}\0{key}\0{at}", case, SUPPORT_VALUES[mark])
        for (_, case, key, at), mark in last.items()
        if mark in SUPPORT_VALUES
    ]


def _alpha(marks: Sequence[_Mark], level: Any) -> Figure:  # noqa: ANN401
    units: dict[str, list[float]] = {}
    for mark in marks:
        units.setdefault(mark.unit, []).append(mark.value)
    return krippendorff(units, level, {mark.unit: mark.case for mark in marks})


def _standing(
    system: System, ratings: Sequence[Rating], labels: Sequence[_Mark], sentences: Sequence[_Mark]
) -> Standing:
    won: list[tuple[str, float]] = []
    for rating in ratings:
        if system.key in rating.sides and rating.preferred in ("first", "second", "same"):
            own = ("first", "second")[rating.sides.index(system.key)]
            won.append((rating.case, 0.5 if rating.preferred == "same" else float(rating.preferred == own)))
    given = [mark for mark in labels if mark.unit.split("\0")[1] == system.key]
    judged = [mark for mark in sentences if mark.unit.split("\0")[1] == system.key]
    names = {value: name for name, value in LABEL_VALUES.items()}
    values = [value for _, value in won]
    return Standing(
        name=system.run.name,
        wins=values.count(1.0),
        losses=values.count(0.0),
        ties=values.count(0.5),
        preferred=share(values, [case for case, _ in won]),
        labels={name: [mark.value for mark in given].count(value) for value, name in names.items()},
        rated=share([mark.value for mark in given], [mark.case for mark in given]),
        supported=share([mark.value for mark in judged], [mark.case for mark in judged]),
    )


def _shown_first(ratings: Sequence[Rating]) -> Figure:
    decided = [rating for rating in ratings if rating.preferred in ("first", "second")]
    return share([float(rating.preferred == "first") for rating in decided], [rating.case for rating in decided])


def _correlations(systems: Sequence[System], labels: Sequence[_Mark], sentences: Sequence[_Mark]) -> list[Correlation]:
    """Every measure of the runs against the mean label of an answer, and verdict scores against marks of sentences."""
    of_answers, of_sentences = _means(labels), _means(sentences)
    found = []
    for name in dict.fromkeys(name for system in systems for row in system.run.cases.values() for name in row.scores):
        if name not in AMOUNTS and "@" not in name:
            scores = {
                f"{case}\0{system.key}": value
                for system in systems
                for case, row in system.run.cases.items()
                if (value := row.value(name)) is not None
            }
            found.append(_correlation(name, "labels of answers", scores, of_answers))
    verdicts = {
        f"{case}\0{system.key}\0{at}": sentence.score
        for system in systems
        for case in system.run.cases
        for at, sentence in enumerate(system.sentences(case))
        if sentence.score is not None
    }
    found.append(_correlation("the verifier's score", "marks of sentences", verdicts, of_sentences))
    return [one for one in found if one.spearman.n]


def _means(marks: Sequence[_Mark]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for mark in marks:
        values.setdefault(mark.unit, []).append(mark.value)
    return {unit: sum(given) / len(given) for unit, given in values.items()}


def _correlation(name: str, of: str, scores: dict[str, float], people: dict[str, float]) -> Correlation:
    units = [unit for unit in people if unit in scores]
    ours, theirs = [scores[unit] for unit in units], [people[unit] for unit in units]
    cases = [unit.split("\0")[0] for unit in units]
    return Correlation(
        name,
        of,
        spearman(ours, theirs, cases),
        pearson(ours, theirs, cases),
        auroc(ours, [value > ENOUGH for value in theirs], cases),
    )
