from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Usage
from rag.assembly import Assembly, assemble
from rag.cite import Citer
from rag.generation import Draft, DraftSentence
from rag.verify.verdict import Reason
from rag.verify.verifier import HermeticVerifier
from tests.rag.windows import reader_of, window_of

SOURCES = (
    ["Leave is 16 weeks.", "It is paid in full.", "Ask your manager."],
    ["Pay day is the 25th.", "Bonuses come in March."],
)
LABELS = ["1.1", "1.2", "1.3", "2.1", "2.2"]


@pytest.mark.parametrize(
    ("cited", "numbers", "quotes"),
    [
        pytest.param([["1.1"]], [(1,)], ["Leave is 16 weeks."], id="one"),
        pytest.param([["1.2", "1.1"]], [(1,)], ["Leave is 16 weeks. It is paid in full."], id="neighbours-merge"),
        pytest.param([["1.1", "1.3"]], [(1, 2)], ["Leave is 16 weeks.", "Ask your manager."], id="apart-stay-apart"),
        pytest.param(
            [["2.1"], ["1.1"]], [(1,), (2,)], ["Pay day is the 25th.", "Leave is 16 weeks."], id="by-first-use"
        ),
        pytest.param([["1.1"], ["1.1"]], [(1,), (1,)], ["Leave is 16 weeks."], id="the-same-span-keeps-its-number"),
        pytest.param(
            [["1.3", "2.1"]], [(1, 2)], ["Ask your manager.", "Pay day is the 25th."], id="not-across-sources"
        ),
        pytest.param([["7.7"], []], [(), ()], [], id="unknown-labels-cite-nothing"),
    ],
)
def test_cite(cited: list[list[str]], numbers: list[tuple[int, ...]], quotes: list[str]) -> None:
    citer = Citer(window_of(*SOURCES), reader_of(*SOURCES))
    assert [citer.cite(labels) for labels in cited] == numbers
    assert [citation.quote for citation in citer.citations] == quotes


@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=30).filter(str.strip), st.lists(st.sampled_from([*LABELS, "9.9"]), max_size=4)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_offset_of_an_answer_is_exact(drafted: list[tuple[str, list[str]]]) -> None:
    window, read = window_of(*SOURCES), reader_of(*SOURCES)
    assembly = Assembly(window, read, HermeticVerifier())
    for text, cited in drafted:
        assembly.add(DraftSentence(text=text, cited=tuple(cited)))
    result = assembly.result()
    for sentence in result.sentences:
        assert result.text[sentence.start : sentence.end] == sentence.text
        assert all(1 <= number <= len(result.citations) for number in sentence.citations)
    for place, citation in enumerate(result.citations, start=1):
        document = read(citation.document_id, citation.version)
        assert citation.number == place
        assert document.text[citation.start : citation.end] == citation.quote


def drafted(*sentences: DraftSentence, abstained: bool = False, refusal: str | None = None) -> Draft:
    return Draft(sentences=sentences, abstained=abstained, model="m", usage=Usage(), refusal=refusal)


@pytest.mark.parametrize(
    ("draft", "abstained", "says"),
    [
        pytest.param(
            drafted(DraftSentence("Leave is 16 weeks.", ("1.1",))), False, "Leave is 16 weeks.", id="borne-out"
        ),
        pytest.param(drafted(DraftSentence("Cats fly.", ("1.1",))), True, "do not bear out", id="nothing-borne-out"),
        pytest.param(drafted(DraftSentence("Leave is 16 weeks.", ())), True, "do not bear out", id="uncited"),
        pytest.param(drafted(abstained=True), True, "do not answer", id="its-own-word"),
        pytest.param(drafted(), True, "do not answer", id="no-sentences"),
        pytest.param(
            drafted(abstained=True, refusal="no"), True, r"declined to answer this question (no)", id="refusal"
        ),
        pytest.param(
            drafted(DraftSentence("Leave is 16 weeks.", ("1.1",)), DraftSentence("Cats fly.", ("1.1",))),
            False,
            "Leave is 16 weeks. Cats fly.",
            id="one-of-two-is-shown-with-its-verdict",
        ),
    ],
)
def test_policy(draft: Draft, abstained: bool, says: str) -> None:
    window, read = window_of(*SOURCES), reader_of(*SOURCES)
    assembly = Assembly(window, read, HermeticVerifier())
    for sentence in draft.sentences:
        assembly.add(sentence)
    result = assemble("When is pay day?", draft, assembly, window, read)
    assert result.abstained is abstained
    assert says in result.text
    if abstained:
        assert result.sentences == ()
        assert [citation.quote for citation in result.citations][-1] == "Pay day is the 25th."
    else:
        verdict = result.sentences[0].verdict
        assert (verdict.label, verdict.score) == ("supported", 1.0)
        assert verdict.reasons == (Reason("verbatim", "verbatim in the evidence"),)
        assert all(sentence.verdict.label == "unsupported" for sentence in result.sentences[1:])


