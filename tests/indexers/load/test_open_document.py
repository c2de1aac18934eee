"""OpenDocument texts, sheets and presentations, and books: what is shown, in its place, within the limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexers.document import Document, Grid
from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded, LoadError, UnsupportedFile
from indexers.load import LoadLimits, load_file
from tests.indexers.load.promises import broken_promises
from tests.indexers.load.samples import docx, package

# ruff: noqa: E501  # XML as programs write it

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
SPACES = "".join(
    f' xmlns:{prefix}="{uri}"'
    for prefix, uri in (
        ("office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"),
        ("text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"),
        ("table", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"),
        ("style", "urn:oasis:names:tc:opendocument:xmlns:style:1.0"),
        ("draw", "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"),
        ("presentation", "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"),
        ("meta", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
    )
)
META = (
    "<dc:title>The report</dc:title><meta:initial-creator>Ann</meta:initial-creator><dc:creator>Bob</dc:creator>"
    "<meta:creation-date>2024-01-02T03:04:05</meta:creation-date><dc:date>2025-01-01</dc:date>"
    "<dc:language>de-CH</dc:language>"
)
KINDS = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}


def odf(ending: str, body: str, *, styles: str = "", meta: str = "", manifest: str = "") -> bytes:
    kind = KINDS[ending]
    return package({
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": (
            f"<office:document-content{SPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
        ),
        "meta.xml": f"<office:document-meta{SPACES}><office:meta>{meta}</office:meta></office:document-meta>",
        "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
    })  # fmt: skip


def read(tmp_path: Path, name: str, data: bytes) -> Document:
    (tmp_path / name).write_bytes(data)
    document = load_file(tmp_path / name, uri="u").document
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    return document


def refusal(tmp_path: Path, name: str, data: bytes, limits: LoadLimits = LoadLimits()) -> LoadError:  # noqa: B008
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LoadError) as caught:
        load_file(tmp_path / name, uri="u", limits=limits)
    return caught.value


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def test_odt_is_read_as_it_is_shown(tmp_path: Path) -> None:
    body = (
        "<text:tracked-changes><text:deletion><text:p>deleted</text:p></text:deletion></text:tracked-changes>"
        '<text:p text:style-name="P1">A title</text:p>'
        '<text:h text:outline-level="1">One</text:h>'
        '<text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d<text:span text:style-name="H">hidden</text:span>'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>The note</text:p></text:note-body>"
        "</text:note>.<office:annotation><dc:creator>Eve</dc:creator><text:p>Is it?</text:p></office:annotation></text:p>"
        '<text:list text:style-name="L"><text:list-item><text:p>first</text:p><text:list><text:list-item>'
        "<text:p>inner</text:p></text:list-item></text:list></text:list-item>"
        "<text:list-item><text:p>second</text:p></text:list-item></text:list>"
        '<text:section text:display="none"><text:p>secret</text:p></text:section>'
        "<text:p><draw:frame><draw:text-box><text:p>in a box</text:p></draw:text-box></draw:frame></text:p>"
    )
    styles = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
        '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1"/>'
        '<text:list-level-style-bullet text:level="2"/></text:list-style>'
    )
    document = read(tmp_path, "a.odt", odf("odt", body, styles=styles))
    assert blocks(document) == [
        ("heading", "A title"),
        ("heading", "One"),
        ("paragraph", "a   b\tc\nd[1]."),
        ("list", "1. first\n  - inner\n2. second"),
        ("paragraph", "in a box"),
        ("paragraph", "[1] The note"),
        ("paragraph", "Comment (Eve): Is it?"),
    ]
    assert document.title == "A title"
    assert document.blocks[1].headings == ("A title", "One")


def test_odt_tables_know_their_header(tmp_path: Path) -> None:
    said = "<table:table-header-rows>" + row(cell("Who"), cell("What")) + "</table:table-header-rows>"
    body = "<table:table>" + said + row(cell("Al"), cell("Dev")) + "</table:table><text:p>.</text:p><table:table>"
    body += (
        row(cell("Item"), cell("Price")) + row(cell("Tea"), cell("2")) + row(cell("Pot"), cell("9")) + "</table:table>"
    )
    document = read(tmp_path, "a.odt", odf("odt", body))
    tables = [block for block in document.blocks if block.kind == "table"]
    headers = [document.text[block.start : block.start + block.header_chars] for block in tables]
    assert headers == ["Who | What", "Item | Price"]


@pytest.mark.parametrize(("ending", "body"), [("odt", "<text:p>x</text:p>"), ("odp", ""), ("ods", "")])
def test_metadata_has_the_same_names_in_every_format(tmp_path: Path, ending: str, body: str) -> None:
    body = body or (
        "<draw:page><draw:frame><draw:text-box><text:p>x</text:p></draw:text-box></draw:frame></draw:page>"
        if ending == "odp"
        else f"<table:table>{row(cell('x'))}</table:table>"
    )
    document = read(tmp_path, f"a.{ending}", odf(ending, body, meta=META))
    assert document.title == "The report"
    assert dict(document.metadata) == {
        "author": "Ann", "created": "2024-01-02T03:04:05", "modified": "2025-01-01", "language": "de-CH",
    }  # fmt: skip


def test_ods_cells_have_places_and_texts_as_shown(tmp_path: Path) -> None:
    price = (
        '<table:table-cell office:value-type="percentage" office:value="0.25"><text:p>25%</text:p></table:table-cell>'
    )
    body = (
        '<table:table table:name="Prices">'
        '<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>'
        + row(cell("Item"), cell("Secret"), cell("Share"))
        + row(cell("", 'table:number-columns-repeated="16384"'), attributes='table:number-rows-repeated="2"')
        + row(cell("Tea", 'table:number-rows-spanned="2"'), cell("s"), price)
        + row("<table:covered-table-cell/>", cell(""), cell("7"))
        + row(cell("hidden"), cell(""), cell("8"), attributes='table:visibility="collapse"')
        + row(cell("end"), attributes='table:number-rows-repeated="2"')
        + row(cell("", 'table:number-columns-repeated="3"'), attributes='table:number-rows-repeated="1048000"')
        + "</table:table>"
        f'<table:table table:name="Off" table:style-name="T">{row(cell("x"))}</table:table>'
        f'<table:table table:name="Notes">{row("<table:table-cell/>", "<table:table-cell><office:annotation><text:p>why?</text:p></office:annotation><text:p>9</text:p></table:table-cell>")}</table:table>'
    )  # fmt: skip
    styles = (
        '<style:style style:name="T" style:family="table"><style:table-properties table:display="false"/></style:style>'
    )
    document = read(tmp_path, "a.ods", odf("ods", body, styles=styles))
    assert [(block.page, *pair) for block, pair in zip(document.blocks, blocks(document), strict=True)] == [
        (1, "heading", "Prices"),
        (1, "table", "Item | Share"),
        (1, "table", "Tea | 25%\nTea | 7\nend\nend"),
        (3, "heading", "Notes"),
        (3, "table", "9"),
        (3, "list", "- Comment on B1: why?"),
    ]
    assert document.blocks[2].grid == Grid("Prices", (4, 5, 7, 8), (1, 3))
    assert document.page_count == 3
    assert ("hidden_sheets", "Off") in document.metadata


def test_ods_repeats_cost_nothing_or_are_refused(tmp_path: Path) -> None:
    endless = row(cell("x", 'table:number-columns-repeated="16384"'), attributes='table:number-rows-repeated="1048576"')
    error = refusal(tmp_path, "a.ods", odf("ods", f"<table:table>{endless}</table:table>"))
    assert isinstance(error, LimitExceeded)
    assert "a.ods repeats its cells" in str(error)


def test_odp_slides_are_pages_under_their_titles(tmp_path: Path) -> None:
    def box(role: str, inner: str) -> str:
        return f'<draw:frame presentation:class="{role}"><draw:text-box>{inner}</draw:text-box></draw:frame>'

    points = "".join(f"<text:list-item><text:p>{point}</text:p></text:list-item>" for point in ("one", "two"))
    table = f"<draw:frame><table:table>{row(cell('Site'), cell('Q1'), cell('Q2'))}{row(cell('A'), cell('1'), cell('2'))}</table:table></draw:frame>"
    notes = f"<presentation:notes>{box('notes', '<text:p>say this</text:p>')}{box('page-number', '<text:p>1</text:p>')}</presentation:notes>"
    body = (
        f"<draw:page>{box('outline', f'<text:list>{points}</text:list>')}{box('title', '<text:p>Growth</text:p>')}{notes}</draw:page>"
        f'<draw:page draw:style-name="D">{box("title", "<text:p>Hidden</text:p>")}</draw:page>'
        f"<draw:page><draw:g><draw:custom-shape><text:p>in a group</text:p></draw:custom-shape></draw:g>{table}</draw:page>"
    )
    styles = (
        '<style:style style:name="D" style:family="drawing-page">'
        '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    document = read(tmp_path, "a.odp", odf("odp", body, styles=styles))
    assert [(block.page, *pair) for block, pair in zip(document.blocks, blocks(document), strict=True)] == [
        (1, "heading", "Growth"),
        (1, "list", "- one\n- two"),
        (1, "paragraph", "Notes: say this"),
        (3, "paragraph", "in a group"),
        (3, "table", "Site | Q1 | Q2\nA | 1 | 2"),
    ]
    assert ("hidden_slides", "2") in document.metadata


def book(*chapters: str, encrypted: str = "", nav: str = "") -> bytes:
    names = [f"c{number}.xhtml" for number in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in names)
    items += '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    order = "".join(f'<itemref idref="{name}"/>' for name in reversed(names)) + '<itemref idref="nav"/>'
    opf = (
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>A book</dc:title>'
        "<dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><dc:language>en-GB</dc:language>"
        '<meta property="dcterms:modified">2024-01-01T00:00:00Z</meta></metadata>'
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OEBPS/a%20b.opf"/></rootfiles></container>',
        "OEBPS/a b.opf": opf,
        "OEBPS/nav.xhtml": nav or "<html><body>Contents</body></html>",
    }
    if encrypted:
        parts["META-INF/encryption.xml"] = f'<encryption><CipherReference URI="OEBPS/{encrypted}"/></encryption>'
    page = '<?xml version="1.0"?><!DOCTYPE html><html><head><title>t</title></head><body>{}</body></html>'
    parts |= {f"OEBPS/{name}": page.format(text) for name, text in zip(names, chapters, strict=True)}
    return package(parts)


def test_a_book_is_read_in_its_order(tmp_path: Path) -> None:
    document = read(tmp_path, "a.epub", book("<h2>Two</h2><p>b</p>", "<h1>One</h1><p>a</p>"))
    assert blocks(document) == [("heading", "One"), ("paragraph", "a"), ("heading", "Two"), ("paragraph", "b")]
    assert document.blocks[-1].headings == ("One", "Two")
    assert document.title == "A book"
    assert dict(document.metadata) == {"author": "Ann, Bob", "language": "en-GB", "modified": "2024-01-01T00:00:00Z"}


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("name", "data", "error", "says"),
    [
        pytest.param("a.epub", book("x", encrypted="c0.xhtml"), EncryptedFile, "a protected book", id="protected-book"),
        pytest.param("a.epub", package({"mimetype": "application/epub+zip"}), DamagedFile, "no list", id="empty-book"),
        pytest.param("a.epub", odf("odt", ""), UnsupportedFile, "but is an OpenDocument text", id="odt-as-epub"),
        pytest.param("a.odt", odf("ods", ""), UnsupportedFile, "but is an OpenDocument sheet", id="ods-as-odt"),
        pytest.param("a.odt", docx(""), UnsupportedFile, "but is a Word document (DOCX)", id="docx-as-odt"),
        pytest.param("a.odt", odf("odt", "")[40:], DamagedFile, "is not an OpenDocument text", id="no-beginning"),
        pytest.param("a.odt", odf("odt", "")[:50] + odf("odt", "")[90:], DamagedFile, "cannot be", id="bytes-lost"),
        pytest.param("a.ods", b"just words", DamagedFile, "has no ZIP container", id="text-as-ods"),
        pytest.param("a.odt", package({"content.xml": ENTITIES}), DamagedFile, "a document type", id="entities"),
        pytest.param("a.odt", package({"content.xml": "<a>"}), DamagedFile, "not well-formed", id="broken-xml"),
        pytest.param("a.odt", package({"x": "y"}), DamagedFile, "'content.xml' cannot be unpacked", id="no-content"),
        pytest.param("a.odp", package({"../x": "y"}), DamagedFile, "leads outside", id="zip-parent"),
        pytest.param("a.odt", odf("odt", "", manifest="<x:encryption-data/>"), EncryptedFile, "encrypted", id="locked"),
        pytest.param(
            "a.epub", book("x" * 30_000_000), LimitExceeded, "unpacks from", id="zip-bomb"
        ),
        pytest.param(
            "a.odt", odf("odt", "<text:span>" * 300 + "</text:span>" * 300), LimitExceeded, "nests more", id="deep"
        ),
    ],
)  # fmt: skip
def test_bad_file(tmp_path: Path, name: str, data: bytes, error: type[LoadError], says: str) -> None:
    caught = refusal(tmp_path, name, data)
    assert type(caught) is error
    assert says in str(caught)
    assert str(caught).startswith(name)
    assert caught.hint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("fake.odt", "Color | Blue | Red | Green", id="odt"),
        pytest.param("eng_spa_mult.epub", "Todos los seres humanos nacen libres", id="epub"),
    ],
)
def test_real_files(name: str, text: str) -> None:
    assert text in load_file(OFFICE / name, uri="u").document.text
