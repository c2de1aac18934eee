"""TREC: runs and judgements (qrels) as trec_eval reads them; blanks inside a name are written ``%20``.

A run has ``question Q0 document rank score tag`` a line, and trec_eval orders by the score alone. Judgements have
``question 0 document grade``.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from evals.errors import CaseError, EvalError
from evals.jsonl import read_text
from evals.outcome import PLACES
from evals.runs.fingerprints import digest
from evals.runs.report import dumps, write_file
from evals.runs.run_folder import REPORT, read_model
from evals.search.collection import judgements
from evals.search.retrieval import ranking_scores

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN, QRELS = "run.trec", "qrels.trec"
TAG = "plumbline"
_COLUMNS = 6


class _Hit(BaseModel):
    uri: str
    score: float


class _Evidence(BaseModel):
    uri: str | None = None


class _Row(BaseModel):
    id: str
    answerable: bool = True
    hits: tuple[_Hit, ...] = ()
    evidence: tuple[_Evidence, ...] = ()


class _Report(BaseModel):
    cases: tuple[_Row, ...]


def import_run(run: Path, qrels: Path, folder: Path) -> list[str]:
    """Measure another system's run, and write it as a run folder that `rag eval compare` and `gate` read.

    Every judged question counts, with 0 where the run has no document of it.

    Raises:
        CaseError: The run cannot be read, or holds no line.
        CollectionError: The judgements cannot be read.
        ReportError: The folder cannot be written.
    """
    rankings, problems = read_run_file(run)
    grades: dict[str, dict[str, int]] = {}
    for _, question, document, grade in judgements(qrels):
        grades.setdefault(question, {})[document] = grade
    if not grades:
        raise EvalError(f"{qrels}: the file holds no judgement")
    rows = [_row(question, rankings.get(question, {}), graded) for question, graded in grades.items()]
    names = list(rows[0]["scores"])
    means = {name: round(sum(row["scores"][name] for row in rows) / len(rows), PLACES) for name in names}
    whole = {
        "fingerprints": {
            "cases": digest({question: dict(sorted(graded.items())) for question, graded in sorted(grades.items())}),
            "program": f"TREC run {run.name}",
        },
        "measures": {
            name: {"value": value, "measured": len(rows), "abstained": 0, "not_measurable": 0}
            for name, value in means.items()
        },
        "cases": rows,
    }
    write_file(folder / REPORT, dumps(whole))
    return problems


def read_run_file(path: Path) -> tuple[dict[str, dict[str, float]], list[str]]:
    """The scores by question and document, and what is wrong with each line that is none.

    Raises:
        CaseError: The file cannot be read, or holds no line of a run.
    """
    rankings: dict[str, dict[str, float]] = {}
    problems: list[str] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        columns = line.split()
        if not columns:
            continue
        try:
            if len(columns) != _COLUMNS:
                raise ValueError(f"{len(columns)} columns; a run has {_COLUMNS}")
            score = float(columns[4])
            if not math.isfinite(score):
                raise ValueError(f"{columns[4]!r} is no score")
        except ValueError as error:
            problems.append(f"{path}, line {number}: {error}")
            continue
        scores = rankings.setdefault(columns[0], {})
        if columns[2] in scores:
            problems.append(f"{path}, line {number}: {columns[2]!r} was ranked for {columns[0]!r} above")
            continue
        scores[columns[2]] = score
    if not rankings:
        raise CaseError(path, problems[0].partition(": ")[2] if problems else "the file holds no line")
    return rankings, problems


def export_run(run: Path, folder: Path) -> list[str]:
    """Write the documents that a run folder's first hits lie in, and those of its evidence, as run and judgements.

    A document's score is that of its best hit. Says which cases have no evidence in the index.

    Raises:
        RunError: The report cannot be read.
        ReportError: A file cannot be written.
    """
    report = read_model(run / REPORT if run.is_dir() else run, _Report, what="a run that this version can read")
    ranked, judged, left_out = [], [], []
    for row in report.cases:
        best: dict[str, float] = {}
        for hit in row.hits:
            best[hit.uri] = max(hit.score, best.get(hit.uri, hit.score))
        for rank, (uri, score) in enumerate(ordered(best), start=1):
            ranked.append(f"{_name(row.id)} Q0 {_name(uri)} {rank} {score:.6f} {TAG}\n")
        relevant = list(dict.fromkeys(one.uri for one in row.evidence if one.uri)) if row.answerable else []
        judged += [f"{_name(row.id)} 0 {_name(uri)} 1\n" for uri in relevant]
        if not relevant:
            left_out.append(f"{row.id}: no evidence in the index, so it is not judged")
    write_file(folder / RUN, "".join(ranked))
    write_file(folder / QRELS, "".join(judged))
    return left_out


def ordered(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    """Best first; of equal scores the later name first, as trec_eval does."""
    return sorted(scores.items(), key=lambda one: (one[1], one[0]), reverse=True)


def _row(question: str, scores: Mapping[str, float], grades: Mapping[str, int]) -> dict[str, Any]:
    measured = ranking_scores([name for name, _ in ordered(scores)], grades)
    return {
        "id": question,
        "question": "",
        "answerable": True,
        "abstained": None,
        "digest": digest(dict(grades)),
        "failed": measured["recall@10"] == 0.0,
        "scores": {name: round(value, PLACES) for name, value in measured.items()},
    }


def _name(text: str) -> str:
    return "%20".join(text.split()) or "%20"
