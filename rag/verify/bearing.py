"""Which sentences of the evidence bear a claim out: the fewest that together hold most of what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.verify.verdict import Support

if TYPE_CHECKING:
    from rag.verify.evidence import Evidence, Sentence

MOST_SENTENCES = 3
LEAST_GAIN = 0.15
"""A further sentence is named where it adds this share of the claim's content words."""


def bearing(claim: Sentence, evidence: Evidence) -> tuple[Support, ...]:
    """At most three sentences in order of place; the first alone where none adds much, none where nothing is shared.

    Words count once however often they stand, and a sentence in an earlier place wins where two hold the same: sources
    come best first.
    """
    wanted, chosen = set(claim.stem_set), list[int]()
    while wanted and len(chosen) < MOST_SENTENCES:
        gains = [len(wanted & sentence.stem_set) for sentence in evidence.sentences]
        gain = max(gains, default=0)
        if gain == 0 or (chosen and gain < LEAST_GAIN * len(claim.stem_set)):
            break
        chosen.append(gains.index(gain))
        wanted -= evidence.sentences[chosen[-1]].stem_set
    return tuple(
        Support(evidence.sources[at], evidence.sentences[at].start, evidence.sentences[at].end) for at in sorted(chosen)
    )
