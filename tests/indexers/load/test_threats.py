"""Hostile files, by the rows of the threat list (D1 to D20): each costs at most itself, and says what is wrong with it.

Files are read as `rag index` reads them, in processes of their own with limits that are small enough for a test.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from indexers import carry_out
from indexers.errors import DamagedFile, EmptyFile, EncryptedFile, LimitExceeded, LoadError, UnsupportedFile
from indexers.hashing import HashingEmbedder
from indexers.isolation.in_process import InProcess
from indexers.isolation.pool import Pool
from indexers.load import Loaded, LoadLimits, load_file
from indexers.reading import Read, Wanted, read_ahead
from indexers.settings import LoaderSettings, ParserSettings
from indexers.store import Store
from indexers.sync import SyncOptions, SyncReport, sync_paths
from tests.indexers.load.promises import broken_promises
from tests.indexers.load.samples import docx, package, pdf, relations, xlsx
from tests.indexers.store.unprivileged import another_user, reachable_folder

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
EMBEDDER = HashingEmbedder(dimension=32)
COST = ParserSettings(seconds=60, memory_bytes=600 * 2**20, output_bytes=64 * 2**20)
LIMITS = LoadLimits(
    max_file_bytes=30_000_000, max_text_chars=20_000_000, max_pages=1_000, zip_bytes=50_000_000, xml_elements=500_000
)
ODT = "application/vnd.oasis.opendocument.text"
PARAGRAPH = "<w:p><w:r><w:t>text</w:t></w:r></w:p>"
MAIN = {"_rels/.rels": relations(("r1", "officeDocument", "word/document.xml"))}
PASSWD = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

Outcome = Loaded | LoadError


class Sandbox:
    """Reads made-up files in one pool; after each, an ordinary file must still be read."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self._pool = pool
        self._folder = folder

    def __call__(self, name: str, data: bytes | str) -> Outcome:
        hostile = self._submit(name, data.encode() if isinstance(data, str) else data)
        after = self._submit("after.txt", b"Still here.")
        outcome: Outcome
        try:
            outcome = hostile()[0]
        except LoadError as error:
            outcome = error
        assert after()[0].document.text == "Still here."
        if isinstance(outcome, Loaded):
            for document in outcome.documents:
                assert broken_promises(document.text, document.blocks, document.page_count) == []
        else:
            assert "\n" not in str(outcome)
            assert outcome.hint
        return outcome

    def _submit(self, name: str, data: bytes) -> Callable[[], tuple[Loaded, str]]:
        path = self._folder / name
        path.write_bytes(data)
        with path.open("rb") as file:
            return self._pool.submit(file.fileno(), name=name, uri=f"docs/{name}")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("threats")
    with Pool(folder / "reading", limits=LIMITS, settings=COST) as pool:
        yield Sandbox(pool, folder)


def refused(outcome: Outcome, *kinds: type[LoadError], says: str = "") -> None:
    assert isinstance(outcome, LoadError), "it was read"
    assert isinstance(outcome, kinds), outcome
    assert says in str(outcome)


def text(outcome: Outcome) -> str:
    assert isinstance(outcome, Loaded), outcome
    return outcome.document.text


def as_pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    out = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % one for one in enumerate(objects, start=1))
    return out + b"trailer\n<< %s >>\n%%%%EOF\n" % trailer


def stream(data: bytes, *entries: bytes) -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), b" ".join(entries), data)


CATALOGUE, PAGES = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>"
FLATE = b"/Filter /FlateDecode"


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a.odt", "a.epub"])
def test_d01_a_zip_bomb(read: Sandbox, name: str) -> None:
    parts: dict[str, str | bytes] = {**MAIN, "word/document.xml": bytes(40_000_000), "xl/a.xml": "", "ppt/a.xml": ""}
    if name == "a.odt":
        parts = {"mimetype": ODT, "content.xml": bytes(40_000_000)}
    if name == "a.epub":
        parts = {"mimetype": "application/epub+zip", "META-INF/container.xml": bytes(40_000_000)}
    refused(read(name, package(parts)), LimitExceeded, says="unpacks from")


