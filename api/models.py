"""The JSON of the REST service: what strangers send is checked here, what they get is described here."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_QUESTION_CHARS = 4_000
MAX_LIMIT = 50
MAX_FILTER_CHARS = 2_000

Question = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_QUESTION_CHARS),
    Field(description="One question", examples=["How many weeks of parental leave do we offer?"]),
]
Page = Annotated[int | None, Field(description="Counts from 1; null where the format has no pages")]
Start = Annotated[int, Field(ge=0, description="First code point in the document's canonical text")]
End = Annotated[int, Field(description="Code point after the last, so that text[start:end] is the passage")]


class RequestBody(BaseModel):
    """A body in which an unknown field, or a value of another type, is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ResponseBody(BaseModel):
    """A body that holds exactly what is described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


MAX_TURN_CHARS = 20_000
"""Of a question or an answer of the conversation before."""


class QuestionRequest(RequestBody):
    """A question, and what it is held to."""

    question: Question
    filter: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_FILTER_CHARS,
            description="Only documents that fit; docs/filters.md describes the language",
            examples=['year >= 2019 and kind = "pdf"'],
        ),
    ] = None
    groups: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] | None,
        Field(
            max_length=100,
            description="Only what members of any of these groups may see; null takes the service's own, which a "
            "request may narrow and never widen",
        ),
    ] = None

    as_of: Annotated[
        str | None,
        Field(
            min_length=4,
            max_length=40,
            description="The versions that were current at the end of this day (`2026-03-01`), month or year, or at "
            "this moment; null is now",
            examples=["2026-03-01"],
        ),
    ] = None


class ConversationTurn(RequestBody):
    """A question asked before, and what was answered."""

    question: Annotated[str, StringConstraints(max_length=MAX_TURN_CHARS)]
    answer: Annotated[str, StringConstraints(max_length=MAX_TURN_CHARS)]


class AskRequest(QuestionRequest):
    """A question to answer."""

    history: Annotated[
        list[ConversationTurn],
        Field(
            max_length=50,
            description="The conversation before, oldest first; read where `expansion.rewrite` is on and a model is "
            "configured, to make a question that stands alone",
        ),
    ] = []
    limit: Annotated[int | None, Field(ge=1, le=MAX_LIMIT, description="Most hits to read for the answer")] = None
    stream: Annotated[bool, Field(description="Answer as server-sent events")] = False


class SearchRequest(QuestionRequest):
    """A question to find chunks for."""

    limit: Annotated[
        int | None,
        Field(ge=1, le=MAX_LIMIT, description="Most hits to return; null takes the service's setting"),
    ] = None
    mode: Annotated[
        Literal["hybrid", "dense", "lexical"] | None,
        Field(description="Meaning, words, or both; null takes the service's setting"),
    ] = None
    explain: Annotated[bool, Field(description="Say what each score is made of")] = False


class WhyRequest(QuestionRequest):
    """A question and the document, or a page of it, that it should have found."""

    document: Annotated[str, Field(min_length=1, max_length=4096, description="Id, URI or unique file name")]
    page: Annotated[int | None, Field(ge=1, description="A page of it")] = None
    limit: Annotated[
        int | None,
        Field(ge=1, le=MAX_LIMIT, description="Hits of the search asked about; null takes the service's setting"),
    ] = None
    mode: Annotated[
        Literal["hybrid", "dense", "lexical"] | None,
        Field(description="Meaning, words, or both; null takes the service's setting"),
    ] = None


class AnswerCitation(ResponseBody):
    """A pointer into one version of a document: its text[start:end] is the quote."""

    number: int
    document_id: str
    uri: str
    title: str
    version: str
    page: Page
    start: Start
    end: End
    quote: str
    cells: Annotated[str, Field(description='Its place in a sheet ("Sheet1!A7:C7"); empty where it stands in none')]


Label = Literal["supported", "partial", "contradicted", "unsupported"]
Score = Annotated[float, Field(ge=0, le=1, description="The probability that the evidence bears it out")]
Reasons = Annotated[list[str], Field(description="What decided the verdict, the gravest first")]
FailedChecks = Annotated[
    list[str],
    Field(description="The hard checks that found something, by name", examples=[["number", "negation"]]),
]
IsClaim = Annotated[bool, Field(description="False for a greeting, a heading or a question: nothing to bear out")]


class SupportingSentence(ResponseBody):
    """A sentence within a citation's span: its document's text[start:end]."""

    citation: Annotated[int, Field(description="Number of the answer's citation")]
    start: Start
    end: End


class CheckedSentence(ResponseBody):
    """A sentence of the answer with its verdict; start and end point into the answer's text."""

    text: str
    start: int
    end: int
    verdict: Label
    score: Score
    reasons: Reasons
    failed_checks: FailedChecks
    claim: IsClaim
    citations: Annotated[list[int], Field(description="Numbers of the answer's citations")]
    support: Annotated[list[SupportingSentence], Field(description="The cited sentences that bear it out")]


