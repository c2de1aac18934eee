"""A run or a judgement as JSON and Markdown, written so that the same figures give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.errors import ReportError
from evals.intervals import ratio_interval
from evals.measures.abstention_cost import Decided, abstention_costs, worth_up_to
from evals.measures.latency import PERCENTS, percentile
from evals.outcome import PLACES, Gap, Measurement, Outcome
from evals.parts import parts_of
from evals.runs.fingerprints import case_digest
from evals.runs.judge import Judgement
from evals.runs.markdown import judgement_markdown, report_markdown
from evals.runs.run import CaseResult, Report
from evals.runs.run_folder import ANSWERS, JUDGEMENT, REPORT, TIMINGS
from evals.scores import Outcomes, Said
from rag.wire import answer_json

_JUDGEMENT_FILES = (JUDGEMENT, "judgement.md")


def report_json(report: Report) -> dict[str, Any]:
    """The whole run but its seconds and the full answers; values have six decimal places."""
    scores = [result.scores for result in report.results]
    return {
        "fingerprints": asdict(report.fingerprints),
        "corpus": asdict(report.corpus),
        "settings": {
            "ks": list(report.ks),
            "limit": report.limit,
            "retrieval_only": report.retrieval_only,
            "asked_with": dict(report.asked_with),
        },
        "counts": _counts(report),
        "measures": _with_intervals(report.measures, scores, [result.said for result in report.results]),
        "abstention_costs": None if report.retrieval_only else _abstention_costs(report.decided),
        "trivial": {name: measures_json(measures) for name, measures in report.trivial.items()},
        "by_kind": {kind or "(none)": measures_json(measures) for kind, measures in report.by_kind.items()},
        "evidence_not_found": [asdict(item) for item in report.evidence_not_found],
        "cases": [_case_json(result) for result in report.results],
    }


def judgement_json(judgement: Judgement) -> dict[str, Any]:
    """The measures over stored answers, and what each answer scores."""
    scores = [judged.scores for judged in judgement.answers]
    return {
        "fingerprints": dict(judgement.fingerprints),
        "counts": {
            "answers": len(judgement.answers),
            "abstained": sum(judged.answer.abstained for judged in judgement.answers),
        },
        "measures": _with_intervals(judgement.measures, scores, [judged.said for judged in judgement.answers]),
        "answers": [
            {
                "id": judged.answer.id,
                "question": judged.answer.question,
                "reference": judged.answer.reference,
                "answerable": judged.answer.answerable,
                "answer": judged.answer.text,
                "abstained": judged.answer.abstained,
                "digest": judged.answer.digest,
                "scores": _scores_json(judged.scores),
                "sentences": [
                    {
                        "text": claim.text,
                        "verdict": verdict.label,
                        "reasons": [reason.text for reason in verdict.reasons],
                    }
                    for claim, verdict in judged.verdicts
                ],
            }
            for judged in judgement.answers
        ],
    }


def measures_json(measures: Mapping[str, Measurement]) -> dict[str, Any]:
    """Each measure's value and the three counts, in report order."""
    return {
        name: {
            "value": outcome_json(measurement.value),
            "measured": measurement.measured,
            "abstained": measurement.abstained,
            "not_measurable": measurement.not_measurable,
        }
        for name, measurement in measures.items()
    }


def _with_intervals(
    measures: Mapping[str, Measurement], scores: Sequence[Outcomes], said: Sequence[Said]
) -> dict[str, Any]:
    """The measures, each with the ends of its 95% bootstrap interval, or null where it has no value."""
    told = measures_json(measures)
    for name, figures in told.items():
        ends = ratio_interval(parts_of(name, scores, said))
        figures["interval"] = None if ends is None else [round(end, PLACES) for end in ends]
    return told


def write_report(report: Report, directory: Path) -> None:
    """Write ``report.json``, ``report.md``, ``answers.jsonl`` and ``timings.json`` into ``directory``, made if needed.

    All but ``timings.json`` are the same bytes when the same run is done again. ``answers.jsonl`` can be judged again
    by `evals.runs.judge.judge_answers`.

    Raises:
        ReportError: The folder or a file in it cannot be written.
    """
    files = {REPORT: dumps(report_json(report)), "report.md": report_markdown(report)}
    if not report.retrieval_only:
        files[ANSWERS] = "".join(_answer_lines(report.results))
    files[TIMINGS] = dumps(timings_json(report))
    _write(directory, files)
    _remove(directory, {ANSWERS, *_JUDGEMENT_FILES} - set(files))