def test_d01_a_zip_bomb_that_says_it_is_small(read: Sandbox) -> None:
    data = bytearray(package({**MAIN, "[Content_Types].xml": "", "word/document.xml": bytes(40_000_000)}))
    size = struct.pack("<I", 40_000_000)
    data = data.replace(size, struct.pack("<I", 10))
    refused(read("a.docx", bytes(data)), DamagedFile)


def test_d01_entries_that_share_their_bytes(read: Sandbox) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("word/a.xml", bytes(1_000_000))
        first = container.infolist()[0]
        for number in range(60):
            copy = zipfile.ZipInfo(f"word/{number}.xml")
            for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(copy, field, getattr(first, field))
            container.filelist.append(copy)
    refused(read("a.docx", buffer.getvalue()), LimitExceeded, DamagedFile)


def test_d02_packages_inside_packages_are_not_opened(read: Sandbox) -> None:
    inner = package({"bomb.xml": bytes(20_000_000)})
    for _ in range(3):
        inner = package({"inner.zip": inner})
    with zipfile.ZipFile(BytesIO(docx(PARAGRAPH))) as container:
        whole: dict[str, str | bytes] = {name: container.read(name) for name in container.namelist()}
    outcome = read("a.docx", package({**whole, "word/embeddings/inner.docx": inner}))
    assert text(outcome) == "text"
    assert isinstance(outcome, Loaded)
    assert len(outcome.documents) == 1
    refused(read("a.zip", inner), UnsupportedFile, says="a ZIP archive")


@pytest.mark.parametrize(
    "entry", ["../../evil.txt", "/etc/evil.txt", "word/../../evil.txt", "C:\\evil.txt", "..\\evil"]
)
def test_d03_entries_that_lead_outside(read: Sandbox, entry: str) -> None:
    refused(read("a.docx", package({**MAIN, entry: "evil"})), DamagedFile, says="leads outside")


def test_d03_links_and_repeated_names_in_an_archive(read: Sandbox) -> None:
    link = zipfile.ZipInfo("word/document.xml")
    link.external_attr = 0o120777 << 16
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        for name, content in {**MAIN, "[Content_Types].xml": "<Types/>"}.items():
            container.writestr(name, content)
        container.writestr(link, "/etc/passwd")
    outcome = read("a.docx", buffer.getvalue())
    refused(outcome, DamagedFile)
    assert "root:" not in str(outcome)
    twice = package({**MAIN, "word/document.xml": "", "word/document.xmk": ""}).replace(b".xmk", b".xml")
    refused(read("a.docx", twice), DamagedFile, says="the same name")


LAUGHING = "".join(f"<!ENTITY {chr(98 + step)} '{f'&{chr(97 + step)};' * 10}'>" for step in range(9))
LAUGHS = f"<!DOCTYPE d [<!ENTITY a 'ha'>{LAUGHING}]>"


