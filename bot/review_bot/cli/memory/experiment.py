"""`review-bot memory experiment start|status|stop`: a policy or prompts tried beside those in force."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, form, opened
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse

    from review_bot.bootstrap.experiment import Standing
    from review_bot.evaluation.experiments import Experiment


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = actions.add_parser("experiment", help="try a policy or prompts on half of the findings")
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    begin = action(steps, "start", "begin; a policy must be better by replay")
    begin.add_argument("name", metavar="NAME", help="what to call it")
    which = begin.add_mutually_exclusive_group(required=True)
    which.add_argument("--policy", metavar="hide=SCORE", help="hide from another score on, such as hide=-4.5")
    which.add_argument(
        "--prompts", metavar="FOLDER", help="prompt files of the repository, tried on half of the changes"
    )
    begin.set_defaults(run=_start)
    parser = action(steps, "status", "say how it stands; adopt it or roll it back where the test has decided")
    form(parser)
    parser.set_defaults(run=_status)
    parser = action(steps, "stop", "end the one that runs, else take back the policy adopted last")
    parser.set_defaults(run=_stop)


def _start(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.experiment import start

    hide = None if arguments.policy is None else _score(arguments.policy)
    start(opened(arguments), arguments.name, hide=hide, prompts=arguments.prompts or "")
    print(printable(f"{arguments.name} runs; `review-bot memory experiment status` says how it stands"))
    return 0


def _score(policy: str) -> float:
    name, _, value = policy.partition("=")
    try:
        if name.strip() == "hide":
            return float(value)
    except ValueError:
        pass
    raise UsageError("not of the form hide=SCORE", where="--policy", remedy="such as --policy hide=-4.5")


def _status(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.experiment import standing

    rows = standing(opened(arguments))
    if arguments.format == "json":
        print(json.dumps({"schema": "review-bot.experiments/1", "experiments": [_row(one) for one in rows]}, indent=2))
        return 0
    for one in rows:
        print(printable(_line(one)))
    if not rows:
        print("no experiment was begun")
    return 0


def _row(one: Standing) -> dict[str, object]:
    named = one.experiment._asdict()
    return {
        **{name: named[name] for name in ("name", "start", "ts", "hide", "prompts", "state")},
        "result": None if one.result is None else one.result._asdict(),
    }


def _line(one: Standing) -> str:
    result, said = one.result, f"{one.experiment.name} ({_what(one.experiment)}): {one.experiment.state}"
    if result is None:
        return said
    return (
        f"{said}; accepted {result.accepted_b} of {result.judged_b} with it, {result.accepted_a} of {result.judged_a} "
        f"without; better {result.better:.2f}, worse {result.worse:.2f} (20 decides)"
    )


def _what(one: Experiment) -> str:
    return f"prompts {one.prompts}" if one.prompts else f"hide={one.hide}"


def _stop(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.experiment import stop

    found = stop(opened(arguments))
    print(printable(f"stopped {found.name} ({_what(found)})"))
    return 0
