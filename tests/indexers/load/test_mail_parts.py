"""Mail as a container: what is attached becomes documents of its own, in EML, MSG and MBOX alike."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from indexers.errors import EncryptedFile, LimitExceeded
from indexers.load import Loaded, LoadLimits, load_file
from indexers.load.compressed_rtf import unpack_rtf
from indexers.load.parts import safe_name
from tests.indexers.load.ole_samples import ole
from tests.indexers.load.samples import pdf

USUAL = LoadLimits()


def load(tmp_path: Path, name: str, data: bytes | str, limits: LoadLimits = USUAL) -> Loaded:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return load_file(tmp_path / name, uri=f"docs/{name}", limits=limits)


def texts(loaded: Loaded) -> dict[str, str]:
    return {document.uri.removeprefix("docs/"): document.text for document in loaded.documents}


def failures(loaded: Loaded) -> list[tuple[str, str]]:
    return [(failure.uri.removeprefix("docs/"), str(failure.error)) for failure in loaded.failures]


def multipart(*parts: str, kind: str = "mixed", mark: str = "b") -> str:
    joined = "".join(f"--{mark}\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={mark}\n\n{joined}--{mark}--\n"


def mail(body: str, subject: str = "Fruit") -> str:
    return f"From: a@b.c\nSubject: {subject}\nMIME-Version: 1.0\n{body}"


def attached(name: str, text: str, kind: str = "text/plain") -> str:
    return f'Content-Type: {kind}\nContent-Disposition: attachment; filename="{name}"\n\n{text}'


def plain(text: str) -> str:
    return f"Content-Type: text/plain\n\n{text}"


HEAD = "Fruit\n\nFrom: a@b.c"


def test_what_is_attached_is_a_document_of_its_own(tmp_path: Path) -> None:
    page = pdf([[(72, 700, 12, "Pears are green")]]).decode("latin-1")
    data = mail(
        multipart(plain("See below."), attached("pears.pdf", page, "application/pdf"), attached("a.md", "# Figs"))
    )
    loaded = load(tmp_path, "m.eml", data.encode("latin-1"))
    assert texts(loaded) == {
        "m.eml": f"{HEAD}\n\nSee below.\n\nAttachments: pears.pdf, a.md",
        "m.eml!pears.pdf": "Pears are green",
        "m.eml!a.md": "# Figs",
    }
    assert [document.media_type for document in loaded.documents][1:] == ["application/pdf", "text/markdown"]
    assert loaded.documents[1].page_count == 1


def test_a_part_that_cannot_be_read_costs_itself_only(tmp_path: Path) -> None:
    data = mail(
        multipart(attached("x.exe", "MZ"), attached("a.pdf", "no"), attached("", ""), attached("a.txt", "Figs."))
    )
    loaded = load(tmp_path, "m.eml", data)
    assert list(texts(loaded)) == ["m.eml", "m.eml!a.txt"]
    assert failures(loaded) == [
        ("m.eml!x.exe", "x.exe is a .exe file, which no loader reads"),
        ("m.eml!a.pdf", "a.pdf is named .pdf, but does not begin as a PDF does"),
        ("m.eml!part-3.txt", "part-3.txt has 0 bytes"),
    ]


def test_a_message_attached_brings_its_own_files(tmp_path: Path) -> None:
    inner = mail(multipart(plain("Inner."), attached("figs.txt", "Figs."), mark="i"), subject="Re: a/b")
    loaded = load(tmp_path, "m.eml", mail(multipart(plain("Outer."), f"Content-Type: message/rfc822\n\n{inner}")))
    assert list(texts(loaded)) == ["m.eml", "m.eml!Re: a-b.eml", "m.eml!Re: a-b.eml!figs.txt"]
    assert loaded.documents[1].title == "Re: a/b"


def test_depth_and_number_are_limited(tmp_path: Path) -> None:
    inner = mail(plain("Inner."))
    for _ in range(4):
        inner = mail(f"Content-Type: message/rfc822\n\n{inner}")
    loaded = load(
        tmp_path, "m.eml", mail(multipart(f"Content-Type: message/rfc822\n\n{inner}")), limits=LoadLimits(max_nesting=2)
    )
    assert len(loaded.documents) == 3
    assert [error for _, error in failures(loaded)] == [
        "Fruit.eml is a part inside a part, 3 deep, more than 2 (max_nesting)"
    ]
    many = mail(multipart(*(attached("a.txt", f"Number {number}.") for number in range(20))))
    assert len(texts(load(tmp_path, "n.eml", many))) == 21
    with pytest.raises(LimitExceeded, match=r"more than 19 parts \(max_parts\)"):
        load(tmp_path, "n.eml", many, limits=LoadLimits(max_parts=19))


def test_all_texts_of_the_body_are_read_once(tmp_path: Path) -> None:
    page = "Content-Type: text/html\n\n<p>From <b>HTML</b>"
    alternatives = multipart(plain("From text."), page, kind="alternative", mark="a")
    loaded = load(tmp_path, "m.eml", mail(multipart(alternatives, attached("a.txt", "Figs."), plain("The footer."))))
    assert texts(loaded)["m.eml"] == f"{HEAD}\n\nFrom text.\n\nThe footer.\n\nAttachments: a.txt"
    # as Apple Mail sends it: the file lies inside the alternative that is not read
    inside = multipart(page, attached("a.txt", "Figs."), kind="mixed", mark="i")
    loaded = load(tmp_path, "n.eml", mail(multipart(plain("From text."), inside, kind="alternative", mark="a")))
    assert texts(loaded) == {"n.eml": f"{HEAD}\n\nFrom text.\n\nAttachments: a.txt", "n.eml!a.txt": "Figs."}


def test_decoration_is_no_document(tmp_path: Path) -> None:
    logo = "Content-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline; filename=logo.png\n\nPNG"
    seal = attached("smime.p7s", "x", "application/pkcs7-signature")
    loaded = load(tmp_path, "m.eml", mail(multipart(plain("Hello."), logo, seal)))
    assert (texts(loaded), failures(loaded)) == ({"m.eml": f"{HEAD}\n\nHello."}, [])


@pytest.mark.parametrize(
    ("written", "name"),
    [
        pytest.param("../../etc/cron.d/x", "x", id="path"),
        pytest.param("C:\\Users\\me\\a.doc", "a.doc", id="windows-path"),
        pytest.param("a\n\u202eb\x1b.txt", "a b.txt", id="what-turns-a-line"),
        pytest.param("wow!.txt", "wow%21.txt", id="separator"),
        pytest.param("..", "part", id="dots"),
        pytest.param("", "part", id="nothing"),
        pytest.param("ä" * 300 + ".txt", "ä" * 125 + ".txt", id="longest"),
    ],
)
def test_the_name_of_a_part_is_safe(written: str, name: str) -> None:
    assert safe_name(written) == name
    assert len(name.encode()) <= 255


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    loaded = load(tmp_path, "m.eml", mail(multipart(*(attached(name, "x") for name in ("a.txt", "A.txt", "x/a.txt")))))
    assert list(texts(loaded))[1:] == ["m.eml!a.txt", "m.eml!A-2.txt", "m.eml!a-2.txt".replace("a-2", "a-3")]


LATER = f"From a@b.c\n{mail(plain('>From me.'), 'Second')}"
BOX = f"From a@b.c Thu Jan  1 00:00:00 1970\n{mail(plain('One.'), 'First')}\n\n{LATER}"


def test_a_mailbox(tmp_path: Path) -> None:
    loaded = load(tmp_path, "in.mbox", BOX)
    assert loaded.document.text == "Date | From | Subject\n | a@b.c | First\n | a@b.c | Second"
    assert [document.title for document in loaded.documents[1:]] == ["First", "Second"]
    assert loaded.documents[2].text == "Second\n\nFrom: a@b.c\n\nFrom me."
    first, second = [document.uri for document in loaded.documents[1:]]
    assert first.startswith("docs/in.mbox!First ")
    shorter = load(tmp_path, "in.mbox", LATER)
    assert [document.uri for document in shorter.documents[1:]] == [second], "what is deleted renames no other"
    with pytest.raises(LimitExceeded, match=r"more than 1 messages \(max_parts\)"):
        load(tmp_path, "in.mbox", BOX, limits=LoadLimits(max_parts=1))


def wide(**properties: str) -> dict[str, bytes]:
    return {f"__substg1.0_{tag.lstrip('x')}001F": text.encode("utf-16-le") for tag, text in properties.items()}


def under(storage: str, streams: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{storage}/{path}": data for path, data in streams.items()}


def sent(filetime: int, header: int) -> dict[str, bytes]:
    return {"__properties_version1.0": bytes(header) + struct.pack("<HHIQ", 0x40, 0x39, 6, filetime)}


FIRST, SECOND = "__attach_version1.0_#00000000", "__attach_version1.0_#00000001"
INNER = wide(x0037="Inner", x1000="From inside.") | sent(0, 24)
MESSAGE = {
    **sent(133_000_000_000_000_000, 32),
    **wide(x0037="Fruit", x0C1A="Ada", x5D01="ada@b.c", x0E04="Bob", x1000="See below."),
    **under(FIRST, {**wide(x3707="../figs.txt"), "__substg1.0_37010102": b"Figs are blue."}),
    **under(SECOND, under("__substg1.0_3701000D", INNER)),
}


def test_an_outlook_message(tmp_path: Path) -> None:
    loaded = load(tmp_path, "m.msg", ole(MESSAGE))
    assert texts(loaded) == {
        "m.msg": "Fruit\n\nFrom: Ada <ada@b.c>\nTo: Bob\nDate: Sat, 18 Jun 2022 04:26:40 +0000\n\nSee below.\n\n"
        "Attachments: figs.txt, Inner.eml",
        "m.msg!figs.txt": "Figs are blue.",
        "m.msg!Inner.eml": "Inner\n\nFrom inside.",
    }
    assert load(tmp_path, "m.msg", ole(MESSAGE)) == loaded, "the same bytes give the same versions"
    with pytest.raises(EncryptedFile, match=r"m\.msg is an encrypted mail message"):
        load(tmp_path, "m.msg", ole(MESSAGE | wide(x001A="IPM.Note.SMIME")))


@pytest.mark.parametrize(
    ("streams", "text"),
    [
        pytest.param({"__substg1.0_10130102": b"<p>From <b>HTML</b></p>"}, "From HTML", id="html"),
        pytest.param(
            {"__substg1.0_10090102": struct.pack("<IIII", 0, 0, 0x414C454D, 0) + rb"{\rtf1 From RTF}"},
            "From RTF",
            id="rtf",
        ),
    ],
)
def test_an_outlook_message_without_plain_text(tmp_path: Path, streams: dict[str, bytes], text: str) -> None:
    message = ole({**sent(0, 32), **wide(x0037="Fruit"), **streams})
    assert texts(load(tmp_path, "m.msg", message)) == {"m.msg": f"Fruit\n\n{text}"}


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        pytest.param(
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
            id="from-the-first-dictionary",
        ),
        pytest.param(
            "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0",
            b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
            id="own-tail",
        ),
    ],
)
def test_packed_rtf_is_unpacked_as_in_the_examples_of_its_specification(packed: str, text: bytes) -> None:
    data = bytes.fromhex(packed)
    assert unpack_rtf(data, max_bytes=1000) == text
    for length in range(16, len(data)):
        assert text.startswith(unpack_rtf(data[:length], max_bytes=1000))
