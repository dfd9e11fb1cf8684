from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from integration.sources_helpers import between, consistent, counts, numstat, only, states
from review_bot.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

LINES = "".join(f"line {number}\n" for number in range(1, 31))


@pytest.fixture
def forked(git: Git) -> Git:
    """Branches `main` and `topic`, a commit each behind the one that they share."""
    git.write("a.txt", LINES)
    git.write("b.txt", f"b\n{LINES}")
    git.commit()
    git("checkout", "-q", "-b", "topic")
    git("mv", "b.txt", "c.txt")
    git.write("a.txt", LINES.replace("line 3\n", "topic\n"))
    git.write("new.bin", b"\0")
    git.commit()
    git("checkout", "-q", "main")
    git.write("a.txt", LINES.replace("line 20\n", ""))
    git.commit()
    return git


@pytest.mark.parametrize(
    "revisions",
    ["main..topic", "main...topic", "topic..main", "topic...main", "main~1..main", "..topic", "topic..", "...topic"],
)
def test_counts_are_those_of_git(forked: Git, revisions: str) -> None:
    change = between(forked, revisions)
    assert counts(change) == numstat(forked, revisions)
    assert consistent(change)
    assert not change.writable


def test_ends_are_full_ids(forked: Git) -> None:
    two, three = between(forked, "main..topic").info, between(forked, "main...topic").info
    main, topic, base = (forked("rev-parse", name) for name in ("main", "topic", "main~1"))
    assert (two.base, two.head, three.base, three.head) == (main, topic, base, topic)


def test_work_tree_and_index_do_not_matter(forked: Git) -> None:
    expected = between(forked, "main..topic").files
    forked.write("a.txt", "something else\n")
    forked("add", "-A")
    assert between(forked, "main..topic").files == expected


def test_annotated_tags_and_searches(forked: Git) -> None:
    forked("tag", "-a", "-m", "x", "v1", "main~1")
    assert counts(between(forked, "v1..:/change")) == counts(between(forked, "main~1..main"))
    assert counts(between(forked, "v1..main^{/change}")) == counts(between(forked, "main~1..main"))


def test_trees_can_be_compared(forked: Git) -> None:
    empty = forked("hash-object", "-t", "tree", "--stdin")
    assert counts(between(forked, f"{empty}..main")) == {"a.txt": (29, 0), "b.txt": (31, 0)}


def test_sha256_repository(git: Git) -> None:
    git("init", "-q", "--object-format=sha256", "new")
    inside = type(git)(git.root / "new")
    inside.write("a.txt", "one\n")
    inside.commit()
    inside.write("a.txt", "two\n")
    head = inside.commit()
    change = between(inside, "HEAD~1...HEAD")
    assert (change.info.head, counts(change)) == (head, {"a.txt": (1, 1)})
    assert change.contents.old(only(change)) == b"one\n"


def test_bare_repository(forked: Git) -> None:
    forked("clone", "-q", "--bare", ".", "bare.git")
    change = between(forked, "main..topic", at="bare.git")
    assert (change.root, counts(change)) == (None, numstat(forked, "main..topic"))
    assert consistent(change)


def test_names_that_are_not_text(git: Git) -> None:
    git.commit()
    for name in ("a\nb", "caf\udce9", "-x"):
        git.write(name, "one\n")
    git.commit()
    change = between(git, "HEAD~1..HEAD")
    assert counts(change) == dict.fromkeys(("-x", "a\nb", "caf\udce9"), (1, 0))
    assert {change.contents.new(file) for file in change.files} == {b"one\n"}


def test_a_type_that_changed(git: Git) -> None:
    git.write("a", "one\n")
    git.commit()
    (git.root / "a").unlink()
    (git.root / "a").symlink_to("b")
    git.commit()
    change = between(git, "HEAD~1..HEAD")
    assert counts(change) == numstat(git, "HEAD~1..HEAD")
    assert (change.contents.old(only(change)), change.contents.new(only(change))) == (b"one\n", b"b")


