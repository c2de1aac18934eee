"""Write the sample company's DOCX, PDF, PPTX and XLSX files from the readable texts in ``examples/sources``.

``sources/policies/leave.docx.md`` becomes ``handbook/policies/leave.docx``. The handbook's Markdown, HTML, text, CSV
and mail files are sources themselves and are not touched. The same sources and library versions give the same bytes.

Run it with ``.venv/bin/python -m examples.make_handbook``.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import docx
import openpyxl
import pptx
from docx.enum.style import WD_STYLE_TYPE
from openpyxl.styles import Alignment, Font
from pptx.util import Emu, Inches, Pt
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    ListFlowable,
    ListItem,
    LongTable,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as PdfParagraph

from examples.handbook_source import Bullets, Heading, Paragraph, Part, Source, Table, parse

EXAMPLES = Path(__file__).resolve().parent
COMPANY = "Merrow Cold Chain B.V."


def render_docx(source: Source) -> bytes:
    """The source as a Word document."""
    document = docx.Document()
    _drop_unused_styles(document)
    for part in source.parts:
        match part:
            case Heading(level, text):
                document.add_heading(text, level=level)
            case Paragraph(text):
                document.add_paragraph(text)
            case Bullets(items):
                for item in items:
                    document.add_paragraph(item, style="List Bullet")
            case Table(rows):
                _add_docx_table(document, rows)
    _set_properties(document.core_properties, source)
    return _saved(document.save, source.date)


def _drop_unused_styles(document: docx.document.Document) -> None:
    """Leave out what makes the template 800 kB large: its table styles, and all styles again."""
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in {"Normal Table", "Table Grid"}:
            style.delete()
    for key, relation in list(document.part.rels.items()):
        if relation.reltype.endswith("/stylesWithEffects"):
            del document.part.rels[key]


def _add_docx_table(document: docx.document.Document, rows: tuple[tuple[str, ...], ...]) -> None:
    table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
    for number, row in enumerate(rows):
        for cell, text in zip(table.rows[number].cells, row, strict=True):
            cell.paragraphs[0].add_run(text).bold = number == 0
    document.add_paragraph()


def render_pptx(source: Source) -> bytes:
    """The source as a presentation: each heading of level 1 begins a slide, the first one the title slide."""
    deck = pptx.Presentation()
    for part in source.parts:
        match part:
            case Heading(_, text):
                slide = deck.slides.add_slide(deck.slide_layouts[1 if len(deck.slides) else 0])
                slide.shapes.title.text = text
            case Paragraph(text):
                slide.placeholders[1].text = text
            case Bullets(items):
                slide.placeholders[1].text = "\n".join(items)
            case Table(rows):
                _add_pptx_table(slide, rows)
    _set_properties(deck.core_properties, source)
    return _saved(deck.save, source.date)


def _add_pptx_table(slide: pptx.slide.Slide, rows: tuple[tuple[str, ...], ...]) -> None:
    place = slide.placeholders[1]
    left, top, width = place.left, place.top, place.width
    place.element.getparent().remove(place.element)
    height = Emu(Inches(0.5) * len(rows))
    table = slide.shapes.add_table(len(rows), len(rows[0]), left, top, width, height).table
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(number, column).text = text
            table.cell(number, column).text_frame.paragraphs[0].font.size = Pt(16)


def render_xlsx(source: Source) -> bytes:
    """The source as a workbook: each heading of level 1 begins a sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for part in source.parts:
        match part:
            case Heading(_, text):
                sheet = book.create_sheet(text)
            case Paragraph(text):
                sheet.append([text])
            case Table(rows):
                _add_rows(sheet, rows)
            case Bullets():
                raise ValueError(f"{source.title}: a workbook has no lists")
    _set_properties(book.properties, source)
    return _saved(book.save, source.date)


def _add_rows(sheet: openpyxl.worksheet.worksheet.Worksheet, rows: tuple[tuple[str, ...], ...]) -> None:
    first = sheet.max_row + 1
    for number, row in enumerate(rows, first):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column, _cell_value(text))
            cell.font = Font(bold=number == first)
            cell.alignment = Alignment(wrap_text=number == first, vertical="top")
            if isinstance(cell.value, float):
                cell.number_format = "#,##0.00"
            elif isinstance(cell.value, dt.date):
                cell.number_format = "yyyy-mm-dd"
    for column in sheet.iter_cols(min_row=first):
        sheet.column_dimensions[column[0].column_letter].width = 2 + max(len(str(cell.value or "")) for cell in column)


