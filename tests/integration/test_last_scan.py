from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.rule_files import rule
from integration.cli_helpers import bot, use
from review_bot.bootstrap.last_scan import recall

if TYPE_CHECKING:
    from conftest import Git


def test_scan_leaves_its_findings_and_their_text(git: Git) -> None:
    use(git, rule())
    text = "one\ntwo = oops\nthree\n"
    git.write("a.py", text)
    assert bot(git.root, "scan").code == 1
    found = recall(str(git.root))
    assert found is not None
    (one,) = found.seen
    assert (one.finding.rule, one.language, one.first, one.text) == (
        "own.oops",
        "python",
        1,
        "one\ntwo = oops\nthree",
    )
    assert (found.kind, found.head) == ("worktree", git("rev-parse", "HEAD"))


def test_hook_leaves_them_in_a_linked_work_tree_of_its_own(git: Git) -> None:
    use(git, rule())
    git("worktree", "add", "-q", "../other")
    other = git.root.parent / "other"
    (other / "a.py").write_text("oops\n")
    git("-C", str(other), "add", "-A")
    assert bot(other, "hook", "pre-commit").code == 1
    found = recall(str(other))
    assert found is not None
    assert found.kind == "staged"
    assert recall(str(git.root)) is None


def test_secret_leaves_no_text(git: Git) -> None:
    git.commit()
    git.write("a.py", 'key = "' + "AKIA" + 'QWERTYUIOPASDFGH"\n')
    bot(git.root, "scan")
    found = recall(str(git.root))
    assert found is not None
    assert found.seen
    assert all("QWERTY" not in one.text for one in found.seen)


def test_without_memory_nothing_is_kept(git: Git) -> None:
    use(git, rule())
    git.write("a.py", "oops\n")
    assert bot(git.root, "scan", "--no-memory").code == 1
    assert recall(str(git.root)) is None


def test_read_only_repository_scans_all_the_same(git: Git) -> None:
    use(git, rule())
    git.write("a.py", "oops\n")
    git.write(".git/review-bot", "in the way")
    assert bot(git.root, "scan").code == 1
