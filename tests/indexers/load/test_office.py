from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from indexers.document import Document
from indexers.load import load_file
from indexers.load.number_format import shown
from tests.indexers.load.samples import docx, package, pptx, shape, xlsx

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
STYLES = (
    '<w:style w:styleId="T"><w:name w:val="Title"/></w:style>'
    '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Sub"><w:name w:val="Clause"/><w:basedOn w:val="H2"/></w:style>'
    '<w:style w:styleId="H2"><w:name w:val="heading 2"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
)


def p(text: str, *, style: str = "", number: tuple[int, int] | None = None) -> str:
    listed = "" if number is None else f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{listed}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def read(tmp_path: Path, name: str, data: bytes) -> Document:
    (tmp_path / name).write_bytes(data)
    return load_file(tmp_path / name, uri="u").document


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_docx_headings_come_from_names_levels_and_the_styles_they_build_on(tmp_path: Path) -> None:
    body = p("The title", style="T") + p("One", style="H1") + p("One a", style="Sub") + p("text")
    document = read(tmp_path, "a.docx", docx(body, parts={"styles": STYLES}))
    assert document.title == "The title"
    assert document.blocks[-1].headings == ("One", "One a")
    assert [kind for kind, _ in blocks(document)] == ["heading", "heading", "heading", "paragraph"]


def test_docx_numbers_are_counted_as_word_counts_them(tmp_path: Path) -> None:
    body = "".join([
        p("Term", style="H1", number=(1, 0)),
        p("Start", number=(1, 1)),
        p("End", number=(1, 1)),
        p("by notice", number=(1, 2)),
        p("Price", style="H1", number=(1, 0)),
        p("List", number=(1, 1)),
        p("loose"),
        p("dot", number=(2, 0)),
        p("none", number=(0, 0)),
    ])  # fmt: skip
    document = read(tmp_path, "a.docx", docx(body, parts={"styles": STYLES, "numbering": NUMBERING}))
    assert blocks(document) == [
        ("heading", "3. Term"),
        ("list", "3.1 Start\n  3.2 End\n    (a) by notice"),
        ("heading", "4. Price"),
        ("list", "4.1 List"),
        ("paragraph", "loose"),
        ("list", "- dot"),
        ("paragraph", "none"),
    ]


@pytest.mark.parametrize(
    ("run", "text"),
    [
        pytest.param("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a\tb\nc", id="tab-and-break"),
        pytest.param("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t></w:r>", "a-b", id="no-break-hyphen"),
        pytest.param("<w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink>", "link", id="link"),
        pytest.param("<w:r><w:t>a</w:t></w:r><w:del><w:r><w:delText>x</w:delText></w:r></w:del>", "a", id="deleted"),
        pytest.param("<w:r><w:t>a</w:t></w:r><w:ins><w:r><w:t>b</w:t></w:r></w:ins>", "ab", id="inserted"),
        pytest.param("<w:r><w:t>a</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r>", "a", id="hidden"),
        pytest.param("<w:r><w:instrText>PAGE</w:instrText><w:t>7</w:t></w:r>", "7", id="field"),
        pytest.param(
            "<w:sdt><w:sdtContent><w:r><w:t>chosen</w:t></w:r></w:sdtContent></w:sdt>", "chosen", id="control"
        ),
        pytest.param(
            "<w:r><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:r>", "box", id="text-box"
        ),
    ],
)
def test_docx_text_is_what_a_reader_sees(tmp_path: Path, run: str, text: str) -> None:
    assert read(tmp_path, "a.docx", docx(f"<w:p>{run}</w:p>")).text == text


def test_docx_footnotes_stand_at_the_end(tmp_path: Path) -> None:
    body = '<w:p><w:r><w:t>Claim</w:t><w:footnoteReference w:id="2"/></w:r></w:p>' + p("next")
    note = f'<w:footnote w:id="0" w:type="separator">{p("line")}</w:footnote>'
    note += f'<w:footnote w:id="2">{p("Source")}</w:footnote>'
    assert read(tmp_path, "a.docx", docx(body, parts={"footnotes": note})).text == "Claim[2]\n\nnext\n\n[2] Source"