def external(address: str) -> dict[str, bytes]:
    """Files of every kind that can name another place: entities, pages, pictures, templates, styles."""
    doctype = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{address}"><!ENTITY % y SYSTEM "{address}"> %y;]>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}"/><text>&x;</text></svg>'
    page = (
        f"<base href='{address}'><meta http-equiv=refresh content='0;{address}'><link rel=stylesheet href='{address}'>"
    )
    template = relations(("r1", "attachedTemplate", address)).replace("/>", ' TargetMode="External"/>')
    body = f'<w:document xmlns:w="w"><w:body>{PARAGRAPH}</w:body></w:document>'
    with zipfile.ZipFile(BytesIO(docx(PARAGRAPH))) as container:
        word: dict[str, str | bytes] = {name: container.read(name) for name in container.namelist()}
    return {
        "a.xml": f"{doctype}<d>&x;</d>".encode(),
        "a.svg": (doctype + svg).encode(),
        "a.html": f"{doctype}{page}<p>&x;<img src='{address}'><iframe src='{address}'></iframe>{svg}".encode(),
        "a.md": f"![x]({address}) <img src='{address}'>".encode(),
        "a.docx": package({**word, "word/document.xml": doctype + body}),
        "b.docx": package({**word, "word/_rels/document.xml.rels": template}),
        "a.odt": package({"mimetype": ODT, "content.xml": f"{doctype}<d>&x;</d>"}),
        "a.epub": package({"mimetype": "application/epub+zip", "META-INF/container.xml": f"{doctype}<d>&x;</d>"}),
        "a.eml": f"From: a@b.c\nContent-Type: text/html\n\n{page}<img src='{address}'>x".encode(),
        "a.rtf": rb"{\rtf1 text {\field{\*\fldinst INCLUDEPICTURE %s}}}" % address.encode(),
        "a.json": f'{{"$ref": "{address}"}}'.encode(),
        "a.yaml": f"a: !include {address}".encode(),
    }


class Opened:
    """Tells whether anybody has opened a file (inotify)."""

    def __init__(self, path: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self._descriptor, os.fsencode(path), 0x20) >= 0

    def __bool__(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 4096))
        except BlockingIOError:
            return False


def shown(path: Path) -> str:
    """What a person sees of a file that is read in this very process."""
    try:
        return load_file(path, uri="u").document.text
    except LoadError as error:
        return str(error)


