"""The benchmark as Markdown: the profiles, a table a kind, and the differences of two models."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from evals.models.figures import LOST, differences, figures_of, models_of
from evals.models.task import AMOUNTS, KINDS, MEASURES
from evals.runs.markdown import plain
from rag.profiles import model_profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.comparison.paired import Paired
    from evals.models.figures import Difference, KindFigures, Spread
    from evals.models.records import Record

WORDS = {
    "all": "all tasks together",
    "question": "questions over the index",
    "summary": "long summaries",
    "extraction": "extraction to JSON",
    "picture": "pictures",
    "classification": "batches of ten classifications",
    "chat": "chats of ten turns",
}


def models_markdown(records: Sequence[Record], *, today: dt.date) -> str:
    """The same bytes for the same records and day; ``today`` decides which retirements are near."""
    names = models_of(records)
    parts = [
        "# Benchmark of models",
        table(("model", "retired on", "successor", "US dollars for all records"), facts(records)),
    ]
    parts += [f"- {plain(line)}" for line in retirements(names, today)]
    figures = figures_of(records)
    for kind in KINDS:
        own = [one for one in figures if one.kind == kind]
        if own:
            parts += [f"## {titled(kind)}", table(*speed_rows(own)), table(*quality_rows(own))]
    for other in names[1:]:
        for one in differences(records, names[0], other):
            title = f"## {plain(other)} beside {plain(names[0])}: {WORDS[one.kind]}"
            parts += [title, table(*difference_rows(one))]
    return "\n\n".join(parts) + "\n"


def titled(kind: str) -> str:
    """The kind's words with a capital at their head."""
    return WORDS[kind][0].upper() + WORDS[kind][1:]


def facts(records: Sequence[Record]) -> list[tuple[str, ...]]:
    """Of each model what the profile knows, and what all its records cost, warm-ups too."""
    rows: list[tuple[str, ...]] = []
    for name in models_of(records):
        profile = model_profile(name, window_tokens=1)
        costs = [record.cost_usd for record in records if record.model == name and record.status != "not measurable"]
        known = [cost for cost in costs if cost is not None]
        spent = f"{sum(known):.4f}" if len(known) == len(costs) else "price not known"
        shutdown = "not known" if profile.shutdown is None else profile.shutdown.isoformat()
        rows.append((name, shutdown, profile.successor or "", spent))
    return rows


def retirements(names: Sequence[str], today: dt.date) -> list[str]:
    """What is to be said of models whose end is near, or known."""
    return [line for name in names for line in model_profile(name, window_tokens=1).warnings(today)]


def speed_rows(own: Sequence[KindFigures]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows: seconds, tokens, cost and what went wrong, a row a model."""
    head = (
        "model", "tasks", "done", "seconds: median", "mean", "deviation", "p95", "tokens read", "tokens written",
        "US dollars each", *LOST, "not measurable",
    )  # fmt: skip
    return head, [_speed(one) for one in own]


def quality_rows(own: Sequence[KindFigures]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows: every measure of the kind with its interval, a row a model."""
    names = MEASURES[own[0].kind]
    return ("model", *names), [(one.model, *(_shown(one.measures.get(name)) for name in names)) for one in own]


def difference_rows(one: Difference) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows: a row a measure."""
    head = ("measure", "tasks", one.a, one.b, "difference", "95% interval", "p (Holm)", "better")
    return head, [_difference(one, paired) for paired in one.paired]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(plain(cell) if cell != "---" else cell for cell in line) + " |" for line in lines
    )


def amount(name: str, value: float) -> str:
    """A figure with as many places as it needs."""
    if name == "cost_usd":
        return f"{value:.6f}"
    return f"{value:.0f}" if name.endswith("tokens") else f"{value:.3f}"


def _speed(one: KindFigures) -> tuple[str, ...]:
    seconds = one.amounts.get("seconds")
    times = ("",) * 4
    if seconds is not None:
        times = (f"{seconds.median:.3f}", f"{seconds.mean:.3f}", f"{seconds.deviation:.3f}", f"{seconds.p95:.3f}")
    means = [amount(name, one.amounts[name].mean) if name in one.amounts else "not known" for name in AMOUNTS[1:]]
    counts = [str(one.statuses.get(status, 0)) for status in (*LOST, "not measurable")]
    return (one.model, str(one.tasks), str(one.done), *times, *means, *counts)


def _shown(spread: Spread | None) -> str:
    if spread is None:
        return "not measurable"
    return f"{spread.mean:.3f} ({spread.interval[0]:.3f} to {spread.interval[1]:.3f})"


def _difference(one: Difference, paired: Paired) -> tuple[str, ...]:
    a, b = (amount(paired.measure, value) for value in (paired.a, paired.b))
    gain, low, high = (amount(paired.measure, value) for value in (paired.difference, *paired.interval))
    better = {True: one.b, False: one.a, None: "neither"}[paired.better]
    sure = better if paired.significant or better == "neither" else f"{better}, perhaps by luck"
    if not one.can_tell:
        sure = "too few tasks to tell"
    return (paired.measure, str(paired.cases), a, b, gain, f"{low} to {high}", f"{paired.p_holm:.3f}", sure)
