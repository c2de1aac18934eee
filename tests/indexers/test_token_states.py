"""Pieces with their states: of a short text what the whole graph gives, of a long one every piece in context."""

from __future__ import annotations

import numpy as np
import pytest

from indexers.engines.folder import read_folder
from indexers.errors import EmbedError
from indexers.minilm import WEIGHTS_SHA256, minilm_folder
from indexers.token_states import OVERLAP_TOKENS, TokenStates


@pytest.fixture(scope="module")
def states() -> TokenStates:
    return TokenStates(read_folder(minilm_folder()), layers=2, weights_sha256=WEIGHTS_SHA256, precision="f32")


def test_pieces_are_slices_of_the_text_and_their_states_have_length_one(states: TokenStates) -> None:
    text = "Unbelievable: 1,577 émigrés!"
    (found,) = states.pieces([text])
    assert [text[a:b] for a, b in found.spans][-2:] == ["s", "!"]
    assert found.states.shape == (len(found.ids), 384)
    assert np.allclose(np.linalg.norm(found.states, axis=1), 1, atol=1e-4)


def test_a_text_longer_than_the_model_reads_has_every_piece_as_in_a_window_around_it(states: TokenStates) -> None:
    words = [f"word{at} and the cat" for at in range(200)]
    (whole,) = states.pieces([" ".join(words)])
    assert len(whole.ids) > 3 * 256
    lengths = np.linalg.norm(whole.states, axis=1)
    assert np.allclose(lengths, 1, atol=1e-4)
    ends = states._windows(len(whole.ids))
    assert [piece for _, _, a, b in ends for piece in range(a, b)] == list(range(len(whole.ids)))
    assert all(a - start >= OVERLAP_TOKENS // 2 for start, _, a, _ in ends[1:])


def test_what_stands_beside_a_text_changes_nothing(states: TokenStates) -> None:
    (alone,) = states.pieces(["The plant opened in 1999."])
    _, beside, empty = states.pieces(
        ["A much longer text about something else. " * 9, "The plant opened in 1999.", " "]
    )
    assert np.allclose(alone.states, beside.states, atol=1e-5)
    assert empty.states.shape == (0, 384)


def test_other_weights_are_refused() -> None:
    other = TokenStates(read_folder(minilm_folder()), layers=1, weights_sha256="0" * 64)
    with pytest.raises(EmbedError, match="not the official model's"):
        other.pieces(["a"])