MAX_CLAIMS = 200
MAX_CLAIM_CHARS = 4_000
MAX_SOURCES = 100
MAX_SOURCE_CHARS = 200_000

SourceName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SourceText = Annotated[str, StringConstraints(max_length=MAX_SOURCE_CHARS)]
ClaimText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CLAIM_CHARS)]


class GivenSource(RequestBody):
    """A text with a name of the client's own."""

    id: SourceName
    text: SourceText


class GivenClaim(RequestBody):
    """A claim that is held against some of the sources only."""

    text: ClaimText
    sources: Annotated[
        list[SourceName],
        Field(max_length=MAX_SOURCES, description="Their ids; one that is not among the sources is a failed check"),
    ]


class VerifyRequest(RequestBody):
    """Claims, and the texts that are to bear them out."""

    claims: Annotated[
        list[ClaimText | GivenClaim],
        Field(
            min_length=1,
            max_length=MAX_CLAIMS,
            description="Each a text, held against all sources, or an object with the text and the ids that it cites",
            examples=[["Employees may take 16 weeks of parental leave."]],
        ),
    ]
    sources: Annotated[
        list[SourceText | GivenSource],
        Field(
            max_length=MAX_SOURCES,
            description="Each a text, whose id is its number in the list from 1, or an object with id and text",
            examples=[[{"id": "handbook", "text": "Parental leave is 16 weeks at full pay."}]],
        ),
    ]

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        if len(self.texts) < len(self.sources):
            raise ValueError("two sources have the same id; a plain text has its number in the list, from 1")
        return self

    @property
    def texts(self) -> dict[str, str]:
        """The sources' texts by id, in their order."""
        numbered = enumerate(self.sources, start=1)
        return dict((str(at), one) if isinstance(one, str) else (one.id, one.text) for at, one in numbered)


class SupportingSpan(ResponseBody):
    """A sentence of a source: its text[start:end], in code points."""

    source: Annotated[str, Field(description="The source's id; of a plain text its number from 1")]
    start: int
    end: int


class ClaimVerdict(ResponseBody):
    """What the verifier says of one claim."""

    text: str
    label: Label
    score: Score
    reasons: Reasons
    failed_checks: FailedChecks
    claim: IsClaim
    support: Annotated[list[SupportingSpan], Field(description="The sentences that bear it out")]


class VerifierName(ResponseBody):
    """Which verifier judged."""

    backend: Literal["hermetic", "model", "cross-encoder"]
    model: Annotated[str, Field(description="Empty where no model is asked")]
    threshold: Annotated[float, Field(description="The score from which a claim is supported")]
    fingerprint: Annotated[str, Field(description="Changes whenever the same claim may be judged otherwise")]


class VerifyBody(ResponseBody):
    """A verdict for each claim, in the order of the request."""

    verdicts: list[ClaimVerdict]
    verifier: VerifierName


