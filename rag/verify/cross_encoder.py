"""Any cross-encoder as a verifier: evidence and claim read together by one model that was trained to tell entailment.

A model with one output says how well a claim follows (a sigmoid of it is the score). One with several must name one of
them entailment, support or consistency; a contradiction that it names too is told apart from mere lack of support.
Evidence that is longer than the model reads is shown in overlapping windows of whole sentences, of which the best
counts.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from indexers.embedders import model_folder
from rag.errors import VerifierUnusable
from rag.verify.bearing import bearing
from rag.verify.claims import is_claim
from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Reason, Verdict, VerdictLabel
from rag.verify.verifier import NO_EVIDENCE, SCORE_PLACES, VerifierIdentity
from retrievers.errors import RankerUnusable
from retrievers.pair_model import PairModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.settings import VerifierSettings

_SUPPORTS = re.compile(
    r"(?<!not)(?<!not[_ -])\b(?:entail\w*|support\w*|consistent|factual|faithful|grounded)", re.IGNORECASE
)
_CONTRADICTS = re.compile(r"\b(?:contradict\w*|refut\w*)", re.IGNORECASE)

SPECIAL_TOKENS = 4
"""Around and between the two texts, at most."""


class CrossEncoderVerifier:
    """Judges by a model in a folder, named ``name``; `open_cross_encoder` makes it."""

    def __init__(self, model: PairModel, name: str, *, supported_from: float, partial_from: float) -> None:
        self._model = model
        self._name = name
        self._supported_from = supported_from
        self._partial_from = min(partial_from, supported_from)
        self._supports, self._contradicts = _outputs(model)

    @property
    def identity(self) -> VerifierIdentity:
        """Model, weights and threshold."""
        return VerifierIdentity("cross-encoder", self._name, self._supported_from, self._fingerprint)

    def verify_many(self, pairs: Sequence[tuple[str, Evidence]]) -> list[Verdict]:
        """A verdict for each pair; errors as for `verify`."""
        return [self.verify(claim, evidence) for claim, evidence in pairs]

    def verify(self, claim: str, evidence: Evidence | Sequence[str]) -> Verdict:
        """What the model says of ``claim`` and the window of the evidence that supports it best.

        Raises:
            VerifierUnusable: The model cannot be loaded, or gives what is no number.
        """
        evidence = evidence if isinstance(evidence, Evidence) else Evidence.of(evidence)
        if evidence.blank:
            return Verdict("unsupported", 0.0, (NO_EVIDENCE,), claim=is_claim(claim))
        try:
            found = self._model.outputs([(window, claim) for window in self._windows(claim, evidence)])
        except RankerUnusable as error:
            raise VerifierUnusable(model=self._name, reason=error.reason) from error
        supports, contradicts = self._probabilities(found)
        score = round(float(supports.max()), SCORE_PLACES)
        label: VerdictLabel = "unsupported"
        if score >= self._supported_from:
            label = "supported"
        elif contradicts.max() > max(supports.max(), 0.5):
            label = "contradicted"
        elif score >= self._partial_from:
            label = "partial"
        told = Reason("model", f"{label} by {self._name}", "contradicts" if label == "contradicted" else "notes")
        support = bearing(Sentence(claim), evidence) if label in {"supported", "partial"} else ()
        return Verdict(label, score, () if label == "supported" else (told,), support, is_claim(claim))

    def _windows(self, claim: str, evidence: Evidence) -> list[str]:
        """Whole sentences, as many as fit beside the claim; each window but the first begins in the middle of one."""
        (said,) = self._model.lengths([claim])
        room = max(self._model.longest - SPECIAL_TOKENS - said, 1)
        lengths = self._model.lengths([sentence.text for sentence in evidence.sentences])
        spans: list[tuple[int, int]] = []
        first = 0
        while not spans or spans[-1][1] < len(lengths):
            end, used = first, 0
            while end < len(lengths) and (end == first or used + lengths[end] <= room):
                used += lengths[end]
                end += 1
            spans.append((first, end))
            first = max(first + 1, (first + end + 1) // 2)
        return [" ".join(sentence.text for sentence in evidence.sentences[a:b]) for a, b in spans]

    def _probabilities(self, found: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of each window that it supports, and that it contradicts."""
        if found.shape[1] == 1:
            supports = 1.0 / (1.0 + np.exp(-found[:, 0]))
            return supports, np.zeros_like(supports)
        shares = np.exp(found - found.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        none = np.zeros(len(shares))
        return shares[:, self._supports], none if self._contradicts is None else shares[:, self._contradicts]

    @cached_property
    def _fingerprint(self) -> str:
        """Of the weights and of what is done with them."""
        digest = hashlib.sha256(json.dumps([self._partial_from, *self._model.labels]).encode())
        for file in sorted(self._model.folder.glob("*.safetensors")):
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
        return digest.hexdigest()[:16]


def open_cross_encoder(settings: VerifierSettings, name: str) -> CrossEncoderVerifier:
    """The cross-encoder ``name``, a folder or a name as on the Hugging Face hub; nothing is loaded yet.

    Raises:
        SettingsError: There is no model of that name on this machine.
        VerifierUnusable: It is no sequence classifier, asks for code of its own, or no output of it tells support.
    """
    folder = model_folder(name, setting="verifier.model", needs="config.json", allow_download=settings.allow_download)
    try:
        model = PairModel(folder)
    except RankerUnusable as error:
        raise VerifierUnusable(model=name, reason=error.reason) from error
    return CrossEncoderVerifier(model, name, supported_from=settings.supported_from, partial_from=settings.partial_from)


def _outputs(model: PairModel) -> tuple[int, int | None]:
    """Which output tells support, and which contradiction, if any."""
    if len(model.labels) == 1:
        return 0, None
    supports = [at for at, label in enumerate(model.labels) if _SUPPORTS.search(label)]
    contradicts = [at for at, label in enumerate(model.labels) if _CONTRADICTS.search(label)]
    if len(supports) != 1:
        named = ", ".join(model.labels)
        raise VerifierUnusable(
            model=str(model.folder), reason=f"of its outputs ({named}) not exactly one is called entailment or support"
        )
    return supports[0], contradicts[0] if contradicts else None
