"""`review-bot memory promote|rollback`: rules from what was accepted again and again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, form, opened
from review_bot.cli.streams import say
from review_bot.errors import printable

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from review_bot.bootstrap.recall import Standing


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = action(actions, "promote", "write a rule for what was accepted again and again, to be reviewed")
    parser.add_argument("--out", metavar="DIR", help="write into this folder (default: the first of rule-paths)")
    form(parser)
    parser.set_defaults(run=_promote)
    parser = action(actions, "rollback", "take a promoted rule back")
    parser.add_argument("rule", nargs="?", metavar="ID", help="the rule (default: the one promoted last)")
    parser.set_defaults(run=_rollback)


def _promote(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.promote import promote
    from review_bot.bootstrap.recall import on_probation

    written, named = promote(opened(arguments), arguments.out)
    unwanted = on_probation(arguments.config)
    if arguments.format == "json":
        rows = [
            {"id": one.proposal.id, "file": one.file, "accepted": one.proposal.accepted, "people": one.proposal.people}
            for one in written
        ]
        print(json.dumps({"proposals": rows, "removals": [_removal(one) for one in unwanted]}))
    else:
        for one in written:
            file = os.path.relpath(one.file)
            said = f"{file}: accepted {one.proposal.accepted} times by {one.proposal.people} people"
            print(printable(f"{said}; `review-bot rules test {file}` tries it"))
        if not written:
            print("nothing is accepted often enough, or it is proposed already")
        for rule in unwanted:
            judged = f"{rule.rejected} rejected, {rule.accepted} accepted by {rule.people} people"
            print(printable(f'{rule.rule} is on probation: {judged}; take it out with ignore = ["{rule.rule}"]'))
    if written and not named:
        folder = os.path.relpath(os.path.dirname(written[0].file))
        say(printable(f"review-bot: name {folder} in rule-paths of .review-bot.toml, or the rules do nothing"))
    return 0


def _removal(one: Standing) -> dict[str, Any]:
    """A rule that nearly everybody rejects nearly always."""
    fields = one._asdict()
    return {name: fields[name] for name in ("rule", "accepted", "rejected", "people", "changes")}


def _rollback(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.promote import rollback

    print(printable(f"took back {rollback(opened(arguments), arguments.rule)}"))
    return 0
