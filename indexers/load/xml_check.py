"""XML held against the limits before it is parsed: no document type, no entities, not too deep, not too much."""

from __future__ import annotations

from collections.abc import Iterable
from xml.parsers import expat

from indexers.errors import DamagedFile, LimitExceeded
from indexers.load.limits import LoadLimits


class XmlCheck:
    """Counts the elements of all parts of one file together.

    Args:
        name: The file as errors name it.
        limits: ``xml_depth`` and ``xml_elements`` are looked at.
        document_types: Whether a part may declare one, as XML that is no part of a package often does; entities of its
            own are refused all the same, and nothing that it points to is ever read.
    """

    def __init__(self, name: str, limits: LoadLimits, *, document_types: bool = False) -> None:
        self._name = name
        self._limits = limits
        self._document_types = document_types
        self._elements = 0

    def feed(self, chunks: Iterable[bytes], *, place: str, encoding: str | None = None) -> None:
        """Check one part, in ``encoding`` or the one that it names.

        One that is not well-formed passes: if it matters, its parser will say so.

        Raises:
            DamagedFile: It declares a document type or an entity, or is in an encoding that nobody writes.
            LimitExceeded: It is too deep or holds too many elements.
        """
        depth = 0

        def refuse(*_: object) -> None:
            kind = "an entity" if self._document_types else "a document type"
            message = f"{self._name} is damaged: {place} declares {kind}, which could make it endless"
            raise DamagedFile(message)

        def start(*_: object) -> None:
            nonlocal depth
            depth += 1
            self._elements += 1
            if depth > self._limits.xml_depth:
                message = f"{self._name} nests more than {self._limits.xml_depth} elements in {place}"
                raise LimitExceeded(message)
            if self._elements > self._limits.xml_elements:
                message = f"{self._name} holds more than {self._limits.xml_elements:,} XML elements (xml_elements)"
                raise LimitExceeded(message)

        def end(*_: object) -> None:
            nonlocal depth
            depth -= 1

        parser = expat.ParserCreate(encoding)
        parser.StartElementHandler, parser.EndElementHandler = start, end
        if self._document_types:
            parser.EntityDeclHandler = refuse
        else:
            parser.StartDoctypeDeclHandler = refuse
        try:
            for chunk in chunks:
                parser.Parse(chunk, False)  # positional in expat
        except expat.ExpatError:
            return
        except (LookupError, ValueError) as error:
            message = f"{self._name} is damaged: {place} is in an encoding that nobody writes ({error})"
            raise DamagedFile(message) from error
