"""Rules that need both versions of a change: what was there before and is there no longer.

Nothing is read or parsed unless words of the removed and added lines say that a check could find something.
"""

from __future__ import annotations

from review_bot.domain.paths import is_test, matches_any
from review_bot.rules.keywords import any_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.ports import Tree
    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.match import Match
    from review_bot.rules.model import Rule
    from review_bot.rules.view import View

    Check = Callable[[FileChange, Sequence[str]], Iterable[Match]]
    Task = tuple[Rule, View, Callable[[], list[Match]]]

CHECKS = {
    "guard-removed": ("guards", "-"),
    "condition-weakened": ("conditions", "-+"),
    "auth-removed": ("access", "-"),
    "tls-weakened": ("weakening", "-+"),
    "crypto-weakened": ("weakening", "-+"),
    "sanitiser-removed": ("dataflow", "-"),
    "query-concatenated": ("dataflow", "-+"),
    "secret-logged": ("dataflow", "+"),
    "test-removed": ("testing", "-"),
    "assertion-weakened": ("testing", "-"),
    "test-skipped": ("testing", "+"),
    "code-without-test": ("untested", "+"),
    "stale-callers": ("signatures", "-+"),
    "default-changed": ("signatures", "-+"),
    "return-changed": ("returns", "-+"),
    "symbol-removed": ("symbols", "-"),
    "exception-widened": ("failures", "-+"),
    "error-check-dropped": ("failures", "-"),
    "await-dropped": ("failures", "-+"),
    "lock-scope-shrunk": ("scopes", "-"),
    "resource-guard-removed": ("scopes", "-"),
    "timeout-removed": ("bounds", "-"),
    "limit-removed": ("bounds", "-"),
    "validation-relaxed": ("validation", "-"),
    "migration-unsafe": ("migrations", "±"),
    "version-without-changelog": ("release", "-+"),
    "lock-mismatch": ("dependencies", "±"),
    "dependency-risk": ("dependencies", "+"),
    "workflow-privilege": ("gates", "±"),
    "suppression-added": ("gates", "+"),
}
"""Module of each check, and the kinds of lines that a file needs for it: removed, added, both, or either."""


_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "poetry.lock", "uv.lock", "go.sum")

_TEXTS = (".po", ".pot", ".svg", ".csv", ".tsv")
"""Files that no program reads as a program."""

_BUILT = frozenset(("dist", "node_modules", "third_party"))
"""Folders of what is built or comes from elsewhere."""


_SETTINGS = frozenset(("yaml", "toml", "json", "ini", "xml", "text", "make", "properties", "dockerfile", "bash", "hcl"))
_MARKS = (
    "noqa", "nosec", "nolint", "nosonar", "nosemgrep", "no cover", "#…ignore", "//…ignore", "/*…ignore", "disable",
    "suppress", "nocheck", "expect-error", "allow(", "skip", "…off", "rubocop", "phpcs", "pragma",
)  # fmt: skip
"""What an exception from a check looks like in code; in settings it can be any number."""
_MIGRATIONS = ("migrat", "versions/", "flyway", "liquibase", "changelog", "schema", ".sql", "db/")


def _plausible(check: str, view: View) -> bool:
    """False where the language or the path alone says that the check has nothing to look at."""
    if check == "suppression-added" and view.language not in _SETTINGS and view.language is not None:
        return speaks_of(_MARKS, view)
    if check == "migration-unsafe":
        path = view.path.lower()
        return any(word in path for word in _MIGRATIONS) or path.rpartition("/")[2][:1].isdigit()
    return True


def applies(rule: Rule, view: View) -> bool:
    """True where the rule could find something in the file: the cheap questions, before anything is read."""
    if "*" not in rule.languages and view.language not in rule.languages:
        return False
    if view.path.endswith((*_LOCKS, *_TEXTS)) or not _BUILT.isdisjoint(view.path.split("/")):
        return False
    if view.file.status in ("binary", "submodule") or not _has_lines(CHECKS[rule.body["check"]][1], view):
        return False
    if (rule.where.tests == "skip" and is_test(view.path)) or not _plausible(rule.body["check"], view):
        return False
    if rule.keywords and not (speaks_of(rule.keywords, view) or speaks_of(_own_words(rule), view)):
        return False
    return matches_any(view.path, rule.where.paths) and not matches_any(view.path, rule.where.exclude)


def speaks_of(keywords: Sequence[str], view: View) -> bool:
    """True where one of the keywords stands in an added or a removed line."""
    return any_of(keywords, view.added_lower) or any_of(keywords, view.removed_lower)


def _own_words(rule: Rule) -> tuple[str, ...]:
    return tuple(name.lower() for name in rule.body.get("names", ()))


def _has_lines(needed: str, view: View) -> bool:
    if needed == "±":
        return bool(view.added or view.removed)
    return ("-" not in needed or bool(view.removed)) and ("+" not in needed or bool(view.added))


def run(rules: Sequence[Rule], views: Sequence[View], tree: Tree | None, paths: Iterable[str] = ()) -> Iterator[Task]:
    """What is to be asked of the change: a rule, a file, and the call that gives the matches.

    `paths` are those of all files of the change, also of those that are not looked at.
    """
    tasks = [(rule, view) for rule in rules for view in views if applies(rule, view)]
    if not tasks:
        return
    from review_bot.rules.delta.change import WholeChange

    change = WholeChange(views, tree, paths)
    files = dict(zip(map(id, views), change.files, strict=True))
    for rule, view in tasks:
        yield rule, view, _asked(rule, files[id(view)])


def _asked(rule: Rule, file: FileChange) -> Callable[[], list[Match]]:
    return lambda: matches(rule, file)


def matches(rule: Rule, file: FileChange) -> list[Match]:
    """What one rule finds in one file of the change."""
    name = rule.body["check"]
    from importlib import import_module

    module = import_module(f"review_bot.rules.delta.{CHECKS[name][0]}")
    check: Check = getattr(module, name.replace("-", "_"))
    return list(check(file, tuple(rule.body.get("names", ()))))
