"""`review-bot rules`: list and show the rules, test rule files, write a template for one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from review_bot import bootstrap
from review_bot.errors import UsageError
from review_bot.pipeline.select import OTHERS

if TYPE_CHECKING:
    import argparse

    from review_bot.rules.model import Rule
    from review_bot.rules.ruleset import RuleSet


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the sub-command."""
    parser = subparsers.add_parser("rules")
    parts = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def part(name: str, about: str) -> argparse.ArgumentParser:
        return parts.add_parser(name, help=about, description=about)

    listing = part("list", "print every rule, shipped and own")
    listing.add_argument(
        "--format",
        choices=("text", "json", "markdown"),
        default="text",
        help="form of the output (default: %(default)s)",
    )
    listing.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    showing = part("show", "print one rule with its reason and examples")
    showing.add_argument("id", metavar="ID", help="id of a rule, or the beginning of several")
    showing.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )
    showing.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    testing = part("test", "run the examples of rule files")
    testing.add_argument("paths", nargs="*", metavar="PATH", help="rule files or folders (default: all rules)")
    testing.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    testing.add_argument("-v", "--verbose", action="store_true", help="also name what passed")
    writing = part("new", "write a commented template of a rule")
    writing.add_argument("file", metavar="FILE", help="rule file to write; it must not exist")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List, show, test or write."""
    action = {"list": _list, "show": _show, "test": _test, "new": _new}[arguments.action]
    return action(arguments)


def _list(arguments: argparse.Namespace) -> int:
    _, rules = bootstrap.rules_of(arguments.config)
    if arguments.format == "json":
        _print_json([_row(rule) for rule in rules])
        return 0
    if arguments.format == "markdown":
        from review_bot.pipeline.rules_page import page

        print(page(rule for rule in rules if rule.shipped), end="")
        return 0
    rows = [(rule.id, rule.severity, rule.confidence, rule.category) for rule in rules]
    rows += [(name, "warning", "high", "conventions") for name in OTHERS]
    width = max(len(row[0]) for row in rows)
    for name, severity, confidence, category in sorted(rows):
        print(f"{name.ljust(width)}  {severity:7}  {confidence:6}  {category}")
    return 0


def _row(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "category": rule.category,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "languages": list(rule.languages),
        "kind": rule.kind,
        "message": rule.message,
        "why": rule.why,
        "cwe": list(rule.cwe),
        "references": list(rule.references),
        "file": rule.file,
    }


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, indent=1))


def _show(arguments: argparse.Namespace) -> int:
    _, rules = bootstrap.rules_of(arguments.config)
    exact = [rule for rule in rules if rule.id == arguments.id]
    found = exact or [rule for rule in rules if rule.id.startswith(arguments.id.rstrip(".") + ".")]
    if not found:
        return _show_problem(arguments.id, arguments.format, rules)
    if arguments.format == "json":
        _print_json([_row(rule) for rule in found])
        return 0
    print("\n\n".join(_text(rule) for rule in found))
    return 0


def _show_problem(name: str, form: str, rules: RuleSet) -> int:
    """Print what is found about suppressions, which no rule file holds."""
    from review_bot.rules.suppress import PROBLEMS

    if name not in PROBLEMS:
        raise _unknown(name, rules)
    if form == "json":
        row = {"id": name, "category": "conventions", "severity": "warning", "confidence": "high"}
        _print_json([{**row, "languages": ["*"], "why": PROBLEMS[name]}])
    else:
        print(f"{name}\n  warning, conventions, confidence high, *\n\n  {PROBLEMS[name]}")
    return 0


def _unknown(name: str, rules: RuleSet) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, [rule.id for rule in rules], 1)
    return UsageError(f"no rule is called {name}", remedy=f"did you mean {near[0]}?" if near else "see rules list")


def _text(rule: Rule) -> str:
    """A rule for a reader: what, why, where it looks, and its examples."""
    from review_bot.stores.rule_cache import read_files

    where = rule.where
    lines = [
        rule.id,
        f"  {rule.severity}, {rule.category}, confidence {rule.confidence}, {', '.join(rule.languages)}",
        f"  {rule.message}",
        "",
        f"  {rule.why}",
        "",
        f"  scope {where.scope}, in tests: {where.tests}" + (", one a file" if where.once else ""),
    ]
    lines += [f"  only in {glob}" for glob in where.paths if glob != "**"]
    lines += [f"  not in {glob}" for glob in where.exclude]
    lines += [f"  CWE-{number}" for number in rule.cwe] + [f"  {url}" for url in rule.references]
    if rule.fix:
        lines.append(f"  fix ({rule.fix.safety}): {rule.fix.template}")
    (file,) = read_files([rule.file], shipped=True)
    for example in file.examples.get(rule.id, ()):
        for name in ("bad", "ok", "before", "after"):
            text = getattr(example, name)
            if text is not None:
                lines += ["", f"  {name}:"] + [f"    {line[:200]}" for line in text.strip("\n").split("\n")[:20]]
    return "\n".join(line.rstrip() for line in [*lines, "", f"  {rule.file}"])


def _test(arguments: argparse.Namespace) -> int:
    tested = failed = count = 0
    for file, failures, examples in bootstrap.test_rules(arguments.paths, arguments.config):
        count += len(file.rules)
        tested += examples
        failed += len(failures)
        for failure in failures:
            print(f"{file.path}: {failure}")
        if arguments.verbose and not failures:
            print(f"{file.path}: {len(file.rules)} rules, {examples} examples pass")
    print(f"{count} rules, {tested} examples, {failed} failed", file=sys.stderr if failed else sys.stdout)
    return int(bool(failed))


def _new(arguments: argparse.Namespace) -> int:
    bootstrap.write_template(arguments.file)
    print(f"wrote {arguments.file}; test it with: review-bot rules test {arguments.file}")
    return 0
