"""Bad input: one error that names the file, says what it really is, and carries a hint."""

from __future__ import annotations

import os
import zipfile
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest

from indexers.errors import DamagedFile, EmptyFile, EncryptedFile, LimitExceeded, LoadError, UnsupportedFile
from indexers.load import LoadLimits, load_file
from indexers.settings import LoaderSettings, OcrSettings
from indexers.sync import limits_of
from tests.indexers.load.samples import docx, package, pdf, relations, xlsx

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PROGRAM = b"MZ\x90\0\x03\0\0\0" + bytes(60)
PARAGRAPH = "<w:p><w:r><w:t>text</w:t></w:r></w:p>"
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>&b;&x;</w:t></w:r></w:p></w:body></w:document>'
)
MAIN = {"_rels/.rels": relations(("r1", "officeDocument", "word/document.xml"))}


def encrypted_entry() -> bytes:
    data = bytearray(docx(PARAGRAPH))
    with zipfile.ZipFile(BytesIO(data)) as container:
        start = container.start_dir
    data[start + 8] |= 1  # the flag of the first entry in the directory
    return bytes(data)


def duplicate_names() -> bytes:
    data = package({**MAIN, "word/document.xml": PARAGRAPH, "word/document.xmk": PARAGRAPH})
    return data.replace(b"word/document.xmk", b"word/document.xml")


@pytest.mark.parametrize(
    ("name", "data", "error", "says"),
    [
        pytest.param("a.txt", b"", EmptyFile, "a.txt has 0 bytes", id="no-bytes"),
        pytest.param("a.md", b" \r\n\t\n", EmptyFile, "a.md holds only blanks", id="blanks"),
        pytest.param("a.txt", b"\xef\xbb\xbf", EmptyFile, "a.txt holds only blanks", id="mark-only"),
        pytest.param(
            "a.html", b"<html><script>x()</script></html>", EmptyFile, "a.html holds no text", id="script-only"
        ),
        pytest.param("a.pdf", pdf([[], []]), EmptyFile, "no text on any of its pages (2)", id="blank-pages"),
        pytest.param("a.xlsx", xlsx({"S": ""}), EmptyFile, "a.xlsx holds no text", id="empty-workbook"),
        pytest.param("a.pdf", PROGRAM, UnsupportedFile, "named like a PDF, but is a Windows program", id="exe-as-pdf"),
        pytest.param("a.pdf", PNG, UnsupportedFile, "named like a PDF, but is a PNG image", id="png-as-pdf"),
        pytest.param("a.docx", b"<!DOCTYPE html><p>x", UnsupportedFile, "but is an HTML page", id="html-as-docx"),
        pytest.param("a.docx", pdf([[]]), UnsupportedFile, "but is a PDF", id="pdf-as-docx"),
        pytest.param("a.docx", xlsx({"S": ""}), UnsupportedFile, "but is an Excel workbook", id="xlsx-as-docx"),
        pytest.param("a.txt", pdf([[]]), UnsupportedFile, "named like a .txt file, but is a PDF", id="pdf-as-txt"),
        pytest.param("a.csv", PNG, UnsupportedFile, "but is a PNG image", id="png-as-csv"),
        pytest.param("a.txt", bytes(range(256)) * 9, UnsupportedFile, "a.txt holds binary data", id="binary-as-txt"),
        pytest.param("a.md", b"\x01\x02\x03\x04" * 99, UnsupportedFile, "a.md holds binary data", id="controls-as-md"),
        pytest.param("a.doc", b"\xd0\xcf\x11\xe0", DamagedFile, "but is not a Word 97-2003 document", id="old-word"),
        pytest.param(
            "a.xyz", b"package main", UnsupportedFile, "a .xyz file, which no loader reads", id="unknown-ending"
        ),
        pytest.param("a", b"text", UnsupportedFile, "a file without an ending", id="no-ending"),
        pytest.param("a.pdf", b"just words", DamagedFile, "does not begin as a PDF does", id="text-as-pdf"),
        pytest.param("a.pdf", b"%PDF-1.7\n" + bytes(99), DamagedFile, "a.pdf is a damaged PDF", id="pdf-header-only"),
        pytest.param("a.docx", b"just words", DamagedFile, "has no ZIP container", id="text-as-docx"),
        pytest.param(
            "a.docx", b"PK\x03\x04" + bytes(99), DamagedFile, "container cannot be opened", id="zip-header-only"
        ),
        pytest.param("a.docx", package({"x": "y"}), DamagedFile, "no main document", id="zip-as-docx"),
        pytest.param("a.docx", docx("<w:p>"), DamagedFile, "not well-formed XML", id="broken-xml"),
        pytest.param(
            "a.docx",
            package({**MAIN, "word/document.xml": ENTITIES}),
            DamagedFile,
            "declares a document type",
            id="entities",
        ),
        pytest.param(
            "a.docx",
            package({**MAIN, "word/document.xml": ENTITIES.encode("utf-16")}),
            DamagedFile,
            "declares a document type",
            id="entities-in-utf-16",
        ),
        pytest.param(
            "a.docx",
            package({**MAIN, "word/document.xml": '<?xml version="1.0" encoding="euc-jp"?><d/>'}),
            DamagedFile,
            "an encoding that nobody writes",
            id="encoding-that-hides-entities",
        ),
        pytest.param("a.docx", package({**MAIN, "../../etc/x": "y"}), DamagedFile, "leads outside", id="zip-parent"),
        pytest.param("a.docx", package({**MAIN, "/etc/x": "y"}), DamagedFile, "leads outside", id="zip-absolute"),
        pytest.param("a.docx", package({**MAIN, "C:/x": "y"}), DamagedFile, "leads outside", id="zip-drive"),
        pytest.param("a.docx", duplicate_names(), DamagedFile, "two entries have the same name", id="zip-duplicate"),
        pytest.param(
            "a.xlsx",
            xlsx({"S": '<row r="1"><c r="A1" t="s"><v>9</v></c></row>'}),
            DamagedFile,
            "sheet 'S' cannot be read",
            id="missing-string",
        ),
        pytest.param("a.eml", b"no header here", DamagedFile, "a.eml has no mail header", id="text-as-eml"),
        pytest.param("a.txt", b"\xff\xfea", DamagedFile, "breaks off at byte 0", id="half-utf-16"),
        pytest.param("a.csv", b'a,b\n"' + b"x" * 200_000, DamagedFile, "a.csv is a damaged table", id="open-quote"),
        pytest.param(
            "a.pdf", (OFFICE / "password.pdf").read_bytes(), EncryptedFile, "an encrypted PDF", id="locked-pdf"
        ),
        pytest.param(
            "a.xlsx",
            (OFFICE / "password_protected.xlsx").read_bytes(),
            EncryptedFile,
            "an encrypted Office file",
            id="locked-xlsx",
        ),
        pytest.param("a.docx", encrypted_entry(), EncryptedFile, "an encrypted package", id="locked-entry"),
        pytest.param(
            "a.eml",
            b"From: a@b\nContent-Type: multipart/encrypted; boundary=x\n\n--x--",
            EncryptedFile,
            "an encrypted mail",
            id="pgp-mail",
        ),
        pytest.param(
            "a.docx", docx("<w:x>" * 300 + "</w:x>" * 300), LimitExceeded, "nests more than 256", id="deep-xml"
        ),
        pytest.param(
            "a.docx",
            package({**MAIN, "word/document.xml": bytes(30_000_000)}),
            LimitExceeded,
            "unpacks from",
            id="zip-bomb",
        ),
    ],
)
def test_bad_file(tmp_path: Path, name: str, data: bytes, error: type[LoadError], says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(error) as caught:
        load_file(tmp_path / name, uri="u")
    assert type(caught.value) is error
    assert says in str(caught.value)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "data", "limits", "says"),
    [
        pytest.param("a.txt", b"x" * 11, LoadLimits(max_file_bytes=10), "larger than 10 bytes", id="bytes"),
        pytest.param("a.txt", b"x" * 11, LoadLimits(max_text_chars=10), "more than 10 characters", id="characters"),
        pytest.param(
            "a.pdf", pdf([[(9, 9, 9, "x" * 11)]]), LoadLimits(max_text_chars=10), "more than 10", id="pdf-text"
        ),
        pytest.param("a.pdf", pdf([[], []]), LoadLimits(max_pages=1), "2 pages, more than 1", id="pages"),
        pytest.param("a.docx", docx(PARAGRAPH), LoadLimits(zip_entries=2), "4 entries, more than 2", id="entries"),
        pytest.param("a.docx", docx(PARAGRAPH), LoadLimits(xml_elements=9), "more than 9 XML elements", id="elements"),
        pytest.param("a.docx", docx(PARAGRAPH), LoadLimits(zip_bytes=99), "unpacks from", id="unpacked-bytes"),
    ],
)
def test_limit(tmp_path: Path, name: str, data: bytes, limits: LoadLimits, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LimitExceeded, match=says):
        load_file(tmp_path / name, uri="u", limits=limits)


