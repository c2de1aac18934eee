"""What the best candidates have in common says what the others should be near to: pseudo-relevance feedback.

Source: Rocchio, "Relevance feedback in information retrieval", 1971; over vectors: Li et al., "Pseudo relevance
feedback with deep language models and dense retrievers", TOIS 2023, arXiv:2108.11044. There the question is changed
and the search run again; here the candidates are only scored, so that nothing is searched twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexers.embed import Matrix

LEADERS = 3
"""How many of the best candidates are taken for relevant."""

SHARPNESS = 50.0
"""How much more a leader counts than one whose score is lower by 1: e to this power. Where the best is far ahead it is
nearly alone; where several are close, what they share counts."""


def feedback(scores: NDArray[np.float64], vectors: Matrix) -> NDArray[np.float64]:
    """The cosine of each candidate with the weighted mean of the leaders, shape ``(n,)``; NaN where it has no vector.

    Args:
        scores: What is known of each so far, about 0 to 1, shape ``(n,)``.
        vectors: Of length 1, shape ``(n, dimension)``; rows of NaN where there is none.
    """
    known = ~np.isnan(vectors[:, 0])
    found = np.full(len(scores), np.nan)
    if not known.any():
        return found
    leaders = np.argsort(np.where(known, -scores, np.inf), kind="stable")[: min(LEADERS, int(known.sum()))]
    weights = np.exp(SHARPNESS * (scores[leaders] - scores[leaders[0]]))
    centre = weights @ vectors[leaders].astype(np.float64)
    length = float(np.linalg.norm(centre))
    found[known] = vectors[known].astype(np.float64) @ (centre / length) if length > 0 else 0.0
    return found
