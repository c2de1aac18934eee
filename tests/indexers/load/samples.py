"""Small files made on the spot: PDFs from positioned text, Office packages from their parts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_PKG_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def pdf(pages: Sequence[Sequence[tuple[float, float, float, str]]], *, title: str = "", extra: bytes = b"") -> bytes:
    """A PDF whose pages hold ``(x, y, size, text)``; a text that begins with ``*`` is set in bold."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects += [b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    objects += [b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>"]
    objects += [f"<< /Title ({title}) >>".encode()]
    kids = []
    for page in pages:
        shown = [
            f"BT /F{2 if text.startswith('*') else 1} {size} Tf {x} {y} Td ({text.lstrip('*')}) Tj ET"
            for x, y, size, text in page
        ]
        stream = "\n".join(shown).encode("cp1252")
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> %s >>" % (len(objects) + 2, extra)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    return _assembled(objects)


def _assembled(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP container of parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            # The first part of OpenDocument files and books, stored as it is: by it they are known.
            container.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return buffer.getvalue()


def content_types(main: str, *, more: str = "") -> str:
    """The part that says what each part is: ``main`` is the main part's name and type, ``more`` further entries."""
    part, _, kind = main.partition(" ")
    entries = f'<Default Extension="rels" ContentType="{_PKG_TYPE}"/><Default Extension="xml" ContentType="text/xml"/>'
    entries += f'<Override PartName="/{part}" ContentType="{_OFFICE}.{kind}+xml"/>{more}'
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{entries}</Types>'


def relations(*targets: tuple[str, str, str]) -> str:
    """A relations part from ``(id, kind, target)``."""
    entries = "".join(f'<Relationship Id="{id_}" Type="{_REL}/{kind}" Target="{to}"/>' for id_, kind, to in targets)
    return f'<Relationships xmlns="{_PKG}">{entries}</Relationships>'


def docx(body: str, *, parts: Mapping[str, str] | None = None) -> bytes:
    """A Word document around the XML of its body; ``parts`` may add styles, numbering and footnotes."""
    more = dict(parts or {})
    related = [(f"r{n}", name, f"{name}.xml") for n, name in enumerate(more)]
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_OFFICE}.wordprocessingml.{name}+xml"/>' for name in more
    )
    content = {
        "[Content_Types].xml": content_types("word/document.xml wordprocessingml.document.main", more=types),
        "_rels/.rels": relations(("r1", "officeDocument", "word/document.xml")),
        "word/_rels/document.xml.rels": relations(*related),
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>',
    }
    content |= {f"word/{name}.xml": f'<w:{name} xmlns:w="{_W}">{inner}</w:{name}>' for name, inner in more.items()}
    return package(content)


def xlsx(
    sheets: Mapping[str, str],
    *,
    strings: str = "",
    styles: str = "",
    states: Mapping[str, str] | None = None,
    columns: str = "",
    merged: str = "",
    comments: str = "",
) -> bytes:
    """A workbook from the XML of each sheet's rows; ``comments`` belong to the first sheet."""
    listed, related, content = "", [], {}
    for number, (name, rows) in enumerate(sheets.items(), start=1):
        state = (states or {}).get(name, "visible")
        listed += f'<sheet name="{name}" sheetId="{number}" state="{state}" r:id="s{number}"/>'
        related.append((f"s{number}", "worksheet", f"worksheets/sheet{number}.xml"))
        content[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_S}"><cols>{columns}</cols><sheetData>{rows}</sheetData>'
            f"<mergeCells>{merged}</mergeCells></worksheet>"
        )
    if comments:
        content["xl/worksheets/_rels/sheet1.xml.rels"] = relations(("c1", "comments", "../comments1.xml"))
        content["xl/comments1.xml"] = comments
    related += [("t", "sharedStrings", "sharedStrings.xml"), ("y", "styles", "styles.xml")]
    strings_type = (
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_OFFICE}.spreadsheetml.sharedStrings+xml"/>'
    )
    return package({
        "[Content_Types].xml": content_types("xl/workbook.xml spreadsheetml.sheet.main", more=strings_type),
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(*related),
        "xl/sharedStrings.xml": f'<sst xmlns="{_S}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_S}">{styles}</styleSheet>',
        **content,
    })  # fmt: skip


def pptx(slides: Sequence[str], *, notes: str = "", attributes: Sequence[str] = ()) -> bytes:
    """A presentation from the XML of each slide's shapes; ``notes`` belong to the first slide."""
    content: dict[str, str] = {}
    order, related = "", []
    for number, shapes in enumerate(slides, start=1):
        order += f'<p:sldId id="{255 + number}" r:id="s{number}"/>'
        related.append((f"s{number}", "slide", f"slides/slide{number}.xml"))
        shown = attributes[number - 1] if attributes else ""
        content[f"ppt/slides/slide{number}.xml"] = _slide("sld", shapes, shown)
    if notes:
        content["ppt/slides/_rels/slide1.xml.rels"] = relations(("n1", "notesSlide", "../notesSlides/notes1.xml"))
        content["ppt/notesSlides/notes1.xml"] = _slide("notes", notes, "")
    presentation = f'<p:presentation xmlns:p="{_P}" xmlns:r="{_REL}"><p:sldIdLst>{order}</p:sldIdLst></p:presentation>'
    types = "".join(
        f'<Override PartName="/{part}" ContentType="{_OFFICE}.presentationml.{part.split("/")[1].rstrip("s")}+xml"/>'
        for part in content
        if not part.endswith(".rels")
    )
    return package({
        "[Content_Types].xml": content_types("ppt/presentation.xml presentationml.presentation.main", more=types),
        "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": presentation,
        "ppt/_rels/presentation.xml.rels": relations(*related),
        **content,
    })  # fmt: skip


def _slide(root: str, shapes: str, attributes: str) -> str:
    head = f'<p:{root} xmlns:p="{_P}" xmlns:a="{_A}" {attributes}>'
    return f"{head}<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{root}>"


def shape(*paragraphs: str, role: str | None = None) -> str:
    """The XML of a shape with paragraphs; ``role`` makes it a placeholder."""
    placeholder = "" if role is None else f'<p:ph type="{role}"/>'
    texts = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in paragraphs)
    return f"<p:sp><p:nvSpPr><p:cNvPr/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:txBody>{texts}</p:txBody></p:sp>"
