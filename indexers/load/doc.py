"""DOC: headings, paragraphs, lists, tables and footnotes of a Word 97-2003 document, read by anydoc."""

from __future__ import annotations

from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.model import add_document, parsed
from indexers.load.ole import ole_metadata


def read_doc(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the text; headers, footers and comments are not part of it.

    Raises:
        DamagedFile: It cannot be read.
        EncryptedFile: It asks for a password.
        LimitExceeded: It holds too much.
    """
    builder = TextBuilder(name, limits)
    add_document(builder, parsed(data, "doc", name=name))
    metadata = ole_metadata(data)
    title = metadata.pop("title", "")
    return builder.reading(title=title, metadata=metadata.items())
