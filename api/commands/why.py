"""`rag why`: at which step a document or a page was lost, and what brings it in."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.search import Mode
from api.options import AsOption, ConfigOption, FilterOption, IndexOption, JsonOption, open_rag, typed_question
from api.terminal import json_line, say, visible

if TYPE_CHECKING:
    from rag.why import Remedy, Why

_MARKS = {"passed": "✓", "missed": "·", "lost": "✗", "not reached": "·"}


def why(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="The question that should have found it")],
    *,
    document: Annotated[
        str, typer.Option("--document", "-d", metavar="D", help="URI, unique file name, or id of the document")
    ],
    page: Annotated[int | None, typer.Option(min=1, help="A page of it")] = None,
    index: IndexOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Hits of the search asked about [else retrieval.limit]")
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="Meaning, words, or both [else retrieval.mode]")] = None,
    where: FilterOption = None,
    groups: AsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say at which step a document or a page was lost, and what brings it in.

    The search is run again, step by step, and what might mend it is tried before it is named.
    """
    question = typed_question(question)
    with open_rag(index, config) as rag:
        found = rag.why(
            question,
            document=document,
            page=page,
            limit=limit,
            mode=mode.value if mode else None,
            where=where,
            groups=groups,
        )
    if as_json:
        say(json_line(asdict(found)))
    else:
        _show(found)


def _show(found: Why) -> None:
    page = "" if found.page is None else f", page {found.page}"
    say(f"{visible(found.document)}{page}: {_verdict(found)}")
    say()
    width = max(len(check.step) for check in found.checks)
    for check in found.checks:
        mark = _MARKS["lost" if check.step == found.lost_at else check.state]
        say(f"  {mark} {check.step:<{width}}  {visible(check.says)}")
    if found.remedies:
        say()
        say("What brings it in:" if any(_tried(one) for one in found.remedies) else "What to do:")
    for remedy in found.remedies:
        say(f"  {visible(remedy.what)}{_tried(remedy)}")


def _verdict(found: Why) -> str:
    window = "" if found.source is None else f"source {found.source} of an answer's window"
    if found.rank is not None:
        return f"hit {found.rank} of {found.limit}, " + (window or f"but lost at {found.lost_at}")
    lost = f"not among the {found.limit} hits, lost at {found.lost_at}"
    return f"{lost}; {window}" if window else lost


def _tried(remedy: Remedy) -> str:
    if remedy.rank is not None:
        return f"   -> hit {remedy.rank}"
    return "" if remedy.source is None else f"   -> source {remedy.source} of the window"
