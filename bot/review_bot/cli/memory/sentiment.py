"""`review-bot memory sentiment train|show`: the classifier of replies that state no stance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.cli.memory import action, opened
from review_bot.errors import printable

if TYPE_CHECKING:
    import argparse

    from review_bot.memory.sentiment import Sentiment

_TELLING = 8


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = actions.add_parser("sentiment", help="learn the tone of replies from one's own log")
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    action(steps, "train", "learn from the replies in the log").set_defaults(run=_train)
    action(steps, "show", "say what was learned, and how well").set_defaults(run=_show)


def _train(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.sentiment import train

    print(_said(train(opened(arguments))))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.sentiment import kept

    known = kept(opened(arguments))
    words = sorted((one for one in known.weights.items() if one[0].startswith("w:")), key=lambda one: (-one[1], one[0]))
    print(_said(known))
    print(printable(f"satisfied: {', '.join(name[2:] for name, value in words[:_TELLING] if value > 0)}"))
    print(printable(f"frustrated: {', '.join(name[2:] for name, value in words[: -_TELLING - 1 : -1] if value < 0)}"))
    return 0


def _said(known: Sentiment) -> str:
    return (
        f"learned from {known.accepted} satisfied and {known.rejected} frustrated replies; "
        f"on unseen ones AUC {known.auc:.2f}, F1 {known.f1:.2f}"
    )
