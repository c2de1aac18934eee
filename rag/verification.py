"""The verifier seam: does the evidence bear the claim out?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rag.answer import Verdict


class Verifier(Protocol):
    """Judges one claim against the texts it cites; never trusts the model that wrote the claim."""

    def verify(self, claim: str, evidence: Sequence[str]) -> Verdict:
        """A verdict; with no evidence the claim is unsupported with score 0."""
