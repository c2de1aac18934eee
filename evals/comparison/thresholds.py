"""Thresholds that decide an exit code: `--fail-under MEASURE=VALUE`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.errors import GateError
from evals.outcome import PLACES, Gap, Measurement, Outcome

_VALUE = re.compile(r"\d*\.?\d+|\d+\.")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A measure and the least value that passes."""

    measure: str
    least: float


@dataclass(frozen=True, slots=True)
class GateFailure:
    """A threshold that was not met; ``reason`` is one line for a person."""

    threshold: Threshold
    reason: str


def parse_thresholds(texts: Sequence[str], *, known: Sequence[str]) -> tuple[Threshold, ...]:
    """The thresholds written as ``MEASURE=VALUE``; call it before the run, so that a typing error costs no run.

    Args:
        texts: As given to the flag; the name's case and dashes do not matter.
        known: The measures that may be named (see ``evals.scores.gated_names``).

    Raises:
        GateError: No measure of that name, or a value that is not a number from 0 to 1.
    """
    return tuple(_parse(text, known) for text in texts)


def _parse(text: str, known: Sequence[str]) -> Threshold:
    name, equals, value = text.partition("=")
    name, value = name.strip().lower().replace("-", "_"), value.strip()
    if not equals or not name or not value:
        raise GateError(text, "not of the form MEASURE=VALUE")
    if name not in known:
        raise GateError(text, f"no measure {name!r} in this run", known=known)
    if not _VALUE.fullmatch(value, 0) or not value.isascii() or float(value) > 1:
        raise GateError(text, f"{value!r} is not a number from 0 to 1")
    return Threshold(name, float(value))


def check(measures: Mapping[str, Measurement], thresholds: Sequence[Threshold]) -> tuple[GateFailure, ...]:
    """The thresholds that the measures do not meet; what could not be measured meets none."""
    values = {name: measurement.value for name, measurement in measures.items()}
    return tuple(failure for one in thresholds if (failure := unmet(values, one)) is not None)


def unmet(values: Mapping[str, Outcome], threshold: Threshold) -> GateFailure | None:
    """Why the threshold is not met, or None where it is."""
    value = values[threshold.measure]
    if isinstance(value, Gap):
        why = "abstained in every case" if value is Gap.ABSTAINED else "not measurable in any case"
    elif round(value, PLACES) < threshold.least:
        why = f"{value:.6g}"
    else:
        return None
    return GateFailure(threshold, f"{threshold.measure}: {why}, {threshold.least:g} asked for")
