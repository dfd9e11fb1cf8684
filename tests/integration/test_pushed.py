from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from review_bot.errors import SourceError
from review_bot.sources.pushed import Pushed, changes, first_push, updates

if TYPE_CHECKING:
    from conftest import Git

ZERO = "0" * 40


@pytest.fixture
def clone(git: Git, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository with one commit, pushed to the remote `origin`."""
    remote = git.root.parent / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    git.write("a.txt", "one\n")
    git.commit("first")
    git("remote", "add", "origin", str(remote))
    git("push", "-q", "origin", "main")
    monkeypatch.chdir(git.root)
    return git


def grow(git: Git, name: str) -> str:
    git.write(f"{name}.txt", f"{name}\n")
    return git.commit(name)


def found(*lines: tuple[str, str], remote: str = "origin") -> list[Pushed]:
    text = "".join(f"refs/heads/x {local} refs/heads/x {before}\n" for local, before in lines)
    return changes(updates(text), remote)


def test_an_ordinary_push(clone: Git) -> None:
    before = clone("rev-parse", "HEAD")
    grow(clone, "b")
    head = grow(clone, "c")
    assert found((head, before)) == [Pushed(before, head)]


def test_nothing_new(clone: Git) -> None:
    head = clone("rev-parse", "HEAD")
    assert found((head, head)) == []
    assert found((head, ZERO)) == []
    assert found() == []


def test_a_deletion(clone: Git) -> None:
    assert found((ZERO, clone("rev-parse", "HEAD"))) == []


def test_the_first_push_of_a_branch(clone: Git) -> None:
    base = clone("rev-parse", "HEAD")
    clone("switch", "-q", "-c", "topic")
    grow(clone, "b")
    head = grow(clone, "c")
    assert found((head, ZERO)) == [Pushed(base, head)]


def test_the_first_push_of_everything(clone: Git) -> None:
    head = clone("rev-parse", "HEAD")
    assert found((head, ZERO), remote="elsewhere") == [Pushed(None, head)]
    assert first_push("main", "elsewhere") == Pushed(None, head)


def test_a_remote_given_by_its_address(clone: Git) -> None:
    head = clone("rev-parse", "HEAD")
    assert found((head, ZERO), remote="git@example.com:a/b*.git") == [Pushed(None, head)]


def test_a_remote_whose_name_begins_another_one(clone: Git) -> None:
    head = clone("rev-parse", "HEAD")
    assert found((head, ZERO), remote="orig") == [Pushed(None, head)]
    assert found((head, ZERO), remote="orig*") == [Pushed(None, head)]


def test_a_branch_that_took_in_its_upstream(clone: Git) -> None:
    clone("switch", "-q", "-c", "topic")
    grow(clone, "b")
    clone("switch", "-q", "main")
    upstream = grow(clone, "upstream")
    clone("push", "-q", "origin", "main")
    clone("switch", "-q", "topic")
    clone("merge", "-q", "--no-edit", "main")
    head = clone("rev-parse", "HEAD")
    assert found((head, ZERO)) == [Pushed(upstream, head)]


def test_an_amended_commit(clone: Git) -> None:
    base = clone("rev-parse", "HEAD")
    old = grow(clone, "b")
    clone("push", "-q", "origin", "main")
    clone("commit", "-q", "--amend", "-m", "other")
    head = clone("rev-parse", "HEAD")
    assert found((head, old)) == [Pushed(base, head)]


def test_a_rebased_branch_is_not_charged_with_its_upstream(clone: Git) -> None:
    clone("switch", "-q", "-c", "topic")
    old = grow(clone, "b")
    clone("push", "-q", "origin", "topic")
    clone("switch", "-q", "main")
    upstream = grow(clone, "upstream")
    clone("push", "-q", "origin", "main")
    clone("switch", "-q", "topic")
    clone("rebase", "-q", "main")
    head = clone("rev-parse", "HEAD")
    assert found((head, old)) == [Pushed(upstream, head)]


def test_a_remote_commit_that_is_not_known_here(clone: Git) -> None:
    base = clone("rev-parse", "HEAD")
    head = grow(clone, "b")
    assert found((head, "1" * 40)) == [Pushed(base, head)]


def test_unrelated_histories(clone: Git) -> None:
    old = clone("rev-parse", "HEAD")
    clone("switch", "-q", "--orphan", "fresh")
    head = grow(clone, "b")
    assert found((head, old)) == [Pushed(None, head)]


def test_several_refs_are_each_looked_at_once(clone: Git) -> None:
    base = clone("rev-parse", "HEAD")
    main = grow(clone, "b")
    clone("switch", "-q", "-c", "topic")
    topic = grow(clone, "c")
    assert found((main, base), (topic, ZERO), (main, ZERO)) == [Pushed(base, main), Pushed(main, topic)]


def test_tags(clone: Git) -> None:
    base = clone("rev-parse", "HEAD")
    clone("tag", "-a", "-m", "old", "v1")
    head = grow(clone, "b")
    clone("tag", "-a", "-m", "new", "v2")
    clone("tag", "file", "HEAD:a.txt")
    lines = [(clone("rev-parse", name), ZERO) for name in ("v1", "v2", "file")]
    assert found(*lines) == [Pushed(base, head)]


def test_a_repository_with_sha256(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(git.root / "x")], check=True)
    git.root = git.root / "x"
    monkeypatch.chdir(git.root)
    head = grow(git, "b")
    assert found((head, "0" * 64)) == [Pushed(None, head)]
    assert found(("0" * 64, head)) == []


def test_a_local_ref_with_blanks() -> None:
    line = f"main@{{1 day ago}} {'1' * 40} refs/heads/main {ZERO}\n"
    assert updates(line)[0].local_ref == "main@{1 day ago}"


@pytest.mark.parametrize("text", ["hello\n", "a b c d\n", f"a {ZERO} b\n", f"a {ZERO} b {ZERO[1:]}\n", "\n"])
def test_other_input_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="not what git gives a pre-push hook"):
        updates(text)
