"""The rules over both versions on real changes of real repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.sources_helpers import between, staged, worktree
from review_bot import resources
from review_bot.rules.engine import Engine
from review_bot.rules.loader import parse_rule_file

if TYPE_CHECKING:
    from conftest import Git
    from review_bot.domain.finding import Finding
    from review_bot.ports import Change
    from review_bot.rules.model import Rule

_GUARDED = "def remove(user, item):\n    if not user.admin:\n        raise Forbidden\n    item.remove()\n"
_OPEN = "def remove(user, item):\n    item.remove()\n"


def _findings(change: Change) -> list[Finding]:
    rules: list[Rule] = []
    for path in resources.rule_files():
        if "/diff/" in path.replace("\\", "/"):
            with open(path, "rb") as stream:
                rules += parse_rule_file(path, stream.read(), shipped=True).rules
    return [finding for outcome in Engine(rules).run(change) for finding in outcome.findings]


def _places(change: Change) -> list[tuple[str, str, str, int]]:
    return [(one.rule, one.path, one.side, one.start_line) for one in _findings(change)]


def test_a_staged_change(git: Git) -> None:
    git.write("shop.py", _GUARDED)
    git("add", ".")
    git("commit", "-qm", "one")
    git.write("shop.py", _OPEN)
    git("add", ".")
    assert _places(staged(git)) == [("diff.guard-removed", "shop.py", "old", 2)]


def test_the_path_of_a_renamed_file_is_the_old_one(git: Git) -> None:
    tail = "".join(f"\n\ndef other_{n}():\n    return {n}\n" for n in range(9))
    git.write("shop.py", _GUARDED + tail)
    git("add", ".")
    git("commit", "-qm", "one")
    git("mv", "shop.py", "store.py")
    git.write("store.py", _OPEN + tail)
    git("add", ".")
    assert _places(staged(git)) == [("diff.guard-removed", "shop.py", "old", 2)]


def test_a_caller_in_a_file_that_nobody_touched(git: Git) -> None:
    git.write("shop/price.py", "def price(item):\n    return item.cost\n")
    git.write("shop/bill.py", "from shop.price import price\n\nprint(price(3))\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git.write("shop/price.py", "def price(item, customer):\n    return item.cost\n")
    git("commit", "-qam", "two")
    (finding,) = _findings(between(git, "HEAD~1..HEAD"))
    assert (finding.rule, finding.start_line) == ("diff.stale-callers", 1)
    assert "shop/bill.py:3" in finding.message


def test_a_removed_name_that_an_untracked_file_uses(git: Git) -> None:
    git.write("price.py", "def price(item):\n    return item.cost\n\n\ndef total(items):\n    return len(items)\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git.write("price.py", "def total(items):\n    return len(items)\n")
    git.write("bill.py", "from price import price\n")
    assert ("diff.symbol-removed", "price.py", "old", 1) in _places(worktree(git))


def test_a_deleted_file_alone_is_fine(git: Git) -> None:
    git.write("shop.py", _GUARDED)
    git("add", ".")
    git("commit", "-qm", "one")
    git("rm", "-q", "shop.py")
    assert _places(staged(git)) == []
