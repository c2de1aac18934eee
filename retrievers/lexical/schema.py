"""The fields of the postings, and the stamp that says what they were made from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from retrievers.errors import LexicalUnusable
from retrievers.lexical.files import POSTINGS, verify, verify_list, wipe

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "5"
"""Counts changes of fields, tokenising or `retrievers.terms`: another one means that the folder is built again."""

_STAMP = "stamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a lexical index was made from, and how far it has caught up."""

    index_id: str
    schema: str
    generation: int


def new_index(folder: Path | None = None) -> Any:  # noqa: ANN401  # tantivy ships no types
    """An empty index in the folder, whose lock the caller holds and whose old postings go; in memory where None.

    Raises:
        LexicalUnusable: It cannot be made there.
    """
    import tantivy

    if folder is None:
        return _prepared(tantivy.Index(_fields()))
    try:
        return _prepared(tantivy.Index(_fields(), path=str(wipe(folder)), reuse=False))
    except (ValueError, OSError) as error:
        raise LexicalUnusable(path=str(folder), reason=str(error)) from error


def open_index(folder: Path, *, being_written: bool = False) -> Any:  # noqa: ANN401  # tantivy ships no types
    """The index in the folder, every file checked; arguments and errors as for ``LexicalIndex.open``."""
    import tantivy

    postings = folder / POSTINGS
    if not postings.is_dir():
        raise LexicalUnusable(path=str(folder), reason="it has not been built")
    if not being_written:
        verify_list(folder)
    verify(postings)
    try:
        return _prepared(tantivy.Index.open(str(postings)))
    except (ValueError, OSError) as error:
        raise LexicalUnusable(path=str(folder), reason=str(error)) from error


def _fields() -> Any:  # noqa: ANN401  # tantivy ships no types
    """All words in one field: postings a third of those of three fields, and BM25 sees the chunk as one text."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk", indexed=True, fast=True)
    builder.add_unsigned_field("document", indexed=True, fast=True)
    for field in ("words", "name"):  # words come analysed, with a blank between two
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in ("about", "titled"):  # a document's names: of each of its chunks, and of its first alone, to count by
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="basic")
    for field in ("language", "kind"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("stamp", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _prepared(index: Any) -> Any:  # noqa: ANN401  # tantivy ships no types
    import tantivy

    index.config_reader(reload_policy="manual")  # else a thread follows the folder and locks it, for what nobody reads
    index.register_tokenizer("whitespace", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def stamp_row(stamp: Stamp) -> Any:  # noqa: ANN401  # tantivy ships no types
    """The row that carries the stamp."""
    import tantivy

    row = tantivy.Document()
    row.add_text("kind", _STAMP)
    row.add_text("stamp", json.dumps(asdict(stamp)))
    return row


def stamp_query(schema: Any) -> Any:  # noqa: ANN401  # tantivy ships no types
    """Finds that row."""
    import tantivy

    return tantivy.Query.term_query(schema, "kind", _STAMP, "basic")


def read_stamp(searcher: Any, schema: Any, path: str) -> Stamp:  # noqa: ANN401  # tantivy ships no types
    """The stamp of a commit.

    Raises:
        LexicalUnusable: There is none, or not one, or it names another schema.
    """
    try:
        hits = searcher.search(stamp_query(schema), limit=2).hits
        rows = [searcher.doc(address).to_dict() for _score, address in hits]
        stamps = [Stamp(**json.loads(row["stamp"][0])) for row in rows]
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise LexicalUnusable(path=path, reason="it carries no stamp") from error
    if len(stamps) != 1:
        raise LexicalUnusable(path=path, reason=f"it carries {len(stamps)} stamps")
    if stamps[0].schema != SCHEMA:
        raise LexicalUnusable(path=path, reason=f"it has schema {stamps[0].schema}, this version writes {SCHEMA}")
    return stamps[0]