def test_the_sentences_that_bear_a_claim_out_are_named_by_their_place_in_the_document() -> None:
    window, read = window_of(*SOURCES), reader_of(*SOURCES)
    assembly = Assembly(window, read, HermeticVerifier())
    labels = [sentence.label for sentence in window.sources[0].sentences]
    sentence, citations = assembly.add(DraftSentence("Leave is 16 weeks.", tuple(labels)))
    (place,) = sentence.support
    (citation,) = citations
    text = read(citation.document_id, citation.version).text
    assert text[place.start : place.end] == "Leave is 16 weeks."
    assert place.number == citation.number
    assert citation.start <= place.start < place.end <= citation.end


def test_a_citation_of_something_that_was_not_shown_is_told_and_costs_full_support() -> None:
    window, read = window_of(*SOURCES), reader_of(*SOURCES)
    verifier = HermeticVerifier()
    assembly = Assembly(window, read, verifier)
    besides, _ = assembly.add(DraftSentence("Leave is 16 weeks.", ("1.1",), ("9.9",)))
    alone, _ = assembly.add(DraftSentence("Leave is 16 weeks.", (), ("9.9",)))
    assert besides.verdict.label == "partial"
    assert besides.verdict.score < verifier.identity.threshold
    assert alone.verdict.label == "unsupported"
    for sentence in (besides, alone):
        assert sentence.verdict.failed_checks == ("citation",)
        assert "[9.9]" in sentence.verdict.told


def test_a_greeting_that_repeats_a_source_does_not_make_an_answer() -> None:
    window, read = window_of(["Hello!", "Leave is 16 weeks."]), reader_of(["Hello!", "Leave is 16 weeks."])
    assembly = Assembly(window, read, HermeticVerifier())
    assembly.add(DraftSentence("Hello!", ("1.1",)))
    assert not assembly.borne_out


def test_a_header_row_cited_with_a_row_far_below_stays_a_citation_of_its_own() -> None:
    rows = ["Item | 2019", "Cash | 7", "Rope | 3"]
    window, read = window_of(rows), reader_of(rows)
    source = window.sources[0]
    header, _, row = source.sentences
    cut = replace(
        source,
        start=row.start,
        sentences=(replace(header, header=True, label="1.1"), replace(row, label="1.2", columns=("1.1",))),
    )
    citer = Citer(replace(window, sources=(cut,)), read)
    assert citer.cite(["1.1", "1.2"]) == (1, 2)
    assert [citation.quote for citation in citer.citations] == ["Item | 2019", "Rope | 3"]
    assert any("Item | 2019" in text for text in citer.evidence([2])), "the row is judged together with its header"


def test_the_nearest_passage_is_a_row_and_not_the_header_that_is_shown_above_it() -> None:
    rows = ["Total revenue in fiscal | 2019", "Cash | 7", "Rope | 3"]
    window, read = window_of(rows), reader_of(rows)
    header, *below = window.sources[0].sentences
    source = replace(window.sources[0], sentences=(replace(header, header=True), *below))
    window = replace(window, sources=(source,))
    question = "What was the total revenue in fiscal 2019?"
    result = assemble(question, drafted(abstained=True), Assembly(window, read, HermeticVerifier()), window, read)
    assert [citation.quote for citation in result.citations] == ["Cash | 7"]
