"""Runs the rules over a change: language, keywords, paths, and only then regular expressions and syntax trees."""

from __future__ import annotations

from review_bot.domain.paths import excluded, is_test, matches_any
from review_bot.domain.review import Degraded
from review_bot.patterns import IGNORECASE, MULTILINE, compiled, lazy
from review_bot.rules import structural, textual
from review_bot.rules.findings import findings_of, without_secrets
from review_bot.rules.forest import MERGEABLE, Forest
from review_bot.rules.guard import RuleTooSlow, TimeLimit
from review_bot.rules.keywords import Haystack, any_of
from review_bot.rules.ruleset import DELTA, RuleSet
from review_bot.rules.view import View
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import FilterMode
    from review_bot.ports import Change, Contents
    from review_bot.rules.findings import Recheck
    from review_bot.rules.match import Match
    from review_bot.rules.model import Rule
    from review_bot.rules.ruleset import Entry

_STRUCTURAL = ("pattern", "ast")
_TEXTUAL = ("regex", "entropy")
_MEGABYTE = 1_000_000
_MOST_COMPARED = 100_000
"""Lines of a change above which no rule over both versions runs: it keeps all files at hand."""
_HEAD = 2000
"""Characters at the top of a file in which a generator says so."""
_MADE_BY = lazy(
    r"^[ \t]*(?://|/\*|\*|#)[ \t*<]*(?:(?:this (?:file|code) (?:is|was|has been) )?"
    r"(?:auto[- ]?generated|automatically generated)(?:[ \t]+(?:by|from|with|using)\b|[ \t]*/?>)"
    r"|this (?:file|code) (?:is|was|has been) (?:auto[- ]?|automatically )generated\b"
    r"|.*generated\b.*\bdo not (?:edit|modify|change)\b)",
    IGNORECASE | MULTILINE,
)
"""Other words for it, in a comment of code; settings that a program wrote are looked at all the same."""
_WRITTEN = (None, "yaml", "json", "hcl", "bash")
_MINIFIED = (".min.js", ".min.css", ".min.mjs", ".min.html", ".js.map", ".css.map")
_GENERATED = (
    "_pb2.py", "_pb2.pyi", "_pb2_grpc.py", ".pb.go", ".pb.cc", ".pb.h", "_pb.js", "_pb.d.ts", ".g.dart",
    ".freezed.dart", ".designer.cs", ".Designer.cs", ".g.cs", ".generated.cs", ".generated.ts", ".generated.js",
    ".generated.go", "_generated.go", ".gen.go", ".gen.ts", ".bundle.js",
)  # fmt: skip
_BATCH_FILES, _BATCH_SIZE = 64, 300_000
"""How many files, and characters of them, are looked at together."""


class FileOutcome(NamedTuple):
    """What the rules say of one file."""

    view: View | None
    """None where the file was not looked at."""
    findings: list[Finding]
    anchors: dict[str, str]
    """Fingerprint without the path, by fingerprint."""
    skipped: str | None
    """Why the file was not looked at."""


