"""Files that are made to cost much: each is read, or refused by name, for no more than its size."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from indexers.errors import EmptyFile, LimitExceeded, UnsupportedFile
from indexers.load import LoadLimits, load_file
from indexers.load.text import decode
from tests.indexers.load.promises import broken_promises
from tests.indexers.load.samples import docx, package, xlsx

# ruff: noqa: E501  # one case a line

RUSSIAN = "Все люди рождаются свободными и равными в своем достоинстве и правах.\nОни наделены разумом и совестью."  # noqa: RUF001  # Cyrillic is meant
JAPANESE = "すべての人間は、生まれながらにして自由であり、\nかつ、尊厳と権利とについて平等である。"


def text_of(tmp_path: Path, name: str, data: bytes | str, limits: LoadLimits = LoadLimits()) -> str:  # noqa: B008
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    document = load_file(tmp_path / name, uri="u", limits=limits).document
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    return document.text


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        pytest.param("a.html", "<base href='http://evil'><meta http-equiv=refresh content='0;//evil'>x", "x", id="html-refresh"),
        pytest.param("a.html", "<p>" + "word " * 500_000, ("word " * 500_000).strip(), id="html-one-line"),
        pytest.param("a.html", "<table><tr>" + "<td>x" * 50_000, " | ".join("x" * 50_000), id="html-columns"),
        pytest.param("a.csv", ",".join("a" * 300_000), " | ".join("a" * 300_000), id="csv-columns"),
        pytest.param("a.csv", "=cmd|' /C calc'!A0,b\n@SUM(1),+1\n", "=cmd|' /C calc'!A0 | b\n@SUM(1) | +1", id="csv-formula"),
        pytest.param("a.csv", "a,b\n" + "1,2\n" * 20_000 + "3,\0004\n", "a | b\n" + "1 | 2\n" * 20_000 + "3 | 4", id="csv-nul"),
        pytest.param("a.md", "[" * 200_000 + "](" * 200_000, "[" * 200_000 + "](" * 200_000, id="markdown-links"),
        pytest.param("a.md", "*_" * 200_000, "*_" * 200_000, id="markdown-emphasis"),
        pytest.param("a.rtf", "{\\rtf1 " + "{" * 300_000 + "x" + "}" * 300_001, "x", id="rtf-groups-in-groups"),
        pytest.param("a.rtf", "{\\rtf1 " + "{\\v no}" * 100_000 + "x}", "x", id="rtf-hidden"),
        pytest.param("a.rtf", "{\\rtf1 {\\v\\bin999999999 no}}x", None, id="rtf-binary-without-end"),
        pytest.param("a.xlsx", xlsx({"S": "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(1, 1_048_577))}), None, id="xlsx-rows-without-text"),
        pytest.param("a.xlsx", xlsx({"S": '<row r="1"><c r="A1"><v>7</v></c></row>'}, columns='<col min="2" max="16384" hidden="1"/>' * 500), "S\n\n7", id="xlsx-hidden-columns"),
    ],
)  # fmt: skip
def test_what_is_large_costs_its_size(tmp_path: Path, name: str, data: bytes | str, text: str | None) -> None:
    if text is None:
        with pytest.raises(EmptyFile, match=name):
            text_of(tmp_path, name, data)
    else:
        assert text_of(tmp_path, name, data) == text


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        pytest.param("a.csv", "," * 2000, "more than 1,000 cells", id="csv-cells-without-text"),
        pytest.param("a.csv", "ab," * 1000, "more than 1,000 cells", id="csv-cells"),
        pytest.param("a.html", "<table>" + "<tr><td rowspan=99><td>x" * 600, "more than 1,000 characters", id="html-spans"),
        pytest.param("a.json", '["' + "x" * 2000 + '"]', "more than 1,000 characters", id="json-text"),
        pytest.param("a.xml", "<a>" + "x" * 2000 + "</a>", "more than 1,000 characters", id="xml-text"),
        pytest.param("a.py", "x=1\n" * 2000, "more than 1,000 characters", id="code"),
    ],
)  # fmt: skip
def test_more_text_than_allowed_is_refused_by_name(tmp_path: Path, name: str, data: str, says: str) -> None:
    with pytest.raises(LimitExceeded, match=says):
        text_of(tmp_path, name, data, LoadLimits(max_text_chars=1000))


def test_xml_elements_are_counted_before_they_are_a_tree(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="more than 9 XML elements"):
        text_of(tmp_path, "a.xml", "<a>" + "<b/>" * 10 + "</a>", LoadLimits(xml_elements=9))


def test_nul_bytes_in_a_short_file_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFile, match=r"a\.csv holds binary data"):
        text_of(tmp_path, "a.csv", b"a,b\n1,\0002\n")


@pytest.mark.parametrize("old", ["cp1252", "cp1250"])
def test_lines_in_another_encoding_cost_no_other_line(old: str) -> None:
    line = "Größe,Köln\n"
    assert decode(line.encode() * 3 + line.encode(old) * 3, name="x") == line * 6


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(RUSSIAN, "cp1251"), (JAPANESE, "shift_jis"), (JAPANESE, "utf-16")],
)
def test_old_encodings_of_tables_and_pages(tmp_path: Path, text: str, encoding: str) -> None:
    lines = text.split("\n")
    assert text_of(tmp_path, "a.txt", text.encode(encoding)) == text
    assert text_of(tmp_path, "a.csv", "\n".join(f"{line};1" for line in lines).encode(encoding)) == "\n".join(
        f"{line} | 1" for line in lines
    )


def test_a_quine_of_a_package_is_not_unpacked_again(tmp_path: Path) -> None:
    """A package inside a package is a part like any other: nothing opens it."""
    inner = docx("<w:p><w:r><w:t>inner</w:t></w:r></w:p>")
    outer = docx("<w:p><w:r><w:t>outer</w:t></w:r></w:p>")
    with zipfile.ZipFile(io.BytesIO(outer)) as container:
        parts: dict[str, str | bytes] = {name: container.read(name) for name in container.namelist()}
    for _ in range(20):
        parts["word/embeddings/a.docx"] = inner
        inner = package(parts)
    assert text_of(tmp_path, "a.docx", inner) == "outer"
