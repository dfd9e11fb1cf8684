"""`review-bot install`: put the native git hooks in place, leaving existing ones chained."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from review_bot.stores.githooks import Launch


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser(
        "install",
        help="put the native git hooks in place, leaving existing ones chained",
        description="Put the hooks pre-commit, pre-push, commit-msg and post-commit in place. A hook that is there"
        " already is kept and runs first; running this twice is the same as once.",
    )
    parser.add_argument("--strict", action="store_true", help="let a failure of review-bot itself block git, too")
    parser.add_argument("--force", action="store_true", help="overwrite edited hooks of ours, accept a shared folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Install and say what was done; raises StoreError, SourceError."""
    from review_bot.sources.hooks_folder import locate
    from review_bot.stores import githooks

    folder = locate(shared=arguments.force)
    said = githooks.install(folder.path, launch(strict=arguments.strict), force=arguments.force)
    print("\n".join([*said, *filter(None, [folder.note])]))
    return 0


def launch(*, strict: bool) -> Launch:
    """How the shims find this very installation."""
    import os
    import sys

    from review_bot.cli import shim
    from review_bot.stores.githooks import Launch

    entry = os.path.abspath(shim.__file__)
    usable = sys.executable and os.path.isfile(entry)
    return Launch(sys.executable, entry, strict=strict) if usable else Launch("", "", strict=strict)
