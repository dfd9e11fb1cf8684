"""`review-bot memory accept|reject|mute|unmute`: what a person says of a finding or a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.cli.memory import action, opened, plural
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    for name, about in (("accept", "say that a finding is right"), ("reject", "say that a finding is not useful")):
        parser = action(actions, name, about)
        parser.add_argument(
            "fingerprint", metavar="FINGERPRINT", help="the finding, as the last scan's report names it"
        )
        parser.add_argument("--change", metavar="ID", help="what names the change, such as a pull request's number")
        _actor(parser)
        parser.set_defaults(run=_accept if name == "accept" else _reject)
    parser = action(actions, "mute", "stop showing a rule, or findings like one")
    _scope(parser)
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why; shown wherever the mute has an effect")
    parser.set_defaults(run=_mute)
    parser = action(actions, "unmute", "take back every mute and every signal of a rule or of findings like one")
    _scope(parser)
    parser.set_defaults(run=_unmute)


def _actor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--actor", metavar="NAME", help="who says so, kept as a hash (default: git's user.email)")


def _scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="RULE|FINGERPRINT", help="id of a rule, or fingerprint of a finding")
    parser.add_argument("--path", metavar="GLOB", help="only in files that match")
    _actor(parser)


def _accept(arguments: argparse.Namespace) -> int:
    return _judge(arguments, accept=True)


def _reject(arguments: argparse.Namespace) -> int:
    return _judge(arguments, accept=False)


def _judge(arguments: argparse.Namespace, *, accept: bool) -> int:
    from review_bot.bootstrap.judge import judge

    memory = opened(arguments)
    made = judge(memory, arguments.fingerprint, accept=accept, actor=arguments.actor, change=arguments.change)
    print(printable(f"{'accepted' if accept else 'rejected'} {arguments.fingerprint} ({made.get('rule')})"))
    return 0


def _mute(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.judge import mute

    if not arguments.reason.strip():
        raise UsageError("is empty", where="--reason", remedy="say why, for whoever wonders where the findings are")
    memory = opened(arguments)
    made = mute(memory, arguments.name, reason=arguments.reason, path=arguments.path, actor=arguments.actor)
    scope = made.get("scope")
    like = " in code like this" if scope["key"] else ""
    where = f" in {scope['path']}" if scope["path"] else ""
    print(printable(f"muted {scope['rule']}{like}{where}; `review-bot memory unmute {arguments.name}` takes it back"))
    return 0


def _unmute(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.judge import unmute

    done = unmute(opened(arguments), arguments.name, path=arguments.path, actor=arguments.actor)
    if not any(done):
        print(printable(f"nothing to take back for {arguments.name}"))
    else:
        print(printable(f"took back {plural(done.mutes, 'mute')} and {plural(done.signals, 'signal')}"))
    return 0
