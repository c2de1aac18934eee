"""`POST /v1/verify`: claims held against texts that the request brings along."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rag.verify.cited import citing
from rag.verify.evidence import Evidence
from rag.wire import verdict_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.models import GivenClaim, VerifyRequest
    from rag.verify.evidence import Sentence
    from rag.verify.verdict import Verdict
    from rag.verify.verifier import DescribedVerifier


def verified(request: VerifyRequest, verifier: DescribedVerifier) -> dict[str, Any]:
    """The verdicts as JSON, in the order of the claims; each text is read once, whichever claims it is to bear out."""
    texts = request.texts
    read: dict[str, tuple[Sentence, ...]] = {}
    known: dict[tuple[str, ...], Evidence] = {}
    names = [_cited(claim, texts) for claim in request.claims]
    for chosen in names:
        if chosen not in known:
            known[chosen] = Evidence.of([texts[name] for name in chosen], read)
    said = [claim if isinstance(claim, str) else claim.text for claim in request.claims]
    verdicts = verifier.verify_many([(text, known[chosen]) for text, chosen in zip(said, names, strict=True)])
    identity = verifier.identity
    return {
        "verdicts": [
            _claim_json(text, citing(verdict, _unknown(claim, texts), identity), chosen)
            for claim, text, verdict, chosen in zip(request.claims, said, verdicts, names, strict=True)
        ],
        "verifier": asdict(identity),
    }


def _cited(claim: str | GivenClaim, texts: dict[str, str]) -> tuple[str, ...]:
    """The ids of the sources that the claim is held against."""
    if isinstance(claim, str):
        return tuple(texts)
    return tuple(dict.fromkeys(name for name in claim.sources if name in texts))


def _unknown(claim: str | GivenClaim, texts: dict[str, str]) -> tuple[str, ...]:
    if isinstance(claim, str):
        return ()
    return tuple(dict.fromkeys(name for name in claim.sources if name not in texts))


def _claim_json(text: str, verdict: Verdict, names: Sequence[str]) -> dict[str, Any]:
    told = verdict_json(verdict)
    return {
        "text": text,
        "label": told.pop("verdict"),
        **told,
        "support": [
            {"source": names[place.source], "start": place.start, "end": place.end} for place in verdict.support
        ],
    }
