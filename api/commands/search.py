"""`rag search`: the chunks nearest to a question, or to each question of a file."""

from __future__ import annotations

import time
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.errors import QueriesError
from api.options import (
    AsOfOption,
    AsOption,
    ConfigOption,
    FilterOption,
    IndexOption,
    JsonOption,
    open_with,
    settings_for,
    typed_question,
)
from api.terminal import json_line, say, tell
from rag.wire import hits_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag import Rag
    from retrievers.hit import Hit


class Mode(StrEnum):
    """Which retrievers search."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


def search(
    question: Annotated[str | None, typer.Argument(metavar="[QUESTION]", help="What to look for")] = None,
    *,
    index: IndexOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Most hits to return [else retrieval.limit]")
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="Meaning, words, or both [else retrieval.mode]")] = None,
    where: FilterOption = None,
    groups: AsOption = None,
    as_of: AsOfOption = None,
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", readable=False, help="Answer each line {id, question} with a line of JSON"),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say what each score is made of")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the chunks nearest to a question, best first."""
    if (question is None) == (queries is None):
        raise typer.BadParameter("give one question, or --queries FILE.jsonl", param_hint="QUESTION")
    question = None if question is None else typed_question(question)
    asked = list(_read_queries(queries)) if queries is not None else []  # all of them, before the first is searched
    settings = settings_for(index, config)
    wanted = limit if limit is not None else settings.retrieval.limit
    with open_with(settings) as rag:
        find = partial(
            rag.search, limit=wanted, mode=mode.value if mode else None, where=where, groups=groups, as_of=as_of
        )
        for query_id, text in asked:
            began = time.perf_counter()
            found = _found(rag, text, find, explain=explain)
            ms = round((time.perf_counter() - began) * 1000, 3)
            say(json_line({"id": query_id, **found, "ms": ms}))
        note = rag.past_note(as_of, groups=groups) if as_of else None
        if note:
            tell(f"note: {note}")
        if question is None:
            return
        if as_json:
            say(json_line(_found(rag, question, find, explain=explain)))
        else:
            _show(rag, question, find(question), explain=explain, where=where)


def _found(rag: Rag, question: str, find: Callable[[str], list[Hit]], *, explain: bool) -> dict[str, object]:
    return {"question": question, "hits": hits_json(find(question), rag, explain=explain)}


def _show(rag: Rag, question: str, hits: list[Hit], *, explain: bool, where: str | None) -> None:
    from api.hit_text import hit_lines

    for line in hit_lines(rag, question, hits, explain=explain):
        say(line)
    if not hits:
        say("Nothing found." if where is None else "Nothing found in the documents that fit the filter.")


def _read_queries(path: Path) -> Iterator[tuple[str, str]]:
    from evals.errors import CaseError
    from evals.jsonl import Line, read_lines
    from rag.asking import checked_question
    from rag.errors import QuestionError

    class Query(Line):
        id: str
        question: str

    try:
        for number, query in read_lines(path, Query):
            try:
                checked_question(typed_question(query.question))
            except QuestionError as error:
                raise CaseError(path, str(error), line=number, field="question") from error
            yield query.id, query.question
    except CaseError as error:
        raise QueriesError(str(error)) from error
