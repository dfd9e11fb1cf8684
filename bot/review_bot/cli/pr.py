"""`review-bot pr`: a pull request in CI: analyse it, publish the findings."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from review_bot import bootstrap
from review_bot.bootstrap import pull_request
from review_bot.cli import scan, streams
from review_bot.errors import OutputError, UsageError, printable
from review_bot.formats import RenderOptions, parse_spec, render

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from review_bot.bootstrap.feedback import ModelChoice
    from review_bot.bootstrap.pull_request import Published
    from review_bot.domain.review import Degraded, Review

_REPORT = "review-bot.json"
_SUMMARY_CHARACTERS = 225_000
"""Of a step's summary: below 900 KiB whatever the alphabet."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the sub-command."""
    parser = subparsers.add_parser("pr")
    commands = parser.add_subparsers(dest="what", metavar="COMMAND", required=True)
    _add_analyse(commands.add_parser("analyse", help="review the pull request and write the report"))
    _add_publish(commands.add_parser("publish", help="bring a report to the pull request"))
    _add_feedback(commands.add_parser("feedback", help="write down what people did with the findings, and answer them"))


def _add_analyse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="narrow the change to these files and folders")
    _add_common(parser)
    parser.add_argument("--format", action="append", metavar="FMT[:PATH]", help="also write it so (default: text)")
    parser.add_argument("--fail-on", metavar="SEVERITY", help="none, info, warning or error (default: error)")
    scan.add_rule_options(parser)
    scan.add_model_options(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print findings only")
    parser.add_argument("-v", "--verbose", action="store_true", help="also print what was held back or not looked at")
    parser.set_defaults(run=analyse, staged=False, range=None, diff=None, all=False)


def _add_publish(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--max-comments", type=int, metavar="N", help="open inline comments at most (default: 10)")
    parser.add_argument("--fail-on", metavar="SEVERITY", help="exit by this bound (default: the report's verdict)")
    parser.add_argument("--sarif", metavar="FILE", help="also write SARIF (default: only where nothing can be posted)")
    parser.add_argument("--deadline", type=float, default=300.0, metavar="SECONDS", help="for waiting (default: 300)")
    parser.add_argument("--offline", action="store_true", help="refuse every connection that is not loopback")
    parser.set_defaults(run=publish)


def _add_feedback(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", required=True, metavar="FILE", help="append events to FILE, as JSON lines")
    parser.add_argument("--pr", type=int, metavar="N", help="the pull request (default: that of the event)")
    parser.add_argument("--config", metavar="FILE", help="read the configuration from FILE, not from the base commit")
    parser.add_argument("--offline", action="store_true", help="refuse every connection that is not loopback")
    parser.add_argument("--backend", metavar="NAME", help="a model that answers `explain` and `why` (default: none)")
    parser.add_argument("--model", metavar="NAME", help="name or folder of the model")
    parser.set_defaults(run=feedback)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", default=_REPORT, metavar="FILE", help=f"the report (default: {_REPORT})")
    parser.add_argument("--pr", type=int, metavar="N", help="the pull request (default: that of the event)")
    parser.add_argument("--config", metavar="FILE", help="read the configuration from FILE, not from the base commit")


def analyse(arguments: argparse.Namespace) -> int:
    """Review the pull request, write the report, and say by the exit code whether the findings reach the bound."""
    specs = [parse_spec(spec) for spec in arguments.format or ["text"]]
    _check(arguments)
    request = scan.request_of(arguments)
    done = pull_request.analyse(request, arguments.pr, _environ(arguments))
    scan.write_file(arguments.report, pull_request.report_text(done.review))
    if done.note:
        streams.say(printable(f"review-bot: {done.note}"))
    _warn(done.review.degraded)
    if done.scan is not None:
        options = RenderOptions(
            verbose=arguments.verbose, quiet=arguments.quiet, source=bootstrap.source_lines(done.scan)
        )
        rules = done.scan.rules
        scan.write_all(specs, done.review, options._replace(rules=lambda: rules))
    _outputs(os.environ, done.review, done.review.degraded, report=arguments.report)
    return int(done.review.verdict.failed)


def publish(arguments: argparse.Namespace) -> int:
    """Post the report; the exit code is its verdict, whether or not it could be posted."""
    _check(arguments)
    if arguments.max_comments is not None and arguments.max_comments < 0:
        raise UsageError("is below 0", where="--max-comments", remedy="write 0 for a summary alone")
    request = pull_request.PublishRequest(
        report=arguments.report,
        number=arguments.pr,
        max_comments=arguments.max_comments,
        fail_on=arguments.fail_on,
        config=arguments.config,
        deadline=arguments.deadline,
    )
    environ = _environ(arguments)
    done = pull_request.publish_report(request, environ)
    if done.note:
        streams.say(printable(f"review-bot: {done.note}"))
    degraded = [*done.outcome.degraded]
    sarif = _sarif(arguments, done)
    _show(environ, done, degraded)
    _warn(degraded)
    _outputs(environ, done.review, (*done.review.degraded, *degraded), arguments.report, sarif, done.outcome.url)
    return int(done.review.verdict.failed)


def feedback(arguments: argparse.Namespace) -> int:
    """Collect what people did, answer their commands; 0 whatever they said."""
    from review_bot.bootstrap.feedback import ModelChoice, collect

    _check(arguments)
    environ = _environ(arguments)
    model = _model(arguments, ModelChoice)
    done = collect(arguments.events, arguments.pr, environ, config=arguments.config, model=model)
    if done.note:
        streams.say(printable(f"review-bot: {done.note}"))
    _warn(list(done.degraded))
    print(f"{done.recorded} events, {done.answered} answers{', another review is asked for' if done.rescan else ''}")
    place = environ.get("GITHUB_OUTPUT", "")
    if place:
        from review_bot.publishers import annotations

        annotations.add_outputs(place, {"rescan": "true" if done.rescan else "false"})
    return 0


def _model(arguments: argparse.Namespace, made: type[ModelChoice]) -> ModelChoice | None:
    """The model that was asked for; raises UsageError for a backend that does not exist."""
    from review_bot.config.model import BACKEND_CHOICES

    if arguments.backend in (None, "none"):
        return None
    if arguments.backend not in BACKEND_CHOICES:
        remedy = f"one of {', '.join(BACKEND_CHOICES)}"
        raise UsageError(f"there is no backend {arguments.backend}", where="--backend", remedy=remedy)
    return made(arguments.backend, arguments.model, arguments.offline)


def _check(arguments: argparse.Namespace) -> None:
    if arguments.pr is not None and arguments.pr < 1:
        raise UsageError("is no number of a pull request", where="--pr", remedy="write --pr N")


def _environ(arguments: argparse.Namespace) -> Mapping[str, str]:
    return {**os.environ, **({"REVIEW_BOT_OFFLINE": "1"} if arguments.offline else {})}


def _warn(degraded: tuple[Degraded, ...] | list[Degraded]) -> None:
    for part in degraded:
        streams.say(printable(f"degraded: {part.what}: {part.reason}"))


def _show(environ: Mapping[str, str], done: Published, degraded: list[Degraded]) -> None:
    """The review where the workflow's run shows it; all of it, for a summary of the step stands alone."""
    from review_bot.publishers import annotations

    review = done.review._replace(degraded=(*done.review.degraded, *degraded))
    text = render("markdown", review, options=RenderOptions(limit=_SUMMARY_CHARACTERS))
    place = environ.get("GITHUB_STEP_SUMMARY", "")
    shown = bool(place) and annotations.add_summary(place, text)
    in_actions = environ.get("GITHUB_ACTIONS") == "true"
    if in_actions:
        left = tuple(one for one in review.findings if one.fingerprint not in done.outcome.inline)
        _say(render("github", review._replace(findings=left), options=RenderOptions()))
    if done.outcome.unposted and not shown:
        _say(annotations.untrusted(text) if in_actions else text)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _sarif(arguments: argparse.Namespace, done: Published) -> str:
    """Write SARIF where it was asked for, or where it has to stand in for the comments; the path of it."""
    path: str = arguments.sarif or ""
    if not path and done.outcome.unposted and done.review.source.number is not None:
        path = f"{arguments.report.removesuffix('.json')}.sarif"
    if path:
        try:
            scan.write_file(path, render("sarif", done.review, options=RenderOptions()))
        except OutputError:
            if arguments.sarif:
                raise
            return ""
    return path


def _outputs(
    environ: Mapping[str, str],
    review: Review,
    degraded: tuple[Degraded, ...],
    report: str,
    sarif: str = "",
    url: str = "",
) -> None:
    """Outputs of the step, where there is one."""
    place = environ.get("GITHUB_OUTPUT", "")
    if not place:
        return
    from review_bot.pipeline.verdict import blocking
    from review_bot.publishers import annotations

    values = {
        "findings": str(len(review.findings)),
        "blocking": str(blocking(review)),
        "sarif-file": sarif,
        "report-file": report,
        "degraded": printable(", ".join(dict.fromkeys(part.what for part in degraded))),
        "review-url": url,
    }
    if not annotations.add_outputs(place, values):
        streams.say("degraded: output: GITHUB_OUTPUT can't be written")
