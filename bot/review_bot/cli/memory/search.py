"""`review-bot memory search|explain|learn|replay`: what the memory knows, and what it would have done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from review_bot.cli.explain import declare
from review_bot.cli.memory import action, form, plural
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from review_bot.memory.recall import Hit, Piece


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = action(actions, "search", "find known code that is like the given one")
    parser.add_argument("--queries", metavar="FILE", required=True, help='JSON lines {"text","lang"}; - for stdin')
    parser.add_argument("--limit", metavar="N", type=int, default=5, help="answers a query (default: %(default)s)")
    form(parser)
    parser.set_defaults(run=_search)
    declare(
        action(actions, "explain", "say why a finding is shown, folded or hidden; the same as `review-bot explain`")
    )
    parser = action(actions, "learn", "fold the log, and show what it says of each rule")
    form(parser)
    parser.set_defaults(run=_learn)
    parser = action(
        actions, "replay", "play the log again with other thresholds, and count what each would have hidden"
    )
    parser.add_argument(
        "--split", metavar="SHARE", type=float, default=0.5, help="part that chooses; the rest judges (default: 0.5)"
    )
    form(parser)
    parser.set_defaults(run=_replay)


def _search(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.recall import search

    if arguments.limit < 1:
        raise UsageError("--limit must be 1 or more", where="memory search")
    pieces = list(_pieces(arguments.queries))
    answers = search(pieces, arguments.limit, arguments.config)
    if arguments.format == "json":
        _print({"answers": [{"hits": [_hit(one) for one in hits]} for hits in answers]})
        return 0
    for number, hits in enumerate(answers, 1):
        print(f"{number}: {plural(len(hits), 'hit')}")
        for one in hits:
            print(printable(f"  {one.similarity:.2f}  {one.pattern.key}  {' '.join(one.findings)}".rstrip()))
    return 0


def _hit(one: Hit) -> dict[str, Any]:
    return {
        "key": one.pattern.key,
        "rule": one.pattern.rule,
        "similarity": one.similarity,
        "findings": list(one.findings),
    }


def _pieces(path: str) -> Iterator[Piece]:
    import json

    from review_bot.memory.recall import Piece

    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            query = json.loads(line)
            text, language = query["text"], query.get("lang")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            where = f"{path}:{number}"
            raise UsageError("no query", where=where, remedy='write {"text": "…", "lang": "python"}') from error
        if not isinstance(text, str) or not isinstance(language, (str, type(None))):
            raise UsageError("text and lang must be text", where=f"{path}:{number}")
        yield Piece(text, language)


def _lines(path: str) -> Iterable[bytes]:
    if path == "-":
        return sys.stdin.buffer.read().splitlines()
    try:
        with open(path, "rb") as stream:
            return stream.read().splitlines()
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=path) from error


def _learn(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.recall import standing

    rows = standing(arguments.config)
    if arguments.format == "json":
        _print({"rules": [one._asdict() for one in rows]})
        return 0
    if not rows:
        print("nothing is known yet")
    for one in rows:
        print(
            printable(
                f"{one.value:+.2f}  {one.rule}: {one.accepted} accepted, {one.rejected} rejected by "
                f"{plural(one.people, 'person').replace('persons', 'people')} in {plural(one.changes, 'change')}, "
                f"of {plural(one.shown, 'finding')} shown; "
                f"new code is {one.effect}"
            )
        )
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.memory import open_memory
    from review_bot.memory.replay import replay

    if not 0 <= arguments.split <= 1:
        raise UsageError("--split is a share from 0 to 1", where="memory replay")
    done = replay(open_memory(arguments.config).events(), arguments.split)
    if arguments.format == "json":
        policies = [one._asdict() for one in done.policies]
        _print({"policies": policies, "chosen": done.chosen, "better": done.better})
        return 0
    for one in done.policies:
        mark = ", the choice of the first part" if one.hide == done.chosen else ""
        print(
            f"hide at {one.hide:+.1f}: of {plural(one.judged, 'signal')} {one.hidden_right} rightly hidden, "
            f"{one.hidden_wrong} wrongly{mark}"
        )
    return 0


def _print(value: object) -> None:
    from review_bot.formats.report import as_json

    sys.stdout.write(as_json(value, indent=2) + "\n")
