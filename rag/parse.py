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
_TAG = re.compile(r"<!--(?:(?!<!--).)*?-->|</?[A-Za-z!?][^<>\n]*>", re.DOTALL)
_OPENING = re.compile(r"<(?=[A-Za-z!?/])")
_ADDRESS = re.compile(
    r"\b(?:(?:https?|ftp|file)://|(?:javascript|data|vbscript|mailto):|www\.)[^\s<>\"']+", re.IGNORECASE
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Januar|Februar|M\u00e4rz|Mai|Juni|Juli|Oktober|Dezember)\b"
)
_LINE_START = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>(?![ \t=]*\d)[ \t]?|[*•][ \t]+|[-+][ \t]+(?![ \t\d])"
    rf"|\d{{1,2}}[.)][ \t]+(?![ \t]|{_MONTH}))",
    re.MULTILINE,
)
_EMPHASIS = re.compile(r"(?<![\w*])(?:\*{2,3}|__)(?=[^\s*_])|(?<=[^\s*_])(?:\*{2,3}|__)(?![\w*])|`+")

_BLOCK_END = re.compile(r"[\n\[]")
_RUN_OF_MARKS = re.compile(rf"{MARK}(?:[ \t,;]*{MARK})*", re.IGNORECASE)
_MARK_BEGUN = re.compile(r"\[[\s\d.,;&\u2013\u2014a-z-]*\Z", re.IGNORECASE)
_STOP = ".!?\u2026\u3002\uff01\uff1f"
_CLOSING = "\"')*_\u201d\u2019\u00bb"
_STOPS = re.compile(f"[{_STOP}]*")
_CLOSINGS = re.compile(f"[{re.escape(_CLOSING)}]*")
_BLANKS = re.compile(r"\s*")
_BETWEEN_MARKS = re.compile(r"[ \t,;]*")
_LOOK_BACK_CHARS = 100


@dataclass(frozen=True, slots=True)
class _Marked:
    text: str
    marks: tuple[tuple[int, tuple[str, ...]], ...]


class AnswerParser:
    """Text in pieces as they arrive, sentences out: the same ones however the text is cut into pieces.

    The text is taken block by block, and each is cleaned and segmented by itself once its end is certain. A block ends
    at a line break, and after citation marks with a full stop before or after them where something follows that may
    begin a sentence; so a sentence that cites nothing waits for the next that does, or for the end of its line.

    Args:
        labels: The labels that stand in the window; a mark that names another cites nothing, and is told.
        evidence: The window's text: addresses in it may be repeated.
    """

    def __init__(self, *, labels: Collection[str], evidence: str) -> None:
        self._labels = list(labels)
        self._known = frozenset(labels)
        self._evidence = evidence
        self._rest = ""
        self._looked = 0

    def feed(self, text: str) -> list[DraftSentence]:
        """The sentences of the blocks that ``text`` completes."""
        self._rest += text
        return self._complete(ended=False)

    def finish(self) -> list[DraftSentence]:
        """The sentences that are left when the text has ended."""
        complete = self._complete(ended=True) + self._sentences(self._rest)
        self._rest = ""
        return complete

    def _complete(self, *, ended: bool) -> list[DraftSentence]:
        complete: list[DraftSentence] = []
        start = 0
        while (found := _BLOCK_END.search(self._rest, self._looked)) is not None:
            look = _after_line if found.group() == "\n" else _after_mark
            certain, end, block_ends = look(self._rest, start, found.start())
            if not certain and not ended:
                self._looked = found.start()
                break
            self._looked = end
            if certain and block_ends:
                complete += self._sentences(self._rest[start:end])
                start = end
        else:
            self._looked = len(self._rest)
        self._rest = self._rest[start:]
        self._looked -= start
        return complete

    def _sentences(self, raw: str) -> list[DraftSentence]:
        cleaned = _MARK_ON_NEXT_LINE.sub(" ", _clean(raw.strip(), self._evidence))
        return [sentence for line in cleaned.split("\n") for sentence in self._line(line)]

    def _line(self, line: str) -> list[DraftSentence]:
        marked = _take_marks(line)
        spans = sentence_spans(marked.text)
        cited: list[list[str]] = [[] for _ in spans]
        for position, names in marked.marks:
            owner = max((at for at, span in enumerate(spans) if span[0] < position), default=0)
            if spans:
                cited[owner].extend(names)
        texts = [_inert(" ".join(marked.text[start:end].split()), self._evidence) for start, end in spans]
        return [
            DraftSentence(text=text, cited=self._resolved(own), unknown=self._unknown(own))
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

    def _unknown(self, names: list[str]) -> tuple[str, ...]:
        """The labels that stand nowhere in the window; "[2021]" is more likely a year than a label."""
        ends = (end for name in names for end in name.split("-"))
        return tuple(dict.fromkeys(end for end in ends if end not in self._known and len(end.split(".")[0]) < 4))

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
        text = _EMPHASIS.sub("", text)
        text = _without_addresses(text, evidence)
        if text == before:
            break
    else:
        text = _without_addresses(re.sub(r"[<>!\[\]()`*_]", "", text), evidence)
    text = re.sub(r"!+\[", "[", text.replace("<!--", "")).replace("](", "] (")
    return _LINE_START.sub("", text)


def _without_addresses(text: str, evidence: str) -> str:
    return _ADDRESS.sub(lambda found: found.group() if _held(found.group(), evidence) else "", text)


def _inert(text: str, evidence: str) -> str:
    """``text`` without what taking out the marks may have made: a tag, an image, a link, an address."""
    text = _OPENING.sub("\u2039", text).replace("![", "! [").replace("](", "] (")
    return _without_addresses(text, evidence)


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


def _after_line(text: str, start: int, at: int) -> tuple[bool, int, bool]:
    """Whether what a line break at ``at`` means is certain yet, where to go on, and whether it ends the block.

    It does not where a citation mark begins the next line: the mark belongs to what stands before it.
    """
    del start
    follows = _past(_BLANKS, text, at)
    if follows == len(text) or _MARK_BEGUN.match(text, follows):
        return False, follows, False
    return True, follows, not _RUN_OF_MARKS.match(text, follows)


def _after_mark(text: str, start: int, at: int) -> tuple[bool, int, bool]:
    """The same for a bracket at ``at`` in the block that begins at ``start``."""
    marks = _RUN_OF_MARKS.match(text, at)
    if marks is None:
        return _MARK_BEGUN.match(text, at) is None, at + 1, False
    stop_end = _past(_STOPS, text, marks.end())
    closing_end = _past(_CLOSINGS, text, stop_end)
    follows = _past(_BLANKS, text, closing_end)
    for waits in (follows, _past(_BETWEEN_MARKS, text, marks.end())):
        if waits == len(text) or _MARK_BEGUN.match(text, waits):
            return False, marks.end(), False
    before = text[max(start, at - _LOOK_BACK_CHARS) : at].rstrip().rstrip(_CLOSING)
    stopped = stop_end > marks.end() or before.endswith(tuple(_STOP))
    next_letter = text[follows]
    begins = not next_letter.islower() and next_letter not in f"[,;:){_STOP}"
    if before and follows > closing_end and (next_letter == "\u2022" or (stopped and begins)):
        return True, follows, True
    return True, marks.end(), False


def _past(run: re.Pattern[str], text: str, at: int) -> int:
    found = run.match(text, at)
    return found.end() if found else at
