"""What do the rules over both versions say of real commits?

    python bench/history.py REPOSITORY… [--commits N] [--of M] [--seed S] [--reversed] [--list FILE] [--sample N]

draws N of the last M commits of each repository, merges left out, runs every `diff.*` rule over each, and prints how
many it found by rule, the commits that took more than a second of CPU, and rules that were stopped. `--list` writes
the findings as JSON lines; `--sample` draws so many of them, all rules represented, at most 8 a rule. `--reversed`
runs each change backwards: a fix that is taken back should be found.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bot"))

from _measure import commits

from review_bot import resources
from review_bot.rules.engine import Engine
from review_bot.sources.git import RangeSource
from review_bot.sources.repository import find_root
from review_bot.stores import rule_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.domain.finding import Finding
    from review_bot.rules.model import Rule

MOST_OF_A_RULE = 8


class Run(NamedTuple):
    """What one commit gave."""

    repository: str
    commit: str
    findings: list[Finding]
    seconds: float
    stopped: list[str]


def main() -> None:
    """Print the findings by rule, and what was slow."""
    options = _options()
    rules = [
        rule
        for file in rule_cache.read_files(resources.rule_files(), shipped=True)
        for rule in file.rules
        if rule.kind == "delta"
    ]
    runs = [run for repository in options.repository for run in _of_repository(repository, options, rules)]
    counts = Counter(finding.rule for run in runs for finding in run.findings)
    print(f"{len(runs)} commits of {len(options.repository)} repositories, {counts.total()} findings")
    for rule, number in counts.most_common():
        print(f"| {rule} | {number} |")
    for run in runs:
        if run.seconds > 1:
            print(f"slow: {run.seconds:.1f} s {run.repository} {run.commit}")
        for reason in run.stopped:
            print(f"stopped: {reason} {run.repository} {run.commit}")
    _write(options, runs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("repository", nargs="+")
    parser.add_argument("--commits", type=int, default=80)
    parser.add_argument("--of", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--reversed", action="store_true")
    parser.add_argument("--list")
    parser.add_argument("--sample", type=int)
    return parser.parse_args()


def _of_repository(repository: str, options: argparse.Namespace, rules: list[Rule]) -> Iterator[Run]:
    here = os.getcwd()
    drawn = commits(repository, options.of)
    random.Random(options.seed).shuffle(drawn)
    os.chdir(repository)
    try:
        for commit in drawn[: options.commits]:
            span = f"{commit}..{commit}~1" if options.reversed else f"{commit}~1..{commit}"
            yield _of_commit(os.path.basename(repository.rstrip("/")), commit, span, rules)
    finally:
        os.chdir(here)


def _of_commit(repository: str, commit: str, span: str, rules: list[Rule]) -> Run:
    began = time.process_time()
    engine = Engine(rules)
    findings = [one for outcome in engine.run(RangeSource(find_root(), span).read()) for one in outcome.findings]
    stopped = [f"{one.what}: {one.reason}" for one in engine.degraded]
    return Run(repository, commit, findings, time.process_time() - began, stopped)


def _write(options: argparse.Namespace, runs: list[Run]) -> None:
    if not options.list:
        return
    rows = [(run, finding) for run in runs for finding in run.findings]
    if options.sample:
        rows = _sample(rows, options.sample, random.Random(options.seed))
    with open(options.list, "w", encoding="utf-8") as stream:
        for run, finding in rows:
            place = {"path": finding.path, "side": finding.side, "line": finding.start_line}
            row = {"repository": run.repository, "commit": run.commit, "rule": finding.rule, **place}
            stream.write(json.dumps({**row, "message": finding.message}) + "\n")


def _sample(rows: list[tuple[Run, Finding]], most: int, dice: random.Random) -> list[tuple[Run, Finding]]:
    """One of each rule in turn, until there are enough."""
    by_rule: dict[str, list[tuple[Run, Finding]]] = {}
    for row in dice.sample(rows, len(rows)):
        by_rule.setdefault(row[1].rule, []).append(row)
    ranked = [(turn, rule, row) for rule, some in by_rule.items() for turn, row in enumerate(some[:MOST_OF_A_RULE])]
    return [row for _, _, row in sorted(ranked, key=lambda one: one[:2])[:most]]


if __name__ == "__main__":
    main()
