"""`rag eval retrieval`: every retriever on a collection with judged questions, in BEIR's format."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.options import ConfigOption, JsonOption, open_with, settings_for
from api.progress import counted
from api.terminal import amount, json_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evals.search.collection import Collection


def eval_retrieval(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", readable=False, help="Holds corpus.jsonl, queries.jsonl and qrels.tsv")
    ],
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Documents to rank for a question")] = 100,
    retriever: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Measure this one alone (dense, lexical, hybrid, without-late, rrf); may be repeated"
        ),
    ] = None,
    qrels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="Judgements [else qrels.tsv or qrels/test.tsv of FOLDER]"),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            "--index", "-i", metavar="DIR", readable=False, help="Keep the collection's index here, and use it again"
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure each retriever on a folder in BEIR's format; with --json a line with one object for each.

    Every judged question counts, with 0 where nothing is found. A document's score is that of its best chunk.
    """
    from evals.search.collection import load_collection
    from evals.search.collection_index import index_collection
    from evals.search.contenders import chosen_contenders
    from evals.search.retrieval import measure_retriever, retrieval_json

    contenders = chosen_contenders(retriever or ())
    collection = load_collection(folder, qrels=qrels)
    _tell_unknown(collection)
    with _index_folder(index) as path:
        with counted("records") as progress:
            index_collection(collection, path, settings=settings_for(path, config), progress=progress)
        for contender in contenders:
            with (
                open_with(settings_for(path, config, overrides=dict(contender.overrides))) as rag,
                counted(f"questions, {contender.name}") as progress,
            ):
                result = measure_retriever(
                    rag, collection, name=contender.name, mode=contender.mode, limit=limit, progress=progress
                )
            figures = retrieval_json(result)
            say(json_line(figures) if as_json else _line(figures))


@contextmanager
def _index_folder(index: Path | None) -> Iterator[Path]:
    if index is not None:
        yield index
        return
    with tempfile.TemporaryDirectory(prefix="plumbline-collection-") as scratch:
        yield Path(scratch) / "index"


def _tell_unknown(collection: Collection) -> None:
    if collection.unknown:
        judged = amount(len(collection.unknown), "judged document")
        first = visible(repr(collection.unknown[0]))
        tell(f"rag: {judged} not in corpus.jsonl (the first is {first}): counted as not found")


def _line(figures: dict[str, object]) -> str:
    shown = ("ndcg@10", "recall@10", "recall@100", "mrr@10", "map")
    values = "   ".join(f"{name} {figures[name]:.3f}" for name in shown)
    return f"{figures['retriever']!s:<12}  {values}   {figures['median_ms']:.1f} ms"
