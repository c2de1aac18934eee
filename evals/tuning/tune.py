"""An index tuned on judged questions: its settings first, then a query adapter on top of what has won."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError
from evals.outcome import PLACES
from evals.tuning.adapter import cross_validated, learned_from, pairs_of
from evals.tuning.choose import GRIDS, Gain, Tuned, choose, gain_of, refuse_few, scores_of, trials_of
from indexers.embedders import open_embedder
from indexers.store import Store
from rag import Rag
from retrievers.adapter import write_adapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from evals.tuning.choose import Trial
    from evals.tuning.judged import Judged
    from rag.settings import Settings
    from retrievers.adapter import QueryAdapter

NO_GAIN = Gain(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What the trials came to; ``adapter`` is learned from all questions, its gain from others than it was tried on."""

    settings: Tuned
    adapter: QueryAdapter | None
    adapter_gain: Gain


def tune_index(
    settings: Settings,
    questions: Sequence[Judged],
    scratch: Path,
    *,
    adapter: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Try settings, then an adapter, on one index; nothing of the index is written.

    Args:
        settings: Those of now; an adapter that the index has already is left out of the trials.
        questions: Judged for this index.
        scratch: A folder for adapters on trial.
        adapter: Whether to learn one.
        progress: Called with the trials done and the trials in all.

    Raises:
        EvalError: The questions are about too few documents.
    """
    if not questions:
        raise EvalError("there is no question to tune by: nothing in the documents could be made into one")
    refuse_few([question.group for question in questions])
    plain = changed(settings, {"adapter.enabled": False})
    names = [name for grid in GRIDS for name in grid]
    present = {name: value for name in names if (value := _value(settings, name)) is not None}

    def scores(trial: Trial) -> list[float]:
        return _scores(changed(plain, trial), questions)

    tuned = choose(questions, trials_of(present, GRIDS), scores, progress=progress)
    if not adapter:
        return Outcome(tuned, None, NO_GAIN)
    return Outcome(tuned, *_adapter(changed(plain, tuned.best if tuned.wins else {}), questions, scratch))


def _adapter(settings: Settings, questions: Sequence[Judged], scratch: Path) -> tuple[QueryAdapter, Gain]:
    path = scratch / "adapter"
    tried = changed(settings, {"adapter.enabled": True, "adapter.file": path})

    def scores(learned: QueryAdapter, some: Sequence[Judged]) -> list[float]:
        write_adapter(learned, path)
        return _scores(tried, some)

    embedder = open_embedder(settings.embedder)
    try:
        with Store.open(settings.index) as store:
            pairs = pairs_of(store.snapshot(), embedder, questions)
        after = cross_validated(questions, pairs, embedder, scores)
        learned = learned_from(pairs, embedder)
    finally:
        embedder.close()
    return learned, gain_of(_scores(settings, questions), after, [question.group for question in questions])


def changed(settings: Settings, values: Mapping[str, object]) -> Settings:
    """The settings with others in their place, by dotted name."""
    groups: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        group, _, field = name.partition(".")
        groups.setdefault(group, {})[field] = value
    updates = {group: getattr(settings, group).model_copy(update=fields) for group, fields in groups.items()}
    return settings.model_copy(update=updates)


def tuning_json(outcome: Outcome) -> dict[str, object]:
    """The figures, six decimal places."""
    tuned = outcome.settings
    return {
        "measure": "ndcg@10",
        "questions": tuned.questions,
        "documents": tuned.groups,
        "trials": [{"settings": trial, "mean": round(mean, PLACES)} for trial, mean in tuned.trials],
        "best": tuned.best,
        "gain": _gain_json(tuned.gain),
        "chance_of_luck": tuned.luck,
        "gain_by_kind": {kind or "(none)": round(gain, PLACES) for kind, gain in tuned.by_kind.items()},
        "wins": tuned.wins,
        "adapter_gain": None if outcome.adapter is None else _gain_json(outcome.adapter_gain),
        "adapter_wins": outcome.adapter is not None and outcome.adapter_gain.wins,
    }


def _gain_json(gain: Gain) -> dict[str, object]:
    return {
        "before": round(gain.before, PLACES),
        "after": round(gain.after, PLACES),
        "gain": round(gain.after - gain.before, PLACES),
        "ci95": [round(gain.low, PLACES), round(gain.high, PLACES)],
    }


def _scores(settings: Settings, questions: Sequence[Judged]) -> list[float]:
    with Rag.open(settings.index, settings=settings) as rag:
        return scores_of(rag, questions)


def _value(settings: Settings, name: str) -> float | None:
    """A setting by its dotted name; None where there is none of that name."""
    group, _, field = name.partition(".")
    value = getattr(getattr(settings, group, None), field, None)
    return None if value is None else float(value)
