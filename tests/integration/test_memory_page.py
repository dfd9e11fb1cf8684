"""The worked example of docs/memory.md is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from integration.test_import_history import recalled
from integration.test_stored_text import BODY, CALLS
from memory_helpers import bot

if TYPE_CHECKING:
    from conftest import Git

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "memory.md").read_text("utf-8")
EXAMPLE = PAGE[PAGE.index("A team finds one kind of remark useless") : PAGE.index("### How the score works")]
BLOCKS = re.findall(r"```\n(.*?)```", EXAMPLE, re.DOTALL)
CODE = "def total(xs):\n    return sum(xs)\n"
ADDED = '\n\ndef receipt(order):\n    if not order:\n        return ""\n    return order.name\n'
CHANGES = (("eve", "43"), ("ada", "44"), ("bob", "45"))


def plain(text: str) -> str:
    """The text without what differs from run to run and from version to version.

    Signals of one second come in the order of their ids.
    """
    text = re.sub(r"\b[0-9a-f]{16}\b", "HASH", text)
    text = re.sub(r"\d{4}-\d\d-\d\d", "DATE", text)
    text = re.sub(r"\d+ rules\)", "N rules)", text)
    return re.sub(r"(?:^ {6}.*\n)+", _sorted, text, flags=re.MULTILINE)


def _sorted(found: re.Match[str]) -> str:
    return "".join(sorted(found[0].splitlines(keepends=True)))


def printed(git: Git, command: str) -> str:
    done = bot(git.root, *command.split()[1:])
    return done.out + done.err


def follow(git: Git, block: str) -> None:
    """Run every command of a block, and compare what it prints."""
    for part in block.split("$ ")[1:]:
        command, _, wanted = part.partition("\n")
        assert plain(printed(git, command)) == plain(wanted), command


def test_a_rule_that_a_team_rejects(git: Git) -> None:
    git.write("shop.py", CODE)
    git.write("tests/test_shop.py", "from shop import total\n\n\ndef test_total():\n    assert total([1]) == 1\n")
    git.commit()
    git.write("shop.py", CODE + ADDED)
    bot(git.root, "scan")
    (finding,) = set(re.findall(r"reject ([0-9a-f]{16})", BLOCKS[0]))
    follow(git, BLOCKS[0])
    for person, change in CHANGES:
        assert bot(git.root, "memory", "reject", finding, "--actor", person, "--change", change).code == 0
    follow(git, BLOCKS[1])
    assert "diff.code-without-test" in bot(git.root, "scan").out


def test_what_a_team_accepts(git: Git) -> None:
    git.write(".review-bot.toml", "[memory]\nstore-text = true\n[hook]\ndeadline = 600\n")
    git.commit()
    for number, call in enumerate(CALLS):
        git("config", "user.email", f"person{number % 2}@example.com")
        git.write(f"m{number}.py", BODY.format(call))
        git("add", "-A")
        bot(git.root, "scan", "--staged")
        git.write(f"m{number}.py", BODY.format(call).replace(f"{call}, shell=True", f"split({call})"))
        git.commit()
        assert bot(git.root, "hook", "post-commit").code == 0
    follow(git, BLOCKS[2])
    # The latest of a shape is shown; of two in the same second it may be either.
    either = {BLOCKS[3].strip().replace("build(x)", call) for call in CALLS[-2:]}
    assert either & set(recalled(git, BODY.format("build(x)")))