def _cell_value(text: str) -> str | int | float | dt.date | None:
    """What a person would have typed into the cell: numbers and dates as such."""
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d+\.\d+", text):
        return float(text)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return dt.date.fromisoformat(text)
    return text or None


def _set_properties(properties: object, source: Source) -> None:
    """Fill the core properties, which the three office libraries name alike except for the author."""
    for name in ("author", "creator"):
        if hasattr(properties, name):
            setattr(properties, name, source.author)
    for name, value in (("title", source.title), ("created", source.date), ("modified", source.date)):
        setattr(properties, name, value)


def _saved(save: Callable[[io.BytesIO], None], date: dt.datetime) -> bytes:
    """What ``save`` writes, with every clock in it turned back to ``date``.

    The members are stored, not deflated: zlib's output differs from build to build, and with it the bytes of the file.
    """
    written, pinned = io.BytesIO(), io.BytesIO()
    save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(pinned, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                stamp = f"\\g<1>{date:%Y-%m-%dT%H:%M:%SZ}<".encode()
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*<", stamp, data)
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # else the file would tell on which system it was written
            new.writestr(member, data)
    return pinned.getvalue()


STYLES = getSampleStyleSheet()
STYLES["BodyText"].spaceAfter = 5
GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
)


def render_pdf(source: Source) -> bytes:
    """The source as an A4 document with page numbers; a long table goes on over the page with its header repeated."""
    written = io.BytesIO()
    template = SimpleDocTemplate(
        written,
        pagesize=A4,
        title=source.title,
        author=source.author,
        leftMargin=25 * mm,
        rightMargin=25 * mm,
        topMargin=22 * mm,
        bottomMargin=22 * mm,
        invariant=1,  # no clock, no random document id
        pageCompression=0,  # zlib's output differs from build to build
    )
    footer = partial(_draw_footer, title=source.title)
    story = [flowable for part in source.parts for flowable in _flowables(part)]
    template.build(story, onFirstPage=footer, onLaterPages=footer)
    return written.getvalue()


def _draw_footer(canvas: object, template: SimpleDocTemplate, *, title: str) -> None:
    canvas.setFont("Helvetica", 8)  # type: ignore[attr-defined]  # reportlab ships no types
    text = f"{COMPANY}  -  {title}  -  page {template.page}"
    canvas.drawString(25 * mm, 12 * mm, text)  # type: ignore[attr-defined]  # reportlab ships no types


def _flowables(part: Part) -> Iterator[Flowable]:
    match part:
        case Heading(level, text):
            yield CondPageBreak(30 * mm)  # a heading stays with what follows it
            yield PdfParagraph(escape(text), STYLES["Title" if level == 1 else f"Heading{level}"])
        case Paragraph(text):
            yield PdfParagraph(escape(text), STYLES["BodyText"])
        case Bullets(items):
            yield ListFlowable([ListItem(PdfParagraph(escape(item), STYLES["BodyText"])) for item in items])
        case Table(rows):
            cells = [[PdfParagraph(escape(text), STYLES["BodyText"]) for text in row] for row in rows]
            yield LongTable(cells, colWidths=_column_widths(rows), repeatRows=1, style=GRID)
            yield Spacer(1, 4 * mm)


def _column_widths(rows: tuple[tuple[str, ...], ...]) -> list[float]:
    """Widths in points, at most 160 mm together: no word is broken, and long texts get the room that is left."""
    columns = list(zip(*rows, strict=True))
    least = [max(map(_width, " ".join(column).split())) for column in columns]
    wished = [max(map(_width, column)) for column in columns]
    left = 160 * mm - sum(least)
    share = min(1.0, left / max(1.0, sum(wished) - sum(least)))
    return [low + share * (high - low) for low, high in zip(least, wished, strict=True)]


def _width(text: str) -> float:
    return float(stringWidth(text, STYLES["BodyText"].fontName, STYLES["BodyText"].fontSize)) + 13  # and the padding


RENDERERS: dict[str, Callable[[Source], bytes]] = {
    ".docx": render_docx,
    ".pdf": render_pdf,
    ".pptx": render_pptx,
    ".xlsx": render_xlsx,
}


def make_handbook(target: Path, *, sources: Path = EXAMPLES / "sources") -> list[Path]:
    """Render every source below ``sources`` to its place below ``target``.

    Returns:
        The files that were written, by path.
    """
    written = []
    for path in sorted(sources.rglob("*.md")):
        output = target / path.relative_to(sources).with_suffix("")
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(RENDERERS[output.suffix](parse(path.read_text("utf-8"))))
        written.append(output)
    return written


if __name__ == "__main__":
    for file in make_handbook(EXAMPLES / "handbook"):
        print(file.relative_to(EXAMPLES))
