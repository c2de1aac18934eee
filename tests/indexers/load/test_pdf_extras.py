"""What a PDF holds beside its text: outline, form fields, attachments, language, headers and footers."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from reportlab.pdfgen.canvas import Canvas

from indexers.document import Document
from indexers.errors import LimitExceeded
from indexers.load import LoadLimits, load_file
from tests.indexers.load.samples import pdf

BODY = "Words of the body, which are set in the size of the body like all others."


def load(folder: Path, data: bytes) -> Document:
    (folder / "file.pdf").write_bytes(data)
    return load_file(folder / "file.pdf", uri="u").document


def test_the_outline_says_what_the_headings_are(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for page, (title, level) in enumerate((("1. Scope of the agreement", 0), ("1.1 Parties", 1), ("2. Fees", 0))):
        canvas.bookmarkPage(str(page))
        canvas.addOutlineEntry(title.upper(), str(page), level)
        canvas.drawString(72, 700, title)  # in the size of the body: nothing else tells that it is a heading
        canvas.drawString(72, 600, BODY)
        canvas.showPage()
    canvas.bookmarkPage("nowhere")
    canvas.addOutlineEntry("Nowhere in the text", "nowhere", 0)
    canvas.drawString(72, 700, BODY)
    canvas.save()
    document = load(tmp_path, buffer.getvalue())
    assert [block.headings for block in document.blocks if block.kind == "paragraph"] == [
        ("1. Scope of the agreement",),
        ("1. Scope of the agreement", "1.1 Parties"),
        ("2. Fees",),
        ("2. Fees",),
    ]
    assert "Nowhere" not in document.text


def test_form_fields_that_are_filled_in_are_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 700, BODY)
    form = canvas.acroForm
    form.textfield(name="name", tooltip="Full name", value="Jane Roe", x=72, y=600)
    form.textfield(name="empty", tooltip="Middle name", value="", x=72, y=560)
    form.textfield(name="pin", tooltip="PIN", value="1234", x=72, y=520, fieldFlags="password")
    form.checkbox(name="agrees", tooltip="Agrees to the terms", checked=True, x=72, y=480)
    form.checkbox(name="declines", tooltip="Declines", checked=False, x=72, y=440)
    canvas.save()
    document = load(tmp_path, buffer.getvalue())
    assert document.text == f"{BODY}\n\nFull name | Jane Roe\nAgrees to the terms | Yes"
    assert document.blocks[-1].page == 1


def with_attachments(files: dict[str, bytes]) -> bytes:
    document = pypdfium2.PdfDocument(pdf([[(72, 700, 10, BODY)]]))
    for name, data in files.items():
        document.new_attachment(name).set_data(data)
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    return buffer.getvalue()


def test_attached_files_are_documents_of_their_own(tmp_path: Path) -> None:
    data = with_attachments({"../../terms.txt": b"Payment is due in 30 days.", "tool.exe": b"MZ"})
    (tmp_path / "offer.pdf").write_bytes(data)
    loaded = load_file(tmp_path / "offer.pdf", uri="offer.pdf")
    assert [(document.uri, document.text) for document in loaded.documents] == [
        ("offer.pdf", BODY),
        ("offer.pdf!terms.txt", "Payment is due in 30 days."),
    ]
    assert [failure.uri for failure in loaded.failures] == ["offer.pdf!tool.exe"]


def test_attachments_count_toward_the_size_of_the_file(tmp_path: Path) -> None:
    data = with_attachments({"a.txt": bytes(100_000), "b.txt": bytes(100_000)})
    (tmp_path / "offer.pdf").write_bytes(data)
    with pytest.raises(LimitExceeded, match="attachments of more than 150,000 bytes"):
        load_file(tmp_path / "offer.pdf", uri="u", limits=LoadLimits(max_file_bytes=150_000))


def test_language_author_and_dates(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, lang="de-CH")
    canvas.setAuthor("Erika Mustermann")
    canvas.drawString(72, 700, BODY)
    canvas.save()
    metadata = dict(load(tmp_path, buffer.getvalue()).metadata)
    assert (metadata["language"], metadata["author"]) == ("de-CH", "Erika Mustermann")
    assert metadata["created"].startswith("20")


def test_headers_and_footers_are_given_once(tmp_path: Path) -> None:
    pages = [
        [
            (72.0, 760.0, 10.0, "Merrow Freight, internal"),
            (72.0, 700.0, 10.0, f"What stands on page {word} only."),
            (72.0, 30.0, 10.0, f"Page {number} of 5"),
        ]
        for number, word in enumerate(("one", "two", "three", "four", "five"), start=1)
    ]
    document = load(tmp_path, pdf(pages))
    assert document.text.count("Merrow Freight, internal") == 1
    assert "Page 1 of 5" in document.text
    assert "Page 2 of 5" not in document.text
    assert dict(document.metadata)["running_lines_left_out"] == "8"


def test_a_header_of_columns_on_every_page_stays(tmp_path: Path) -> None:
    pages = [
        [
            (72.0, 760.0, 10.0, "(in millions)"), (300.0, 760.0, 10.0, "2024"), (400.0, 760.0, 10.0, "2023"),
            (72.0, 740.0, 10.0, f"Item {word}"), (300.0, 740.0, 10.0, "10"), (400.0, 740.0, 10.0, "20"),
            (72.0, 728.0, 10.0, f"Other {word}"), (300.0, 728.0, 10.0, "30"), (400.0, 728.0, 10.0, "40"),
        ]
        for word in ("one", "two", "three", "four", "five")
    ]  # fmt: skip
    document = load(tmp_path, pdf(pages))
    assert document.text.count("(in millions) | 2024 | 2023") == 5
    assert {block.header_chars for block in document.blocks} == {len("(in millions) | 2024 | 2023")}