def write_judgement(judgement: Judgement, directory: Path) -> None:
    """Write ``judgement.json`` and ``judgement.md`` into ``directory``, made if needed.

    Raises:
        ReportError: The folder or a file in it cannot be written.
    """
    files = {JUDGEMENT: dumps(judgement_json(judgement)), "judgement.md": judgement_markdown(judgement)}
    _write(directory, files)


def timings_json(report: Report) -> dict[str, Any]:
    """Seconds a case, and the answer's own milliseconds; kept apart because they differ from run to run."""
    seconds = [result.seconds for result in report.results]
    return {
        "cases": len(seconds),
        "total_seconds": round(sum(seconds), 3),
        "median_seconds": _seconds(seconds, 50),
        **{f"p{percent}_seconds": _seconds(seconds, percent) for percent in PERCENTS},
        "by_case": {
            result.case.id: {
                "seconds": round(result.seconds, 4),
                "answer_ms": {} if result.answer is None else _rounded(result.answer.timings_ms),
            }
            for result in report.results
        },
    }


def dumps(value: Mapping[str, Any]) -> str:
    """Strict JSON with a line feed at the end; a NaN would be a mistake of ours and raises."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _seconds(values: Sequence[float], percent: int) -> float | str:
    value = percentile(values, percent)
    return value.value if isinstance(value, Gap) else round(value, 4)


def _abstention_costs(cases: Sequence[Decided]) -> dict[str, Any]:
    """What answering and abstaining cost at several prices of a wrong answer, in abstentions."""
    return {
        "worth_up_to": outcome_json(worth_up_to(cases)),
        "points": [
            {name: round(value, PLACES) for name, value in asdict(point).items()} for point in abstention_costs(cases)
        ],
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}


def _counts(report: Report) -> dict[str, int]:
    return {
        "cases": len(report.results),
        "answerable": sum(result.case.answerable for result in report.results),
        "answered": sum(result.answer is not None and not result.answer.abstained for result in report.results),
        "abstained": sum(result.answer is not None and result.answer.abstained for result in report.results),
        "errors": sum(result.error is not None for result in report.results),
        "failed": sum(result.failed for result in report.results),
    }


def _case_json(result: CaseResult) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "kind": result.case.kind,
        "digest": case_digest(result.case),
        "question": result.case.question,
        "reference": result.case.reference,
        "answerable": result.case.answerable,
        "answer": None if result.answer is None else result.answer.text,
        "abstained": None if result.answer is None else result.answer.abstained,
        "error": result.error,
        "failed": result.failed,
        "scores": _scores_json(result.scores),
        "evidence": [asdict(item) for item in result.brought.evidence],
        "hits": [asdict(hit) | {"score": round(hit.score, PLACES)} for hit in result.brought.hits],
    }


def _scores_json(scores: Mapping[str, Outcome]) -> dict[str, Any]:
    return {name: outcome_json(outcome) for name, outcome in scores.items()}


def outcome_json(outcome: Outcome) -> float | str:
    """A value with six decimal places, or why there is none."""
    return outcome.value if isinstance(outcome, Gap) else round(outcome, PLACES)


def _answer_lines(results: Iterable[CaseResult]) -> Iterable[str]:
    for result in results:
        if result.answer is not None:
            case = {
                "id": result.case.id,
                "reference": result.case.reference,
                "answerable": result.case.answerable,
                "digest": case_digest(result.case),
            }
            answer = answer_json(result.answer)
            answer.pop("timings_ms", None)
            yield json.dumps(case | answer | case, ensure_ascii=False, allow_nan=False) + "\n"


def write_file(file: Path, text: str) -> None:
    """Write a text, its folder made if needed.

    Raises:
        ReportError: It cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise ReportError(file, error.strerror or type(error).__name__) from error


def _remove(directory: Path, names: Iterable[str]) -> None:
    """What an earlier run left in the folder would be taken for this one's."""
    try:
        for name in names:
            (directory / name).unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(directory, error.strerror or type(error).__name__) from error


def _write(directory: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        write_file(directory / name, text)
