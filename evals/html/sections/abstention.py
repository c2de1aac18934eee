"""What it costs to answer wrongly and to say "I don't know": counts, and cost by how much worse the first is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.charts.plots import lines, table_of_counts
from evals.charts.value import Axis, Cell, Point
from evals.html.told import counted
from evals.html.values import Figure, Section, Table
from evals.measures.abstention_cost import PRICES, Decided, abstention_costs, worth_up_to
from evals.outcome import Gap
from evals.runs.markdown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.runs.shown_run import CaseRow, ShownRun


def abstention_section(runs: Sequence[ShownRun]) -> Section:
    """Counts a run, the cost curve of all, and what a stricter threshold would do."""
    title = "Abstention"
    about = (
        "A wrong answer and a needless abstention are different mistakes. How much worse the first is, is yours "
        "to say: read the curve at your price."
    )
    decided = [(run, of) for run in runs if (of := _decided(run))]
    if not decided:
        return Section("abstention", title, about, missing="These runs keep no answers.")
    figures = [_counts(run, named=len(runs) > 1) for run, _ in decided]
    curve = _curve(decided)
    figures += [curve] if curve is not None else []
    figures += [figure for run, _ in decided for figure in (_stricter(run, named=len(runs) > 1),) if figure is not None]
    return Section("abstention", title, about, tuple(figures))


def _decided(run: ShownRun) -> list[Decided]:
    return [
        Decided(case.answerable, case.abstained, None if (right := case.value("accuracy")) is None else right > 0)
        for case in run.cases.values()
        if case.abstained is not None
    ]


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


def _curve(decided: Sequence[tuple[ShownRun, list[Decided]]]) -> Figure | None:
    costs = {run.name: ones for run, cases in decided if (ones := abstention_costs(cases))}
    if not costs:
        return None
    silent = next(iter(costs.values()))
    points = [Point(name, one.price, one.cost) for name, ones in costs.items() for one in ones]
    points += [Point("always abstaining", one.price, one.always_abstaining) for one in silent]
    title = "Cost by the price of a wrong answer"
    told = "Cost a case, in needless abstentions; a run above the line of always abstaining is worse than no system."
    x = Axis("a wrong answer is so many times worse than none", 0, PRICES[-1])
    svg = lines(points, x, Axis("cost a case", low=0), title=title, description=told)
    rows = [
        (f"{one.price:g}", *(shown(of[at].cost) for of in costs.values()), shown(one.always_abstaining))
        for at, one in enumerate(silent)
    ]
    rows.append(("worth it up to", *(_worth(cases) for run, cases in decided if run.name in costs), ""))
    head = ("price of a wrong answer", *costs, "always abstaining")
    return Figure(title, told, svg, Table(title, head, tuple(rows), tuple(range(len(head)))))


def _worth(cases: Sequence[Decided]) -> str:
    price = worth_up_to(cases)
    return "any price" if isinstance(price, Gap) else shown(price)


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
