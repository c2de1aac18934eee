"""Which documents are cited for what they do not say: the share of supported sentences by cited document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.charts.plots import dots
from evals.charts.value import Axis, Bar
from evals.html.told import span
from evals.html.values import Figure, Section, Table
from evals.intervals import mean_interval
from evals.runs.markdown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.runs.shown_run import ShownRun

MOST = 20
"""Documents in the picture and the table: those with the least support first."""


def faithfulness_section(runs: Sequence[ShownRun]) -> Section:
    """A figure a run."""
    title = "Faithfulness by document"
    about = (
        "Of the sentences that cite a document, the share that what they cite bears out: support by the sources "
        "shown, not truth. The documents with the least support come first."
    )
    figures = tuple(figure for run in runs for figure in (_figure(run, named=len(runs) > 1),) if figure is not None)
    missing = "" if figures else "These runs keep no sentence with citations."
    return Section("faithfulness", title, about, figures, missing)


def _figure(run: ShownRun, *, named: bool) -> Figure | None:
    supported: dict[str, list[float]] = {}
    asked: dict[str, list[str]] = {}
    for name in run.cases:
        documents = {quote.number: quote.uri for quote in run.quotes(name)}
        for sentence in run.sentences(name):
            for uri in dict.fromkeys(documents[number] for number in sentence.citations if number in documents):
                supported.setdefault(uri, []).append(float(sentence.verdict == "supported"))
                asked.setdefault(uri, []).append(name)
    if not supported:
        return None
    order = sorted(supported, key=lambda uri: (sum(supported[uri]) / len(supported[uri]), -len(supported[uri]), uri))
    names = _short(order)
    bars = [_bar(run.name, names[uri], supported[uri], asked[uri]) for uri in order[:MOST]]
    title = f"Faithfulness by document, {run.name}" if named else "Faithfulness by document"
    told = f"Share of supported sentences for {len(bars)} of {len(order)} cited documents, with 95% intervals."
    rows = tuple((bar.category, shown(bar.value), span(_ends(bar)), bar.note) for bar in bars)
    head = ("document", "supported", "95% interval", "sentences")
    table = Table(told, head, rows, (1, 2))
    if all(bar.value == 1.0 for bar in bars):
        return Figure(title, f"Every sentence that cites one of {len(order)} documents is borne out.", "", table)
    svg = dots(bars, Axis("supported sentences, share", 0, 1), title=title, description=told)
    return Figure(title, told, svg, table)


def _short(uris: Sequence[str]) -> dict[str, str]:
    """The names without the folders that all have in common."""
    folders = [uri.split("/")[:-1] for uri in uris]
    same = 0
    while all(len(parts) > same for parts in folders) and len({parts[same] for parts in folders}) == 1:
        same += 1
    return {uri: "/".join(uri.split("/")[same:]) for uri in uris}


def _bar(series: str, uri: str, values: list[float], cases: list[str]) -> Bar:
    # sentences of one answer stand or fall together: answers are drawn, not sentences
    low, high = mean_interval(values, groups=cases)
    return Bar(series, uri, sum(values) / len(values), low, high, f"{len(values)} in {len(set(cases))} answers")


def _ends(bar: Bar) -> tuple[float, float] | None:
    return None if bar.low is None or bar.high is None else (bar.low, bar.high)
