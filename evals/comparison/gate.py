"""Whether a stored run passes: thresholds, no significant loss against a baseline, and all of the baseline's cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.comparison.compare import Comparison, compare_runs
from evals.comparison.thresholds import Threshold, unmet
from evals.outcome import Gap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.comparison.baseline import Baseline
    from evals.comparison.paired import Paired
    from evals.outcome import Outcome
    from evals.runs.run_folder import StoredCase, StoredRun

NAMED = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to hold, and what was found, in one line for a person."""

    name: str
    passed: bool
    found: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A run held to its checks. ``comparison`` is with the baseline, if there is one."""

    run: StoredRun
    checks: tuple[Check, ...]
    comparison: Comparison | None

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in self.checks)

    @property
    def failed_cases(self) -> tuple[StoredCase, ...]:
        """The cases that came out wrong."""
        return tuple(case for case in self.run.cases.values() if case.failed)

    def was_failed(self, case: StoredCase) -> bool:
        """Whether the case came out wrong in the baseline too."""
        before = None if self.comparison is None else self.comparison.a.cases.get(case.id)
        return before is not None and bool(before.failed)


def gate_run(run: StoredRun, baseline: Baseline | None, thresholds: Sequence[Threshold]) -> Gate:
    """Hold a run to thresholds and a baseline.

    Args:
        run: As stored.
        baseline: What it must not fall behind; its own thresholds count where ``thresholds`` name none of the measure.
        thresholds: Of measures that the run has.

    Raises:
        EvalError: Run and baseline have no case or no measure in common.
    """
    asked = {one.measure: one for one in (*(baseline.thresholds if baseline else ()), *thresholds)}
    checks = [_threshold(run, one) for one in asked.values()]
    if baseline is None:
        return Gate(run, tuple(checks), None)
    wanted = list(baseline.run.measures)
    there = [name for name in wanted if name in run.measures]
    comparison = compare_runs(baseline.run, run, names=there)
    checks += [_lost(one) for one in comparison.measures]
    checks += [
        Check(f"{name} is measured", passed=False, found="the baseline has it, this run does not")
        for name in wanted
        if name not in there
    ]
    return Gate(run, (*checks, _whole(comparison)), comparison)


def _threshold(run: StoredRun, threshold: Threshold) -> Check:
    name = f"{threshold.measure} at least {threshold.least:g}"
    if threshold.measure not in run.measures:
        return Check(name, passed=False, found="this run does not have it")
    failure = unmet(run.measures, threshold)
    value = run.measures[threshold.measure]
    return Check(name, passed=failure is None, found=_told(value) if failure is None else failure.reason)


def _told(value: Outcome) -> str:
    return value.value if isinstance(value, Gap) else f"{value:.4g}"


def _lost(one: Paired) -> Check:
    low, high = one.interval
    found = (
        f"{one.a:.4g} then, {one.b:.4g} now ({one.difference:+.3f}, 95% {low:+.3f} to {high:+.3f}; "
        f"{one.wins} won, {one.losses} lost of {one.cases}; p {one.p_holm:.3f}, {one.test}, corrected)"
    )
    return Check(
        f"no significant loss of {one.measure}", passed=not (one.significant and one.better is False), found=found
    )


def _whole(comparison: Comparison) -> Check:
    """A case that is taken out, or made easier, must not turn a gate green in silence."""
    name = "every case of the baseline is there, as it was"
    gone = [f"{case} is gone" for case in comparison.only_a] + [f"{case} was edited" for case in comparison.edited]
    if not gone:
        return Check(name, passed=True, found=f"{comparison.cases} cases")
    more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
    return Check(
        name, passed=False, found=f"{', '.join(gone[:NAMED])}{more}; if that is meant, write the baseline anew"
    )
