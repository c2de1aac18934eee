"""The trained scorer: how likely it is that the evidence bears a claim out, from coefficients that ship as data.

The coefficients are in ``scorer.json`` beside this file, with the record of what they were trained on; `python -m
benchmarks.verifier.train` writes it. The probability is that of a claim that was as likely supported as not before it
was looked at: 0.5 is where both are equally likely.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import ScorerDamaged
from rag.verify.features import NAMES, features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rag.verify.evidence import Evidence, Sentence

FILE = "scorer.json"
FORMAT = 1

SPREAD_LIMIT = 4.0
"""A feature counts for at most so many standard deviations: one that is far from all that was seen says no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """A logistic regression over `rag.verify.features`.

    Attributes:
        names: Of the features, in the order of the arrays.
        centres, spreads: What each is taken from and divided by.
        weights: In log-odds a spread.
        offset: The log-odds of a claim with every feature at its centre.
        version: Of the file's content: the first 12 hex digits of its sha256.
    """

    names: tuple[str, ...]
    centres: NDArray[np.float64]
    spreads: NDArray[np.float64]
    weights: NDArray[np.float64]
    offset: float
    version: str

    def probability(self, claim: Sentence, evidence: Evidence) -> float:
        """How likely the evidence bears the claim out, 0 to 1; a claim of several sentences is judged as a whole."""
        return self.probability_of(features(claim, evidence))

    def probability_of(self, found: Mapping[str, float]) -> float:
        """Of features by name."""
        return 1.0 / (1.0 + math.exp(-self.log_odds(found)))

    def log_odds(self, found: Mapping[str, float]) -> float:
        """The logarithm of the odds that the claim is borne out."""
        return float(self._parts(found).sum()) + self.offset

    def contributions(self, found: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds to the log-odds, the greatest loss first."""
        parts = zip(self.names, self._parts(found).tolist(), strict=True)
        return dict(sorted(parts, key=lambda part: (part[1], part[0])))

    def _parts(self, found: Mapping[str, float]) -> NDArray[np.float64]:
        given = np.array([found[name] for name in self.names])
        return np.clip((given - self.centres) / self.spreads, -SPREAD_LIMIT, SPREAD_LIMIT) * self.weights


@functools.lru_cache(maxsize=1)
def shipped() -> Scorer:
    """The scorer that ships.

    Raises:
        ScorerDamaged: Its file is missing or was written for other features.
    """
    try:
        content = resources.files("rag").joinpath("verify", FILE).read_bytes()
    except OSError as error:
        raise ScorerDamaged(f"{FILE} cannot be read: {error}") from error
    return read_scorer(content)


def read_scorer(content: bytes) -> Scorer:
    """A scorer of the file's content.

    Raises:
        ScorerDamaged: It is no scorer of these features.
    """
    try:
        given = json.loads(content)
        rows = {str(row["name"]): row for row in given["features"]}
        if given["format"] != FORMAT or tuple(rows) != NAMES:
            raise ScorerDamaged(f"{FILE} was written for other features than this version reads")
        columns = {key: np.array([float(row[key]) for row in rows.values()]) for key in ("centre", "spread", "weight")}
        offset = float(given["offset"])
    except (ValueError, KeyError, TypeError) as error:
        raise ScorerDamaged(f"{FILE} is not a scorer: {type(error).__name__} {error}") from error
    finite = all(np.isfinite(column).all() for column in columns.values()) and math.isfinite(offset)
    if not finite or (columns["spread"] <= 0).any():
        raise ScorerDamaged(f"{FILE} holds numbers that are no coefficients")
    version = hashlib.sha256(content).hexdigest()[:12]
    return Scorer(NAMES, columns["centre"], columns["spread"], columns["weight"], offset, version)
