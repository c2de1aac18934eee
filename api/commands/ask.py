"""`rag ask`: an answer in which every sentence is cited and checked, or an honest abstention."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import (
    AsOfOption,
    AsOption,
    ConfigOption,
    FilterOption,
    IndexOption,
    JsonOption,
    open_rag,
    typed_question,
)
from api.terminal import json_line, reader_is_a_person, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag import Rag
    from rag.answer import Answer
    from rag.events import AnswerEvent


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="One question, of at most 4,000 characters")],
    *,
    index: IndexOption = None,
    model: Annotated[
        str | None, typer.Option(metavar="M", help="Who writes: extractive, or a model's name [else generator.model]")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=1000, help="Most hits to read for the answer")] = None,
    where: FilterOption = None,
    groups: AsOption = None,
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the documents, with citations; or say that they do not answer it."""
    question = typed_question(question)
    overrides = {} if model is None else {"generator.model": model}
    with open_rag(index, config, overrides=overrides) as rag:
        held = partial(rag.ask, question, limit=limit, where=where, groups=groups, as_of=as_of)
        if as_json:
            from rag.wire import answer_json

            say(json_line(answer_json(held())))
        elif reader_is_a_person():
            _show_evidence(rag, _stream(rag.ask_stream(question, limit=limit, where=where, groups=groups, as_of=as_of)))
        else:
            answer = held()
            _show_text(answer)
            _show_evidence(rag, answer)


def _stream(events: Iterator[AnswerEvent]) -> Answer:
    """Show each sentence as soon as it is checked; the finished answer is shown again where it came out otherwise."""
    from api.answer_text import marks
    from rag.events import AnswerComplete, SentenceVerified

    shown: list[str] = []
    for event in events:
        if isinstance(event, SentenceVerified):
            shown.append(event.sentence.text)
            say(visible(event.sentence.text) + marks(event.sentence))
        elif isinstance(event, AnswerComplete):
            answer = event.answer
    if [sentence.text for sentence in answer.sentences] != shown:
        if shown:
            say("\nThe check of the whole changed the answer:")
        _show_text(answer)
    return answer


def _show_text(answer: Answer) -> None:
    from api.answer_text import marked_text

    say(marked_text(answer))


def _show_evidence(rag: Rag, answer: Answer) -> None:
    from api.answer_text import citation_lines

    lines = citation_lines(answer, lambda name, version: rag.document(name, version=version))
    if lines:
        say()
        if answer.abstained:
            say("Nearest evidence:")
    for line in lines:
        say(line)
    for warning in answer.warnings:
        tell(f"note: {visible(warning)}")
