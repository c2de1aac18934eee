"""Tables of documents and pages: their header, merged cells, charts; and what stands beside a Word document's body."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexers.document import Document
from indexers.load import load_file
from indexers.load.spans import SpannedRows, SpanningCell, with_signs
from tests.indexers.load.promises import broken_promises
from tests.indexers.load.samples import docx, package, pptx, relations, shape

# ruff: noqa: E501  # XML as programs write it

A = "http://schemas.openxmlformats.org/drawingml/2006"


def read(tmp_path: Path, name: str, data: bytes | str) -> Document:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    document = load_file(tmp_path / name, uri="u").document
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    return document


def tables(document: Document) -> list[tuple[str, str]]:
    """Header and rows of each table."""
    return [
        (document.text[block.start : block.start + block.header_chars],
         document.text[block.start + block.header_chars : block.end].lstrip("\n"))
        for block in document.blocks if block.kind == "table"
    ]  # fmt: skip


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def tc(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def test_docx_tables_know_their_header_and_keep_their_columns(tmp_path: Path) -> None:
    said = tr(tc("Who"), tc("What"), properties="<w:tblHeader/>") + tr(tc("Al"), tc("Dev"))
    merged = (
        tr(tc("Region", '<w:vMerge w:val="restart"/>'), tc("Sales", '<w:gridSpan w:val="2"/>'))
        + tr(tc("", "<w:vMerge/>"), tc("2019"), tc("2018"))
        + tr(tc("North"), tc("1"), tc("2"))
        + tr(tc("3"), properties='<w:gridBefore w:val="2"/>')
        + tr(tc("", "<w:vMerge/>"), tc(""))
    )
    document = read(tmp_path, "a.docx", docx(f"<w:tbl>{said}</w:tbl>{p('.')}<w:tbl>{merged}</w:tbl>"))
    assert tables(document) == [
        ("Who | What", "Al | Dev"),
        ("Region | Sales | Sales\nRegion | 2019 | 2018", "North | 1 | 2\n |  | 3"),
    ]


def test_nested_tables_cost_no_more_than_they_hold(tmp_path: Path) -> None:
    inner = p("x")
    for _ in range(60):  # twice the work a level would never end
        inner = f"<w:tbl><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl>"
    assert read(tmp_path, "a.docx", docx(inner)).text == "x"


def test_beside_the_body_of_a_word_document(tmp_path: Path) -> None:
    body = '<w:p><w:r><w:t>Claim</w:t><w:endnoteReference w:id="1"/></w:r></w:p>'
    parts = {
        "endnotes": f'<w:endnote w:id="0" w:type="separator">{p("line")}</w:endnote><w:endnote w:id="1">{p("Why")}</w:endnote>',
        "comments": f'<w:comment w:id="0" w:author="Eve">{p("Is it?")}{p("Really?")}</w:comment>',
        "header": p("Secret plan") + p("page 7"),
        "footer": p("17"),
    }  # fmt: skip
    document = read(tmp_path, "a.docx", docx(body, parts=parts))
    assert document.text.split("\n\n") == [
        "Claim[e1]", "[e1] Why", "Comment (Eve): Is it? Really?", "Header: Secret plan page 7",
    ]  # fmt: skip


CHART = (
    f'<c:chartSpace xmlns:c="{A}/chart" xmlns:a="{A}/main"><c:chart><c:title><c:tx><a:p><a:r><a:t>Sales</a:t></a:r></a:p>'
    "</c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:f>S!B1</c:f><c:strCache><c:pt idx='0'><c:v>North"
    "</c:v></c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:f>x</c:f><c:strCache><c:pt idx='0'><c:v>Q1</c:v>"
    "</c:pt><c:pt idx='1'><c:v>Q2</c:v></c:pt></c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>"
    "<c:pt idx='0'><c:v>4.3</c:v></c:pt><c:pt idx='1'><c:v>2.5</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>"
    "<c:ser><c:val><c:numLit><c:pt idx='1'><c:v>9</c:v></c:pt></c:numLit></c:val></c:ser>"
    "</c:barChart></c:plotArea></c:chart></c:chartSpace>"
)


def frame(kind: str, content: str) -> str:
    return (
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr/><p:nvPr/></p:nvGraphicFramePr><a:graphic>"
        f'<a:graphicData uri="{A}/{kind}">{content}</a:graphicData></a:graphic></p:graphicFrame>'
    )


def with_part(data: bytes, tmp_path: Path, rels: str, part: str, kind: str, content: str) -> bytes:
    """The package with one more part, to which its main part points as ``x1``."""
    import zipfile

    (tmp_path / "plain").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "plain") as container:
        parts: dict[str, str | bytes] = {name: container.read(name) for name in container.namelist()}
    folder = rels.split("/_rels/")[0]
    parts[rels] = relations(("x1", kind, f"/{folder}/{part}"))
    parts[f"{folder}/{part}"] = content
    return package(parts)


def test_a_chart_is_a_table_of_its_values(tmp_path: Path) -> None:
    place = f'<c:chart xmlns:c="{A}/chart" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="x1"/>'
    slides = pptx([shape("Growth", role="title") + frame("chart", place)])
    slides = with_part(slides, tmp_path, "ppt/slides/_rels/slide1.xml.rels", "chart1.xml", "chart", CHART)
    letter = docx(f"<w:p><w:r><w:drawing>{place}</w:drawing></w:r></w:p>")
    letter = with_part(letter, tmp_path, "word/_rels/document.xml.rels", "chart1.xml", "chart", CHART)
    for name, data in (("a.pptx", slides), ("a.docx", letter)):
        document = read(tmp_path, name, data)
        assert tables(document) == [(" | North | Series 2".strip(), "Q1 | 4.3\nQ2 | 2.5 | 9")], name
        assert "Sales" in document.text


def test_a_diagram_is_a_list_of_its_texts(tmp_path: Path) -> None:
    diagram = (
        f'<d:dataModel xmlns:d="{A}/diagram" xmlns:a="{A}/main"><d:ptLst>'
        + "".join(f"<d:pt><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t></d:pt>" for text in ("Plan", "Do"))
        + "</d:ptLst></d:dataModel>"
    )
    place = f'<d:relIds xmlns:d="{A}/diagram" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:dm="x1"/>'
    data = pptx([frame("diagram", place)])
    data = with_part(data, tmp_path, "ppt/slides/_rels/slide1.xml.rels", "data1.xml", "diagramData", diagram)
    assert read(tmp_path, "a.pptx", data).text == "- Plan\n- Do"


def test_pptx_tables_know_their_header_and_keep_their_columns(tmp_path: Path) -> None:
    def cell(text: str, attributes: str = "") -> str:
        return f"<a:tc {attributes}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    rows = [
        [cell("Region", 'rowSpan="2"'), cell("Sales", 'gridSpan="2"'), cell("", 'hMerge="1"')],
        [cell("", 'vMerge="1"'), cell("north"), cell("south")],
    ]
    drawn = "".join(f"<a:tr>{''.join(row)}</a:tr>" for row in rows)
    table = frame("table", f'<a:tbl><a:tblPr firstRow="1"/>{drawn}</a:tbl>')
    assert tables(read(tmp_path, "a.pptx", pptx([table]))) == [("Region | Sales | Sales", "Region | north | south")]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("<tr><th>x<th>y<tr><td>a<td>b", ("x | y", "a | b"), id="th"),
        pytest.param("<thead><tr><td>x<td>y</thead><tr><td>a<td>b", ("x | y", "a | b"), id="thead"),
        pytest.param("<tr><td>Item<td>Price<td>Kind<tr><td>a<td>2<td>b", ("Item | Price | Kind", "a | 2 | b"), id="labels"),
        pytest.param("<tr><th>a<td>b<tr><th>c<td>d", ("", "a | b\nc | d"), id="labels-at-the-side"),
        pytest.param(
            "<tr><td rowspan=2>n<td>1<td>2<tr><td>3<td>4<tr><td>m<td colspan=2>5<tr><td>o<td>6<td>7",
            ("", "n | 1 | 2\nn | 3 | 4\nm | 5\no | 6 | 7"),
            id="spans",
        ),
        pytest.param(
            "<tr><td>Cost<td>$<td>5,000<td><td>(3<td>)<tr><td>All<td>$<td>7<td><td>4<td>%",
            ("", "Cost | $5,000 | (3)\nAll | $7 | 4%"),
            id="signs-in-cells-of-their-own",
        ),
        pytest.param("<tr><td>a<td rowspan=99999>b" + "<tr><td>c" * 3, ("", "a | b\nc | b\nc | b\nc | b"), id="high"),
    ],
)  # fmt: skip
def test_html_tables(tmp_path: Path, page: str, expected: tuple[str, str]) -> None:
    assert tables(read(tmp_path, "a.html", f"<table>{page}</table>")) == [expected]


def test_markdown_tables_say_their_header(tmp_path: Path) -> None:
    document = read(tmp_path, "a.md", "text\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert tables(document) == [("| a | b |", "|---|---|\n| 1 | 2 |")]


def test_spans_cannot_make_a_table_endless() -> None:
    spans = SpannedRows(fill_wide=True)
    rows = [spans.row([SpanningCell("x", 10**9, 10**9)] * 100) for _ in range(5)]
    assert sum(map(len, rows)) < 15_000


@pytest.mark.parametrize(
    ("row", "joined"),
    [
        pytest.param(["$", "5"], ["", "$5"], id="before"),
        pytest.param(["$", "", "(5", ")"], ["", "", "$(5)", ""], id="both"),
        pytest.param(["in $", "x", "%"], ["in $", "x", "%"], id="no-number"),
        pytest.param(["$", "millions"], ["$", "millions"], id="a-word"),
        pytest.param(["$"], ["$"], id="alone"),
    ],
)
def test_signs_stand_with_their_number(row: list[str], joined: list[str]) -> None:
    assert with_signs(row) == joined