class Engine:
    """A set of rules, ready to run over files."""

    def __init__(
        self, rules: RuleSet | Iterable[Rule], *, filter_mode: FilterMode = "added", machine_made: bool = False
    ) -> None:
        self.rules = rules if isinstance(rules, RuleSet) else RuleSet.of(rules)
        self.filter_mode = filter_mode
        self.machine_made = machine_made
        """True where minified and generated files are wanted as well."""
        self.late: Callable[[], bool] = lambda: False
        """Whether the time for the whole change is over; files after that are not looked at."""
        self.resting: frozenset[str] = frozenset()
        """Ids of rules over both versions that are not asked this time."""
        self._stopped: dict[str, str] = {}
        self._unreached = 0
        self._limit = TimeLimit()
        self._between: dict[int, list[tuple[Finding, str]]] = {}
        """Findings of rules over both versions with their anchors, by the view of their file."""

    @property
    def active(self) -> frozenset[str]:
        """Ids of the rules that were not stopped."""
        return frozenset(
            entry.id for entry in self.rules.entries() if entry.id not in self._stopped and entry.id not in self.resting
        )

    @property
    def degraded(self) -> list[Degraded]:
        """Rules that were stopped on the way."""
        stopped = [Degraded(f"rule:{name}", reason) for name, reason in self._stopped.items()]
        if self._unreached:
            stopped.append(Degraded("rules", f"the deadline passed before {self._unreached} files were looked at"))
        return stopped

    def run(self, change: Change, exclude: Iterable[str] = ()) -> Iterator[FileOutcome]:
        """The outcome of each file, in the order of the change."""
        exclude = tuple(exclude)
        seen: Iterable[tuple[View | None, str | None]]
        seen = (self._view(file, change.contents, exclude) for file in change.files)
        over_versions = self._over_versions(change)
        if over_versions:
            seen = list(seen)
            self._compare(over_versions, [view for view, _ in seen if view], change)
        batch: list[tuple[View | None, str | None]] = []
        size = 0
        for view, reason in seen:
            batch.append((view, reason))
            size += len(view.added_text) + 1000 if view else 0
            if len(batch) >= _BATCH_FILES or size >= _BATCH_SIZE:
                yield from self._batch(batch)
                batch, size = [], 0
        yield from self._batch(batch)

    def _over_versions(self, change: Change) -> list[Entry]:
        """The rules that need both versions of all files at once, where the change is not too large for them."""
        entries = [] if change.info.kind == "all" else self.rules.group(DELTA)
        entries = [entry for entry in entries if entry.id not in self.resting]
        if entries and sum(file.added + file.removed for file in change.files) > _MOST_COMPARED:
            self._stopped["diff"] = f"not run: the change has more than {_MOST_COMPARED} lines"
            return []
        return entries

    def _compare(self, entries: Sequence[Entry], views: Sequence[View], change: Change) -> None:
        """Run the rules over both versions; what they find is given out with the file it stands in."""
        from review_bot.rules import delta

        lines = Haystack(
            "\n".join(text for view in views for text in (view.added_lower, view.removed_lower)), len(entries)
        )
        spoken = [one for one in entries if not one.keywords or lines.any_of(one.keywords)]
        paths = [file.path for file in change.files if not file.deleted]
        for rule, view, ask in delta.run([one.rule for one in spoken], views, change.tree, paths):
            if rule.id in self._stopped or self.late():
                continue
            try:
                with self._limit(1.0 + len(view.added_text) / _MEGABYTE):
                    found = [match for match in ask() if not _excused(rule, match, view)]
            except RuleTooSlow:
                self._stopped[rule.id] = f"stopped: it took too long on {view.path}"
                continue
            if found:
                self._between.setdefault(id(view), []).extend(findings_of(rule, found, view))

    def _view(self, file: FileDiff, contents: Contents, exclude: tuple[str, ...]) -> tuple[View | None, str | None]:
        """The file as the rules see it, or why they don't."""
        reason = "excluded" if excluded(file.path, exclude) else unreadable(file)
        if reason is None and self.late():
            reason = "deadline"
            self._unreached += 1
        if reason is not None:
            return None, reason
        view = View(file, contents)
        reason = None if self.machine_made else machine_made(view)
        return (None, reason) if reason else (view, None)

    def _batch(self, batch: Sequence[tuple[View | None, str | None]]) -> Iterator[FileOutcome]:
        """The outcomes of some files, whose trees are searched together where that is possible."""
        possible = self._possible([view for view, _ in batch if view])
        plans = [
            (view, list(self._candidates(view, possible[view.language])) if view else [], reason)
            for view, reason in batch
        ]
        whole = self.filter_mode in ("file", "nofilter")
        forests = _forests([(view, rules) for view, rules, _ in plans if view], whole=whole)
        for view, rules, reason in plans:
            if view is None:
                yield FileOutcome(None, [], {}, reason)
            else:
                yield self._review(view, rules, forests.get(view.grammar or ""))

    def _review(self, view: View, rules: Sequence[Rule], forest: Forest | None) -> FileOutcome:
        """What the rules say of one file."""
        trees = structural.Trees(view, forest)
        if view.grammar is not None:
            trees.screen([rule for rule in rules if _reads_the_new_tree(rule)])
        findings: list[Finding] = []
        anchors: dict[str, str] = {}
        secrets: list[str] = []
        for finding, anchor in self._between.pop(id(view), ()):
            findings.append(finding)
            anchors[finding.fingerprint] = anchor
        for rule in rules:
            if rule.id in self._stopped or (rule.kind in _STRUCTURAL and trees.is_silent(rule)):
                continue
            matches = self._guarded(rule, view, trees)
            if matches:
                for finding, anchor in findings_of(rule, matches, view, self._recheck(rule, view)):
                    findings.append(finding)
                    anchors[finding.fingerprint] = anchor
                if rule.category == "secrets":
                    secrets += [match.quote for match in matches]
        return FileOutcome(view, without_secrets(findings, secrets), anchors, None)

    def _possible(self, views: Sequence[View]) -> dict[str | None, list[Entry]]:
        """By language, the rules whose keywords stand in any of the files: most are ruled out for all at once."""
        together: dict[str | None, list[View]] = {}
        for view in views:
            together.setdefault(view.language, []).append(view)
        possible = {}
        for language, some in together.items():
            entries = list(self.rules.of_language(language))
            added = Haystack("\n".join(self._searched(view) for view in some), len(entries))
            removed = Haystack("\n".join(view.removed_lower for view in some), len(entries))
            possible[language] = [
                entry
                for entry in entries
                if not entry.keywords or (removed if entry.scope == "removed" else added).any_of(entry.keywords)
            ]
        return possible

    def _candidates(self, view: View, entries: Iterable[Entry]) -> Iterator[Rule]:
        """Rules whose language, keywords and paths fit, cheapest question first."""
        added, test = self._searched(view), is_test(view.path)
        for entry in entries:
            text = view.removed_lower if entry.scope == "removed" else added
            if entry.keywords and not any_of(entry.keywords, text):
                continue
            if not text and not (view.added or view.removed):
                continue
            rule = entry.rule
            where = rule.where
            if test and where.tests == "skip":
                continue
            if matches_any(view.path, where.paths) and not matches_any(view.path, where.exclude):
                yield rule

    def _searched(self, view: View) -> str:
        """The text in which a keyword must stand: what was added, or all that the filter lets through."""
        if self.filter_mode == "added":
            return view.added_lower
        lines = view.lines("new")
        numbers = view.context_numbers() if self.filter_mode == "diff_context" else lines
        return "\n".join(lines[number] for number in numbers if number in lines).lower()

    def _guarded(self, rule: Rule, view: View, trees: structural.Trees) -> list[Match]:
        """Matches of the rule that count; a rule that takes too long is stopped for the rest of the run."""
        try:
            with self._limit(1.0 + len(view.added_text) / _MEGABYTE):
                return self._counted(rule, self._matches(rule, view, trees), view)
        except RuleTooSlow:
            self._stopped[rule.id] = f"stopped: it took too long on {view.path}"
            return []

    def _matches(self, rule: Rule, view: View, trees: structural.Trees) -> Iterable[Match]:
        if rule.kind in _TEXTUAL:
            return textual.matches(rule, view, every_line=self.filter_mode != "added")
        if rule.kind in _STRUCTURAL and view.grammar is not None:
            if rule.where.scope == "removed":
                return structural.matches(rule, trees, "old")
            found = structural.matches(rule, trees, "new")
            if rule.where.scope == "pair":
                return textual.news(list(found), structural.matches(rule, trees, "old"))
            return found
        if rule.kind == "taint" and view.grammar is not None:
            return _tainted(rule, trees, view)
        return ()

    def _counted(self, rule: Rule, matches: Iterable[Match], view: View) -> list[Match]:
        """Matches in reach of the rule's scope that no `unless` takes back."""
        reached = self._reach(rule, view)
        kept = []
        for match in matches:
            if reached is not None and not _touches(match, reached):
                continue
            if not _excused(rule, match, view):
                kept.append(match)
        return kept

    def _reach(self, rule: Rule, view: View) -> frozenset[int] | None:
        """Numbers of the lines that a match must touch; None for any."""
        if rule.where.scope == "removed":
            return view.removed_numbers
        if rule.where.scope == "file" or self.filter_mode in ("file", "nofilter"):
            return None
        if rule.where.scope == "context" or self.filter_mode == "diff_context":
            return view.context_numbers()
        return view.added_numbers

    def _recheck(self, rule: Rule, view: View) -> Recheck:
        """How often the rule fires on some lines of a text: the file with a fix in it."""

        def fires(text: str, lines: Sequence[int]) -> int:
            after = view.rewritten(text)
            places = self._counted(rule, self._matches(rule, after, structural.Trees(after)), after)
            return sum(any(match.start_line <= line <= match.end_line for line in lines) for match in places)

        return fires


