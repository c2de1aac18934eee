"""The folder of packs: what is written is found, what is damaged is not, what is dead goes."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from indexers.errors import LateUnusable
from indexers.late.codes import PieceCodes
from indexers.late.folder import MOST_PACKS, Packs, add, fold, names, remove, tidy
from indexers.late.pack_file import open_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

CODING = "test-1"
WIDTH = 48


def key(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def codes(name: str) -> PieceCodes:
    """Some codes that are different for each name; of "empty" there are none."""
    count = 0 if name == "empty" else 1 + len(name) % 5
    chance = np.random.default_rng(list(name.encode()))
    return PieceCodes(np.arange(count), chance.integers(0, 256, (count, WIDTH), dtype=np.uint8))


def put(folder: Path, texts: Iterable[str]) -> None:
    add(folder, CODING, {key(text): codes(text) for text in texts})


def found(folder: Path, texts: list[str]) -> list[list[list[int]]]:
    flat, counts = Packs.open(folder, coding=CODING).codes([key(text) for text in texts])
    return [part.tolist() for part in np.split(flat, np.cumsum(counts)[:-1])]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "late"


def test_what_was_put_is_found_in_the_order_asked_for_whatever_pack_it_is_in(folder: Path) -> None:
    put(folder, ["a", "bb", "empty"])
    put(folder, ["ccc", "dddd"])
    texts = ["dddd", "a", "nobody", "ccc", "bb", "a", "empty"]
    expected = [codes(text).codes.tolist() if text != "nobody" else [] for text in texts]
    assert found(folder, texts) == expected
    assert Packs.open(folder, coding=CODING).held([key(text) for text in texts]) == {
        key(text) for text in texts if text != "nobody"
    }


def test_an_index_without_the_folder_has_no_codes(folder: Path) -> None:
    assert found(folder, ["a"]) == [[]]
    remove(folder)
    assert not folder.exists()


def test_codes_of_another_coding_are_not_found(folder: Path) -> None:
    put(folder, ["a"])
    assert len(Packs.open(folder, coding="other")) == 0


def test_every_single_flipped_byte_costs_codes_and_never_changes_any(folder: Path) -> None:
    texts = ["a", "bb", "ccc"]
    put(folder, texts)
    (name,) = names(folder)
    whole = (folder / name).read_bytes()
    lost = 0
    for at in range(0, len(whole), 7):
        (folder / name).write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        for text, held in zip(texts, found(folder, texts), strict=True):
            assert held in ([], codes(text).codes.tolist())
            lost += held == []
    assert lost


@pytest.mark.parametrize("left", [0, 1, 15, 200])
def test_a_pack_cut_short_is_named_as_damaged(folder: Path, left: int) -> None:
    put(folder, ["a"])
    (name,) = names(folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:left])
    packs = Packs.open(folder, coding=CODING)
    assert (packs.damaged, len(packs)) == ((name,), 0)
    with pytest.raises(LateUnusable, match=r"checksum|empty"):
        open_pack(folder, name)


def test_folding_drops_the_dead_the_damaged_and_what_a_killed_writer_left(folder: Path) -> None:
    put(folder, ["a", "bb", "ccc", "dddd"])
    put(folder, ["stays", "too"])
    (folder / "pack.unfinished").write_bytes(b"half")
    (folder / ("0" * 64)).write_bytes(b"no pack")
    fold(folder, coding=CODING, live={key("a"), key("stays"), key("too")})
    assert found(folder, ["a", "bb", "ccc", "stays", "too"]) == [
        codes(text).codes.tolist() if text in ("a", "stays", "too") else []
        for text in ["a", "bb", "ccc", "stays", "too"]
    ]
    assert not Packs.open(folder, coding=CODING).damaged
    assert {entry.name for entry in folder.iterdir()} == {*names(folder), "LOCK"}


def test_many_small_packs_become_few_and_none_of_their_codes_goes(folder: Path) -> None:
    texts = [f"text {number}" for number in range(3 * MOST_PACKS)]
    for text in texts:
        put(folder, [text])
        tidy(folder, coding=CODING, live=len(texts), keys=lambda: {key(text) for text in texts})
    assert len(names(folder)) <= MOST_PACKS + 1
    assert found(folder, texts) == [codes(text).codes.tolist() for text in texts]


def test_a_folder_that_cannot_be_written_says_so(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(LateUnusable, match="cannot be used"):
        put(folder, ["a"])


def test_how_often_a_piece_was_seen_is_counted_over_packs(folder: Path) -> None:
    put(folder, ["a", "bb"])
    put(folder, ["ccc"])
    assert Packs.open(folder, coding=CODING).seen([0, 3, 99]).tolist() == [3, 1, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"parts": {}},
        {"parts": [1, 2]},
        {"width": -48},
        {"width": 10**30},
        {"width": 1e400},
        {"coding": None, "parts": {"keys": [0, 31, hashlib.sha256(bytes(31)).hexdigest()]}},
    ],
)
def test_a_pack_that_somebody_made_up_is_damaged_whatever_its_name_proves(
    folder: Path, change: dict[str, object]
) -> None:
    put(folder, ["a", "bb"])
    made_up(folder, lambda footer: {**footer, **change})
    packs = Packs.open(folder, coding=CODING)
    assert len(packs.damaged) == 1
    assert not packs.packs


def test_places_of_codes_that_lie_outside_of_the_file_or_run_backwards_are_damage(folder: Path) -> None:
    for starts in ([0, 5, 2**40], [0, 2, 1], [-3, 1, 2], [0, 1]):
        put(folder, ["a", "bb"])
        path = folder / names(folder)[0]
        data = path.read_bytes()
        begin, _length, _digest = footer_of(data)["parts"]["starts"]
        part = np.array(starts, dtype="<i8").tobytes()
        path.write_bytes(data[:begin] + part.ljust(24, b"\0") + data[begin + 24 :])
        place = [begin, len(part), hashlib.sha256(part).hexdigest()]
        made_up(folder, lambda footer, place=place: {**footer, "parts": {**footer["parts"], "starts": place}})  # type: ignore[misc]
        assert len(Packs.open(folder, coding=CODING).damaged) == 1
        fold(folder, coding=CODING, live=())


def test_a_pipe_or_a_folder_in_the_place_of_a_pack_is_damage_and_nobody_waits_for_it(folder: Path) -> None:
    put(folder, ["a"])
    os.mkfifo(folder / ("0" * 64))
    (folder / ("1" * 64)).mkdir()
    packs = Packs.open(folder, coding=CODING)
    assert len(packs) == 1
    assert packs.damaged == ("0" * 64, "1" * 64)


def footer_of(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[-16:-8], "little")
    found: dict[str, Any] = json.loads(data[-16 - length : -16])
    return found


def made_up(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The one pack of the folder with another footer, by which it is named again."""
    path = folder / names(folder)[0]
    data = path.read_bytes()
    length = int.from_bytes(data[-16:-8], "little")
    footer = json.dumps(change(footer_of(data))).encode()
    path.unlink()
    whole = data[: -16 - length] + footer + len(footer).to_bytes(8, "little") + data[-8:]
    (folder / hashlib.sha256(footer).hexdigest()).write_bytes(whole)
