"""The vocabulary's pieces of a text, and their vectors."""

from __future__ import annotations

import pytest

from indexers.errors import EmbedError
from indexers.minilm import WEIGHTS_SHA256, minilm_folder
from indexers.piece_vectors import PieceVectors


@pytest.fixture(scope="module")
def vocabulary() -> PieceVectors:
    return PieceVectors(minilm_folder(), weights_sha256=WEIGHTS_SHA256)


def test_pieces_are_slices_of_the_text_however_long_it_is(vocabulary: PieceVectors) -> None:
    text = "The plant opened in 1999! " * 200
    found, blank = vocabulary.pieces([text, " "])
    assert [text[a:b] for a, b in found.spans[:6]] == ["The", "plant", "opened", "in", "1999", "!"]
    assert len(found.ids) == 1200
    assert len(blank.ids) == 0


def test_there_is_a_vector_for_every_piece(vocabulary: PieceVectors) -> None:
    (found,) = vocabulary.pieces(["\u00e9migr\u00e9s \U0001f600 1,577"])
    assert vocabulary.vectors[found.ids].shape == (len(found.ids), 384)


def test_other_weights_are_refused() -> None:
    other = PieceVectors(minilm_folder(), weights_sha256="0" * 64)
    with pytest.raises(EmbedError, match="not the official model's"):
        _ = other.vectors
