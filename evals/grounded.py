"""`assert_grounded(answer)`: a test of one's own that fails where a sentence is not borne out by its sources.

An answer is what `rag.Rag.ask` returns, the JSON of `rag ask --json` or of the REST service, or a text of any other
system with the texts that it was written from. Verdicts that came with it are not believed: it is judged anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.text.claims import CitedClaim
    from rag.answer import Answer
    from rag.verify.verdict import Verdict
    from rag.verify.verifier import Verifier

NEAREST_CHARS = 300


@dataclass(frozen=True, slots=True)
class GroundedSentence:
    """A sentence, its verdict, and the sentence of its sources that is nearest to it ("" where it has none)."""

    text: str
    verdict: Verdict
    nearest: str

    @property
    def holds(self) -> bool:
        """Whether it is borne out, or claims nothing."""
        return self.verdict.label == "supported" or not self.verdict.claim


def assert_grounded(
    answer: Answer | Mapping[str, object] | str,
    sources: Sequence[str | Mapping[str, object]] | None = None,
    *,
    least: float = 1.0,
    verifier: Verifier | None = None,
) -> None:
    """Fail unless the sentences of an answer are borne out by what they cite.

    Args:
        answer: An `Answer`, an answer's JSON, or a text with ``sources``.
        sources: For a text: what it was written from, as texts or as objects with a ``text`` or ``quote``.
        least: The share of its claims that must be supported; 1 is all of them.
        verifier: The hermetic one if None.

    Raises:
        AssertionError: Too few are; names each sentence with its verdict, the reasons, and the nearest evidence. An
            abstention claims nothing and fails too: use `assert_abstains` where it is right.
        TypeError, ValueError: It is none of the three forms.
    """
    __tracebackhide__ = True
    claims, abstained = _claims(answer, sources)
    if abstained:
        raise AssertionError("the answer is an abstention, which claims nothing; if that is right, use assert_abstains")
    judged = judge_sentences(claims, verifier=verifier)
    counted = [one for one in judged if one.verdict.claim]
    if not counted:
        raise AssertionError("the answer claims nothing that could be borne out")
    supported = sum(one.holds for one in counted)
    if supported < least * len(counted):
        raise AssertionError(_message(judged, supported, len(counted), least))


def assert_abstains(answer: Answer | Mapping[str, object] | str) -> None:
    """Fail unless the answer says that the documents do not answer.

    Raises:
        AssertionError: It answers; shows what it says.
        TypeError, ValueError: It is no answer.
    """
    __tracebackhide__ = True
    claims, abstained = _claims(answer, ())
    if not abstained:
        said = " ".join(claim.text for claim in claims)
        raise AssertionError(f"the answer should have been an abstention; it says: {_shown(said)}")


def judge_sentences(claims: Sequence[CitedClaim], *, verifier: Verifier | None = None) -> tuple[GroundedSentence, ...]:
    """Every sentence with its verdict on its own sources and the nearest of their sentences.

    Args:
        claims: Sentences with the texts that they cite.
        verifier: The hermetic one if None.
    """
    from rag.verify.evidence import Evidence, Sentence
    from rag.verify.verifier import HermeticVerifier

    judge = verifier or HermeticVerifier()
    judged = []
    for claim in claims:
        evidence = Evidence.of(claim.quotes)
        said = Sentence(claim.text).stem_set
        nearest = max(evidence.sentences, key=lambda one: len(said & one.stem_set), default=None)
        judged.append(
            GroundedSentence(
                claim.text, judge.verify(claim.text, evidence), nearest.text if nearest is not None else ""
            )
        )
    return tuple(judged)


def _claims(
    answer: Answer | Mapping[str, object] | str, sources: Sequence[str | Mapping[str, object]] | None
) -> tuple[tuple[CitedClaim, ...], bool]:
    """The sentences with what they cite, and whether it is an abstention."""
    from evals.measures.refusal import refuses
    from evals.runs.judge import answer_of
    from evals.text.claims import claims_of
    from rag.answer import Answer

    if isinstance(answer, str):
        if sources is None:
            raise TypeError("a text needs its sources: assert_grounded(text, sources)")
        return _sentences(answer, sources), refuses(answer)
    if sources:
        raise TypeError("sources go with a text; an answer has its own citations")
    if isinstance(answer, Answer):
        return claims_of(answer), answer.abstained
    if isinstance(answer, Mapping):
        stored = answer_of(answer)
        return stored.claims, stored.abstained
    raise TypeError(f"an answer, its JSON, or a text with sources, not {type(answer).__name__}")


def _sentences(text: str, sources: Sequence[str | Mapping[str, object]]) -> tuple[CitedClaim, ...]:
    from evals.text.claims import CitedClaim
    from indexers.sentences import sentence_spans

    texts = tuple(_source_text(source) for source in sources)
    return tuple(CitedClaim(text[start:end], texts) for start, end in sentence_spans(text))


def _source_text(source: str | Mapping[str, object]) -> str:
    if isinstance(source, str):
        return source
    for name in ("text", "quote"):
        text = source.get(name)
        if isinstance(text, str):
            return text
    raise ValueError(f"a source has a text or a quote, not {', '.join(map(str, source)) or 'nothing'}")


def _message(judged: Sequence[GroundedSentence], supported: int, counted: int, least: float) -> str:
    asked = "all" if least >= 1 else f"{least:.0%}"
    lines = [f"{supported} of {counted} claims are borne out by their sources, {asked} asked for"]
    for one in judged:
        label = one.verdict.label if one.verdict.claim else "no claim"
        lines.append(f"  {label:<12} {one.verdict.score:.2f}  {_shown(one.text)}")
        if not one.holds:
            lines += [f"      {_shown(reason.text)}" for reason in one.verdict.reasons]
            lines.append(f"      nearest evidence: {_shown(one.nearest) or '(it cites nothing)'}")
    return "\n".join(lines)


def _shown(text: str) -> str:
    """On one line, cut, and with nothing in it that steers a terminal."""
    from indexers.visible import visible

    line = " ".join(visible(text).split())
    return line if len(line) <= NEAREST_CHARS else line[: NEAREST_CHARS - 1] + "…"
