"""The scorer that ships: its file, its record, and that what speaks against a claim never raises its probability."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from rag.errors import ScorerDamaged
from rag.verify.evidence import Evidence, Sentence
from rag.verify.features import EITHER, NAMES, SPEAKS_AGAINST, SUPPORTS, features
from rag.verify.scorer import read_scorer, shipped

CONTENT = resources.files("rag").joinpath("verify", "scorer.json").read_bytes()
EVIDENCE = Evidence.of(
    ["The depot in Bremen opens at six and holds 250 pallets. Drivers collect the keys at the gate, and sign for them."]
)


def _changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(CONTENT), **fields}).encode()


def test_what_supports_never_lowers_the_probability_and_what_speaks_against_never_raises_it() -> None:
    scorer = shipped()
    weights = dict(zip(scorer.names, scorer.weights.tolist(), strict=True))
    assert all(weights[name] >= 0 for name in SUPPORTS)
    assert all(weights[name] <= 0 for name in SPEAKS_AGAINST)
    assert set(NAMES) == {*SUPPORTS, *SPEAKS_AGAINST, *EITHER}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param("Drivers collect the keys at the gate.", "Pilots park parcels at the airport.", id="words"),
        pytest.param(
            "Drivers collect the keys at the gate.", "Drivers never collect the keys at the gate.", id="never"
        ),
        pytest.param("The depot in Bremen opens at six.", "The depot in Hamburg opens at six.", id="name"),
        pytest.param("The depot holds 250 pallets.", "The depot holds 380 pallets.", id="number"),
    ],
)
def test_what_is_borne_out_is_likelier_than_what_is_not(better: str, worse: str) -> None:
    scorer = shipped()
    assert scorer.probability(Sentence(better), EVIDENCE) > 0.5 > scorer.probability(Sentence(worse), EVIDENCE)


def test_the_parts_and_the_offset_are_the_log_odds() -> None:
    scorer = shipped()
    found = features(Sentence("Drivers sign at the gate of Hamburg."), EVIDENCE)
    parts = scorer.contributions(found)
    assert sum(parts.values()) + scorer.offset == pytest.approx(scorer.log_odds(found))
    assert list(parts.values()) == sorted(parts.values())


def test_the_record_says_what_it_was_trained_on_and_by_which_command() -> None:
    record = json.loads(CONTENT)["record"]
    assert set(record["sets"]).isdisjoint({"wice_dev", "scifact", "healthver"})
    assert all({"lines", "groups", "licence", "sha256"} <= set(told) for told in record["sets"].values())
    assert "benchmarks.verifier.train" in record["command"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"{", id="no-json"),
        pytest.param(b"[]", id="no-object"),
        pytest.param(_changed(format=0), id="another-format"),
        pytest.param(_changed(features=[]), id="other-features"),
        pytest.param(_changed(offset="much"), id="words-for-numbers"),
        pytest.param(_changed(offset=1e400), id="infinite"),
    ],
)
def test_a_file_that_is_no_scorer_of_these_features_is_refused(content: bytes) -> None:
    with pytest.raises(ScorerDamaged):
        read_scorer(content)
