"""The steps of a search: where each put the target's best chunk, read off the trace of the search itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.why.values import Check, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.why.place import Target
    from retrievers.hit import Hit
    from retrievers.trace import Step, Trace

SEARCHES = ("dense", "lexical")
"""Steps that search everything; each other one orders anew what came before."""

SIGNALS_TOLD = 2

_MEASURES = {"dense": "cosine", "lexical": "BM25"}

DeepRank = tuple[int, float] | None


def rank_in(step: Step, ids: frozenset[str]) -> DeepRank:
    """The rank and the score of the first of these chunks in the step's order."""
    return next(
        ((rank, score) for rank, (chunk, score) in enumerate(step.ranking, start=1) if chunk in ids),
        None,
    )


def rank_among(hits: Sequence[Hit], ids: frozenset[str]) -> tuple[int, str | None] | None:
    """The rank of the first hit that is one of these chunks, or under which one is told; then also how."""
    for hit in hits:
        if hit.chunk.id in ids:
            return hit.rank, None
        told = next((repeat.how for repeat in hit.also if repeat.chunk.id in ids), None)
        if told is not None:
            return hit.rank, told
    return None


def search_checks(trace: Trace, target: Target, *, deep: Callable[[str], DeepRank], words: str) -> list[Check]:
    """A check for each search of the trace.

    Args:
        trace: Of the search.
        target: What is looked for.
        deep: The target's rank and score in a search of that name among all chunks that may be found.
        words: What is said of the words of the question, with the lexical search.
    """
    found = {step.name: rank_in(step, target.ids) for step in trace.steps if step.name in SEARCHES}
    anywhere = any(found.values())
    checks = []
    for step in trace.steps:
        if step.name not in SEARCHES:
            continue
        rank = found[step.name] or deep(step.name)
        state: State = "passed" if found[step.name] else "missed" if anywhere else "lost"
        said = _search_says(step, rank, taken=bool(found[step.name]))
        if step.name == "lexical":
            said += f"; {words}" if words else ""
        checks.append(Check(step.name, state, said, rank[0] if rank else None))
    return checks


def _search_says(step: Step, rank: DeepRank, *, taken: bool) -> str:
    if rank is None:
        return "not found at all"
    place = f"rank {rank[0]:,} by {_MEASURES[step.name]} {rank[1]:.3f}"
    if taken or not step.ranking:
        return place
    return f"{place}; the best {len(step.ranking):,} are taken, the last has {step.ranking[-1][1]:.3f}"


def order_checks(trace: Trace, target: Target, *, limit: int) -> list[Check]:
    """A check for each step that orders what the searches found."""
    checks = []
    place = rank_among(trace.hits, target.ids)
    for step in trace.steps:
        if step.name in SEARCHES:
            continue
        if step.name == "diversity":
            checks.append(_diversity(trace, target))
            continue
        rank = rank_in(step, target.ids)
        if rank is None:
            return [*checks, Check(step.name, "lost", "dropped here")]
        said = f"rank {rank[0]:,} of {len(step.ranking):,}, score {rank[1]:.3f}"
        if place is None and step.limit is not None and rank[0] > step.limit:
            return [*checks, Check(step.name, "lost", f"{said}; the best {step.limit:,} go on", rank[0])]
        checks.append(Check(step.name, "passed", said, rank[0]))
    if place is not None:
        shown = place[0] <= limit
        said = f"rank {place[0]:,}; {'among' if shown else 'beyond'} the {limit} that are returned"
        said += "" if shown else _lacks(trace.hits[place[0] - 1], trace.hits[limit - 1])
        checks.append(Check("limit", "passed" if shown else "lost", said, place[0]))
    return checks


def _diversity(trace: Trace, target: Target) -> Check:
    place = rank_among(trace.hits, target.ids)
    if place is None:
        return Check("diversity", "lost", "put behind all that were looked at")
    rank, told = place
    if told is not None:
        return Check("diversity", "passed", f"told under hit {rank}, which it repeats ({told})", rank)
    hit = trace.hits[rank - 1]
    before = next((part.rank for part in hit.parts if part.share is None and part.rank is not None), None)
    if before is None or before == rank:
        return Check("diversity", "passed", "stays where it is", rank)
    moved = "behind hits of other pages and documents" if before < rank else "past repeats and further hits of pages"
    return Check("diversity", "passed", f"rank {before:,} becomes {rank:,}: moved {moved}", rank)


def _lacks(hit: Hit, last: Hit) -> str:
    """What the last hit that is returned has more of: the signals that decided."""
    shares = {part.name: part.share or 0.0 for part in hit.parts}
    gaps = [((part.share or 0.0) - shares.get(part.name, 0.0), part) for part in last.parts if part.share is not None]
    most = sorted((gap for gap in gaps if gap[0] > 0), key=lambda gap: -gap[0])[:SIGNALS_TOLD]
    told = ", ".join(f"{part.name} gives {shares.get(part.name, 0.0):.3f} against {part.share:.3f}" for _, part in most)
    return f"; score {hit.score:.3f}, the last of them has {last.score:.3f}{f' ({told})' if told else ''}"


def loser(checks: Sequence[Check], *, limit: int) -> str | None:
    """The step that put the target beyond ``limit``, or lost it; None where it is among the hits.

    Of the searches it is the one that came nearest, where none had the target that far up.
    """
    lost = [check for check in checks if check.state == "lost"]
    if not lost:
        return None
    searched = [check for check in checks if check.step in SEARCHES]
    ranked = sorted((check for check in searched if check.rank is not None), key=lambda check: check.rank or 0)
    if lost[0].step in SEARCHES or (ranked and (ranked[0].rank or 0) > limit):
        return (ranked or lost)[0].step
    return next(
        (one.step for one in checks if one.step not in SEARCHES and (one.state == "lost" or (one.rank or 0) > limit)),
        lost[0].step,
    )