STRICT = "http://purl.oclc.org/ooxml"
TRANSITIONAL = re.compile(rb"http://schemas.openxmlformats.org/(\w+)/2006/(main|relationships)(?=[\"/])")


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        pytest.param("a.docx", docx(p("Word"), parts={"styles": STYLES}), "Word", id="docx"),
        pytest.param("a.pptx", pptx([shape("Slide")]), "Slide", id="pptx"),
        pytest.param("a.xlsx", xlsx({"S": '<row r="1"><c r="A1"><v>1</v></c></row>'}), "S\n\n1", id="xlsx"),
    ],
)
def test_the_strict_form_and_dangling_relations_are_read(tmp_path: Path, name: str, data: bytes, text: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        parts = {part: container.read(part) for part in container.namelist()}
    strict = {part: TRANSITIONAL.sub(rb"http://purl.oclc.org/ooxml/\1/\2", content) for part, content in parts.items()}
    part = next(part for part in strict if part.endswith(".rels") and part != "_rels/.rels")
    gone = f'<Relationship Id="gone" Type="{STRICT}/officeDocument/relationships/image" Target="NULL"/></Relationships>'
    strict[part] = strict[part].replace(b"</Relationships>", gone.encode())
    assert strict["_rels/.rels"] != parts["_rels/.rels"]
    assert read(tmp_path, name, package(strict)).text == text


def test_docx_tables_are_one_line_a_row() -> None:
    document = load_file(OFFICE / "docx-tables.docx", uri="u").document
    assert [text for kind, text in blocks(document) if kind == "table"] == [
        "Header Col 1 | Header Col 2\nLorem ipsum | A link example",
        "a | >b< | c\nd | e f g&t h | i\nj | k | l",
        "a | b | b\na | c | d\ne |  | d",
    ]


def test_pptx_slides_are_pages_under_their_titles(tmp_path: Path) -> None:
    table = (
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr/><p:nvPr/></p:nvGraphicFramePr><a:graphic>"
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl>'
        "<a:tr><a:tc><a:p><a:r><a:t>Site</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>Q1</a:t></a:r></a:p></a:tc></a:tr>"
        "<a:tr><a:tc/><a:tc><a:p><a:r><a:t>7.9</a:t></a:r></a:p></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    slides = [
        shape("first point", "second point", role="body") + shape("Growth", role="title"),
        shape("Secret", role="title"),
        "<p:grpSp>" + shape("in a group") + "</p:grpSp>" + table + shape("17", role="sldNum"),
    ]
    data = pptx(slides, notes=shape("say this", role="body"), attributes=["", 'show="0"', ""])
    document = read(tmp_path, "a.pptx", data)
    assert [(block.page, *pair) for block, pair in zip(document.blocks, blocks(document), strict=True)] == [
        (1, "heading", "Growth"),
        (1, "list", "- first point\n- second point"),
        (1, "paragraph", "Notes: say this"),
        (3, "paragraph", "in a group"),
        (3, "table", "Site | Q1\n | 7.9"),
    ]
    assert document.page_count == 3
    assert document.blocks[-1].headings == ()
    assert ("hidden_slides", "2") in document.metadata


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        pytest.param(
            '<row r="999999999"><c r="A999999999"><v>7</v></c></row>', "7", id="a-row-number-is-no-count-of-rows"
        ),
        pytest.param(
            "".join(f'<row r="{n}"><c r="XFD{n}" t="str"><v>a</v></c></row>' for n in range(1, 20_001)),
            "\n".join("a" * 20_000),
            id="the-last-column-of-every-row",
        ),
        pytest.param(
            "".join(f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/></row>' for n in range(1, 20_001))
            + '<row r="1048576"><c r="B1048576"><v>7</v></c></row>',
            "7",
            id="formatted-rows-without-text",
        ),
    ],
)
def test_xlsx_costs_what_is_written_and_not_what_is_spanned(tmp_path: Path, rows: str, text: str) -> None:
    assert read(tmp_path, "a.xlsx", xlsx({"S": rows})).text == f"S\n\n{text}"


def test_xlsx_sheets_are_pages_with_rows_as_shown(tmp_path: Path) -> None:
    strings = "<si><t>Item</t></si><si><r><t>Rich </t></r><r><t>text</t></r><rPh sb='0' eb='1'><t>no</t></rPh></si>"
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="&quot;EUR&quot; #,##0.00"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs>'
    )
    rows = (
        '<row r="1"><c r="B1" t="s"><v>0</v></c><c r="D1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="B2" t="inlineStr"><is><t>Share</t></is></c><c r="D2" s="1"><v>0.25</v></c></row>'
        '<row r="3"><c r="B3" t="str"><v>Date</v></c><c r="D3" s="2"><v>46023</v></c></row>'
        '<row r="4" hidden="1"><c r="B4" t="str"><v>hidden</v></c></row>'
        '<row r="5"><c r="D5" s="3"><v>1234.5</v></c></row>'
        '<row r="9"><c r="B9" t="b"><v>1</v></c><c r="C9" t="e"><v>#N/A</v></c></row>'
    )
    sheets = {"Prices": rows, "Keys": '<row r="1"><c r="A1"><v>1</v></c></row>', "Last": "<row><c><v>2</v></c></row>"}
    document = read(tmp_path, "a.xlsx", xlsx(sheets, strings=strings, styles=styles, states={"Keys": "hidden"}))
    assert [(block.page, *pair) for block, pair in zip(document.blocks, blocks(document), strict=True)] == [
        (1, "heading", "Prices"),
        (1, "table", "Item | Rich text\nShare | 25%\nDate | 2026-01-01\n | EUR 1,234.50"),
        (1, "table", "TRUE | #N/A"),
        (3, "heading", "Last"),
        (3, "table", "2"),
    ]
    assert document.page_count == 3
    assert ("hidden_sheets", "Keys") in document.metadata


