"""Stored answers judged again, without asking anybody: an eval run's `answers.jsonl`, or a hand-written set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from evals.case import Case, Filled
from evals.jsonl import Line, read_lines
from evals.measures.refusal import refuses
from evals.outcome import Measurement
from evals.runs.fingerprints import case_digest, digest, verifier_fingerprint
from evals.runs.run_folder import ANSWERS, REPORT, read_run
from evals.scores import ABSTENTION, JUDGED, REFERENCE, Outcomes, Said, judged_scores, measure, reference_scores
from evals.text.claims import CitedClaim
from rag.verify.verdict import Verdict
from rag.verify.verifier import DescribedVerifier, HermeticVerifier, Verifier

JUDGEMENT_NAMES = (*JUDGED, *REFERENCE, *ABSTENTION)
"""The measures of a judgement, in report order: those that a threshold may name."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as stored: its sentences with the quotes they cite, and what is known of its case."""

    id: str
    question: str
    text: str
    abstained: bool
    claims: tuple[CitedClaim, ...]
    reference: str = ""
    answerable: bool = True
    digest: str = ""


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """A stored answer, its scores, and each sentence's verdict on its own citations."""

    answer: StoredAnswer
    scores: Outcomes
    verdicts: tuple[tuple[CitedClaim, Verdict], ...]

    @property
    def said(self) -> Said:
        """Whether it should have been abstained from, and whether it was."""
        return Said(self.answer.answerable, self.answer.abstained)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Stored answers as judged now; ``fingerprints`` are those of the run that they are from, as far as it is known."""

    answers: tuple[JudgedAnswer, ...]
    measures: Mapping[str, Measurement]
    fingerprints: Mapping[str, str]


class SentenceLine(Line):
    """A sentence of a stored answer: it cites by number, as `rag ask --json` does, or carries its sources along."""

    text: Filled
    citations: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()


class CitationLine(Line):
    """A citation of a stored answer."""

    number: int = Field(ge=1)
    quote: str


class AnswerLine(Line):
    """A line of stored answers: the object of `rag ask --json` with an ``id``, or its question and sentences alone.

    Where nothing says whether it ``abstained``, its words do.
    """

    id: Filled
    question: str
    text: str | None = None
    abstained: bool | None = None
    sentences: tuple[SentenceLine, ...] = ()
    citations: tuple[CitationLine, ...] = ()
    reference: str | None = None
    answerable: bool = True
    digest: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.abstained and not self.sentences:
            raise ValueError("neither abstained nor any sentences")
        numbers = {citation.number for citation in self.citations}
        for sentence in self.sentences:
            for number in sentence.citations:
                if number not in numbers:
                    raise ValueError(f"a sentence cites [{number}], which is not among the citations")
        return self


def load_answers(path: Path) -> list[StoredAnswer]:
    """The stored answers of a JSONL file, in file order; an id may stand again (two answers to one question).

    Raises:
        CaseError: The file cannot be read or is empty, or a line is not an answer.
    """
    return [_answer(line) for _, line in read_lines(path, AnswerLine)]


def judge_answers(path: Path, *, verifier: DescribedVerifier | None = None) -> Judgement:
    """Judge every stored answer by the sources stored with it; verdicts stored in the file are not looked at.

    Args:
        path: A run folder, whose ``answers.jsonl`` is judged, or such a file (see `AnswerLine`).
        verifier: The hermetic one if None.

    Raises:
        CaseError: As for `load_answers`.
        RunError: The report of the run folder cannot be read.
    """
    judge = verifier or HermeticVerifier()
    answers = load_answers(path / ANSWERS if path.is_dir() else path)
    judged = tuple(_judge(answer, judge) for answer in answers)
    scores, said = [one.scores for one in judged], [one.said for one in judged]
    known = dict(read_run(path).fingerprints) if (path / REPORT).is_file() else {}
    known["cases"] = known.get("cases") or digest(sorted(answer.digest for answer in answers))
    known["verifier"] = verifier_fingerprint(judge.identity)
    return Judgement(judged, measure(scores, said, JUDGEMENT_NAMES), known)


def answer_of(value: Mapping[str, object]) -> StoredAnswer:
    """The JSON of an answer, as `rag ask --json` and the REST service write it.

    Raises:
        ValueError: It is no answer; names the field.
    """
    try:
        return _answer(AnswerLine.model_validate({"id": "answer", "question": "", **value}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise ValueError(f"no answer: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _answer(line: AnswerLine) -> StoredAnswer:
    quotes = {citation.number: citation.quote for citation in line.citations}
    claims = tuple(
        CitedClaim(sentence.text, tuple(quotes[number] for number in sentence.citations) + sentence.evidence)
        for sentence in line.sentences
    )
    text = line.text if line.text is not None else " ".join(claim.text for claim in claims)
    abstained = refuses(text) if line.abstained is None else line.abstained
    case = Case(line.id, line.question, line.reference or "", line.answerable)
    return StoredAnswer(
        case.id,
        case.question,
        text,
        abstained,
        claims,
        case.reference,
        case.answerable,
        line.digest or case_digest(case),
    )


def _judge(answer: StoredAnswer, verifier: Verifier) -> JudgedAnswer:
    case = Case(answer.id, answer.question, answer.reference, answer.answerable)
    scores = reference_scores(case, answer.text, abstained=answer.abstained)
    scores |= judged_scores(answer.claims, verifier, abstained=answer.abstained)
    verdicts = tuple((claim, verifier.verify(claim.text, claim.quotes)) for claim in answer.claims)
    return JudgedAnswer(answer, scores, verdicts)
