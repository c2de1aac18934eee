"""`rag eval make`: a question set from one's own documents."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_rag, open_with, settings_for
from api.progress import counted
from api.terminal import amount, json_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evals.making.by_model import ByModel
    from rag import Rag

SHOWN = 3


def eval_make(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", readable=False, help="Documents to ask about [else those of the index]"),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="CASES", readable=False, help="The file of cases to write")],
    index: IndexOption = None,
    questions: Annotated[int, typer.Option(min=1, max=100_000, help="Most cases to make")] = 100,
    unanswerable: Annotated[
        float, typer.Option(metavar="SHARE", min=0.0, max=1.0, help="Of them, those that the documents do not answer")
    ] = 0.2,
    other: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", readable=False, help="Documents that are not indexed: what only they answer is asked too"
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Let this model write the answerable ones; passages are sent to its endpoint"
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make cases from documents by rule: definitions, figures, headings and table cells, each with quote and page.

    Unanswerable ones are near misses: a name, term or year exchanged for one that no sentence or row speaks of. With
    --model a case is kept only if its quote stands in the document to the letter and the verifier says that it bears
    the answer out. Look through the file once before you rely on it.
    """
    from evals.formats.dataset import Item
    from evals.formats.folder import case_json, lines
    from evals.making.by_model import KIND
    from evals.making.cases import make_cases
    from evals.runs.report import write_file

    with contextlib.ExitStack() as stack:
        rag = stack.enter_context(open_rag(index, config) if folder is None else _indexed(folder, config))
        others = None if other is None else stack.enter_context(_indexed(other, config))
        written = None if model is None else _by_model(rag, model, math.ceil(questions * (1 - unanswerable)), config)
        with counted("documents") as progress:
            made = make_cases(
                rag,
                most=questions,
                unanswerable=unanswerable,
                answerable=None if written is None else written.cases,
                others=others,
                progress=progress,
            )
    write_file(out, lines(case_json(Item(case)) for case in made.cases))
    possible = made.possible | ({} if written is None else {KIND: len(written.cases)})
    refused = {} if written is None else dict(written.refused)
    kinds = {kind: sum(case.kind == kind for case in made.cases) for kind in sorted(possible)}
    told = {"written": str(out), "cases": len(made.cases), "kinds": kinds, "possible": possible, "refused": refused}
    if as_json:
        say(json_line(told))
        return
    for kind, count in kinds.items():
        say(f"{kind}: {count} of {possible[kind]}")
        shown = [case.question for case in made.cases if case.kind == kind][:SHOWN]
        say("".join(f"  {visible(question)}\n" for question in shown).rstrip("\n"))
    for why, count in refused.items():
        tell(f"rag: {count} that the model wrote were left out: {visible(why)}")
    tell(f"rag: {amount(len(made.cases), 'case')} written to {visible(str(out))}")


def _by_model(rag: Rag, model: str, most: int, config: Path | None) -> ByModel:
    from evals.making.by_model import cases_by_model, opened_writer
    from rag.verifiers import opened_verifier

    settings = settings_for(None, config, overrides={"generator.model": model})
    with (
        opened_writer(settings, os.environ) as writer,
        opened_verifier(settings) as verifier,
        counted("cases by the model") as progress,
    ):
        seconds = settings.generator.deadline_seconds
        return cases_by_model(rag, writer, verifier, most=most, deadline_seconds=seconds, progress=progress)


@contextlib.contextmanager
def _indexed(folder: Path, config: Path | None) -> Iterator[Rag]:
    """A folder read for the moment; the word hashes do, since nothing is searched for by meaning."""
    overrides = {"embedder.model": "hashing", "ranking.late_interaction": False}
    with tempfile.TemporaryDirectory(prefix="plumbline-make-") as scratch:
        settings = settings_for(Path(scratch) / "index", config, overrides=overrides)
        with open_with(settings, create=True) as rag:
            report = rag.index([folder])
            for failure in report.failures:
                tell(f"rag: {visible(failure.uri)} was not read: {visible(failure.error)}")
            yield rag