def test_d04_no_loader_opens_what_a_file_names(tmp_path: Path) -> None:
    """In this process, where nothing but the loaders themselves would keep them from it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY")
    opened = Opened(secret)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        host, port = server.getsockname()
        for address in (secret.as_uri(), f"http://{host}:{port}/x"):
            for name, data in external(address).items():
                (tmp_path / name).write_bytes(data)
                assert "CANARY" not in shown(tmp_path / name)
        assert not opened
        with pytest.raises(BlockingIOError):
            server.accept()
    secret.read_text()
    assert opened, "the recorder works"


@pytest.mark.parametrize("name", ["a.docx", "a.xml", "a.html", "a.odt", "a.svg"])
def test_d04_billions_of_laughs_are_not_laughed(read: Sandbox, name: str) -> None:
    laughing = f"{LAUGHS}<d>&j;</d>"
    data: bytes | str = laughing
    if name == "a.docx":
        data = package({**MAIN, "word/document.xml": laughing})
    if name == "a.odt":
        data = package({"mimetype": ODT, "content.xml": laughing})
    outcome = read(name, data)
    if isinstance(outcome, Loaded):
        assert len(outcome.document.text) < 10_000


def test_d04_a_system_file_stays_closed(read: Sandbox) -> None:
    for name in ("a.xml", "a.html", "a.svg"):
        outcome = read(name, f"{PASSWD}<d>&x; text</d>")
        assert "root:" not in (str(outcome) if isinstance(outcome, LoadError) else text(outcome))


NESTED = zlib.compress(zlib.compress(zlib.compress(bytes(200_000_000), 9), 9), 9)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            as_pdf(CATALOGUE, PAGES, PAGE, stream(NESTED, b"/Filter [" + b"/FlateDecode " * 3 + b"]")),
            id="nested-flate",
        ),
        pytest.param(
            as_pdf(
                CATALOGUE, PAGES, PAGE, stream(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01" * 500_000, b"/Filter /LZWDecode")
            ),
            id="lzw",
        ),
        pytest.param(
            as_pdf(CATALOGUE, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 /Parent 2 0 R >>"), id="cyclic-page-tree"
        ),
        pytest.param(as_pdf(CATALOGUE, PAGES, PAGE, trailer=b"/Root 1 0 R /Size 2147483647"), id="huge-size"),
        pytest.param(as_pdf(CATALOGUE, PAGES, PAGE, trailer=b"/Prev 9999999999"), id="no-root"),
        pytest.param(pdf([[(9, 9, 9, "kept")]]).rpartition(b"xref")[0], id="missing-xref"),
        pytest.param(
            as_pdf(CATALOGUE, b"<< /Type /Pages /Kids [%s] /Count 5000 >>" % (b"3 0 R " * 5000), PAGE), id="many-pages"
        ),
        pytest.param(
            as_pdf(CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>", PAGE), id="claims-many-pages"
        ),
        pytest.param(
            as_pdf(CATALOGUE, PAGES, PAGE, stream(b"BI /W 1 /H 1 /BPC 8 /CS /G ID " + b"x" * 1_000_000)),
            id="inline-image",
        ),
        pytest.param(as_pdf(CATALOGUE, PAGES, PAGE, stream(b"q " * 1_000_000)), id="deep-graphics-state"),
        pytest.param(as_pdf(b"[" * 200_000), id="nested-arrays"),
        pytest.param(b"%PDF-1.7\n" + b"1 0 obj\n<<" * 100_000, id="nested-dictionaries"),
    ],
)
def test_d05_a_hostile_pdf_is_read_or_refused(read: Sandbox, data: bytes) -> None:
    outcome = read("a.pdf", data)
    if isinstance(outcome, LoadError):
        assert str(outcome).startswith("a.pdf ")


def test_d05_pages_are_counted_before_they_are_read(read: Sandbox) -> None:
    refused(read("a.pdf", pdf([[]] * 1_001)), LimitExceeded, says="1,001 pages, more than 1,000")


def test_d06_a_locked_pdf(read: Sandbox) -> None:
    refused(read("a.pdf", (OFFICE / "password.pdf").read_bytes()), EncryptedFile, says="encrypted")


@pytest.mark.parametrize("tenths", range(1, 10))
def test_d07_a_truncated_pdf(read: Sandbox, tenths: int) -> None:
    data = (OFFICE / "fake-memo.pdf").read_bytes()
    outcome = read("a.pdf", data[: len(data) * tenths // 10])
    if isinstance(outcome, LoadError):
        refused(outcome, DamagedFile, EmptyFile)


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_d08_pictures(read: Sandbox) -> None:
    refused(read("a.png", png(50_000, 50_000, bytes(1_000_000))), LimitExceeded, says="image_pixels")
    refused(read("a.png", png(9_000, 9_000, b"short")), LoadError)
    refused(read("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb\0C"), LoadError)
    frame = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    animation = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * 10_000 + b";"
    refused(read("a.gif", animation), UnsupportedFile, says="a GIF image")
    refused(read("a.png", animation), LoadError)


def attached(name: str, content: str) -> str:
    return f'--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="{name}"\n\n{content}\n'


MIXED = "From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n"


def test_d09_mail(read: Sandbox) -> None:
    outcome = read("a.eml", MIXED + attached("../../etc/cron.d/x.txt", "evil") + "--b--")
    assert isinstance(outcome, Loaded)
    assert [document.uri for document in outcome.documents] == ["docs/a.eml", "docs/a.eml!x.txt"]
    assert not Path("/etc/cron.d/x.txt").exists()
    refused(read("a.eml", MIXED + "--b\n\n\n" * 10_001 + "--b--"), LimitExceeded, says="max_parts")
    inner = "From: a@b.c\nSubject: bottom\n\nat the bottom\n"
    for level in range(50):
        inner = f"From: a@b.c\nSubject: {level}\nContent-Type: message/rfc822\n\n{inner}"
    nested = read("a.eml", inner)
    assert isinstance(nested, Loaded)
    assert len(nested.documents) == 1 + LIMITS.max_nesting
    assert "max_nesting" in str(nested.failures[0].error)
    assert "kept" in text(read("a.eml", "From: a@b.c\nContent-Type: multipart/mixed\n\nkept"))
    assert "kept" in text(read("a.eml", f"From: a@b.c\nX-Long: {'x' * 1_000_000}\n\nkept"))
    refused(read("a.eml", f"From: a@b.c\nContent-Type: text/plain; x={'y' * 1_000_000}\n\nx"), LimitExceeded)


def test_d09_a_mailbox_of_nothing_but_beginnings(read: Sandbox) -> None:
    refused(read("a.mbox", "From a\n\n" * 20_000), LimitExceeded, says="max_parts")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("<div>" * 300_000 + "kept", id="nested-tags"),
        pytest.param("<table>" * 100_000 + "kept", id="nested-tables"),
        pytest.param(
            "<base href='http://evil.test/'><meta http-equiv=refresh content='0;http://evil.test/'>kept", id="base"
        ),
        pytest.param("kept " * 600_000, id="one-line-of-three-million"),
    ],
)
def test_d10_html(read: Sandbox, data: str) -> None:
    outcome = read("a.html", data)
    if isinstance(outcome, LoadError):
        refused(outcome, LimitExceeded)
    else:
        assert "kept" in outcome.document.text
        assert "evil" not in outcome.document.text


def test_d11_csv(read: Sandbox) -> None:
    assert "=cmd|'/C calc'!A0" in text(read("a.csv", "name,value\nx,=cmd|'/C calc'!A0\n"))
    assert isinstance(read("a.csv", "a," * 300_000), (Loaded, LimitExceeded))
    assert isinstance(read("a.csv", b"a,b\n1,\x002\n"), (Loaded, UnsupportedFile))
    mixed = "naïve;1\n".encode() + "naïve;2\n".encode("cp1252")
    assert "ve | 2" in text(read("a.csv", mixed))


def test_d12_rows_that_are_formatted_and_empty(read: Sandbox) -> None:
    empty = "".join(f'<row r="{number}" s="1" customFormat="1"/>' for number in range(2, 100_000))
    first = '<row r="1"><c r="A1" t="inlineStr"><is><t>kept</t></is></c></row>'
    last = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>last</t></is></c></row>'
    kept = text(read("a.xlsx", xlsx({"S": first + empty + last})))
    assert "kept" in kept
    assert len(kept) < 200_000


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.md", "(" * 1_000_000, id="brackets"),
        pytest.param("a.md", "`" * 1_000_000, id="backticks"),
        pytest.param("a.md", "*a " * 300_000, id="stars"),
        pytest.param("a.md", "> " * 100_000 + "x", id="quotes"),
        pytest.param("a.md", "|" * 1_000_000, id="table"),
        pytest.param("a.txt", "- \n" * 500_000, id="list"),
        pytest.param("a.txt", "a" * 2_000_000 + " " * 2_000_000 + "b", id="blanks"),
        pytest.param("a.py", "def " * 500_000, id="code"),
        pytest.param("a.rtf", "{\\rtf1 " + "{" * 500_000, id="rtf-groups"),
    ],
)
def test_d13_text_that_catches_regular_expressions(read: Sandbox, name: str, data: str) -> None:
    """Any quadratic step takes minutes at this size, and the pool's clock stops the reader after a minute."""
    outcome = read(name, data)
    assert "seconds" not in str(outcome)
    assert isinstance(outcome, (Loaded, LimitExceeded, EmptyFile, DamagedFile))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=EMBEDDER.identity, max_tokens=64) as store:
        yield store


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "good.txt").write_text("Apples are red.")
    return tmp_path / "docs"


