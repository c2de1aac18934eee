"""What is done to an index while it is killed, starved and cut off: every way in which a store is written.

Documents are lines of a few words, so that chunks repeat, scores tie and vectors are shared between documents.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexers.document import document_id
from indexers.errors import StoreError
from indexers.hashing import HashingEmbedder
from indexers.roots import Root
from indexers.settings import StoreSettings
from indexers.store import Store, Writer
from indexers.store.named import create_snapshot, restore_snapshot, snapshots
from indexers.store.relocate import Relocation
from indexers.store.seen import SeenFile
from retrievers.errors import LexicalUnusable
from retrievers.lexical import catch_up
from tests.indexers.store.pieces import make_piece, put

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.torture.forks import Told

EMBEDDER = HashingEmbedder(dimension=16)
SETTINGS = StoreSettings(seal_rows=6, keep_versions=2)
MAX_TOKENS = 99


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done, and acknowledged when it is done.

    "put" and "remove" change the document ``uri``; "move" gives it the URI ``to``; "access" lets the group ``to`` see
    it; "root" remembers a root and "file" what was seen of a file; "lexical" brings the postings up to date; "close"
    ends the writer and its store, so that the log is folded into the catalogue; "hold" opens a reader that stays, so
    that it is not; "keep" takes a snapshot named ``uri``, and "restore" brings the index back to it.
    """

    kind: Literal[
        "put", "remove", "move", "access", "seal", "root", "file", "lexical", "close", "hold", "keep", "restore"
    ]
    uri: str = ""
    text: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A document as the index must hold it; ``name`` is the URI under which it was embedded."""

    text: str
    access: tuple[str, ...] | None
    name: str


def _lines(*words: str) -> str:
    return "\n".join(words)


def _moved(old: str, new: str, text: str) -> list[Step]:
    """As sync does it: the new place first, so that its vectors are found in the index."""
    return [Step("put", new, text), Step("remove", old)]


LONG = _lines(*(f"line {number} of a long report about item {number % 7}" for number in range(40)))

STEPS: tuple[Step, ...] = (
    Step("root", "root"),
    Step("put", "root/a", _lines("red apple", "green pear", "blue plum")),
    Step("put", "root/b", _lines("red apple", "yellow quince")),
    Step("put", "root/c", _lines("one secret", "two secrets", "three")),
    Step("seal"),
    Step("lexical"),
    Step("put", "root/d", _lines("green pear", "blue plum", "white peach", "black cherry")),
    Step("put", "root/a", _lines("red apple", "green pear", "blue plum and more")),
    Step("put", "root/empty", ""),
    Step("seal"),
    *_moved("root/b", "root/moved/b", _lines("red apple", "yellow quince")),
    Step("close"),
    Step("put", "root/long", LONG),
    Step("lexical"),
    Step("seal"),
    Step("remove", "root/c"),
    Step("put", "root/long", LONG.replace("item 3", "article 3")),
    Step("seal"),
    Step("put", "root/a", _lines("red apple")),
    Step("put", "root/a", _lines("red apple", "again")),
    Step("hold"),
    Step("close"),
    Step("root", "other"),
    Step("move", "root/d", to="other/d"),
    Step("access", "other/d", to="staff"),
    Step("file", "other/d"),
    Step("keep", "before"),
    Step("put", "other/e", _lines("yellow quince", "red apple", "a new line")),
    Step("remove", "root/long"),
    Step("seal"),
    Step("lexical"),
    Step("put", "other/f", _lines("f one", "f two", "f three", "f four", "f five", "f six")),
    Step("put", "root/c", _lines("one secret", "come back")),
    Step("seal"),
    Step("close"),
    Step("restore", "before"),
    Step("put", "other/e", _lines("yellow quince", "red apple", "a new line")),
    Step("put", "other/g", LONG[: len(LONG) // 2]),
    *_moved("other/e", "other/moved/e", _lines("yellow quince", "red apple", "a new line")),
    Step("seal"),
    Step("lexical"),
)


def states(steps: Sequence[Step] = STEPS) -> list[dict[str, Holding]]:
    """Every document by URI, before any step and after each."""
    held: dict[str, Holding] = {}
    named: dict[str, dict[str, Holding]] = {}
    found = [dict(held)]
    for step in steps:
        if step.kind == "put":
            held[step.uri] = Holding(step.text, make_piece(step.uri, step.text)[0].access, step.uri)
        elif step.kind == "remove":
            held.pop(step.uri, None)
        elif step.kind == "move":
            held[step.to] = held.pop(step.uri)
        elif step.kind == "access":
            held[step.uri] = replace(held[step.uri], access=(step.to,))
        elif step.kind == "keep":
            named[step.uri] = dict(held)
        elif step.kind == "restore":
            held = dict(named[step.uri])
        found.append(dict(held))
    return found


def kept(done: int, steps: Sequence[Step] = STEPS) -> set[str]:
    """The snapshots that must be there after that many steps."""
    return {step.uri for step in steps[:done] if step.kind == "keep"}


def run(index: Path, told: Told, *, first: int = 0, steps: Sequence[Step] = STEPS, tries: int = 1) -> list[str]:
    """Do the steps from ``first`` on, telling after each how many are done (and 0 once the index is there).

    Args:
        index: The index folder, made where it is missing.
        told: Called when that many steps are acknowledged.
        first: Where an earlier run was stopped: steps may be done twice.
        steps: All of them.
        tries: How often a step that is refused is tried, by the same writer.

    Returns:
        What was refused on the way, and done at a later try.
    """
    with ExitStack() as held:
        going = _Run(index, told, steps, tries, held)
        while True:
            restores = first < len(steps) and steps[first].kind == "restore"
            first = going.restored(first) if restores else going.session(first)
            if first >= len(steps):
                return going.refusals


@dataclass(frozen=True, slots=True)
class _Run:
    index: Path
    told: Told
    steps: Sequence[Step]
    tries: int
    held: ExitStack
    refusals: list[str] = field(default_factory=list)

    def session(self, first: int) -> int:
        """The steps that one writer does, up to a "close", a "restore" or the end; returns the number of the next."""
        with (
            Store.create(self.index, embedder=EMBEDDER.identity, max_tokens=MAX_TOKENS) as store,
            store.writer(EMBEDDER, settings=SETTINGS) as writer,
        ):
            self.told(first)
            for number in range(first, len(self.steps)):
                step = self.steps[number]
                if step.kind == "restore":
                    return number
                self._try(lambda step=step: do(step, store, writer, self.held))  # type: ignore[misc]
                self.told(number + 1)
                if step.kind == "close":
                    return number + 1
        return len(self.steps)

    def restored(self, number: int) -> int:
        """The "restore" of that number, which is a writer of its own; returns the number of the next step."""
        self._try(lambda: restore_snapshot(self.index, self.steps[number].uri, seal=_seal))
        self.told(number + 1)
        return number + 1

    def _try(self, act: Callable[[], object]) -> None:
        for again in range(self.tries):
            try:
                act()
            except (StoreError, LexicalUnusable) as error:
                if again + 1 == self.tries:
                    raise
                self.refusals.append(f"{type(error).__name__}: {error}")
            else:
                return


def _seal(index: Path) -> None:
    with Writer(index, EMBEDDER, SETTINGS) as writer:
        writer.seal()


def do(step: Step, store: Store, writer: Writer, held: ExitStack) -> None:
    """One step; doing it twice is doing it once."""
    name = document_id(step.uri)
    known = {entry.id: entry for entry in writer.entries()}
    if step.kind == "put":
        put(writer, step.uri, step.text)
    elif step.kind == "remove" and name in known:
        writer.remove(name)
    elif step.kind == "move" and name in known:
        one = known[name]
        writer.move([Relocation(name, step.to, step.to, one.root, one.content_hash, one.access or ())])
    elif step.kind == "access":
        writer.set_access({name: (step.to,)})
    elif step.kind == "seal":
        writer.seal()
    elif step.kind == "root":
        writer.add_root(Root(step.uri, Path("/nowhere") / step.uri))
    elif step.kind == "file":
        writer.note([SeenFile(step.uri, "root", "as it was", "hash")])
    elif step.kind == "lexical":
        catch_up(store)
    elif step.kind == "keep" and step.uri not in snapshots(store.path):
        create_snapshot(store.path, step.uri)
    elif step.kind == "hold":
        held.enter_context(Store.open(store.path)).snapshot()
