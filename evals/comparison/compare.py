"""Two stored runs compared: every measure, every case won or lost, and what else differs between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.comparison.paired import SIGNIFICANT, Paired, compare_measures
from evals.errors import EvalError
from evals.outcome import PLACES, Gap
from evals.runs.fingerprints import changed
from evals.scores import AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.outcome import Outcome
    from evals.runs.run_folder import StoredCase, StoredRun

FAMILY = (
    *("accuracy", "answer_correctness", "abstention_f1", "faithfulness", "citation_precision", "citation_recall"),
    *("evidence_cited", "recall@10", "ndcg@10"),
)
"""What is compared where nobody chose: one measure for each thing that can go wrong. Most of the others say nearly the
same again, and correcting for all of them would hide what is there."""

RIGHT = ("accuracy", "answer_correctness", "mrr")
"""Whether a case is right is said by the first of these that both runs have of it."""

NOTE = (
    f"p-values are two-sided and corrected over the measures compared (Holm); below {SIGNIFICANT:g} "
    "a difference is called significant. Intervals are of each measure by itself."
)


@dataclass(frozen=True, slots=True)
class Turned:
    """A case that B answers better or worse than A; ``changes`` are the measures that moved, from and to."""

    a: StoredCase
    b: StoredCase
    decided_by: str
    changes: Mapping[str, tuple[Outcome, Outcome]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run B held against run A. Cases in one alone, or edited since (same id, other case), are named and left out.

    ``amounts`` are tokens and cost, corrected among themselves. ``differs`` names the fingerprints that differ,
    ``settings`` the settings, from and to.
    """

    a: StoredRun
    b: StoredRun
    cases: int
    measures: tuple[Paired, ...]
    amounts: tuple[Paired, ...]
    wins: tuple[Turned, ...]
    losses: tuple[Turned, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    edited: tuple[str, ...]
    differs: tuple[str, ...]
    settings: Mapping[str, tuple[object, object]]


def main_measures(run: StoredRun) -> tuple[str, ...]:
    """Those of ``FAMILY`` that the run has, else all."""
    return tuple(name for name in FAMILY if name in run.measures) or tuple(run.measures)


def compare_runs(a: StoredRun, b: StoredRun, *, names: Sequence[str] = ()) -> Comparison:
    """Compare two runs over the cases that both have.

    Args:
        a: The run before.
        b: The run after.
        names: The measures that matter; those of ``FAMILY`` if empty. Choose before looking: each more costs power.

    Raises:
        EvalError: They have no case in common, or a measure is not in both.
    """
    common = [name for name in a.measures if name in b.measures]
    for name in names:
        if name not in common:
            raise EvalError(f"no measure {name!r} in both runs; there are {', '.join(common)}")
    shared = [name for name in a.cases if name in b.cases]
    edited = tuple(name for name in shared if _edited(a.cases[name], b.cases[name]))
    pairs = [(a.cases[name], b.cases[name]) for name in shared if name not in edited]
    if not pairs:
        raise EvalError(f"{a.path} and {b.path} have no case in common")
    turned = [one for pair in pairs if (one := _turned(*pair, common)) is not None]
    return Comparison(
        a=a,
        b=b,
        cases=len(pairs),
        measures=compare_measures(pairs, names or [name for name in FAMILY if name in common] or common),
        amounts=compare_measures(pairs, [name for name in AMOUNTS if name in common and name not in names]),
        wins=tuple(one for one in turned if _gain(one) > 0),
        losses=tuple(one for one in turned if _gain(one) < 0),
        only_a=tuple(name for name in a.cases if name not in b.cases),
        only_b=tuple(name for name in b.cases if name not in a.cases),
        edited=edited,
        differs=changed(a.fingerprints, b.fingerprints),
        settings=_settings(a.asked_with, b.asked_with),
    )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison, six decimal places."""
    return {
        "a": str(comparison.a.path),
        "b": str(comparison.b.path),
        "cases": comparison.cases,
        "only_in_a": list(comparison.only_a),
        "only_in_b": list(comparison.only_b),
        "edited": list(comparison.edited),
        "differs": list(comparison.differs),
        "settings": {name: list(values) for name, values in comparison.settings.items()},
        "correction": "holm",
        "measures": {one.measure: paired_json(one) for one in comparison.measures},
        "amounts": {one.measure: paired_json(one) for one in comparison.amounts},
        "wins": [_turned_json(one) for one in comparison.wins],
        "losses": [_turned_json(one) for one in comparison.losses],
    }


def paired_json(one: Paired) -> dict[str, Any]:
    """One measure, six decimal places."""
    return {
        "cases": one.cases,
        "a": round(one.a, PLACES),
        "b": round(one.b, PLACES),
        "difference": round(one.difference, PLACES),
        "interval": [round(end, PLACES) for end in one.interval],
        "wins": one.wins,
        "losses": one.losses,
        "test": one.test,
        "p": round(one.p, PLACES),
        "p_holm": round(one.p_holm, PLACES),
        "better": one.better,
        "significant": one.significant,
    }


def _edited(a: StoredCase, b: StoredCase) -> bool:
    return bool(a.digest and b.digest) and a.digest != b.digest


def _turned(a: StoredCase, b: StoredCase, names: Sequence[str]) -> Turned | None:
    both = {name: (a.scores[name], b.scores[name]) for name in names if name in a.scores and name in b.scores}
    changes = {name: values for name, values in both.items() if values[0] != values[1]}
    valued = [name for name, values in both.items() if not any(isinstance(value, Gap) for value in values)]
    deciding = [*[name for name in RIGHT if name in valued][:1], "faithfulness"]
    return next((Turned(a, b, name, changes) for name in deciding if name in changes and name in valued), None)


def _gain(turned: Turned) -> float:
    before, after = turned.changes[turned.decided_by]
    return 0.0 if isinstance(before, Gap) or isinstance(after, Gap) else after - before


def _turned_json(turned: Turned) -> dict[str, Any]:
    return {
        "id": turned.a.id,
        "question": turned.a.question,
        "decided_by": turned.decided_by,
        "reference": turned.a.reference,
        "a": turned.a.answer if turned.a.error is None else turned.a.error,
        "b": turned.b.answer if turned.b.error is None else turned.b.error,
        "changes": {name: [_cell(value) for value in values] for name, values in turned.changes.items()},
    }


def _cell(value: Outcome) -> float | str:
    return value.value if isinstance(value, Gap) else round(value, PLACES)


def _settings(a: Mapping[str, object], b: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    names = list(dict.fromkeys([*a, *b])) if a and b else []
    return {name: (a.get(name), b.get(name)) for name in names if a.get(name) != b.get(name)}