def sync(store: Store, *paths: Path, **options: Any) -> SyncReport:
    return sync_paths(store, paths, embedder=EMBEDDER, options=SyncOptions(**options))


def failed(report: SyncReport) -> dict[str, str]:
    return {failure.uri: failure.error for failure in report.failures}


def test_d14_file_names(store: Store, docs: Path) -> None:
    names = [b"line\nbreak.txt", "\u202etxt.exe.txt".encode(), b"caf\xe9.txt", b"-rf.txt", b"x" * 251 + b".txt"]
    for name in names:
        (docs / os.fsdecode(name)).write_text("Strange names.")
        (docs / os.fsdecode(b"empty " + name[:200] + b".txt")).write_bytes(b"")
    report = sync(store, docs)
    assert report.added == 1 + len(names)
    assert set(failed(report).values()) == {"has 0 bytes"}
    assert (
        sum(store.snapshot().document(entry.uri).text == "Strange names." for entry in store.snapshot().documents())
        == 5
    )


def test_d15_links_pipes_devices_and_sockets(store: Store, docs: Path) -> None:
    (docs / "etc").symlink_to("/etc")
    (docs / "passwd.txt").symlink_to("/etc/passwd")
    (docs / "loop.txt").symlink_to("loop.txt")
    (docs / "zero.txt").symlink_to("/dev/zero")
    os.mkfifo(docs / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(docs / "socket.txt"))
    report = sync(store, docs)
    assert failed(report) == {
        "docs/etc": "is a link out of the folder",
        "docs/passwd.txt": "is a link out of the folder",
        "docs/zero.txt": "is a link out of the folder",
        "docs/loop.txt": "is a link that leads nowhere",
        "docs/pipe.txt": "is a pipe, a socket or a device",
        "docs/socket.txt": "is a pipe, a socket or a device",
    } | {"docs/etc": failed(report)["docs/etc"]}
    assert "link" in failed(report)["docs/etc"]
    assert report.added == 1


