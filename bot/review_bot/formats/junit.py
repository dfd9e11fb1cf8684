"""JUnit's XML: a finding is a failed test case, a file without findings a passed one."""

from __future__ import annotations

from review_bot.formats.plain import in_order, markup, placed_message, reason, visible
from review_bot.formats.summary import not_looked_at, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions

_NAME = "review-bot"


def render(review: Review, _options: RenderOptions) -> str:
    """One suite; parts that were not looked at are skipped cases."""
    skipped = [_skipped(path, why) for path, why in not_looked_at(review)]
    failed = [_failed(finding) for finding in in_order(review.findings)]
    cases = [*failed, *map(_passed, _clean_files(review)), *skipped]
    if not cases:
        cases = [f'    <testcase name="no findings" classname="{_NAME}"/>']  # readers take an empty suite for an error
    counts = f'tests="{len(cases)}" failures="{len(failed)}" errors="0"'
    seconds = f'time="{dict(review.stats.seconds).get("total", 0.0):.3f}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="{_NAME}" {counts} {seconds}>',
            f'  <testsuite name="{_NAME}" {counts} skipped="{len(skipped)}" {seconds}>',
            *cases,
            f"    <system-out>{markup(summary(review))}</system-out>",
            "  </testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _clean_files(review: Review) -> list[str]:
    others = {finding.path for finding in review.findings} | {path for path, _ in not_looked_at(review)}
    return [file.path for file in review.files if file.path not in others]


def _failed(finding: Finding) -> str:
    message, rule, path = placed_message(finding), markup(finding.rule), markup(finding.path)
    place = f"{finding.path}:{finding.start_line}:{finding.start_column}"
    body = "\n".join(markup(part) for part in (f"{visible(place)}: {message}", reason(finding)) if part)
    return (
        f'    <testcase name="{rule}" classname="{path}" file="{path}" line="{finding.start_line}">\n'
        f'      <failure type="{finding.severity}" message="{markup(message)}">{body}</failure>\n'
        "    </testcase>"
    )


def _passed(path: str) -> str:
    return f'    <testcase name="{markup(path)}" classname="{markup(path)}" file="{markup(path)}"/>'


def _skipped(path: str, why: str) -> str:
    return (
        f'    <testcase name="{markup(path)}" classname="{markup(path)}">\n'
        f'      <skipped message="{markup(why)}"/>\n'
        "    </testcase>"
    )
