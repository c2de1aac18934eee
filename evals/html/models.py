"""The benchmark of models as one HTML page: charts and tables of raw records, nothing asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.charts.plots import dots, scatter
from evals.charts.value import Axis, Bar, Point
from evals.html.render import render
from evals.html.values import Figure, Line, ModelsPage, Section, Table
from evals.models.figures import differences, figures_of, models_of
from evals.models.markdown import (
    WORDS,
    difference_rows,
    facts,
    quality_rows,
    retirements,
    speed_rows,
    titled,
)
from evals.models.task import MEASURES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from evals.html.values import Tone
    from evals.models.figures import Difference, KindFigures
    from evals.models.records import Record

SAID = {"prompt_tokens": "tokens read", "completion_tokens": "tokens written", "cost_usd": "cost"}


def models_html(records: Sequence[Record], *, today: dt.date) -> str:
    """The page; the same bytes for the same records and day.

    Args:
        records: At least one.
        today: Decides which retirements are near.
    """
    names, figures = models_of(records), figures_of(records)
    found = [one for other in names[1:] for one in differences(records, names[0], other)]
    lines = [Line(text, "bad") for text in retirements(names, today)]
    lines += [Line(_told(one), _tone(one)) for one in found]
    head = ("model", "retired on", "successor", "US dollars for all records")
    return render(
        "models",
        ModelsPage(
            title=f"Models: {' and '.join(names)}",
            lines=tuple(lines),
            models=Table("The models", head, tuple(facts(records)), (3,)),
            sections=(_seconds(figures), _quality(figures), _cost(figures), *_kinds(figures), *_differences(found)),
        ),
    )


def _told(one: Difference) -> str:
    """What is sure of two models, in a sentence."""
    sure = [paired for paired in one.paired if paired.significant]
    if not one.can_tell:
        return f"{titled(one.kind)}: too few tasks to tell {one.b} from {one.a}."
    if not sure:
        return f"{titled(one.kind)}: no difference between {one.b} and {one.a} is more than luck."
    said = [f"{SAID.get(paired.measure, paired.measure)} {'better' if paired.better else 'worse'}" for paired in sure]
    return f"{titled(one.kind)}: {one.b} beside {one.a}: {', '.join(said)}."


def _tone(one: Difference) -> Tone:
    sure = {paired.better for paired in one.paired if paired.significant}
    if sure == {True}:
        return "good"
    if sure == {False}:
        return "bad"
    return "unsure" if sure else "plain"


def _seconds(figures: Sequence[KindFigures]) -> Section:
    timed = [one for one in figures if "seconds" in one.amounts]
    title, told = "Seconds", "Mean seconds of a task with a 95% interval over tasks; a chat counts all of its turns."
    bars = [_bar(one, "seconds", "amounts") for one in timed]
    svg = dots(bars, Axis("seconds, mean", low=0), title=title, description=told) if bars else ""
    head, rows = speed_rows(figures)
    kinds = tuple((WORDS[one.kind], *row) for one, row in zip(figures, rows, strict=True))
    shown = Table("Seconds, tokens, cost and losses", ("kind", *head), kinds, tuple(range(2, len(head) + 1)))
    about = "Of one machine and line at that hour; models took turns at every task, so that both met the same load."
    return Section("seconds", title, about, (Figure(title, told, svg, shown),))


def _quality(figures: Sequence[KindFigures]) -> Section:
    title, told = "Quality", "The first measure of each kind, with a 95% interval over tasks. Right is better."
    known = [one for one in figures if MEASURES[one.kind][0] in one.measures]
    bars = [_bar(one, MEASURES[one.kind][0], "measures") for one in known]
    svg = dots(bars, Axis("quality", 0, 1), title=title, description=told) if bars else ""
    rows = tuple(
        (WORDS[one.kind], one.model, MEASURES[one.kind][0], f"{one.measures[MEASURES[one.kind][0]].mean:.3f}")
        for one in known
    )
    shown = Table(title, ("kind", "model", "measure", "mean"), rows, (3,))
    about = "Errors, refusals and replies cut off count as wrong; what could not be measured is left out."
    return Section("quality", title, about, (Figure(title, told, svg, shown),))


def _cost(figures: Sequence[KindFigures]) -> Section:
    title, told = "Cost against quality", "A point is a kind of task. Up and to the left is better."
    known = [
        (one, one.amounts["cost_usd"].mean, one.measures[MEASURES[one.kind][0]])
        for one in figures
        if "cost_usd" in one.amounts and MEASURES[one.kind][0] in one.measures
    ]
    points = [Point(one.model, cost, quality.mean, *quality.interval, one.kind) for one, cost, quality in known]
    priced = any(point.x > 0 for point in points)
    axis = Axis("US dollars a task, mean", low=0)
    svg = scatter(points, axis, Axis("quality", 0, 1), title=title, description=told, named=True) if priced else ""
    rows = tuple((one.model, WORDS[one.kind], f"{cost:.6f}", f"{quality.mean:.3f}") for one, cost, quality in known)
    shown = Table(title, ("model", "kind", "US dollars a task", "quality"), rows, (2, 3))
    missing = "" if priced else "no price is known, or nothing costs anything."
    return Section("cost", title, told, (Figure(title, "", svg, shown),) if priced else (), missing)


def _kinds(figures: Sequence[KindFigures]) -> list[Section]:
    """Every measure of every kind."""
    shown = []
    for kind in dict.fromkeys(one.kind for one in figures):
        head, rows = quality_rows([one for one in figures if one.kind == kind])
        title = f"Measures of {WORDS[kind]}"
        caption = "Mean and 95% interval over tasks"
        shown.append(Figure(title, caption, "", Table(title, head, tuple(rows), tuple(range(1, len(head))))))
    return [
        Section(
            "measures", "Every measure", "What each one is stands in docs/models.md and docs/measures.md.", tuple(shown)
        )
    ]


def _differences(found: Sequence[Difference]) -> list[Section]:
    """A section with a table a kind and pair; none where there is one model."""
    shown = []
    for one in found:
        head, rows = difference_rows(one)
        title = f"{one.b} beside {one.a}: {WORDS[one.kind]}"
        shown.append(Figure(title, "", "", Table(title, head, tuple(rows), tuple(range(1, 7)))))
    about = (
        "Each task is held against itself, the mean of its samples; intervals by paired bootstrap over tasks, p by "
        "randomization or McNemar's exact test, corrected by Holm for the measures of the kind."
    )
    return [Section("differences", "Two models beside each other", about, tuple(shown))] if shown else []


def _bar(one: KindFigures, name: str, group: str) -> Bar:
    spread = (one.amounts if group == "amounts" else one.measures)[name]
    return Bar(one.model, WORDS[one.kind], spread.mean, *spread.interval, note=name)