class Meddling(InProcess):
    """Readers before which the file is meddled with, as often as there are meddlers."""

    def __init__(self, meddlers: list[Callable[[], object]]) -> None:
        super().__init__(limits=LIMITS)
        self._meddlers = meddlers

    def submit(self, file: int, *, name: str, uri: str) -> Callable[[], tuple[Loaded, str]]:
        wait = super().submit(file, name=name, uri=uri)

        def meddled() -> tuple[Loaded, str]:
            if self._meddlers:
                self._meddlers.pop()()
            return wait()

        return meddled


def read_while(path: Path, *meddlers: Callable[[], object]) -> Read | LoadError:
    wanted = [Wanted("docs/a.txt", path, inside=path.parent)]
    with Meddling(list(meddlers)) as readers:
        return next(read_ahead(wanted, readers, limits=LIMITS, ahead=0))


def test_d16_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path, another = tmp_path / "a.txt", tmp_path / "another.txt"
    path.write_text("one")
    another.write_text("another")
    grown = read_while(path, lambda: path.write_text("one and two"))
    assert isinstance(grown, Read)
    assert (grown.loaded.document.text, grown.stamp) == ("one and two", read_again(path))
    endless = read_while(path, *[lambda: path.write_text(path.read_text() + "x")] * 9)
    assert isinstance(endless, LoadError)
    assert str(endless) == "changes while it is read"
    replaced = read_while(path, lambda: another.replace(path))
    assert isinstance(replaced, Read), "the file that was opened is read to its end"
    gone = read_while(path, path.unlink)
    assert isinstance(gone, Read)
    assert isinstance(read_while(path), LoadError)


def read_again(path: Path) -> object:
    outcome = read_while(path)
    assert isinstance(outcome, Read)
    return outcome.stamp


def test_d16_a_file_that_becomes_a_link_or_a_pipe_before_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    path = tmp_path / "docs" / "a.txt"
    path.symlink_to(tmp_path / "secret.txt")
    assert str(read_while(path)) == "is a link out of the folder"
    path.unlink()
    os.mkfifo(path)
    assert "is a pipe" in str(read_while(path))


def test_d17_a_name_that_lies(read: Sandbox) -> None:
    program = b"MZ\x90\0\x03\0\0\0" + bytes(60)
    refused(read("a.pdf", program), UnsupportedFile, says="a Windows program")
    refused(read("a.docx", b"<!DOCTYPE html><p>x"), UnsupportedFile, says="an HTML page")
    refused(read("a.txt", b"\x7fELF" + bytes(60)), UnsupportedFile, says="a Linux program")
    refused(read("a.docx", xlsx({"S": ""})), UnsupportedFile, says="an Excel workbook")
    refused(read("a.png", pdf([[]])), UnsupportedFile, says="a PDF")


