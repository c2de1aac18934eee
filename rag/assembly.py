"""From a draft to an answer: cite, verify, and say plainly when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import AnswerSentence, Citation, CitedSentence
from rag.cite import Citer, ReadDocument
from rag.context import is_row, says_something
from rag.generation import Draft, DraftSentence
from rag.verify.cited import citing
from rag.verify.evidence import Evidence, Sentence
from rag.verify.verdict import Verdict
from rag.verify.verifier import DescribedVerifier
from rag.words import content_stems
from retrievers.window import ContextWindow, Source

NEAREST_SOURCES = 3
"""An abstention cites at most this many passages."""

NOTHING_FOUND = "The documents do not answer this question: nothing in the index resembles it."
NOT_ANSWERED = "The documents do not answer this question. The nearest passages are cited."
NOT_BORNE_OUT = (
    "The documents do not bear out an answer to this question: what the model wrote could not be found in the sources "
    "it cited, so it is not shown. The nearest passages are cited."
)
REFUSED = "The model declined to answer this question ({reason}). The nearest passages are cited."


@dataclass(frozen=True, slots=True)
class Assembled:
    """The part of an answer that the draft decides."""

    text: str
    abstained: bool
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]


class Assembly:
    """Takes sentences as they come: each gets its place in the text, its citations and its verdict."""

    def __init__(self, window: ContextWindow, read: ReadDocument, verifier: DescribedVerifier) -> None:
        self._citer = Citer(window, read)
        self._verifier = verifier
        self._read: dict[str, tuple[Sentence, ...]] = {}
        self._text = ""
        self._drafted: list[DraftSentence] = []
        self._sentences: list[AnswerSentence] = []

    def add(self, drafted: DraftSentence) -> tuple[AnswerSentence, tuple[Citation, ...]]:
        """The sentence checked, and the citations that appear in it for the first time."""
        known = len(self._citer.citations)
        numbers = self._citer.cite(drafted.cited)
        evidence = Evidence.of(self._citer.evidence(numbers), self._read)
        verdict = citing(self._verifier.verify(drafted.text, evidence), drafted.unknown, self._verifier.identity)
        self._text += _gap(self._text, drafted.text)
        start = len(self._text)
        self._text += drafted.text
        sentence = AnswerSentence(
            text=drafted.text,
            start=start,
            end=len(self._text),
            verdict=verdict,
            citations=numbers,
            support=self._support(verdict, numbers),
        )
        self._drafted.append(drafted)
        self._sentences.append(sentence)
        return sentence, self._citer.citations[known:]

    def _support(self, verdict: Verdict, numbers: Sequence[int]) -> tuple[CitedSentence, ...]:
        """Where in the documents the supporting sentences stand; those of titles and headings above are left out."""
        cited = [self._citer.citations[number - 1] for number in numbers]
        return tuple(
            CitedSentence(cited[place.source].number, start + place.start, start + place.end)
            for place in verdict.support
            if place.source < len(cited)
            for start in [cited[place.source].start]
        )

    def holds(self, draft: Draft) -> bool:
        """Whether what was added is exactly the draft's sentences."""
        return tuple(self._drafted) == draft.sentences

    def result(self) -> Assembled:
        """What was added, as an answer."""
        return Assembled(self._text, False, tuple(self._sentences), self._citer.citations)

    @property
    def borne_out(self) -> bool:
        """Whether any sentence is at least partly borne out by what it cites."""
        return any(
            sentence.verdict.claim and sentence.verdict.label in {"supported", "partial"}
            for sentence in self._sentences
        )


def assemble(question: str, draft: Draft, assembly: Assembly, window: ContextWindow, read: ReadDocument) -> Assembled:
    """The answer that ``draft`` comes to: its sentences with verdicts, or an abstention with the nearest evidence.

    ``assembly`` holds the draft's sentences. An answer of which no sentence is borne out at least in part is not shown.
    """
    if draft.refusal is not None:
        return abstention(question, REFUSED.format(reason=draft.refusal), window, read)
    if draft.abstained or not draft.sentences:
        return abstention(question, NOT_ANSWERED, window, read)
    if not assembly.borne_out:
        return abstention(question, NOT_BORNE_OUT, window, read)
    return assembly.result()


def abstention(question: str, text: str, window: ContextWindow, read: ReadDocument) -> Assembled:
    """An answer that says there is none, citing the sentence nearest to the question in each of the best sources."""
    citer = Citer(window, read)
    for source in sorted(window.sources, key=lambda source: -source.score)[:NEAREST_SOURCES]:
        citer.cite([_nearest_label(question, source)])
    return Assembled(text if window.sources else NOTHING_FOUND, True, (), citer.citations)


def _nearest_label(question: str, source: Source) -> str:
    wanted = set(content_stems(question))
    own = [sentence for sentence in source.sentences if not sentence.header] or source.sentences
    telling = [sentence for sentence in own if says_something(sentence.text)] or own
    return max(telling, key=lambda sentence: len(wanted & set(content_stems(sentence.text)))).label


def _gap(before: str, after: str) -> str:
    if not before:
        return ""
    ended = before.rstrip("\"'\u201d\u2019)").endswith((".", "!", "?", "\u2026"))
    return " " if ended and not is_row(after) else "\n"


def redraw(draft: Draft, assembly: Assembly, fresh: Assembly) -> Assembly:
    """``assembly`` if it holds the draft's sentences, else ``fresh`` filled with them."""
    if assembly.holds(draft):
        return assembly
    _add_all(fresh, draft.sentences)
    return fresh


def _add_all(assembly: Assembly, sentences: Sequence[DraftSentence]) -> None:
    for sentence in sentences:
        assembly.add(sentence)
