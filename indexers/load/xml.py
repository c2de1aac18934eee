"""XML: elements as fields and records, mixed text as paragraphs; nothing that it points to is ever read."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from indexers.errors import DamagedFile
from indexers.load.build import Reading, TextBuilder
from indexers.load.elements import local
from indexers.load.limits import LoadLimits
from indexers.load.structured import Fields, Tree, add_tree, title_of_fields
from indexers.load.xml_check import XmlCheck

_CHUNK_BYTES = 1 << 16
_TEXT_ONLY = frozenset({"encoding", "schemaLocation", "noNamespaceSchemaLocation"})
_META = {"creator": "author", "author": "author", "date": "created", "language": "language", "lang": "language"}


def read_xml(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded file, whatever encoding it says it is in.

    Raises:
        DamagedFile: It is not well-formed, or declares entities of its own.
        LimitExceeded: It is too deep, or holds too many elements.
    """
    data = text.lstrip().encode("utf-8", "replace")
    chunks = (data[start : start + _CHUNK_BYTES] for start in range(0, len(data), _CHUNK_BYTES))
    XmlCheck(name, limits, document_types=True).feed(chunks, place="it", encoding="utf-8")
    try:
        root = ET.fromstring(data, ET.XMLParser(encoding="utf-8"))  # noqa: S314  # has no entities: checked
    except (ET.ParseError, ValueError, LookupError) as error:
        message = f"{name} is damaged: not well-formed XML ({error})"
        raise DamagedFile(message) from error
    builder = TextBuilder(name, limits)
    tree = _tree(root)
    add_tree(builder, tree, limits=limits, name=name)
    return builder.reading(title=title_of_fields(tree), metadata=_metadata(tree).items())


def _tree(element: ET.Element) -> Tree:
    """The element as fields; as text, if it holds text of its own beside other elements, or nothing else."""
    children = [child for child in element if isinstance(child.tag, str)]
    own = [element.text or "", *(child.tail or "" for child in element)]
    attributes = [(key.rsplit("}", 1)[-1], value) for key, value in element.attrib.items()]
    attributes = [(key, value) for key, value in attributes if key not in _TEXT_ONLY and value.strip()]
    if children and not any(map(str.strip, own)):
        inside = [(local(child), _tree(child)) for child in children]
        return Fields((*attributes, *((key, value) for key, value in inside if value)))
    text = "".join(element.itertext()).strip()
    if not attributes:
        return text
    return Fields((*attributes, ("text", text))) if text else Fields(tuple(attributes))


def _metadata(tree: Tree) -> dict[str, str]:
    """What the fields right below the root say of the document."""
    pairs = tree.pairs if isinstance(tree, Fields) else ()
    named = ((_META.get(key.lower(), ""), value) for key, value in pairs)
    return {key: value for key, value in named if key and isinstance(value, str)}
