"""PPT: the slides of a PowerPoint 97-2003 presentation as pages, read by office-oxide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from indexers.errors import DamagedFile, EncryptedFile
from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.ole import ole_metadata

_MAX_LEVELS = 10

Element = Mapping[str, Any]


def read_ppt(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the slides, each under its title, with their notes.

    Raises:
        DamagedFile: It cannot be read.
        EncryptedFile: It asks for a password.
    """
    import office_oxide

    builder = TextBuilder(name, limits)
    try:
        sections = office_oxide.Document.from_bytes(data, "ppt").to_ir()["sections"]
    except office_oxide.OfficeOxideError as error:
        if "encrypt" in str(error).lower() or "password" in str(error).lower():
            message = f"{name} is an encrypted presentation"
            raise EncryptedFile(message) from error
        message = f"{name} is damaged: {one_line(str(error))}"
        raise DamagedFile(message) from error
    for page, section in enumerate(sections, start=1):
        builder.clear_headings()
        _add(builder, section["elements"], page=page)
        if notes := " ".join(_texts(section.get("speaker_notes") or ())):
            builder.add("paragraph", f"Notes: {notes}", page=page)
    metadata = ole_metadata(data)
    title = metadata.pop("title", "")
    return builder.reading(page_count=len(sections), title=title, metadata=metadata.items())


def _add(builder: TextBuilder, elements: Sequence[Element], *, page: int) -> None:
    for element in elements:
        kind = element["type"]
        if kind == "heading":
            builder.add_heading(one_line(_text(element["content"])), level=1, page=page)
        elif kind == "paragraph":
            builder.add("paragraph", _text(element["content"]), page=page)
        elif kind == "list":
            builder.add("list", "\n".join(_items(element, 0)), page=page)
        elif kind == "table":
            rows = [[" ".join(_texts(cell["content"])) for cell in row["cells"]] for row in element["rows"]]
            builder.add_table(rows, page=page, header_rows=label_rows(rows))
        elif isinstance(element.get("content"), list):
            _add(builder, element["content"], page=page)


def _items(element: Element, level: int) -> Iterator[str]:
    for item in element["items"] if level < _MAX_LEVELS else ():
        if text := " ".join(_texts(item["content"])):
            yield f"{'  ' * level}- {one_line(text)}"
        if nested := item.get("nested"):
            yield from _items(nested, level + 1)


def _texts(elements: Sequence[Element]) -> Iterator[str]:
    for element in elements:
        if element["type"] in ("heading", "paragraph"):
            if text := one_line(_text(element["content"])):
                yield text
        elif element["type"] == "list":
            yield from (line.strip() for line in _items(element, 0))
        elif isinstance(element.get("content"), list):
            yield from _texts(element["content"])


def _text(content: Sequence[Element]) -> str:
    return "".join("\n" if run.get("type") == "line_break" else str(run.get("text", "")) for run in content)
