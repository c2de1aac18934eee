"""EPUB: the chapters of a book in reading order, each read as the HTML page it is.

The package is a ZIP container with one list of its parts; the library for it (ebooklib) is under the AGPL.
"""

from __future__ import annotations

import posixpath
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from indexers.errors import EncryptedFile
from indexers.load.archive import Archive
from indexers.load.build import Reading, TextBuilder
from indexers.load.elements import attribute, child, local
from indexers.load.html import add_html
from indexers.load.limits import LoadLimits
from indexers.load.text import decode

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")
_META = {"title": "title", "creator": "author", "language": "language", "date": "created"}


def read_epub(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the chapters in the order of the book; the table of contents is not part of the text.

    Raises:
        DamagedFile: As `Archive`; or the list of chapters or one of them is missing.
        EncryptedFile: The chapters are protected.
        LimitExceeded: As `Archive`.
    """
    archive = Archive(data, name=name, limits=limits)
    builder = TextBuilder(name, limits)
    package_part = _package_part(archive)
    package = _root(archive, package_part)
    chapters = _chapters(archive, package, posixpath.dirname(package_part))
    _refuse_protected(archive, chapters)
    for chapter in chapters:
        add_html(builder, decode(archive.read(chapter), name=name, declared=True))
    metadata = _metadata(package)
    title = metadata.pop("title", "")
    return builder.reading(title=title, metadata=metadata.items())


def _root(archive: Archive, part: str) -> ET.Element:
    archive.check_xml(part)
    return archive.root(part)


def _package_part(archive: Archive) -> str:
    if _CONTAINER in archive.names:
        for element in _root(archive, _CONTAINER).iter():
            path = unquote(attribute(element, "full-path"))
            if local(element) == "rootfile" and path in archive.names:
                return path
    return archive.damaged("it names no list of chapters")


def _chapters(archive: Archive, package: ET.Element, folder: str) -> list[str]:
    """The parts that are pages of the book, in reading order, each once."""
    listed: dict[str, str] = {}
    for item in child(package, "manifest") or ():
        is_contents = "nav" in attribute(item, "properties").split()
        if attribute(item, "media-type").lower() in _PAGES and not is_contents:
            path = posixpath.normpath(posixpath.join(folder, unquote(attribute(item, "href"))))
            listed[attribute(item, "id")] = path
    order = [attribute(item, "idref") for item in child(package, "spine") or ()]
    chapters = list(dict.fromkeys(listed[id_] for id_ in order if id_ in listed))
    missing = [chapter for chapter in chapters if chapter not in archive.names]
    if missing:
        archive.damaged(f"chapter {missing[0]!r} is missing")
    return chapters


def _refuse_protected(archive: Archive, chapters: list[str]) -> None:
    """Fonts may be scrambled; a book whose chapters are cannot be read."""
    if _ENCRYPTION not in archive.names:
        return
    for element in _root(archive, _ENCRYPTION).iter():
        if local(element) == "CipherReference" and unquote(attribute(element, "URI")) in chapters:
            message = f"{archive.name} is a protected book (DRM)"
            raise EncryptedFile(message)


def _metadata(package: ET.Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in child(package, "metadata") or ():
        text = (element.text or "").strip()
        key = _META.get(local(element), "")
        if attribute(element, "event") == "modification" or attribute(element, "property") == "dcterms:modified":
            key = "modified"
        if key and text:
            found[key] = f"{found[key]}, {text}" if key == "author" and key in found else found.get(key, text)
    return found
