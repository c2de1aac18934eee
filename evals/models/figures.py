"""What records come to: each model's figures by kind of task, and two models held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING, Literal

from evals.comparison.paired import SIGNIFICANT, Paired, compare_measures
from evals.intervals import mean_interval
from evals.measures.latency import percentile
from evals.models.records import measured
from evals.models.task import AMOUNTS, KINDS, MEASURES
from evals.outcome import Gap
from evals.runs.run_folder import StoredCase
from evals.scores import Said

if TYPE_CHECKING:
    from evals.models.records import Record, Status
    from evals.models.task import Kind
    from evals.outcome import Outcome

QUALITY = "quality"
LOST: tuple[Status, ...] = ("error", "refused", "truncated")


@dataclass(frozen=True, slots=True)
class Spread:
    """So many figures: ``deviation`` is the sample's standard deviation, 0 of one figure; ``interval`` of the mean."""

    count: int
    mean: float
    median: float
    deviation: float
    p95: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class KindFigures:
    """What a model did of one kind.

    ``amounts`` and ``measures`` hold what could be measured. Seconds are of replies alone, not of requests that failed.
    The intervals are over tasks, each with the mean of its samples: the same task done again is no further task.
    """

    model: str
    kind: Kind
    tasks: int
    done: int
    statuses: dict[Status, int]
    amounts: dict[str, Spread]
    measures: dict[str, Spread]

    @property
    def lost(self) -> int:
        """Errors, refusals and replies cut off."""
        return sum(self.statuses.get(status, 0) for status in LOST)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two models on the tasks of one kind that both did, or on all of them."""

    kind: Kind | Literal["all"]
    a: str
    b: str
    paired: tuple[Paired, ...]

    @property
    def can_tell(self) -> bool:
        """Whether there are so many tasks that a difference in all of them would count as more than luck.

        Of n pairs that all say the same, 2 of 2^n ways of exchanging them do so, and Holm asks it of every measure.
        """
        cases = max((one.cases for one in self.paired), default=0)
        return len(self.paired) * 2.0 ** (1 - cases) < SIGNIFICANT


def models_of(records: Sequence[Record]) -> list[str]:
    """In order of appearance; the first is what the others are held against."""
    return list(dict.fromkeys(record.model for record in records))


def figures_of(records: Sequence[Record]) -> list[KindFigures]:
    """By kind, and of each kind by model; a kind that a model could not be given has no amounts and no measures."""
    found = measured(records)
    return [
        _figures(model, kind, own)
        for kind in KINDS
        for model in models_of(records)
        if (own := [record for record in found if (record.model, record.kind) == (model, kind)])
    ]


def differences(records: Sequence[Record], a: str, b: str) -> list[Difference]:
    """Paired over the tasks that both models did, the mean of a task's samples held against the other's.

    First all tasks together, whose ``quality`` is the first measure of each one's kind, then kind by kind.
    """
    both: list[tuple[StoredCase, StoredCase]] = []
    found = []
    for kind in KINDS:
        one, other = (_by_task([r for r in measured(records) if (r.model, r.kind) == (name, kind)]) for name in (a, b))
        pairs = [(_case(key, one[key]), _case(key, other[key])) for key in one if key in other]
        found.append(Difference(kind, a, b, compare_measures(pairs, (*MEASURES[kind], *AMOUNTS)) if pairs else ()))
        both += pairs
    whole = Difference("all", a, b, compare_measures(both, (QUALITY, *AMOUNTS)) if both else ())
    return [one for one in (whole, *found) if one.paired]


def value_of(record: Record, name: str) -> Outcome:
    """A measure or an amount of one record; there are no seconds of a request that failed."""
    if record.status == "not measurable" or (name in AMOUNTS and record.status == "error"):
        return Gap.NOT_MEASURABLE
    if name not in AMOUNTS:
        value = record.scores.get(name, Gap.NOT_MEASURABLE)
        # a right abstention has its measure (accuracy); of the others it is what an answer is counted as elsewhere
        return 0.0 if value is Gap.ABSTAINED and name != "faithfulness" else value
    amount = {
        "seconds": record.seconds,
        "prompt_tokens": float(record.prompt_tokens),
        "completion_tokens": float(record.completion_tokens),
        "cost_usd": record.cost_usd,
    }[name]
    return Gap.NOT_MEASURABLE if amount is None else amount


def _figures(model: str, kind: Kind, records: Sequence[Record]) -> KindFigures:
    statuses: dict[Status, int] = {}
    for record in records:
        statuses[record.status] = statuses.get(record.status, 0) + 1
    return KindFigures(
        model=model,
        kind=kind,
        tasks=len(_by_task(records)),
        done=len(records) - statuses.get("not measurable", 0),
        statuses=statuses,
        amounts=_spreads(records, AMOUNTS),
        measures=_spreads(records, MEASURES[kind]),
    )


def _spreads(records: Sequence[Record], names: Sequence[str]) -> dict[str, Spread]:
    spreads: dict[str, Spread] = {}
    for name in names:
        by_task = [_values(own, name) for own in _by_task(records).values()]
        values = [value for own in by_task for value in own]
        if values:
            ends = mean_interval([fmean(own) for own in by_task if own])
            p95 = float(percentile(values, 95))
            deviation = stdev(values) if len(values) > 1 else 0.0
            spreads[name] = Spread(len(values), fmean(values), median(values), deviation, p95, ends)
    return spreads


def _values(records: Sequence[Record], name: str) -> list[float]:
    outcomes = (value_of(record, name) for record in records)
    return [value for value in outcomes if not isinstance(value, Gap)]


def _by_task(records: Sequence[Record]) -> dict[tuple[str, str], list[Record]]:
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record.task, record.digest), []).append(record)
    return found


def _case(key: tuple[str, str], records: Sequence[Record]) -> StoredCase:
    scores: dict[str, Outcome] = {}
    for name in (*MEASURES[records[0].kind], *AMOUNTS):
        values = _values(records, name)
        scores[name] = fmean(values) if values else Gap.NOT_MEASURABLE
    scores[QUALITY] = scores[MEASURES[records[0].kind][0]]
    return StoredCase(key[0], "", key[1], Said(answerable=True, abstained=False), scores)
