"""Words of a claim held against the evidence: what is said again is found, what is put in its place is not."""

from __future__ import annotations

import pytest

from rag.verify.alignment import ALIGNMENT_KEYS, NOTHING, Alignment, WordAligner
from rag.verify.evidence import Evidence

PLANT = "The plant in Berlin opened in 1999. It makes 400 engines a day and employs 900 people."
LEAVE = "Workers get 25 days of leave. They ask their manager for it."


@pytest.fixture(scope="module")
def aligner() -> WordAligner:
    return WordAligner()


def weakest(found: Alignment, claim: str) -> str:
    word = min(found.words, key=lambda word: word.similarity)
    return claim[word.start : word.end]


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        pytest.param("The plant in Paris opened in 1999.", "Paris", id="another-town"),
        pytest.param("It makes 400 pianos a day.", "pianos", id="another-thing"),
        pytest.param("Workers get 25 weeks of leave.", "weeks", id="another-unit"),
    ],
)
def test_the_word_that_was_exchanged_is_the_least_alike(aligner: WordAligner, claim: str, word: str) -> None:
    found = aligner.align(claim, Evidence.of([PLANT, LEAVE]))
    assert weakest(found, claim) == word
    assert found.features["align_lowest"] < 0.8


def test_what_stands_in_the_evidence_is_found_whole_and_in_order(aligner: WordAligner) -> None:
    features = aligner.align("The plant in Berlin opened in 1999.", Evidence.of([LEAVE, PLANT])).features
    assert features["align_sentence"] == pytest.approx(1, abs=1e-4)
    assert features["align_runs"] == features["align_order"] == 1
    assert features["align_holes"] == features["align_absent"] == 0


@pytest.mark.parametrize(
    ("claim", "support"),
    [
        pytest.param("Berlin's plant was opened in 1999.", (0,), id="one-sentence"),
        pytest.param("The plant opened in 1999 and workers get 25 days of leave.", (0, 2), id="of-two-texts"),
        pytest.param("It employs 900 people.", (1,), id="the-second-of-a-text"),
    ],
)
def test_the_sentences_that_bear_a_claim_out_are_named(
    aligner: WordAligner, claim: str, support: tuple[int, ...]
) -> None:
    assert aligner.align(claim, Evidence.of([PLANT, LEAVE])).support == support


def test_a_claim_of_something_else_has_less_of_everything(aligner: WordAligner) -> None:
    evidence = Evidence.of([PLANT])
    near = aligner.align("The Berlin plant has 900 staff.", evidence).features
    far = aligner.align("Photosynthesis turns sunlight into sugar.", evidence).features
    for key in ("align_mean", "align_window", "align_sentence"):
        assert far[key] < near[key]
    assert far["align_absent"] > near["align_absent"]


@pytest.mark.parametrize(
    ("claim", "texts"),
    [
        pytest.param("", [PLANT], id="no-claim"),
        pytest.param("...", [PLANT], id="no-word"),
        pytest.param("The plant opened.", [], id="no-evidence"),
        pytest.param("The plant opened.", ["", " \n"], id="blank-evidence"),
    ],
)
def test_nothing_to_compare_is_no_error_and_all_zero(aligner: WordAligner, claim: str, texts: list[str]) -> None:
    assert aligner.align(claim, Evidence.of(texts)) == NOTHING


def test_another_aligner_gives_the_same_numbers(aligner: WordAligner) -> None:
    evidence = Evidence.of([PLANT, LEAVE])
    for claim in ("The Berlin plant has 900 staff.", "Workers get leave."):
        aligner.align("Something else altogether.", Evidence.of([LEAVE, PLANT]))
        found = aligner.align(claim, evidence)
        assert found == WordAligner().align(claim, evidence)
        assert tuple(found.features) == ALIGNMENT_KEYS


def test_sentences_of_two_texts_are_no_window(aligner: WordAligner) -> None:
    claim = "Engines are made by workers on leave."
    one = aligner.align(claim, Evidence.of(["They make engines. Workers are on leave."])).features
    two = aligner.align(claim, Evidence.of(["They make engines.", "Workers are on leave."])).features
    assert two["align_pair"] == two["align_sentence"] < one["align_pair"]
    assert two["align_mean"] == one["align_mean"]


def test_a_text_far_longer_than_the_encoder_reads_is_searched_to_its_end(aligner: WordAligner) -> None:
    long = " ".join([f"Item {at} is a chair made of wood." for at in range(150)] + [PLANT])
    found = aligner.align("The plant in Berlin opened in 1999.", Evidence.of([long]))
    assert found.support == (150,)
    assert found.features["align_sentence"] > 0.99
