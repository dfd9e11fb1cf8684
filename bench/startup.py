"""What `--help` costs, and what a user's 1,000 further textual rules add to a commit."""

from __future__ import annotations

import os
import sys
import tempfile

from _measure import bot, ratio, row
from hook import BARE, staged, write

RULE = """[[rule]]
id = "team.rule-{number}"
category = "conventions"
severity = "warning"
confidence = "high"
languages = ["*"]
message = "word {number}"
why = "The team has agreed on another word."
keywords = ["word_{number}_"]
regex = '''\\bword_{number}_[a-z]+'''
[[rule.test]]
bad = "word_{number}_x"
[[rule.test]]
ok = "word"
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as plain:
        row("`--help` against a bare interpreter", "<= 4", ratio([*bot(), "--help"], BARE, folder))
        staged(plain)
        staged(folder)
        rules = "schema = 1\n" + "".join(RULE.format(number=number) for number in range(1000))
        write(folder, "team.toml", rules)
        write(folder, ".review-bot.toml", 'rule-paths = ["team.toml"]\n')
        hook = [*bot(), "hook", "pre-commit"]
        row(
            "commit hook with 1,000 further textual rules against without",
            "< 1.33",
            ratio(hook, hook, folder, other=plain),
        )


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(sys.argv[0])))
    main()