class TokenUsage(ResponseBody):
    """Tokens as the model's endpoint reported them."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    estimated: Annotated[bool, Field(description="Counted here, since the endpoint reported none")]


class LeftOutPassage(ResponseBody):
    """Sentences or rows of a hit that the model was not shown, and why."""

    document_id: str
    uri: str
    page: Page
    start: Start
    end: End
    tokens: int
    score: float
    chance: Annotated[float, Field(description="That this is the evidence, from 0 to 1")]
    reason: Literal["budget", "not worth it", "source limit", "document limit", "repeated"]


class Coverage(ResponseBody):
    """How good the choice of evidence is, by the chance that it holds what answers if any hit does."""

    chance: Annotated[float, Field(description="Of the choice, from 0 to 1")]
    bound: Annotated[float, Field(description="No choice within the budget has a greater one")]
    gap: Annotated[float, Field(description="The most by which another choice could be better")]
    stopped: Literal["all", "budget", "limits", "not worth it"]
    hits: Annotated[int, Field(description="Hits that the evidence was chosen from")]


class WindowReceipt(ResponseBody):
    """What was sent as evidence, and what was left out."""

    tokens_used: int
    token_budget: int
    estimated: Annotated[bool, Field(description="The model's own tokenizer is not known")]
    covered: Coverage
    left_out: list[LeftOutPassage]


class AnswerBody(ResponseBody):
    """An answer and its proof. An abstention has no sentences; its citations are the nearest evidence."""

    question: str
    text: str
    abstained: bool
    sentences: list[CheckedSentence]
    citations: list[AnswerCitation]
    model: str
    usage: TokenUsage
    cost_usd: Annotated[float | None, Field(description="Null where the model's price is not known")]
    window: WindowReceipt
    timings_ms: dict[str, float]
    warnings: list[str]
    chance_answerable: Annotated[
        float | None,
        Field(ge=0, le=1, description="Probability that the evidence answers the question, whoever wrote the answer"),
    ]


class RepeatedChunk(ResponseBody):
    """A chunk that is told under a hit which it repeats."""

    how: Annotated[
        Literal["same text", "same passage", "older version"],
        Field(description="A same passage says nothing that the hit does not; an older version may say otherwise"),
    ]
    document_id: str
    uri: str
    page: Page
    start: Start
    end: End


class ScorePart(ResponseBody):
    """What one signal said of a hit."""

    name: Annotated[str, Field(description="dense, lexical, or another signal; the retriever's own, for its order")]
    score: Annotated[float, Field(description="On the signal's own scale: a cosine, BM25")]
    rank: Annotated[int | None, Field(description="In the signal's own order, from 1; null where it gives none")]
    share: Annotated[float | None, Field(description="What it adds to the hit's score; null where nothing is added")]


class SearchHit(ResponseBody):
    """A chunk that the search found; a higher score is better, rank 1 is best."""

    rank: int
    score: float
    retriever: str
    chunk_id: str
    document_id: str
    uri: str
    page: Page
    start: Start
    end: End
    header: Annotated[list[str], Field(description="Rows that name the columns, of a table that the text is inside of")]
    text: str
    also: Annotated[list[RepeatedChunk], Field(description="What repeats it, and is therefore no hit of its own")]
    parts: Annotated[
        list[ScorePart] | None, Field(description="What the score is made of; only with `explain: true`")
    ] = None


class SearchBody(ResponseBody):
    """The hits of a question, best first."""

    question: str
    hits: list[SearchHit]
    warnings: Annotated[list[str], Field(description="What is not kept of the index as of then")]


class StepCheck(ResponseBody):
    """What one step did with the document or page."""

    step: Annotated[str, Field(description="parse, split, access, filter, dense, lexical, fusion, ... limit, pack")]
    state: Annotated[
        Literal["passed", "missed", "lost", "not reached"],
        Field(description="missed: not among a search's candidates, while it is among another's"),
    ]
    says: str
    rank: Annotated[int | None, Field(description="Of its best chunk in the step's order; null where there is none")]


class TriedRemedy(ResponseBody):
    """What brings it in; it was tried where it could be."""

    what: str
    rank: Annotated[int | None, Field(description="Then its rank among the hits")]
    source: Annotated[int | None, Field(description="Then its number in the window of an answer")]


class WhyBody(ResponseBody):
    """At which step a document or page was lost, and what brings it in."""

    question: str
    document: str
    page: Page
    limit: int
    rank: Annotated[int | None, Field(description="Among the hits; null where it is none of them")]
    source: Annotated[int | None, Field(description="In the window of an answer; null where it is not in it")]
    lost_at: Annotated[str | None, Field(description="The step that lost it; null where none did")]
    checks: list[StepCheck]
    remedies: list[TriedRemedy]


class DocumentSummary(ResponseBody):
    """A document as the index holds it."""

    id: str
    uri: str
    title: str
    media_type: str
    version: str
    pages: int
    chunks: int
    indexed_at: Annotated[str, Field(description="ISO 8601")]


class DocumentPage(ResponseBody):
    """Some documents in the order of their URIs."""

    documents: list[DocumentSummary]
    total: Annotated[int, Field(description="Documents that may be seen")]
    next_cursor: Annotated[str | None, Field(description="Send it as cursor for the next page; null at the end")]


class Heading(ResponseBody):
    """A heading of a document; the outermost level is 1."""

    level: int
    text: str
    page: Page


class DocumentDetail(DocumentSummary):
    """A document with its outline."""

    characters: Annotated[int, Field(description="Code points of the canonical text")]
    metadata: dict[str, str]
    headings: list[Heading]


class RemovedDocument(ResponseBody):
    """The document that was taken out of the index, with all its versions."""

    id: str
    uri: str


class Removed(ResponseBody):
    """What a removal did."""

    removed: list[RemovedDocument]


class State(ResponseBody):
    """Whether the service lives, or can answer."""

    status: Literal["ok", "ready"]


class FieldError(ResponseBody):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(ResponseBody):
    """An error as RFC 9457 describes it, with a hint that says what to do."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    errors: list[FieldError] | None = None