def test_a_submodule_has_no_text(git: Git) -> None:
    head = git.commit()
    git("update-index", "--add", "--cacheinfo", f"160000,{head},library")
    git("commit", "-q", "-m", "x")
    change = between(git, "HEAD~1..HEAD")
    assert (states(change), change.contents.new(only(change))) == ({"library": "submodule"}, None)
    assert counts(change) == numstat(git, "HEAD~1..HEAD")


@pytest.mark.parametrize("revisions", ["HEAD", "", "..", "..."])
def test_a_range_has_two_sides(forked: Git, revisions: str) -> None:
    with pytest.raises(UsageError, match=r"A\.\.B"):
        between(forked, revisions)


@pytest.mark.parametrize(
    ("revisions", "named"),
    [
        ("nowhere..HEAD", "nowhere"),
        ("HEAD..nowhere", "nowhere"),
        ("HEAD...nowhere", "nowhere"),
        ("--output=x..HEAD", "--output=x"),
        ("HEAD..-x", "-x"),
        ("HEAD~99..HEAD", "HEAD~99"),
        ("HEAD...HEAD:a.txt", "HEAD:a.txt"),
        ("HEAD..HEAD:a.txt", "HEAD:a.txt"),
        (f"{'1' * 40}..HEAD", "1" * 40),
        ("a....b", ".b"),
        ("HEAD@{99}..HEAD", "HEAD"),
    ],
)
def test_an_unknown_revision_is_named(forked: Git, revisions: str, named: str) -> None:
    with pytest.raises(SourceError, match=named) as error:
        between(forked, revisions)
    assert "\n" not in str(error.value)
    assert not (forked.root / "x").exists()


def test_before_the_first_commit(git: Git) -> None:
    with pytest.raises(SourceError, match="no commit yet"):
        between(git, "HEAD..main")


def test_histories_without_a_common_commit(git: Git) -> None:
    git.commit()
    git("checkout", "-q", "--orphan", "other")
    git.commit("another beginning")
    with pytest.raises(SourceError, match="no common ancestor"):
        between(git, "main...other")
    assert between(git, "main..other").files == ()


def test_repository_of_somebody_else(forked: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(SourceError, match=r"git config --global --add safe\.directory"):
        between(forked, "main..topic")


def _shallow(git: Git, tmp_path: Path, *options: str) -> Git:
    git("config", "uploadpack.allowReachableSHA1InWant", "true")
    git("clone", "-q", "--depth=1", *options, f"file://{git.root}", str(tmp_path / "clone"))
    return type(git)(tmp_path / "clone")


@pytest.mark.parametrize("dots", ["..", "..."])
@pytest.mark.parametrize("base", ["HEAD~1", "ID", "topic", "origin/topic", "v1"])
def test_the_command_that_a_shallow_clone_is_told_helps(forked: Git, tmp_path: Path, base: str, dots: str) -> None:
    forked("tag", "-a", "-m", "x", "v1", "topic")
    clone = _shallow(forked, tmp_path)
    revisions = f"{forked('rev-parse', 'main~1') if base == 'ID' else base}{dots}HEAD"
    with pytest.raises(SourceError, match="shallow clone") as error:
        between(clone, revisions)
    command = shlex.split(error.value.remedy)
    assert command[:2] == ["git", "fetch"]
    clone(*command[1:])
    there = revisions.replace("origin/", "").replace("HEAD", "main")
    assert counts(between(clone, revisions)) == numstat(forked, there)


def test_a_shallow_clone_without_the_merge_base(forked: Git, tmp_path: Path) -> None:
    clone = _shallow(forked, tmp_path, "--no-single-branch")
    assert counts(between(clone, "origin/topic..HEAD")) == numstat(forked, "topic..main")
    with pytest.raises(SourceError, match="git fetch --unshallow") as error:
        between(clone, "origin/topic...HEAD")
    clone(*shlex.split(error.value.remedy)[1:])
    assert counts(between(clone, "origin/topic...HEAD")) == numstat(forked, "topic...main")


def test_a_remote_of_another_name(forked: Git, tmp_path: Path) -> None:
    clone = _shallow(forked, tmp_path, "--origin=upstream")
    with pytest.raises(SourceError, match="git fetch --unshallow upstream"):
        between(clone, "HEAD~1..HEAD")
