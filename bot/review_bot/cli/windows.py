"""`review-bot windows`: show what a model would be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from review_bot.bootstrap.windows import Planned
    from review_bot.formats.windows import Page


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the sub-command."""
    from review_bot.cli.scan import add_source_options

    parser = subparsers.add_parser("windows")
    add_source_options(parser)
    parser.add_argument("--window", type=int, metavar="TOKENS", help="size of the context window (default: 4096)")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )
    parser.add_argument("--show-prompt", action="store_true", help="also show the whole text of each prompt")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the windows; nothing is sent to any model."""
    from review_bot.bootstrap.windows import windows
    from review_bot.cli.scan import print_out, request_of
    from review_bot.formats.windows import to_json, to_text

    page = _page(windows(request_of(arguments)), show_prompt=arguments.show_prompt)
    machine = arguments.format == "json"
    print_out(to_json(page) if machine else to_text(page), machine=machine)
    return 0


def _page(done: Planned, *, show_prompt: bool) -> Page:
    from review_bot.bootstrap.windows import saved_by_cache
    from review_bot.formats.windows import Page

    frame = done.builder.frame
    prompt = (lambda one: "".join(done.builder.prompt(one))) if show_prompt else None
    saved = saved_by_cache(done)
    return Page(frame.window, frame.answer_tokens, done.windows, done.uncovered, prompt, saved)
