"""What documents say of themselves, in one form whatever they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.load import load_file
from indexers.load.metadata import canonical, iso_date

# ruff: noqa: E501  # documents as programs write them

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2024-01-02", "2024-01-02", id="a-day"),
        pytest.param("2013-12-23T23:15:00Z", "2013-12-23T23:15:00Z", id="office"),
        pytest.param("2023-09-13T14:02:34.367419807", "2023-09-13T14:02:34", id="nanoseconds"),
        pytest.param("2024-01-02 03:04", "2024-01-02T03:04:00", id="a-blank-between"),
        pytest.param("D:20240102030405+01'00'", "2024-01-02T03:04:05+01:00", id="pdf"),
        pytest.param("2024-01-02T03:04:05+0100", "2024-01-02T03:04:05+01:00", id="zone"),
        pytest.param("Tue, 02 Jan 2024 03:04:05 +0100", "2024-01-02T03:04:05+01:00", id="mail"),
        pytest.param("March 3, 2020", "March 3, 2020", id="as-written"),
        pytest.param("1601-01-01T00:00:00Z", "", id="where-a-clock-begins"),
        pytest.param("2024-13-45", "", id="no-such-day"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_dates(written: str, expected: str) -> None:
    assert iso_date(written) == expected


@given(st.text("0123456789-:TZ+ D.,", max_size=40))
def test_any_date_gives_something_or_nothing(written: str) -> None:
    assert iso_date(iso_date(written)) == iso_date(written)


@pytest.mark.parametrize(("written", "expected"), [("en_US", "en-US"), ("de", "de"), ("und", ""), ("English (US)", "")])
def test_languages(written: str, expected: str) -> None:
    assert canonical("language", written) == expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param(
            "a.html",
            '<html lang="fr"><meta property="article:published_time" content="2024-01-02T03:04:05Z">'
            '<meta name="DC.creator" content="Ann"><meta http-equiv="last-modified" content="Tue, 02 Jan 2024 03:04:05 GMT">x',
            {"language": "fr", "author": "Ann", "created": "2024-01-02T03:04:05Z", "modified": "2024-01-02T03:04:05+00:00"},
            id="html",
        ),
        pytest.param(
            "a.md",
            "---\nauthor: Ann\ndate: 2024-01-02\nlang: de_CH\nupdated: 2024-02-03 04:05\n---\nx",
            {"author": "Ann", "created": "2024-01-02", "language": "de-CH", "modified": "2024-02-03T04:05:00"},
            id="markdown",
        ),
        pytest.param(
            "a.rtf",
            r"{\rtf1{\info{\author Ann}{\creatim\yr2024\mo1\dy2}{\revtim\yr2024\mo2\dy3}}x}",
            {"author": "Ann", "created": "2024-01-02", "modified": "2024-02-03"},
            id="rtf",
        ),
        pytest.param("a.xml", "<a><author>Ann</author><date>2024-01-02</date><b/></a>", {"author": "Ann", "created": "2024-01-02"}, id="xml"),
    ],
)  # fmt: skip
def test_the_same_names_in_every_format(tmp_path: Path, name: str, content: str, expected: dict[str, str]) -> None:
    (tmp_path / name).write_text(content)
    assert dict(load_file(tmp_path / name, uri="u").document.metadata) == expected


def test_front_matter_keeps_the_authors_own_fields(tmp_path: Path) -> None:
    """Each item of a list is a value of its own; what is nested deeper, and a title, are none."""
    (tmp_path / "a.md").write_text(
        "---\nTitle: T\ndepartment: HR\nCase No: 17\ntags: [leave, 'full pay']\nregions:\n  - EU\n  - \"US\"\n"
        "owner:\n  name: Ann\nempty:\nstatus: 'final'\nstatus: draft\n---\n# Body\n\nx"
    )
    document = load_file(tmp_path / "a.md", uri="u").document
    assert document.title == "T"
    assert document.metadata == (
        ("department", "HR"), ("case no", "17"), ("tags", "leave"), ("tags", "full pay"), ("regions", "EU"),
        ("regions", "US"), ("status", "final"),
    )  # fmt: skip


def test_front_matter_without_end_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\n" + "".join(f"f{n}: v\n" for n in range(5000)) + "---\nx")
    assert len(load_file(tmp_path / "a.md", uri="u").document.metadata) == 100


def test_a_real_document() -> None:
    metadata = dict(load_file(OFFICE / "simple.docx", uri="u").document.metadata)
    assert metadata["created"] == "2013-12-23T23:15:00Z"
