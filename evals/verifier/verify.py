"""A verifier held against human labels: scores and verdicts of every line, and what they come to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from evals.errors import CaseError, EvalError, LabelError, ReportError
from evals.outcome import PLACES, Gap, Measurement
from evals.runs.report import outcome_json
from evals.verifier.detection import MEASURES, Bin, Detection, detect
from evals.verifier.labelled import Labelled, by_set
from rag.errors import ContextTooLong, GenerationError, NoVerdict
from rag.verify.evidence import Evidence
from rag.verify.verdict import Verdict, VerdictLabel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.verify.verifier import DescribedVerifier, VerifierIdentity

GATED = tuple(name for name in MEASURES if name not in {"f1_flag_everything", "ece", "brier"})
"""The measures that a threshold may name: higher is better, and the verifier's own."""

AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Verification:
    """A verifier's verdicts on labelled claims, and how well they agree with the labels.

    ``skipped`` are the lines of the file that could not be judged. ``sets`` is empty where no line names one.
    """

    verifier: VerifierIdentity
    cases: tuple[Labelled, ...]
    verdicts: tuple[Verdict, ...]
    whole: Detection
    sets: dict[str, Detection]
    skipped: tuple[CaseError, ...]

    @property
    def measures(self) -> dict[str, Measurement]:
        """Those that a threshold may name, as gates read them."""
        n = self.whole.n
        return {
            name: Measurement(value, 0, 0, n) if isinstance(value, Gap) else Measurement(value, n, 0, 0)
            for name, value in self.whole.values.items()
            if name in GATED
        }


def verify_labelled(
    verifier: DescribedVerifier,
    cases: Sequence[Labelled],
    *,
    skipped: Sequence[CaseError] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Judge every claim and measure the agreement with its label; evidence that several claims share is read once.

    Args:
        verifier: Its own threshold decides; it is not looked for in the labels.
        cases: At least one.
        skipped: Of the file; those that a model's judge gives no verdict on join them.
        progress: Called with (cases done, cases in all).

    Raises:
        EvalError: There is no verdict on any of them.
        RagError: The verifier cannot be used at all: its endpoint fails, its model is not there.
    """
    judged: list[tuple[Labelled, Verdict]] = []
    lost = list(skipped)
    known: dict[tuple[str, ...], Evidence] = {}
    for first in range(0, len(cases), AT_ONCE):
        batch = cases[first : first + AT_ONCE]
        known = {case.context: known.get(case.context) or Evidence.of(case.context) for case in batch}
        for case, verdict in zip(batch, _verdicts(verifier, batch, known), strict=True):
            if isinstance(verdict, Verdict):
                judged.append((case, verdict))
            else:
                lost.append(LabelError(Path(), f"no verdict: {verdict}", line=case.line))
        if progress is not None:
            progress(first + len(batch), len(cases))
    if not judged:
        raise EvalError(f"there is a verdict on none of the claims; the last: {lost[-1].told}")
    kept, verdicts = (tuple(part) for part in zip(*judged, strict=True))
    threshold = verifier.identity.threshold
    return Verification(
        verifier=verifier.identity,
        cases=kept,
        verdicts=verdicts,
        whole=_detect(kept, verdicts, range(len(kept)), threshold),
        sets={name: _detect(kept, verdicts, places, threshold) for name, places in by_set(kept).items()},
        skipped=tuple(lost),
    )


def _verdicts(
    verifier: DescribedVerifier, batch: Sequence[Labelled], known: Mapping[tuple[str, ...], Evidence]
) -> Sequence[Verdict | GenerationError]:
    """A verdict for each case; where the judge has none on one of them, all are asked for one by one."""
    pairs = [(case.claim, known[case.context]) for case in batch]
    try:
        return verifier.verify_many(pairs)
    except (ContextTooLong, NoVerdict):
        return [_verdict(verifier, *pair) for pair in pairs]


def _verdict(verifier: DescribedVerifier, claim: str, evidence: Evidence) -> Verdict | GenerationError:
    try:
        return verifier.verify(claim, evidence)
    except (ContextTooLong, NoVerdict) as error:
        return error


def verification_json(verification: Verification) -> dict[str, Any]:
    """The figures; every value that cannot be measured says so in its place."""
    verifier = verification.verifier
    return {
        **_detection_json(verification.whole),
        "threshold": verifier.threshold,
        "verifier": {"backend": verifier.backend, "model": verifier.model, "fingerprint": verifier.fingerprint},
        "verdicts": _confusion(verification),
        "not_claims": sum(not verdict.claim for verdict in verification.verdicts),
        "calibration": [_bin_json(one) for one in verification.whole.bins if one.n],
        "by_set": {name: _detection_json(one) for name, one in verification.sets.items()},
        "skipped": [
            {"line": error.line, "field": error.field, "problem": error.problem} for error in verification.skipped
        ],
    }


def write_scores(verification: Verification, path: Path) -> None:
    """A JSON line for each judged line: its id and number, score, verdict, label, and what was found.

    Raises:
        ReportError: The file cannot be written.
    """
    lines = [
        {
            "id": case.id,
            "line": case.line,
            "score": round(verdict.score, PLACES),
            "verdict": verdict.label,
            "label": int(case.supported),
            "claim": verdict.claim,
            "failed_checks": list(verdict.failed_checks),
            "reasons": [reason.text for reason in verdict.reasons],
        }
        for case, verdict in zip(verification.cases, verification.verdicts, strict=True)
    ]
    text = "".join(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines)
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise ReportError(path, error.strerror or type(error).__name__) from error


def _detect(
    cases: Sequence[Labelled], verdicts: Sequence[Verdict], places: Sequence[int], threshold: float
) -> Detection:
    return detect(
        [verdicts[at].score for at in places],
        [cases[at].supported for at in places],
        threshold=threshold,
        groups=[cases[at].group for at in places],
    )


def _detection_json(detection: Detection) -> dict[str, Any]:
    return {
        "n": detection.n,
        "positives": detection.positives,
        **{name: outcome_json(value) for name, value in detection.values.items()},
        "intervals": {name: [round(end, PLACES) for end in ends] for name, ends in detection.intervals.items()},
    }


def _bin_json(one: Bin) -> dict[str, Any]:
    return {
        "from": one.low,
        "to": one.high,
        "n": one.n,
        "mean_score": outcome_json(one.mean_score),
        "share_supported": outcome_json(one.supported),
    }


def _confusion(verification: Verification) -> dict[str, dict[str, int]]:
    """How many supported and other claims got each verdict."""
    table = {label: {"supported": 0, "not_supported": 0} for label in get_args(VerdictLabel)}
    for case, verdict in zip(verification.cases, verification.verdicts, strict=True):
        table[verdict.label]["supported" if case.supported else "not_supported"] += 1
    return table
