"""Who may see a document: rules, lists beside files and in folders, and what happens when they are malformed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indexers.access import AccessMalformed, AccessRule, AccessRules, checked_groups, read_list
from indexers.errors import SettingsError
from indexers.report import Change
from indexers.store import Store
from tests.indexers.folders import EMBEDDER, counts, sync, write
from tests.indexers.store.pieces import visible
from tests.indexers.test_sync_changes import MAIL

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=EMBEDDER.identity, max_tokens=64) as store:
        yield store


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for name in ("a.md", "hr/pay.txt", "hr/open/jobs.txt", "legal/case.txt"):
        write(folder / name, f"The text of {name}.")
    return folder


def rules(*pairs: tuple[str, tuple[str, ...]]) -> tuple[AccessRule, ...]:
    return tuple(AccessRule(path, groups, origin="rag.toml line 3") for path, groups in pairs)


def lists(store: Store) -> dict[str, tuple[str, ...] | None]:
    return {entry.uri.removeprefix("docs/"): entry.access for entry in store.snapshot().documents()}


def test_without_rules_a_document_is_nobodys_but_the_owners(store: Store, docs: Path) -> None:
    sync(store, docs)
    assert set(lists(store).values()) == {()}
    assert visible(store.snapshot(), ["hr", "staff"]) == frozenset()


@pytest.mark.parametrize(
    ("path", "matched"),
    [
        pytest.param("**", {"a.md", "hr/pay.txt", "hr/open/jobs.txt", "legal/case.txt"}, id="all"),
        pytest.param("hr/**", {"hr/pay.txt", "hr/open/jobs.txt"}, id="below-the-root"),
        pytest.param("docs/hr/**", {"hr/pay.txt", "hr/open/jobs.txt"}, id="with-the-root"),
        pytest.param("/hr/", {"hr/pay.txt", "hr/open/jobs.txt"}, id="a-folder"),
        pytest.param("open", {"hr/open/jobs.txt"}, id="a-folder-anywhere"),
        pytest.param("*.txt", {"hr/pay.txt", "hr/open/jobs.txt", "legal/case.txt"}, id="an-ending"),
        pytest.param("HR/**", set(), id="case-counts"),
        pytest.param("other/hr/**", set(), id="another-root"),
        pytest.param("pay*", {"hr/pay.txt"}, id="a-name"),
    ],
)
def test_what_a_rule_matches(path: str, matched: set[str]) -> None:
    compiled = AccessRules(rules((path, ("x",))))
    names = ("a.md", "hr/pay.txt", "hr/open/jobs.txt", "legal/case.txt")
    assert {name for name in names if compiled.groups_for(f"docs/{name}", relative=name)} == matched


def test_the_last_rule_that_matches_decides(store: Store, docs: Path) -> None:
    sync(store, docs, access=rules(("**", ("public",)), ("hr/**", ("hr", "boss", "hr")), ("hr/open/", ("*", "hr"))))
    assert lists(store) == {
        "a.md": ("*",),
        "hr/open/jobs.txt": ("*",),
        "hr/pay.txt": ("boss", "hr"),
        "legal/case.txt": ("*",),
    }


def test_other_rules_replace_lists_without_reading_or_embedding(store: Store, docs: Path) -> None:
    write(docs / "hr" / "mail.eml", MAIL)
    sync(store, docs, access=rules(("**", ("*",))))
    before = {entry.uri: (entry.version, entry.generation) for entry in store.snapshot().documents()}
    generation = store.snapshot().generation
    report = sync(store, docs, access=rules(("**", ("*",)), ("hr/**", ("hr",))))
    assert (counts(report), report.embedded) == ({"unchanged": 2, "access": 4}, 0)
    assert report.changes[0] == Change("access", "docs/hr/mail.eml", "hr")
    assert lists(store)["hr/mail.eml!prices.txt"] == ("hr",), "what is inside a file is seen by whom the file is"
    assert {entry.uri: (entry.version, entry.generation) for entry in store.snapshot().documents()} == before
    assert store.snapshot().generation == generation + 1, "all lists in one step"
    assert counts(sync(store, docs, access=rules(("**", ("*",)), ("hr/**", ("hr",))))) == {"unchanged": 6}


def test_the_nearest_list_decides(store: Store, docs: Path) -> None:
    write(docs / ".ragaccess", '["staff"]')
    write(docs / "hr" / ".ragaccess", 'groups = ["hr"]\n')
    write(docs / "hr" / "open" / "jobs.txt.access", '{"groups": ["*"]}')
    write(docs / "legal" / "case.txt.access", "groups = []\n")
    report = sync(store, docs, access=rules(("**", ("everyone",))))
    assert counts(report) == {"added": 4}, "a list is no document, and no failure"
    assert lists(store) == {
        "a.md": ("staff",),
        "hr/open/jobs.txt": ("*",),
        "hr/pay.txt": ("hr",),
        "legal/case.txt": (),
    }
    (docs / "hr" / ".ragaccess").unlink()
    assert counts(sync(store, docs / "hr")) == {"unchanged": 1, "access": 1}
    assert lists(store)["hr/pay.txt"] == ("staff",), "a part of a root hears the lists above it"


def test_a_root_that_is_a_file_hears_its_own_list_and_its_folders(store: Store, docs: Path) -> None:
    write(docs / "hr" / ".ragaccess", '["hr"]')
    sync(store, docs / "hr" / "pay.txt", access=rules(("**", ("*",))))
    assert lists(store) == {"pay.txt": ("hr",)}
    write(docs / "hr" / "pay.txt.access", '["boss"]')
    sync(store, docs / "hr" / "pay.txt")
    assert lists(store) == {"pay.txt": ("boss",)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param('["hr",\n "legal"', "line 2: ", id="json-cut"),
        pytest.param('groups = ["hr"]\ngroups = 1\n', "line 2", id="toml-twice"),
        pytest.param("\n\nhr, legal\n", "line 3", id="no-toml"),
        pytest.param('group = ["hr"]', "there is one key, groups; found 'group'", id="another-key"),
        pytest.param('groups = ["hr"]\nowner = "ann"', "found 'groups', 'owner'", id="more-keys"),
        pytest.param('groups = "hr"', "groups is not a list", id="no-list"),
        pytest.param('{"groups": {"hr": 1}}', "groups is not a list", id="an-object"),
        pytest.param("[1]", "'1' is not a group's name", id="number"),
        pytest.param('[""]', "'' is not a group's name", id="blank"),
        pytest.param('["hr "]', "'hr ' is not a group's name", id="a-blank-behind"),
        pytest.param('["h\\u202er"]', "is not a group's name", id="a-name-that-turns"),
        pytest.param("", "there is one key, groups; found none", id="empty"),
        pytest.param("[" * 20_000, "", id="deep"),
        pytest.param('["' + "x" * 70_000 + '"]', "has more than 65,536 bytes", id="long"),
        pytest.param('["' + "x" * 300 + '"]', "is longer than 200 characters", id="long-name"),
    ],
)
def test_a_malformed_list_shows_the_document_to_nobody_else_and_is_named(
    store: Store, docs: Path, content: str, message: str
) -> None:
    write(docs / "hr" / ".ragaccess", content)
    report = sync(store, docs, access=rules(("**", ("*",))))
    assert counts(report) == {"added": 4, "failed": 1}
    assert report.failures[0].uri == "docs/hr/.ragaccess"
    assert message in report.failures[0].error
    assert lists(store) == {"a.md": ("*",), "hr/open/jobs.txt": (), "hr/pay.txt": (), "legal/case.txt": ("*",)}


def test_a_list_beside_a_folder_is_named_since_it_would_protect_nothing(store: Store, docs: Path) -> None:
    write(docs / "hr.access", '["hr"]')
    report = sync(store, docs)
    assert [(failure.uri, failure.error) for failure in report.failures] == [
        ("docs/hr.access", "is a list for a folder: move it into hr as .ragaccess")
    ]


def test_a_list_that_is_no_ordinary_file_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "other", '["hr"]')
    (tmp_path / "link.access").symlink_to("other")
    (tmp_path / "folder.access").mkdir()
    os.mkfifo(tmp_path / "pipe.access")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(AccessMalformed):
            read_list(tmp_path / f"{name}.access")
    with pytest.raises(FileNotFoundError):
        read_list(tmp_path / "none.access")


def test_a_link_is_seen_by_whom_its_file_is(store: Store, docs: Path) -> None:
    write(docs / "legal" / ".ragaccess", '["legal"]')
    (docs / "open").mkdir()
    (docs / "open" / "pay.txt").symlink_to(docs / "hr" / "pay.txt")
    (docs / "open" / "case.txt").symlink_to("../legal/case.txt")
    (docs / "open" / "plain.txt").symlink_to("../a.md")
    sync(store, docs, access=rules(("**", ("staff",)), ("open/**", ("*",)), ("hr/**", ("hr",))))
    found = lists(store)
    assert found["open/pay.txt"] == ("hr",)
    assert found["open/case.txt"] == ("legal",)
    assert found["open/plain.txt"] == ("staff",)


def test_a_file_that_can_no_longer_be_read_is_still_hidden_by_a_new_rule(store: Store, docs: Path) -> None:
    sync(store, docs, access=rules(("**", ("*",))))
    (docs / "hr" / "pay.txt").write_bytes(b"")
    report = sync(store, docs, access=rules(("**", ("*",)), ("hr/**", ("hr",))))
    assert counts(report) == {"unchanged": 2, "access": 1, "failed": 1}
    assert lists(store)["hr/pay.txt"] == ("hr",)


def test_a_moved_document_is_seen_by_whom_its_new_place_says(store: Store, docs: Path) -> None:
    said = rules(("**", ("*",)), ("hr/**", ("hr",)))
    sync(store, docs, access=said)
    (docs / "a.md").rename(docs / "hr" / "a.md")
    (docs / "hr" / "pay.txt").rename(docs / "renamed.txt")
    assert counts(sync(store, docs, access=said)) == {"moved": 2, "unchanged": 2}
    assert (lists(store)["hr/a.md"], lists(store)["renamed.txt"]) == (("hr",), ("*",))


@pytest.mark.parametrize(
    ("path", "groups", "message"),
    [
        pytest.param("[z-a]", ("hr",), r"rag.toml line 3: the path '\[z-a\]' is not a pattern", id="pattern"),
        pytest.param("!hr/**", ("hr",), "rag.toml line 3: the path '!hr/\\*\\*' begins with !", id="negated"),
        pytest.param("# hr", ("hr",), "rag.toml line 3: the path '# hr' matches nothing", id="comment"),
        pytest.param("hr", ("",), "rag.toml line 3: '' is not a group's name", id="group"),
    ],
)
def test_a_malformed_rule_is_refused_with_its_place(
    store: Store, docs: Path, path: str, groups: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        sync(store, docs, access=rules((path, groups)))
    assert store.roots() == []


def test_groups_as_they_are_stored() -> None:
    assert checked_groups([]) == ()
    assert checked_groups(["b", "a", "b"]) == ("a", "b")
    assert checked_groups(["b", "public"]) == checked_groups(["*"]) == ("*",)
