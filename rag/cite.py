"""Labels to citations: what a sentence cites becomes spans of documents, exact by construction."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from indexers.document import Document
from indexers.tables import cell_address
from rag.answer import Citation
from rag.context import sentence_contexts
from retrievers.window import ContextWindow, Source

ReadDocument = Callable[[str, str], Document]
"""Document id and version to the document."""


class Citer:
    """Numbers citations by first appearance over one answer; the same span keeps its number."""

    def __init__(self, window: ContextWindow, read: ReadDocument) -> None:
        self._read = read
        self._places = {
            sentence.label: (source, position)
            for source in window.sources
            for position, sentence in enumerate(source.sentences)
        }
        self._citations: dict[tuple[str, str, int, int], Citation] = {}
        self._contexts: list[str] = []

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations so far; the one at position i has number i + 1."""
        return tuple(self._citations.values())

    def cite(self, labels: Iterable[str]) -> tuple[int, ...]:
        """The numbers of the citations for ``labels``, ascending in order of place; unknown labels cite nothing.

        Sentences that stand next to each other in one source become one citation.
        """
        places = sorted({self._places[label] for label in labels if label in self._places}, key=_in_order)
        runs: list[tuple[Source, int, int]] = []
        for source, position in places:
            if runs and runs[-1][0] is source and runs[-1][2] + 1 == position and not _apart(source, position):
                runs[-1] = (source, runs[-1][1], position)
            else:
                runs.append((source, position, position))
        return tuple(sorted({self._number(source, a, b) for source, a, b in runs}))

    def evidence(self, numbers: Iterable[int]) -> list[str]:
        """What the citations with these numbers say: their quotes, and the titles, headings and table headers above."""
        citations, numbers = self.citations, list(numbers)
        contexts = dict.fromkeys(self._contexts[number - 1] for number in numbers)
        return [*(citations[number - 1].quote for number in numbers), *contexts]

    def _number(self, source: Source, first_position: int, last_position: int) -> int:
        first, last = source.sentences[first_position], source.sentences[last_position]
        key = (source.document_id, source.version, first.start, last.end)
        if key not in self._citations:
            document = self._read(source.document_id, source.version)
            self._contexts.append(sentence_contexts(source)[first_position])
            self._citations[key] = Citation(
                number=len(self._citations) + 1,
                document_id=source.document_id,
                uri=source.uri,
                title=source.title,
                version=source.version,
                page=first.page,
                start=first.start,
                end=last.end,
                quote=document.text[first.start : last.end],
                cells=cell_address(document, first.start, last.end),
            )
        return self._citations[key].number


def _apart(source: Source, position: int) -> bool:
    """Whether the sentence before is a header row from elsewhere in the table: what lies between was not cited."""
    return source.sentences[position - 1].start < source.start <= source.sentences[position].start


def _in_order(place: tuple[Source, int]) -> tuple[int, int]:
    return place[0].number, place[1]
