"""Verdicts against what they should have been: by human labels where scores of `rag eval verify` are given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from evals.charts.plots import lines, table_of_counts
from evals.charts.value import Axis, Cell, Point
from evals.html.told import counted, span
from evals.html.values import Figure, Section, Table
from evals.jsonl import Line, read_lines
from evals.outcome import Gap
from evals.runs.markdown import shown
from evals.verifier.detection import Detection, detect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evals.runs.shown_run import ShownRun

VERDICTS = ("supported", "partial", "unsupported", "contradicted")
HALF = 0.5


class ScoreLine(Line):
    """A line that `rag eval verify --out` writes."""

    id: str = ""
    score: Annotated[float, Field(ge=0, le=1)]
    verdict: Literal["supported", "partial", "contradicted", "unsupported"]
    label: Annotated[int, Field(ge=0, le=1)]


def load_scores(path: Path) -> list[ScoreLine]:
    """The scored lines of a file.

    Raises:
        CaseError: It cannot be read, or a line is not one of `rag eval verify --out`.
    """
    return [line for _, line in read_lines(path, ScoreLine)]


def verdicts_section(runs: Sequence[ShownRun], scores: Sequence[ScoreLine] | None) -> Section:
    """The confusion of verdicts with labels, and with right and wrong answers."""
    figures = [] if scores is None else [_against_labels(scores)]
    figures += [
        figure for run in runs for figure in (_against_reference(run, named=len(runs) > 1),) if figure is not None
    ]
    about = (
        "A verdict says whether the sources shown bear a sentence out. Held against human labels it shows where the "
        "verifier errs; held against the reference it shows that an answer may be faithful and wrong."
    )
    return Section("verdicts", "Verdicts", about, tuple(figures), "" if figures else "These runs keep no verdicts.")


def calibration_section(runs: Sequence[ShownRun], scores: Sequence[ScoreLine] | None) -> Section:
    """Whether a score of 0.8 is right eight times of ten."""
    figures = []
    if scores is not None:
        labelled = detect([one.score for one in scores], [one.label == 1 for one in scores], threshold=HALF)
        figures.append(_reliability("Verifier: score against human labels", "supported by label", labelled))
        figures.append(_agreement("Verifier: agreement of the score with the labels", labelled))
    for run in runs:
        sure = [
            (case.chance_answerable, case.answerable)
            for case in run.cases.values()
            if case.chance_answerable is not None
        ]
        if len({right for _, right in sure}) > 1:
            detection = detect([chance for chance, _ in sure], [right for _, right in sure], threshold=HALF)
            named = f", {run.name}" if len(runs) > 1 else ""
            figures.append(_reliability(f"Is the question answerable{named}", "answerable", detection))
            figures.append(_agreement(f"Is the question answerable: agreement with the cases{named}", detection))
    about = (
        "Where the points lie on the dashed line, a score can be taken at its word: of ten scored 0.8, eight are right."
    )
    missing = (
        "" if figures else "Give the scores of labelled claims with --verify, written by `rag eval verify FILE --out`."
    )
    return Section("calibration", "Calibration", about, tuple(figures), missing)


def _against_labels(scores: Sequence[ScoreLine]) -> Figure:
    pairs = [("supported" if one.label else "not supported", one.verdict) for one in scores]
    told = f"Human label (rows) by verdict (columns), {counted(len(scores), 'claim')}."
    return _confusion("Verdicts against human labels", told, pairs, ("supported", "not supported"), "human label")


def _against_reference(run: ShownRun, *, named: bool) -> Figure | None:
    pairs = [(right, verdict) for name in run.cases for right, verdict in _answer(run, name)]
    if not pairs:
        return None
    title = f"Answers: right by the reference, by their gravest verdict{', ' + run.name if named else ''}"
    told = (
        f"{counted(len(pairs), 'answer')}: by the reference (rows), and by the gravest verdict of a sentence (columns)."
    )
    return _confusion(title, told, pairs, ("right", "wrong"), "by the reference")


def _answer(run: ShownRun, name: str) -> Iterable[tuple[str, str]]:
    case = run.cases[name]
    accuracy, verdicts = case.value("accuracy"), [one.verdict for one in run.sentences(name)]
    known = [verdict for verdict in verdicts if verdict in VERDICTS]
    if accuracy is not None and known and not case.abstained:
        yield ("right" if accuracy else "wrong"), max(known, key=VERDICTS.index)


def _confusion(title: str, told: str, pairs: Sequence[tuple[str, str]], rows: Sequence[str], label: str) -> Figure:
    cells = [Cell(row, verdict, sum(pair == (row, verdict) for pair in pairs)) for row in rows for verdict in VERDICTS]
    svg = table_of_counts(cells, label, "verdict", title=title, description=told)
    body = tuple((row, *(f"{cell.count:,}" for cell in cells if cell.row == row)) for row in rows)
    return Figure(title, told, svg, Table(title, (label, *VERDICTS), body, (1, 2, 3, 4)))


def _reliability(title: str, right: str, detection: Detection) -> Figure:
    points = [
        Point(title, one.mean_score, one.supported, note=counted(one.n, "case"))
        for one in detection.bins
        if not isinstance(one.mean_score, Gap) and not isinstance(one.supported, Gap)
    ]
    told = f"Mean score and share {right}, {counted(detection.n, 'case')} in {len(points)} bins."
    svg = lines(
        points, Axis("mean score", 0, 1), Axis(f"share {right}", 0, 1), title=title, description=told, diagonal=True
    )
    rows = tuple((shown(one.x), shown(one.y), one.note) for one in points)
    table = Table(told, ("mean score", f"share {right}", "cases"), rows, (0, 1, 2))
    return Figure(title, told, svg, table)


def _agreement(title: str, detection: Detection) -> Figure:
    """The figures that no threshold decides."""
    rows = tuple(
        (name, shown(detection.values[name]), span(detection.intervals.get(name))) for name in ("auroc", "brier", "ece")
    )
    return Figure(title, "", "", Table(title, ("measure", "value", "95% interval"), rows, (1, 2)))
