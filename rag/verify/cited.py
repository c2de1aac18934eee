"""A citation of something that was not in the window: made up, so the sentence is not wholly borne out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rag.verify.verdict import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.verify.verifier import VerifierIdentity

JUST_BELOW = 0.01
"""How far under the threshold a sentence is put that would be supported but for such a citation."""


def citing(verdict: Verdict, unknown: Sequence[str], verifier: VerifierIdentity) -> Verdict:
    """``verdict`` with a failed check ``citation`` for each label of ``unknown``; a supported claim becomes partial."""
    if not unknown:
        return verdict
    told = tuple(Reason("citation", f"cites [{label}], which is not among the sources", "lacks") for label in unknown)
    reasons = (*(reason for reason in verdict.reasons if reason.name != "evidence"), *told)
    if verdict.label != "supported":
        return replace(verdict, reasons=reasons)
    return replace(
        verdict, label="partial", score=min(verdict.score, max(verifier.threshold - JUST_BELOW, 0.0)), reasons=reasons
    )
