"""Hits that are neighbours in a document become one passage of whole sentences and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrievers.units import DocumentUnits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexers.store import Snapshot
    from retrievers.hit import Hit
    from retrievers.settings import RetrievalSettings
    from retrievers.units import Span

BONUS = 0.05
"""What each further hit adds to a passage's score, as a share of the best hit's; four count."""

BONUS_HITS = 4


@dataclass(frozen=True, slots=True)
class Passage:
    """``document.text[start:end]``: begins and ends at units, and shares no character with another passage.

    ``units`` are the ``[start, end)`` of its sentences, rows and headings, at least one. ``headings`` is the path above
    the first. ``hits`` are those merged in it, best first; ``score`` is the best one's with a small bonus for the
    others.
    """

    document_id: str
    version: str
    start: int
    end: int
    score: float
    hits: tuple[Hit, ...]
    units: tuple[Span, ...]
    headings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Run:
    start: int
    end: int
    hits: list[Hit]


def merge_passages(hits: Sequence[Hit], snapshot: Snapshot, settings: RetrievalSettings) -> list[Passage]:
    """Widen hits to whole units, the best ones by their neighbours, and merge what overlaps or is near.

    Args:
        hits: Of one retriever, each chunk once.
        snapshot: The state of the index that the hits come from.
        settings: ``gap_chars``, ``neighbours``, ``expanded_hits`` and ``passage_chars``.

    Returns:
        Passages, best first; equal scores by document and place. No character is in two of them.

    Raises:
        DocumentNotFound: A hit is of a version that the snapshot does not hold.
        StoreDamaged: A text does not match its checksum.
    """
    by_document: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        by_document.setdefault((hit.chunk.document_id, hit.chunk.version), []).append(hit)
    passages: list[Passage] = []
    for (document_id, version), found in by_document.items():
        units = DocumentUnits(snapshot.document(document_id, version=version))
        runs = _merge((_widened(hit, units, settings) for hit in found), units, settings)
        passages.extend(_passage(run, units) for run in runs)
    return sorted(passages, key=lambda passage: (-passage.score, passage.document_id, passage.start))


def _passage(run: _Run, units: DocumentUnits) -> Passage:
    best_first = tuple(sorted(run.hits, key=lambda hit: (hit.rank, hit.chunk.start)))
    return Passage(
        document_id=units.document.id,
        version=units.document.version,
        start=run.start,
        end=run.end,
        score=_score(best_first),
        hits=best_first,
        units=tuple(units.covering(run.start, run.end)) or ((run.start, run.end),),
        headings=units.headings_at(run.start),
    )


def _widened(hit: Hit, units: DocumentUnits, settings: RetrievalSettings) -> _Run:
    start, end = hit.chunk.start, hit.chunk.end
    if hit.rank <= settings.expanded_hits and settings.neighbours:
        start, end = units.around(start, end, chars=settings.neighbours * (end - start))
    covering = units.covering(start, end)
    return _Run(covering[0][0], covering[-1][1], [hit]) if covering else _Run(start, end, [hit])


def _merge(runs: Iterable[_Run], units: DocumentUnits, settings: RetrievalSettings) -> list[_Run]:
    merged: list[_Run] = []
    for run in sorted(runs, key=lambda run: (run.start, run.end)):
        last = merged[-1] if merged else None
        if last is None or run.start > last.end + settings.gap_chars:
            merged.append(run)
        elif run.end <= last.end or run.end - last.start <= settings.passage_chars:
            last.end = max(last.end, run.end)
            last.hits.extend(run.hits)
        else:
            rest = units.covering(max(run.start, last.end), run.end)
            merged.append(_Run(rest[0][0], rest[-1][1], run.hits))
    return merged


def _score(best_first: Sequence[Hit]) -> float:
    best = max(hit.score for hit in best_first)
    return best + BONUS * abs(best) * min(len(best_first) - 1, BONUS_HITS)
