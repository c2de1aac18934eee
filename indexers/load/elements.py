"""XML elements by local name, for what the libraries of the Office formats have no words for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol


class Element(Protocol):
    """What an element of lxml and one of ElementTree have in common, as far as the loaders read it."""

    @property
    def tag(self) -> str:
        """The name as ``{namespace}name``; no string for lxml's comments."""

    @property
    def text(self) -> str | None:
        """The text before the first element inside."""

    @property
    def attrib(self) -> Mapping[str, str]:
        """The attributes by their full names."""

    def __iter__(self) -> Iterator[Element]: ...


def local(element: Element) -> str:
    """The element's name without its namespace; "" for a comment."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def attribute(element: Element | None, key: str, default: str = "") -> str:
    """The value of an attribute by its local name."""
    if element is not None:
        for name, value in element.attrib.items():
            if name.rsplit("}", 1)[-1] == key:
                return value
    return default


def child(element: Element | None, *path: str) -> Element | None:
    """The first descendant along a path of local names."""
    for step in path:
        element = next((inner for inner in element if local(inner) == step), None) if element is not None else None
    return element