def _forests(plans: Sequence[tuple[View, Sequence[Rule]]], *, whole: bool) -> dict[str, Forest]:
    """A forest for each grammar in which more than one file has rules to be asked of its tree."""
    views: dict[str, list[View]] = {}
    asked: dict[str, dict[str, Rule]] = {}
    for view, rules in plans:
        grammar = view.grammar
        wanted = [rule for rule in rules if _reads_the_new_tree(rule)] if grammar in MERGEABLE else []
        if grammar and wanted and view.whole("new") is not None:
            views.setdefault(grammar, []).append(view)
            asked.setdefault(grammar, {}).update((rule.id, rule) for rule in wanted)
    forests = {grammar: Forest(some, whole=whole) for grammar, some in views.items() if len(some) > 1}
    for grammar, forest in forests.items():
        forest.screen(list(asked[grammar].values()))
    return forests


def _reads_the_new_tree(rule: Rule) -> bool:
    return rule.kind in _STRUCTURAL and rule.where.scope != "removed"


def _excused(rule: Rule, match: Match, view: View) -> bool:
    """True where an `unless` of the rule matches the flagged lines."""
    if not rule.unless:
        return False
    lines = view.text_of(match.side, match.start_line, match.end_line)[: textual.LONGEST_LINE]
    return any(compiled(text).search(lines) for text in rule.unless)


