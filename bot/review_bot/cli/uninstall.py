"""`review-bot uninstall`: take the git hooks out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser(
        "uninstall",
        help="take the git hooks out again",
        description="Remove the hooks that `review-bot install` wrote, and put back what was there before, byte for"
        " byte and with its mode.",
    )
    parser.add_argument("--force", action="store_true", help="remove hooks of ours that were edited, too")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Uninstall and say what was done; raises StoreError, SourceError."""
    from review_bot.sources.hooks_folder import locate
    from review_bot.stores import githooks

    folder = locate(shared=True)
    said = githooks.uninstall(folder.path, force=arguments.force)
    print("\n".join(said or ["no hooks of review-bot here"]))
    return 0
