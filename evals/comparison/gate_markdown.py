"""A gate as Markdown, for the summary of a pull request: the verdict, each check, and the cases that turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evals.comparison.compare import NOTE
from evals.runs.markdown import plain, shown, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.comparison.compare import Comparison, Turned
    from evals.comparison.gate import Gate

MOST_CASES = 50


def gate_markdown(gate: Gate) -> str:
    """The same bytes for the same figures; what documents and models say is text, never Markdown or HTML."""
    verdict = "passed" if gate.passed else "FAILED"
    rows = [("ok" if one.passed else "**fails**", plain(one.name), plain(one.found)) for one in gate.checks]
    parts = [f"## Evaluation gate: {verdict}", table(("", "check", "found"), rows)]
    if gate.comparison is not None:
        parts += _compared(gate.comparison)
    elif gate.failed_cases:
        ids = [f"- {plain(case.id)}: {plain(case.question)}" for case in gate.failed_cases[:MOST_CASES]]
        parts += _folded(f"{len(gate.failed_cases)} failed cases", ids)
    return "\n\n".join(parts) + "\n"


def _compared(comparison: Comparison) -> list[str]:
    parts = [
        f"The {part} changed since the baseline: `{plain(comparison.a.fingerprints[part])}` then, "
        f"`{plain(comparison.b.fingerprints[part])}` now."
        for part in comparison.differs
    ]
    parts += [
        f"`{plain(name)}` was `{plain(str(was))}`, is `{plain(str(now))}`."
        for name, (was, now) in comparison.settings.items()
    ]
    if comparison.only_b:
        parts.append(f"{len(comparison.only_b)} cases are new since the baseline and not compared.")
    parts += _folded(f"{len(comparison.losses)} cases lost", [_line(one) for one in comparison.losses])
    parts += _folded(f"{len(comparison.wins)} cases won", [_line(one) for one in comparison.wins])
    return [*parts, NOTE]


def _line(turned: Turned) -> str:
    was, now = turned.changes[turned.decided_by]
    said = turned.b.error or turned.b.answer
    return f"- {plain(turned.b.id)}: {plain(turned.b.question)} ({turned.decided_by} {shown(was)} to {shown(now)})" + (
        f"<br>{plain(said)}" if said else ""
    )


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return [f"{title}."]
    more = [f"- and {len(lines) - MOST_CASES} more"] if len(lines) > MOST_CASES else []
    shown_lines = "\n".join([*lines[:MOST_CASES], *more])
    return [f"<details><summary>{title}</summary>\n\n{shown_lines}\n\n</details>"]