@pytest.mark.parametrize(
    ("stored", "code", "expected"),
    [
        pytest.param("12", "General", "12", id="integer"),
        pytest.param("0.1", "General", "0.1", id="fraction"),
        pytest.param("0.30000000000000004", "General", "0.3", id="fifteen-digits"),
        pytest.param("123456789012", "General", "123456789012", id="long"),
        pytest.param("1E-3", "General", "0.001", id="exponent"),
        pytest.param("1234.567", "#,##0.00", "1,234.57", id="thousands"),
        pytest.param("0.075", "0.0%", "7.5%", id="percent"),
        pytest.param("-5", "#,##0;(#,##0)", "(5)", id="brackets"),
        pytest.param("-5", "0.00", "-5.00", id="minus"),
        pytest.param("-0.001", "0.00", "0.00", id="no-minus-zero"),
        pytest.param("38.5", '"$"#,##0.00', "$38.50", id="quoted-sign"),
        pytest.param("38.5", "[$€-407] #,##0.00", "€ 38.50", id="bracketed-sign"),
        pytest.param("38.5", '#,##0.00 "EUR"', "38.50 EUR", id="sign-after"),
        pytest.param("-337", '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', "(337)", id="accounting"),
        pytest.param("7", "0.##", "7", id="optional-decimals"),
        pytest.param("45292", "yyyy-mm-dd", "2024-01-01", id="date"),
        pytest.param("45292.5", "d/m/yy h:mm", "2024-01-01 12:00", id="date-and-time"),
        pytest.param("0.75", "h:mm", "18:00", id="time"),
        pytest.param("1.5", "[h]:mm:ss", "36:00:00", id="duration"),
        pytest.param("12", '0 "days"', "12 days", id="letters-in-quotes-are-no-date"),
        pytest.param("5", "[Red]0", "5", id="colour-is-no-date"),
        pytest.param("0.5", "# ?/?", "0.5", id="fraction-format-given-plainly"),
        pytest.param("x", "0.00", "x", id="no-number"),
        pytest.param("nan", "0.00", "nan", id="not-a-number"),
        pytest.param("1e400", "0.00", "1e400", id="beyond-float"),
        pytest.param("99999999", "yyyy", "99999999", id="no-such-day"),
    ],
)
def test_number_format(stored: str, code: str, expected: str) -> None:
    assert shown(stored, code) == expected


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    assert shown("0", "yyyy-mm-dd", epoch_1904=True) == "1904-01-01"


@pytest.mark.parametrize(
    ("name", "data", "kind", "text"),
    [
        pytest.param("a.docm", docx(p("Word")), b"application/vnd.ms-word.document.macroEnabled", "Word", id="docm"),
        pytest.param("a.dotx", docx(p("Word")), b"wordprocessingml.template", "Word", id="dotx"),
        pytest.param(
            "a.dotm", docx(p("Word")), b"application/vnd.ms-word.template.macroEnabledTemplate", "Word", id="dotm"
        ),
        pytest.param("a.ppsx", pptx([shape("Slide")]), b"presentationml.slideshow", "Slide", id="ppsx"),
        pytest.param("a.potx", pptx([shape("Slide")]), b"presentationml.template", "Slide", id="potx"),
        pytest.param(
            "a.pptm",
            pptx([shape("Slide")]),
            b"application/vnd.ms-powerpoint.presentation.macroEnabled",
            "Slide",
            id="pptm",
        ),
        pytest.param(
            "a.xlsm",
            xlsx({"S": '<row r="1"><c r="A1"><v>1</v></c></row>'}),
            b"application/vnd.ms-excel.sheet.macroEnabled",
            "S\n\n1",
            id="xlsm",
        ),
        pytest.param(
            "a.xltx",
            xlsx({"S": '<row r="1"><c r="A1"><v>1</v></c></row>'}),
            b"spreadsheetml.template",
            "S\n\n1",
            id="xltx",
        ),
    ],
)
def test_templates_shows_and_files_with_macros_are_read(
    tmp_path: Path, name: str, data: bytes, kind: bytes, text: str
) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        parts = {part: container.read(part) for part in container.namelist()}
    types = parts["[Content_Types].xml"]
    main = re.compile(
        rb"(application/vnd\.openxmlformats-officedocument\.)"
        rb"(wordprocessingml\.document|presentationml\.presentation|spreadsheetml\.sheet)(?=\.main)"
    )
    parts["[Content_Types].xml"] = main.sub(kind if kind.startswith(b"app") else rb"\1" + kind, types)
    assert parts["[Content_Types].xml"] != types
    assert read(tmp_path, name, package(parts)).text == text
