"""What it costs to answer wrongly and to say "I don't know": counts, and cost by how much worse the first is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.charts.plots import lines, table_of_counts
from evals.charts.value import Axis, Cell, Point
from evals.html.told import counted
from evals.html.values import Figure, Section, Table
from evals.markdown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.shown_run import CaseRow, ShownRun

PRICES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""How many times worse a wrong answer is than none where there is one."""


@dataclass(frozen=True, slots=True)
class _Ends:
    """How the cases of a run ended; ``wrong`` counts answers, to answerable questions and to others."""

    right: int
    wrong: int
    held_back: int
    right_abstentions: int

    @property
    def cases(self) -> int:
        return self.right + self.wrong + self.held_back + self.right_abstentions

    def cost(self, price: float) -> float:
        """Of a case, in needless abstentions."""
        return (price * self.wrong + self.held_back) / self.cases


def abstention_section(runs: Sequence[ShownRun]) -> Section:
    """Counts a run, the cost curve of all, and what a stricter threshold would do."""
    title = "Abstention"
    about = (
        "A wrong answer and a needless abstention are different mistakes. How much worse the first is, is yours "
        "to say: read the curve at your price."
    )
    ends = [(run, of) for run in runs if (of := _ends(run)) is not None]
    if not ends:
        return Section("abstention", title, about, missing="These runs keep no answers.")
    figures = [_counts(run, named=len(runs) > 1) for run, _ in ends]
    figures.append(_curve(ends))
    figures += [figure for run, _ in ends for figure in (_stricter(run, named=len(runs) > 1),) if figure is not None]
    return Section("abstention", title, about, tuple(figures))


def _ends(run: ShownRun) -> _Ends | None:
    answered = [case for case in run.cases.values() if case.abstained is not None]
    if not answered:
        return None
    return _Ends(
        right=sum(_right(case) for case in answered if case.answerable and not case.abstained),
        wrong=sum(not _right(case) for case in answered if not case.abstained),
        held_back=sum(bool(case.abstained) and case.answerable for case in answered),
        right_abstentions=sum(bool(case.abstained) and not case.answerable for case in answered),
    )


def _right(case: CaseRow) -> bool:
    """An answer that cannot be measured (no reference) counts as right: nothing is held against it."""
    return case.value("accuracy") != 0.0


def _counts(run: ShownRun, *, named: bool) -> Figure:
    columns = ("right answer", "wrong answer", "abstained")
    rows = {True: "answerable", False: "not answerable"}
    cells = [Cell(rows[of], column, 0) for of in (True, False) for column in columns]
    counts = {(cell.row, cell.column): 0 for cell in cells}
    for case in run.cases.values():
        if case.abstained is not None:
            column = "abstained" if case.abstained else ("right answer" if _right(case) else "wrong answer")
            counts[rows[case.answerable], column] += 1
    cells = [Cell(row, column, count) for (row, column), count in counts.items()]
    title = f"Answered and abstained, {run.name}" if named else "Answered and abstained"
    told = f"{counted(sum(counts.values()), 'case')}: answerable or not (rows), and what came back (columns)."
    svg = table_of_counts(cells, "by the case", "came back", title=title, description=told)
    body = tuple((row, *(f"{counts[row, column]:,}" for column in columns)) for row in rows.values())
    return Figure(title, told, svg, Table(title, ("by the case", *columns), body, (1, 2, 3)))


def _curve(ends: Sequence[tuple[ShownRun, _Ends]]) -> Figure:
    cases = ends[0][1]
    answerable = (
        cases.right
        + cases.held_back
        + sum(case.answerable and not case.abstained and not _right(case) for case in ends[0][0].cases.values())
    )
    silent = answerable / cases.cases
    points = [Point(run.name, price, of.cost(price)) for run, of in ends for price in PRICES]
    points += [Point("always abstain", price, silent) for price in PRICES]
    title = "Cost by the price of a wrong answer"
    told = "Cost a case, in needless abstentions; a run above the line of always abstaining is worse than no system."
    svg = lines(
        points,
        Axis("a wrong answer is so many times worse than none", 0, PRICES[-1]),
        Axis("cost a case"),
        title=title,
        description=told,
    )
    rows = tuple((f"{price:g}", *(shown(of.cost(price)) for _, of in ends), shown(silent)) for price in PRICES)
    head = ("price of a wrong answer", *(run.name for run, _ in ends), "always abstain")
    return Figure(title, told, svg, Table(title, head, rows, tuple(range(len(head)))))


def _stricter(run: ShownRun, *, named: bool) -> Figure | None:
    """Share of wrong answers among those left, where only the surest are given."""
    sure = sorted(
        (
            (case.chance_answerable, _right(case))
            for case in run.cases.values()
            if case.chance_answerable is not None and case.abstained is False
        ),
        reverse=True,
    )
    if len(sure) < 2:
        return None
    wrong, points = 0, []
    for given, (chance, right) in enumerate(sure, start=1):
        wrong += not right
        if given == len(sure) or sure[given][0] != chance:  # answers as sure as each other go together
            points.append(Point(run.name, given / len(run.cases), wrong / given, note=f"from {chance:.2f} on"))
    title = f"Fewer answers, fewer wrong ones, {run.name}" if named else "Fewer answers, fewer wrong ones"
    told = "Share of wrong answers among those given, by the share of questions answered, if the threshold were higher."
    svg = lines(
        points,
        Axis("questions answered, share", 0, 1),
        Axis("wrong, of those answered", 0, 1),
        title=title,
        description=told,
    )
    shown_points = points[:: max(1, len(points) // 20)]
    rows = tuple((shown(one.x), shown(one.y), one.note) for one in shown_points)
    return Figure(title, told, svg, Table(title, ("answered, share", "wrong, of those", "probability"), rows, (0, 1)))
