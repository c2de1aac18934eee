"""`rag eval compare`: two stored runs held against each other, case by case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import JsonOption
from api.terminal import amount, json_line, one_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.comparison.compare import Comparison, Turned
    from evals.comparison.paired import Paired

RunArgument = Annotated[
    Path,
    typer.Argument(metavar="RUN", readable=False, help="A folder that `rag eval run --out` or `judge --out` wrote"),
]


def eval_compare(
    a: Annotated[Path, typer.Argument(metavar="A", readable=False, help="A run folder: how it was")],
    b: Annotated[Path, typer.Argument(metavar="B", readable=False, help="A run folder: how it is now")],
    *,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Compare this measure; may be repeated; choose before you look [the main ones]"
        ),
    ] = None,
    show: Annotated[int, typer.Option("--show", metavar="N", min=0, help="Most wins and losses to show, each")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs over the cases that both have: every measure, and every case won or lost.

    Intervals are a paired bootstrap; p-values are McNemar's exact ones for measures that say yes or no of a case and a
    randomization test for the others, corrected over the measures by Holm's method.
    """
    from evals.comparison.compare import compare_runs, comparison_json
    from evals.runs.run_folder import read_run

    comparison = compare_runs(read_run(a), read_run(b), names=measure or ())
    if as_json:
        say(json_line(comparison_json(comparison)))
        return
    tell_differences(comparison)
    _show_measures(comparison.measures, comparison.amounts)
    _show_turned("won", comparison.wins, show)
    _show_turned("lost", comparison.losses, show)


def tell_differences(comparison: Comparison, *, a: str = "A", b: str = "B") -> None:
    """To standard error: what else differs between two runs, and which cases are not in both."""
    for part in comparison.differs:
        was, now = comparison.a.fingerprints[part], comparison.b.fingerprints[part]
        verb = "differ" if part.endswith("s") else "differs"
        tell(f"rag: the {part} {verb}: {visible(was)} in {a}, {visible(now)} in {b}")
    for name, (was_set, now_set) in comparison.settings.items():
        tell(f"rag:   {visible(name)} is {visible(str(was_set))} in {a}, {visible(str(now_set))} in {b}")
    for names, why in (
        (comparison.only_a, f"only in {a}"),
        (comparison.only_b, f"only in {b}"),
        (comparison.edited, "edited in between, so left out"),
    ):
        if names:
            tell(f"rag: {amount(len(names), 'case')} {why}: {one_line(', '.join(names), limit_chars=400)}")


def _show_measures(measures: Sequence[Paired], amounts: Sequence[Paired]) -> None:
    from evals.comparison.compare import NOTE
    from evals.runs.markdown import shown

    say(f"{'measure':<22}{'A':>9}{'B':>9}{'B - A':>9}   {'95%':<20}{'won':>4}{'lost':>5}{'p':>8}")
    for one in (*measures, *amounts):
        low, high = one.interval
        mark = "" if not one.significant else ("  better" if one.better else "  WORSE")
        say(
            f"{one.measure:<22}{shown(one.a):>9}{shown(one.b):>9}{_signed(one.difference):>9}"
            f"   {f'{_signed(low)} to {_signed(high)}':<20}{one.wins:>4}{one.losses:>5}{one.p_holm:>8.3f}{mark}"
        )
    say(NOTE)


def _signed(value: float) -> str:
    """Whole numbers from a hundred on, as tokens have: the columns stay columns."""
    return f"{value:+.3f}" if abs(value) < 100 else f"{value:+,.0f}"


def _show_turned(what: str, turned: Sequence[Turned], most: int) -> None:
    from evals.runs.markdown import shown

    say(f"{amount(len(turned), 'case')} {what}" + (":" if turned and most else ""))
    for one in turned[:most]:
        moved = ", ".join(
            f"{name} {shown(was)} -> {shown(now)}" for name, (was, now) in one.changes.items() if name == one.decided_by
        )
        say(f"  {visible(one.a.id)}: {one_line(one.a.question, limit_chars=160)} ({moved})")
        for side, case in (("A", one.a), ("B", one.b)):
            said = case.error or case.answer
            if said is not None:
                say(f"    {side}: {one_line(said, limit_chars=200)}")
    if most and len(turned) > most:
        say(f"  and {len(turned) - most} more (--show N, or --json)")
