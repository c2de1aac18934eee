"""Generated text to sentences: citation marks read, everything that could reach outside removed.

A model that obeys a hostile document may write images, links or HTML that carry text away when they are shown
(EchoLeak, CVE-2025-32711). None survives: the marks are read, the rest of the markup is dropped, and a bare address
stays only if the sources hold it word for word.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from indexers.sentences import sentence_spans
from rag.generation import DraftSentence
from rag.prompt import NOT_ANSWERED

MARK = r"\[\s*(?:source\s+|sources\s+)?\d+(?:\.\d+)?(?:\s*(?:[-\u2013\u2014,;&]|and|to)\s*\d+(?:\.\d+)?)*\s*\]"
_MARKS = re.compile(rf"[ \t]*{MARK}(?:[ \t,;]*{MARK})*", re.IGNORECASE)
_MARK_ON_NEXT_LINE = re.compile(rf"\n\s*(?={MARK})", re.IGNORECASE)
_LABEL_RANGE = re.compile(r"(\d+(?:\.\d+)?)(?:\s*(?:[-\u2013\u2014]|to)\s*(\d+(?:\.\d+)?))?", re.IGNORECASE)
_MOST_IN_RANGE = 200

_INVISIBLE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\].*?(?:\x07|\x1b\\\\)"  # terminal sequences, whole
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])?")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
_LINK_TARGET = re.compile(r"\]\([^)\n]*\)?")
_DEFINITION = re.compile(r"^[ \t]*\[[^\]\n]+\]:[^\n]*$", re.MULTILINE)
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z!?][^<>\n]*>?", re.DOTALL)
_ADDRESS = re.compile(
    r"\b(?:(?:https?|ftp|file)://|(?:javascript|data|vbscript|mailto):|www\.)[^\s<>\"']+", re.IGNORECASE
)
_DECORATION = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+|\d{1,2}[.)][ \t]+)|\*\*|__|`+", re.MULTILINE)
_BOUNDARY = re.compile(r"[.!?\u3002\uff01\uff1f]|\n")


@dataclass(frozen=True, slots=True)
class _Marked:
    text: str
    marks: tuple[tuple[int, tuple[str, ...]], ...]


class AnswerParser:
    """Text in pieces as they arrive, complete sentences out; what is cut at a time is decided by the text alone.

    Args:
        labels: The labels that stand in the window; a mark that names another is dropped.
        evidence: The window's text: addresses in it may be repeated.
    """

    def __init__(self, *, labels: Collection[str], evidence: str) -> None:
        self._labels = list(labels)
        self._known = frozenset(labels)
        self._evidence = evidence
        self._rest = ""

    def feed(self, text: str) -> list[DraftSentence]:
        """The sentences that ``text`` completes: those before the last one, which may still be growing."""
        self._rest = (self._rest + text).lstrip()
        if _open_construct(self._rest):
            return []
        lines, _, growing = self._rest.rpartition("\n")
        if lines and growing.strip() and not growing.lstrip().startswith("["):
            complete, self._rest = self._sentences(lines), growing
        else:
            complete = []
        if not _BOUNDARY.search(self._rest):
            return complete
        # Marks become blanks of the same length: what stands before and after them decides where sentences end.
        spans = sentence_spans(_MARKS.sub(lambda mark: " " * len(mark.group()), self._rest))
        if len(spans) > 1 and spans[-1][1] - spans[-1][0] > 1:
            cut = spans[-1][0]
            complete += self._sentences(self._rest[:cut])
            self._rest = self._rest[cut:]
        return complete

    def finish(self) -> list[DraftSentence]:
        """The sentences that are left when the text has ended."""
        complete, self._rest = self._rest, ""
        return self._sentences(complete)

    def _sentences(self, raw: str) -> list[DraftSentence]:
        cleaned = _MARK_ON_NEXT_LINE.sub(" ", _clean(raw, self._evidence))
        return [sentence for line in cleaned.split("\n") for sentence in self._line(line)]

    def _line(self, line: str) -> list[DraftSentence]:
        marked = _take_marks(line)
        spans = sentence_spans(marked.text)
        cited: list[list[str]] = [[] for _ in spans]
        for position, names in marked.marks:
            owner = max((at for at, span in enumerate(spans) if span[0] < position), default=0)
            if spans:
                cited[owner].extend(names)
        texts = [" ".join(marked.text[start:end].split()) for start, end in spans]
        return [
            DraftSentence(text=text, cited=self._resolved(own))
            for text, own in zip(texts, cited, strict=True)
            if any(letter.isalnum() for letter in text)
        ]

    def _resolved(self, names: list[str]) -> tuple[str, ...]:
        resolved: dict[str, None] = {}
        for name in names:
            first, _, last = name.partition("-")
            for label in self._range(first, last) if last else [first]:
                if label in self._known:
                    resolved[label] = None
        return tuple(resolved)

    def _range(self, first: str, last: str) -> list[str]:
        if first in self._known and last in self._known:
            start, end = self._labels.index(first), self._labels.index(last)
            if start <= end < start + _MOST_IN_RANGE:
                return self._labels[start : end + 1]
        return [first, last]


def says_not_answered(text: str) -> bool:
    """Whether ``text`` is the phrase that the model was told to write when the sources do not answer."""
    return NOT_ANSWERED in " ".join(text.upper().split())


def _clean(raw: str, evidence: str) -> str:
    text = _INVISIBLE.sub("", raw.replace("\r\n", "\n"))
    for _ in range(5):  # removing one layer of markup may make another
        before = text
        text = _DEFINITION.sub("", text)
        text = _IMAGE.sub("", text)
        text = _LINK.sub(r"\1", text)
        text = _LINK_TARGET.sub("", text)
        text = _TAG.sub("", text)
        text = _ADDRESS.sub(lambda found: found.group() if _held(found.group(), evidence) else "", text)
        if text == before:
            break
    else:
        text = re.sub(r"[<>!\[\]()]", "", text)
    return _DECORATION.sub("", re.sub(r"!+\[", "[", text).replace("](", "] ("))


def _held(address: str, evidence: str) -> bool:
    bare = address.rstrip(".,;:!?)]")
    return (
        bool(bare) and not bare.lower().startswith(("javascript:", "data:", "vbscript:", "file:")) and bare in evidence
    )


def _take_marks(text: str) -> _Marked:
    kept: list[str] = []
    marks: list[tuple[int, tuple[str, ...]]] = []
    position = length = 0
    for found in _MARKS.finditer(text):
        kept.append(text[position : found.start()])
        length += found.start() - position
        marks.append((length, tuple(_labels_in(found.group()))))
        if text[found.end() : found.end() + 1].isalnum():
            kept.append(" ")
            length += 1
        position = found.end()
    kept.append(text[position:])
    return _Marked(text="".join(kept), marks=tuple(marks))


def _labels_in(mark: str) -> list[str]:
    return [f"{first}-{last}" if last else first for first, last in _LABEL_RANGE.findall(mark)]


def _open_construct(text: str) -> bool:
    line = text[text.rfind("\n") + 1 :]
    return (
        line.count("[") != line.count("]")
        or line.count("<") > line.count(">")
        or bool(re.search(r"\][\[(]?[^)\s]*$", line))
    )