def test_every_limit_but_the_libraries_own_has_a_setting() -> None:
    ocr = {"ocr", "ocr_language", "ocr_pages", "ocr_seconds", "image_pixels"}
    assert asdict(LoadLimits()).keys() - LoaderSettings.model_fields.keys() - ocr == {"xml_depth"}
    assert len(OcrSettings.model_fields) == len(ocr)
    assert limits_of(LoaderSettings(), OcrSettings()) == LoadLimits()


def test_what_is_no_ordinary_file_is_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")  # a reader would wait for ever
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "null.txt").symlink_to("/dev/zero")
    for name in ("pipe.txt", "folder.txt", "null.txt"):
        with pytest.raises(LoadError, match=name):
            load_file(tmp_path / name, uri="u")


def test_the_system_says_why_it_refuses(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    with pytest.raises(LoadError, match=r"gone\.txt cannot be read: No such file or directory"):
        load_file(tmp_path / "gone.txt", uri="u")
    with pytest.raises(LoadError, match=r"loop\.txt cannot be read: Too many levels of symbolic links"):
        load_file(tmp_path / "loop.txt", uri="u")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("text")
    (tmp_path / "mine.txt").chmod(0)
    with pytest.raises(LoadError, match=r"mine\.txt cannot be read: Permission denied"):
        load_file(tmp_path / "mine.txt", uri="u")


def test_a_name_cannot_break_the_line(tmp_path: Path) -> None:
    (tmp_path / "a\nb\x1b[31m.txt").write_bytes(b"")
    with pytest.raises(EmptyFile) as caught:
        load_file(tmp_path / "a\nb\x1b[31m.txt", uri="u")
    assert str(caught.value) == "a\\nb\\x1b[31m.txt has 0 bytes"
