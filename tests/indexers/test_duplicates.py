"""Near-duplicates: estimates beside the exact share, and which pairs a report names."""

from __future__ import annotations

import random

import pytest

from indexers import duplicates
from indexers.duplicates import SHINGLE_WORDS, Sketch, find_duplicates, likeness, sketch_text

WORDS = [f"word{number}" for number in range(400)]


def text_of(seed: int, words: int) -> list[str]:
    return random.Random(seed).choices(WORDS, k=words)  # noqa: S311  words, not secrets


def with_changes(words: list[str], count: int, seed: int = 0) -> list[str]:
    chosen = set(random.Random(seed).sample(range(len(words)), count))  # noqa: S311  likewise
    return [f"other{place}" if place in chosen else word for place, word in enumerate(words)]


def exact_share(one: list[str], other: list[str]) -> float:
    """By the definition: sets of runs of words."""
    a, b = (
        {tuple(words[place : place + SHINGLE_WORDS]) for place in range(max(1, len(words) - SHINGLE_WORDS + 1))}
        for words in (one, other)
    )
    return len(a & b) / len(a | b)


def sketch(uri: str, words: list[str] | str) -> Sketch:
    return sketch_text(uri, words if isinstance(words, str) else " ".join(words))


@pytest.mark.parametrize("changes", [0, 1, 20, 60, 150, 400, 900])
def test_the_estimate_is_near_the_exact_share(changes: int) -> None:
    one = text_of(1, 5000)
    other = with_changes(one, changes)
    estimate = likeness(sketch("a", one).least, sketch("b", other).least)
    assert estimate == pytest.approx(exact_share(one, other), abs=0.13)  # three standard errors


@pytest.mark.parametrize("words", [1, 4, 5, 6, 40])
@pytest.mark.parametrize("changes", [0, 1])
def test_short_texts_are_compared_exactly(words: int, changes: int) -> None:
    one = text_of(2, words)
    other = with_changes(one, changes)
    assert likeness(sketch("a", one).least, sketch("b", other).least) == exact_share(one, other)


def test_case_and_punctuation_do_not_count_but_are_not_the_same_text() -> None:
    pairs = find_duplicates([sketch("a", "The quick, brown fox jumps."), sketch("b", "the QUICK brown fox - jumps")])
    assert [(pair.uri, pair.like, pair.likeness, pair.exact) for pair in pairs] == [("b", "a", 1.0, False)]


def test_scripts_without_spaces_are_compared_letter_by_letter() -> None:
    one = "東京都は日本の首都であり世界でも最大級の都市圏を形成している" * 2
    pairs = find_duplicates([sketch("a", one), sketch("b", one + "る"), sketch("c", "大阪府は近畿地方にある" * 5)])
    assert [(pair.uri, pair.like) for pair in pairs] == [("b", "a")]


def test_each_document_is_named_once_with_the_most_like_one_before_it() -> None:
    words = text_of(3, 2000)
    texts = {"a": words, "b": with_changes(words, 20), "c": with_changes(words, 3, seed=1), "d": text_of(4, 2000)}
    texts["e"] = texts["b"]
    pairs = find_duplicates([sketch(uri, text) for uri, text in texts.items()])
    assert [(pair.uri, pair.like, pair.exact) for pair in pairs] == [
        ("b", "a", False),
        ("c", "a", False),
        ("e", "b", True),
    ]


def test_a_new_document_is_held_against_the_old_ones_wherever_its_name_stands() -> None:
    words = text_of(5, 500)
    sketches = [sketch(uri, words) for uri in ("b", "c", "m")]
    assert [(pair.uri, pair.like) for pair in find_duplicates(sketches, of={"b"})] == [("b", "c")]
    assert [(pair.uri, pair.like) for pair in find_duplicates(sketches, of={"b", "m"})] == [("b", "c"), ("m", "b")]
    assert find_duplicates(sketches, of=set()) == []
    assert find_duplicates([], of={"b"}) == []


def test_texts_without_words_are_like_nothing_but_themselves() -> None:
    pairs = find_duplicates([sketch("a", "..."), sketch("b", "---"), sketch("c", "---"), sketch("d", "")])
    assert [(pair.uri, pair.like, pair.exact) for pair in pairs] == [("c", "b", True)]


def test_every_near_duplicate_among_many_is_found_and_nothing_else() -> None:
    originals = {f"doc{number:03}": text_of(number, 300) for number in range(200)}
    copies = {f"doc{number:03}-copy": with_changes(text_of(number, 300), 3) for number in range(0, 200, 10)}
    pairs = find_duplicates([sketch(uri, text) for uri, text in (originals | copies).items()])
    expected = {name for name, text in copies.items() if exact_share(originals[name.removesuffix("-copy")], text) > 0.9}
    assert {pair.uri for pair in pairs} >= expected
    assert {(pair.uri, pair.like) for pair in pairs} <= {(name, name.removesuffix("-copy")) for name in copies}
    assert len(expected) > 10


def test_forms_that_are_all_alike_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    form = text_of(6, 400)
    forms = [sketch(f"form{number:03}", with_changes(form, 12, seed=number)) for number in range(300)]
    copy = sketch("form299-copy", with_changes(with_changes(form, 12, seed=299), 1))
    compared = []

    def counted(one: object, other: object) -> float:
        compared.append(1)
        return likeness(one, other)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(duplicates, "likeness", counted)
    pairs = find_duplicates([*forms, copy])
    assert len(compared) <= len(forms) * duplicates.MOST_COMPARED
    assert [pair.like for pair in pairs if pair.uri == "form299-copy"] == ["form299"]