def test_d18_nothing_or_marks_only(read: Sandbox) -> None:
    for data in (b"", b" \n\t ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        refused(read("a.txt", data), EmptyFile)


RUSSIAN = "Все люди рождаются свободными и равными."  # noqa: RUF001  # Cyrillic is meant
JAPANESE, FRENCH = "東京は日本の首都です。人口は多いです。", "Tous les êtres humains naissent libres."


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-16", RUSSIAN),
        ("utf-16-le", FRENCH),
        ("utf-16-be", FRENCH),
        ("cp1251", RUSSIAN),
        ("shift-jis", JAPANESE),
        ("utf-8-sig", JAPANESE),
    ],
)
def test_d18_encodings(read: Sandbox, encoding: str, words: str) -> None:
    assert text(read("a.txt", f"{words}\n".encode(encoding) * 5)).startswith(words)


def test_d18_permission_denied() -> None:
    with reachable_folder() as above:
        above.chmod(0o777)
        (above / "docs").mkdir()
        (above / "docs" / "good.txt").write_text("Apples are red.")
        (above / "docs" / "locked.txt").write_text("secret")
        (above / "docs" / "locked.txt").chmod(0)
        with another_user(), Store.create(above / "index", embedder=EMBEDDER.identity, max_tokens=64) as store:
            report = sync(store, above / "docs", parser=ParserSettings(workers=0))  # it may not start this interpreter
        assert failed(report) == {"docs/locked.txt": "cannot be read: Permission denied"}
        assert report.added == 1


def test_d19_a_run_goes_on_after_crashes_hangs_and_bursts(
    store: Store, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_out, "Pool", partial(Pool, server="tests.indexers.isolation.hostile"))
    for order in ("segfault", "allocate", "hang", "abort", "kill parent", "exit: 0"):
        (docs / f"{order.replace(': ', '-')}.txt").write_text(order)
        (docs / f"{order.replace(': ', '-')} after.txt").write_text(f"good after {order}")
    report = sync(store, docs, parser=ParserSettings(seconds=3, memory_bytes=400 * 2**20))
    assert {uri.removeprefix("docs/"): error.partition("(")[0] for uri, error in failed(report).items()} == {
        "segfault.txt": "cannot be read: the process that reads it is stopped by SIGSEGV",
        "abort.txt": "cannot be read: the process that reads it is stopped by SIGABRT",
        "allocate.txt": "takes more than 419,430,400 bytes of memory to read ",
        "hang.txt": "takes more than 3 s to read ",
        "exit-0.txt": "cannot be read: what reads it gave no answer that makes sense",
        "kill parent.txt": failed(report)["docs/kill parent.txt"].partition("(")[0],
    }
    assert report.added == 7
    assert not (store.path / "reading").exists()


def test_d20_json(read: Sandbox) -> None:
    refused(read("a.json", "[" * 100_000 + "]" * 100_000), LimitExceeded, DamagedFile)
    outcome = read("a.json", f'{{"n": {"9" * 1_000_000}}}')
    assert isinstance(outcome, (Loaded, LimitExceeded, DamagedFile))


def test_limits_of_a_run_are_those_of_its_settings(store: Store, docs: Path) -> None:
    (docs / "long.txt").write_text("x" * 11)
    report = sync(store, docs, loader=LoaderSettings(max_text_chars=15), parser=ParserSettings(workers=1))
    assert report.added == 2
    report = sync(store, docs, loader=LoaderSettings(max_text_chars=10), parser=ParserSettings(workers=1))
    assert (report.unchanged, report.failed) == (2, 0), "what is in the index as it is needs no reading"