def _tainted(rule: Rule, trees: structural.Trees, view: View) -> Iterable[Match]:
    from review_bot.rules.taint.gate import worth_it

    grammar = view.grammar or ""
    if not any(worth_it(rule, unit.text, grammar) for unit in view.units("new")):
        return ()
    from review_bot.rules.taint.report import matches

    return matches(rule, trees, view)


def _touches(match: Match, numbers: frozenset[int]) -> bool:
    if match.start_line == match.end_line:
        return match.start_line in numbers
    return any(number in numbers for number in range(match.start_line, match.end_line + 1))


def unreadable(file: FileDiff) -> str | None:
    """Why a file has no text for the rules to read."""
    if file.status == "submodule":
        return "submodule"
    if file.status == "binary":
        return None if not file.deleted else "binary"
    return None


def _says_so(view: View, head: str) -> bool:
    return view.grammar not in _WRITTEN and _MADE_BY.search(head) is not None


def machine_made(view: View) -> str | None:
    """`generated` or `minified`, where that shows in the name or the text; people do not review such files."""
    if view.file.status == "binary":
        return None
    if view.path.endswith(_MINIFIED):
        return "minified"
    if view.path.endswith(_GENERATED):
        return "generated"
    whole = view.whole("new")
    head = (
        view.added_text[:_HEAD] if whole is None and view.added_numbers and 1 in view.added_numbers else (whole or "")
    )
    head = "\n".join(head[:_HEAD].split("\n", 10)[:10])
    if "@generated" in head or ("enerated" in head.lower() and ("DO NOT EDIT" in head or _says_so(view, head))):
        return "generated"
    longest = max((len(text) for _, text in view.added), default=0)
    if longest > 5000 or (longest > 1000 and len(view.added_text) > 500 * len(view.added)):
        return "minified"
    return None
