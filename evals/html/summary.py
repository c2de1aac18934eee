"""The first screen: is it good enough, how sure is that, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.comparison.thresholds import check
from evals.html.causes import CAUSES, UNFAITHFUL, cause_of
from evals.html.told import PLAIN, counted, listed, signed, span
from evals.html.values import Line, Tile, Trouble
from evals.outcome import Gap, Measurement
from evals.runs.markdown import shown
from evals.runs.trivial import as_good
from evals.scores import AMOUNTS, COMPOSITES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.comparison.compare import Comparison
    from evals.comparison.thresholds import GateFailure, Threshold
    from evals.runs.shown_run import Measured, ShownRun

MOST_TILES = 6
DECIDING = "accuracy"
"""A system that knows nothing must not come near here; elsewhere it is said."""


def verdict(run: ShownRun, thresholds: Sequence[Threshold]) -> tuple[Line, list[Line]]:
    """The sentence that a reader came for, and what speaks for it.

    Args:
        run: The newest.
        thresholds: Those that it has to meet; none were given if empty.
    """
    failed = check_run(run, thresholds)
    beaten = _trivial(run)
    if failed:
        told = f"Not good enough: {len(failed)} of {counted(len(thresholds), 'threshold')} not met."
        return Line(told, "bad"), [*(Line(one.reason, "bad") for one in failed), *beaten]
    if any(line.tone == "bad" for line in beaten):
        return Line("Not good enough: a system that knows nothing does as well.", "bad"), beaten
    if thresholds:
        met = f"Good enough: {_all(len(thresholds))} met."
        return Line(met, "good"), [*(Line(_met(run, one), "good") for one in thresholds), *beaten]
    asked = Line("No thresholds were given; `--fail-under MEASURE=VALUE` says what is good enough.", "unsure")
    return Line(_standing(run), "unsure"), [*beaten, asked]


def check_run(run: ShownRun, thresholds: Sequence[Threshold]) -> tuple[GateFailure, ...]:
    """The thresholds that a stored run does not meet."""
    return check({name: _measurement(one) for name, one in run.measures.items()}, thresholds)


def change(comparisons: Sequence[Comparison], names: Sequence[str]) -> list[Line]:
    """A line for each later run: what is better and what is worse than in the first, beyond luck."""
    lines = []
    for comparison, name in zip(comparisons, names[1:], strict=True):
        sure = [one for one in comparison.measures if one.significant]
        better, worse = ([one for one in sure if one.better is side] for side in (True, False))
        turned = f"{counted(len(comparison.wins), 'case')} better, {len(comparison.losses)} worse"
        if not sure:
            lines.append(Line(f"{name} against {names[0]}: no difference that is more than luck ({turned}).", "unsure"))
            continue
        parts = [
            f"{word} in {listed(f'{one.measure} {signed(one.difference)}' for one in ones)}"
            for word, ones in (("better", better), ("worse", worse))
            if ones
        ]
        lines.append(Line(f"{name} against {names[0]}: {'; '.join(parts)} ({turned}).", "bad" if worse else "good"))
    return lines


def tiles(run: ShownRun, before: ShownRun | None) -> list[Tile]:
    """The key figures, with the earlier run's beside them where there are two."""
    found = [name for name in PLAIN if name in run.measures][:MOST_TILES]
    return [_tile(name, run.measures[name], None if before is None else before.measures.get(name)) for name in found]


def troubles(run: ShownRun) -> list[Trouble]:
    """What went wrong, the most frequent first."""
    causes = [cause for case in run.cases.values() if (cause := cause_of(case)) is not None]
    found = [Trouble(one.name, causes.count(one), one.anchor, one.advice) for one in CAUSES if one in causes]
    return sorted(found, key=lambda trouble: -trouble.count)


def facts(run: ShownRun) -> list[tuple[str, str]]:
    """What was measured, as far as the run tells: name and value."""
    corpus, prints = run.file.corpus, run.file.fingerprints
    told = [("cases", f"{len(run.cases):,}")]
    told += [
        (name, f"{corpus[name]:,}") for name in ("documents", "pages", "chunks") if isinstance(corpus.get(name), int)
    ]
    told += [("embedder", str(corpus["embedder"]))] if "embedder" in corpus else []
    models = sorted({answer.model for answer in run.answers.values() if answer.model})
    told += [("model", listed(models))] if models else []
    return told + [(f"fingerprint of {name}", value) for name, value in prints.items()]


def _standing(run: ShownRun) -> str:
    wrong = [cause for case in run.cases.values() if (cause := cause_of(case)) is not None and cause != UNFAITHFUL]
    right = len(run.cases) - len(wrong)
    return f"{right:,} of {counted(len(run.cases), 'case')} came out right."


def _trivial(run: ShownRun) -> list[Line]:
    """Whether the composites beat every system that knows nothing."""
    trivial = {system: {name: _measurement(one) for name, one in of.items()} for system, of in run.file.trivial.items()}
    own = {name: _measurement(run.measures[name]) for name in COMPOSITES if name in run.measures}
    if not trivial or any(name not in of for name in COMPOSITES for of in (own, *trivial.values())):
        return []
    lines = []
    for name, system in as_good(own, trivial).items():
        theirs = shown(trivial[system][name].value)
        told = f"{name} {shown(own[name].value)} says little: {system}, which knows nothing, gets {theirs}."
        lines.append(Line(told, "bad" if name == DECIDING else "unsure"))
    told = f"Above every system that knows nothing in {listed(COMPOSITES)}."
    return lines or [Line(told, "good")]


def _all(count: int) -> str:
    return "the one threshold is" if count == 1 else f"all {count} thresholds are"


def _met(run: ShownRun, threshold: Threshold) -> str:
    value = run.measures[threshold.measure].value
    return f"{threshold.measure}: {shown(value)}, {threshold.least:g} asked for"


def _tile(name: str, one: Measured, before: Measured | None) -> Tile:
    details = [name]
    if one.interval is not None:
        details.append(span(one.interval))
    if before is not None and not isinstance(before.value, Gap) and not isinstance(one.value, Gap):
        details.append(f"{signed(one.value - before.value)} from {shown(before.value)}")
    of = one.measured + one.abstained + one.not_measurable
    return Tile(PLAIN[name], shown(one.value), (*details, f"{one.measured:,} of {of:,} measured"))


def _measurement(one: Measured) -> Measurement:
    return Measurement(one.value, one.measured, one.abstained, one.not_measurable)


def gated(run: ShownRun) -> tuple[str, ...]:
    """The measures that a threshold may name."""
    return tuple(name for name in run.measures if name not in AMOUNTS)
