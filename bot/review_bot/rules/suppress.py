"""Comments in the reviewed text that hold findings back, and what is wrong with such comments.

`ignore[id]` stands on the flagged line or alone on the line above, `ignore-file[id]` in the first 20 lines, and
`disable[id]` holds until `enable[id]` or the end of the file. An id is that of a rule, the dotted beginning of one, or
a category.
"""

from __future__ import annotations

import re

from review_bot.domain.finding import CATEGORIES, Finding, Suppressed, fingerprint, normalised
from review_bot.rules import comments
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Form = Literal["ignore", "ignore-file", "disable", "enable"]

    from collections.abc import Collection, Iterable, Mapping, Sequence

    from review_bot.domain.review import FilterMode
    from review_bot.rules.ruleset import RuleSet
    from review_bot.rules.view import View


HEAD_LINES = 20
"""`ignore-file` counts in that many lines from the top."""
UNUSED, WITHOUT_ID, UNKNOWN_ID = "suppression.unused", "suppression.without-id", "suppression.unknown-id"
PROBLEMS = {
    UNUSED: "A suppression that holds nothing back hides the next real finding at its place.",
    WITHOUT_ID: "A suppression names the rules it means, so that it can't hide others.",
    UNKNOWN_ID: "A suppression with a mistyped id holds nothing back.",
}
"""Reason of every rule that judges the suppressions themselves."""

_CATEGORY, _CONFIDENCE = "conventions", 0.9
_MARK = re.compile(
    r"(?:^|#|//|/\*|--|;|%|!|\.\.)[\s#/*!;%.{-]{0,40}"
    r"review-bot:\s*(?P<form>ignore-file|ignore|disable|enable)(?![\w-])"
    r"(?:\s*\[(?P<ids>[^\]\n]*)\])?(?:\s*(?:--|[—–:])\s*(?P<reason>.*?)(?=(?:#|//)\s*review-bot:|$))?"
)
_CLOSERS = ("*/", "-->", "-}", "#>", "--}}", "#}", "%>")
_MAX_LINE = 2_000
_MAX_HINTS = 10
"""How many unknown ids of a file get a nearest known one: looking for it is slow."""


class Comment(NamedTuple):
    """One suppression, as it stands in the new file."""

    form: Form
    ids: tuple[str, ...]
    """As written, without `*`; empty where none was given."""
    bare: bool
    """True where ids are missing or one of them is `*`."""
    reason: str
    line: int
    start_column: int
    end_column: int
    text: str
    """The whole line."""
    covers: tuple[int, ...] = ()
    """Lines that an `ignore` speaks of: its own, and the one below where it stands alone."""


class Catalogue(NamedTuple):
    """What the rules of this run are, as far as suppressions ask."""

    known: Mapping[str, str]
    """Category by id, of every rule there is."""
    active: Collection[str]
    """Ids that were selected and looked at the whole file's added lines."""
    passing: Collection[str]
    """Ids that judge a change and not a text: their silence today does not make a comment useless."""


class Outcome(NamedTuple):
    """Findings of one file after its suppressions."""

    kept: list[Finding]
    suppressed: list[Suppressed]
    problems: list[Finding]
    anchors: dict[str, str]
    """Fingerprint without the path of each problem, by fingerprint."""


def catalogue(rules: RuleSet, active: Collection[str]) -> Catalogue:
    """What `apply` must know of all rules there are and of those that are `active`."""
    known, passing = {}, set()
    for entry in rules.entries():
        known[entry.id] = entry.category
        if entry.kind == "delta" or entry.scope in ("removed", "pair"):
            passing.add(entry.id)
    return Catalogue(known, active, passing)


def find_comments(lines: Iterable[tuple[int, str]], language: str | None, *, whole: bool) -> list[Comment]:
    """The suppressions among numbered lines of the new file, in order; words inside a string literal are none.

    `whole` says that the lines are all of the file: only then can a string that runs over several lines be told.
    """
    found = []
    for number, block in _runs(lines):
        text = "\n".join(block)
        if "review-bot:" in text:
            for span in comments.spans(text, language, whole=whole):
                if "review-bot:" in text[span.start : span.end]:
                    found += _in_comment(block, number, span)
    return _with_stacks(found)


def apply(
    findings: Sequence[Finding],
    found: Sequence[Comment],
    *,
    path: str,
    catalogue: Catalogue,
    added: Collection[int],
    total: int | None,
) -> Outcome:
    """Part the findings of the file at `path` into those kept and those its comments hold back, before any merging.

    The problems are findings of their own; they name comments on `added` lines, and unused ones where every line that
    the comment speaks of is among `added`, since nothing else was looked at. `total` is the file's number of lines,
    None where it is not known.
    """
    used: set[tuple[int, str]] = set()
    kept, suppressed = _part(findings, found, used)
    problems, anchors = _problems(found, used, _Place(path, catalogue, added, total))
    shown, hidden = _part(problems, found, used)
    return Outcome(kept, suppressed + hidden, shown, anchors)


def judge(
    view: View, findings: Sequence[Finding], catalogue: Catalogue, *, filter_mode: FilterMode = "added"
) -> Outcome:
    """`apply` for a file as the engine sees it; a file where that can't matter is not even read."""
    if not findings and not view.marked():
        return Outcome([], [], [], {})
    if not any("review-bot:" in unit.text for unit in view.units("new")):
        return Outcome(list(findings), [], [], {})
    lines, whole = view.lines("new"), view.whole("new") is not None
    found = find_comments(lines.items(), view.language, whole=whole)
    examined = lines if filter_mode in ("file", "nofilter") else view.added_numbers
    total = len(lines) if whole else None
    return apply(findings, found, path=view.path, catalogue=catalogue, added=examined, total=total)


class _Place(NamedTuple):
    path: str
    catalogue: Catalogue
    added: Collection[int]
    total: int | None


class _Problem(NamedTuple):
    rule: str
    comment: Comment
    message: str


def _runs(lines: Iterable[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """Lines that follow each other without a gap, with the number of the first; overlong ones as empty."""
    runs: list[tuple[int, list[str]]] = []
    following = None
    for number, text in lines:
        if number != following:
            runs.append((number, []))
        runs[-1][1].append("" if len(text) > _MAX_LINE else text.rstrip("\r\n").replace("\n", " "))
        following = number + 1
    return runs


def _in_comment(block: Sequence[str], number: int, span: comments.Span) -> list[Comment]:
    """Every suppression in one comment, which may run over several lines of `block`."""
    found = []
    below = number + span.last + 1 if _alone(block, span) else None
    for index in range(span.first, span.last + 1):
        line = block[index]
        start = span.start_column if index == span.first else 0
        end = span.end_column if index == span.last else len(line)
        own = number + index
        for match in _MARK.finditer(line[:end], start):
            column = start if not line[start : match.start()].strip("<{") else match.start()
            covers = (own,) if below is None else (own, below)
            found.append(_comment(match, own, _first_visible(line, column), line, covers))
    return found


def _comment(match: re.Match[str], line: int, column: int, text: str, covers: tuple[int, ...]) -> Comment:
    words = [word.strip("'\"` \t") for word in (match["ids"] or "").split(",")]
    ids = tuple(dict.fromkeys(word.removesuffix(".*").rstrip(". ") for word in words if word.strip(".* ")))
    bare = not ids or any(word and not word.strip(".*") for word in words)
    reason = _without_closer(match["reason"] or "")
    end = len(text[: match.end()].rstrip())
    return Comment(match["form"], ids, bare, reason, line, column + 1, end + 1, text, covers)  # type: ignore[arg-type]


def _without_closer(reason: str) -> str:
    reason = reason.strip()
    closer = next((closer for closer in _CLOSERS if reason.endswith(closer)), "")
    return reason.removesuffix(closer).strip()


def _first_visible(line: str, position: int) -> int:
    return len(line) - len(line[position:].lstrip())


def _alone(block: Sequence[str], span: comments.Span) -> bool:
    """True when nothing but the comment stands on its lines; JSX wraps it in braces."""
    before, after = block[span.first][: span.start_column].strip(), block[span.last][span.end_column :].strip()
    return (before, after) in (("", ""), ("{", "}"))


def _with_stacks(found: list[Comment]) -> list[Comment]:
    """The same comments, where one alone above another such comment also speaks of the line below that."""
    below = {comment.covers[0]: comment.covers[-1] for comment in found if len(comment.covers) > 1}
    stacked = []
    for comment in found:
        covers = comment.covers
        while len(covers) > 1 and below.get(covers[-1], 0) > covers[-1]:
            covers = (*covers, below[covers[-1]])
        stacked.append(comment._replace(covers=covers))
    return stacked


def _part(
    findings: Sequence[Finding], found: Sequence[Comment], used: set[tuple[int, str]]
) -> tuple[list[Finding], list[Suppressed]]:
    """Findings that stay and those held back; `used` gains (index of comment, id) of each that held something."""
    kept, suppressed = [], []
    for finding in findings:
        holders = [_holder(name, finding, found) for name in (finding.rule, *finding.also)]
        certain = [holder for holder in holders if holder]
        if len(certain) < len(holders):
            kept.append(finding)
        else:
            used.update(certain)
            suppressed.append(Suppressed(finding, "inline", _reason(found[certain[0][0]])))
    return kept, suppressed


def _reason(comment: Comment) -> str:
    where = f"{comment.form} in line {comment.line}" if comment.form != "ignore" else f"ignored in line {comment.line}"
    return f"{where}: {comment.reason}" if comment.reason else where


def _holder(rule: str, finding: Finding, found: Sequence[Comment]) -> tuple[int, str] | None:
    """The comment, by index, and its id that hold back what `rule` says at the place of `finding`."""
    block: tuple[int, str] | None = None
    for index, comment in enumerate(found):
        named = next((name for name in comment.ids if matches(name, rule, finding.category)), None)
        if named is None:
            continue
        if comment.form in ("disable", "enable"):
            if finding.side == "new" and comment.line <= finding.start_line:
                block = (index, named) if comment.form == "disable" else None
        elif _covers(comment, finding):
            return index, named
    return block


def _covers(comment: Comment, finding: Finding) -> bool:
    if comment.form == "ignore-file":
        return comment.line <= HEAD_LINES
    lines = range(finding.start_line, finding.end_line + 1)
    return finding.side == "new" and any(line in lines for line in comment.covers)


def matches(name: str, rule: str, category: str) -> bool:
    """True when the id `name` of a suppression means this rule, by its id, a dotted beginning of it or its category."""
    return name in (rule, category) or rule.startswith(f"{name}.")


def _problems(
    found: Sequence[Comment], used: set[tuple[int, str]], place: _Place
) -> tuple[list[Finding], dict[str, str]]:
    """What is wrong with the comments, with the anchors of these findings."""
    problems: list[_Problem] = []
    for index, comment in enumerate(found):
        silent = [name for name in comment.ids if (index, name) not in used]
        if comment.line in place.added:
            problems += _wrong_ids(comment, silent, place.catalogue, hint=len(problems) < _MAX_HINTS)
        unused = [name for name in silent if _unused(name, comment, found, place)]
        if unused:
            problems.append(_Problem(UNUSED, comment, _unused_message(unused, comment)))
    return _as_findings(problems, place.path)


def _unused_message(names: Sequence[str], comment: Comment) -> str:
    listed = ", ".join(names)
    if comment.form == "ignore-file" and comment.line > HEAD_LINES:
        return f"ignore-file[{listed}] counts in the first {HEAD_LINES} lines only"
    if comment.form == "enable":
        return f"enable[{listed}] ends no disable"
    return f"{comment.form}[{listed}] holds nothing back"


def _wrong_ids(comment: Comment, silent: Sequence[str], catalogue: Catalogue, *, hint: bool) -> list[_Problem]:
    problems = []
    if comment.bare:
        problems.append(_Problem(WITHOUT_ID, comment, f"{comment.form} must name a rule: {comment.form}[id] -- reason"))
    for name in silent:
        if not _known(name, catalogue):
            nearest = _nearest(name, catalogue) if hint else ""
            problems.append(_Problem(UNKNOWN_ID, comment, f"no rule has the id {name}{nearest}"))
    return problems


def _known(name: str, catalogue: Catalogue) -> bool:
    if name in CATEGORIES or name in catalogue.known:
        return True
    return any(matches(name, rule, "") for rule in _all_ids(catalogue))


def _all_ids(catalogue: Catalogue) -> list[str]:
    return [*catalogue.known, *PROBLEMS, *(f"model.{category}" for category in CATEGORIES)]


def _nearest(name: str, catalogue: Catalogue) -> str:
    import difflib

    prefixes = {rule.rpartition(".")[0] for rule in catalogue.known} - {""}
    near = difflib.get_close_matches(name, [*_all_ids(catalogue), *sorted(prefixes), *CATEGORIES], n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _unused(name: str, comment: Comment, found: Sequence[Comment], place: _Place) -> bool:
    """True when `name` held nothing back although every rule that it means looked at all lines it speaks of."""
    if matches(name, UNUSED, "") or name in PROBLEMS:
        return False
    if comment.form == "enable":
        whole = place.total is not None
        return whole and comment.line in place.added and not _ends_one(name, comment, found)
    if comment.form == "ignore-file" and comment.line > HEAD_LINES:
        return comment.line in place.added
    return _judged(name, place.catalogue) and _examined(name, comment, found, place)


def _ends_one(name: str, comment: Comment, found: Sequence[Comment]) -> bool:
    earlier = [other for other in found if other.form == "disable" and other.line <= comment.line]
    return any(_overlap(name, other) for disable in earlier for other in disable.ids)


def _overlap(one: str, other: str) -> bool:
    return matches(one, other, "") or matches(other, one, "") or one in CATEGORIES or other in CATEGORIES


def _judged(name: str, catalogue: Catalogue) -> bool:
    """True when rules about a text are meant and each of them ran."""
    meant = {rule for rule, category in catalogue.known.items() if matches(name, rule, category)}
    lasting = meant.difference(catalogue.passing)
    return bool(lasting) and lasting.issubset(catalogue.active)


def _examined(name: str, comment: Comment, found: Sequence[Comment], place: _Place) -> bool:
    """True when all lines that `comment` speaks of were added: of others nobody knows what the rules would say."""
    if comment.form == "ignore":
        return comment.covers[-1] in place.added
    first = 1 if comment.form == "ignore-file" else comment.line
    last = _block_end(name, comment, found) or place.total
    return last is not None and all(line in place.added for line in range(first, last + 1))


def _block_end(name: str, comment: Comment, found: Sequence[Comment]) -> int | None:
    if comment.form != "disable":
        return None
    ends = (other for other in found if other.form == "enable" and other.line >= comment.line)
    return next((end.line for end in ends if any(matches(one, name, "") for one in end.ids)), None)


def _as_findings(problems: Sequence[_Problem], path: str) -> tuple[list[Finding], dict[str, str]]:
    seen: dict[tuple[str, str], int] = {}
    findings, anchors = [], {}
    for rule, comment, message in problems:
        key = (rule, normalised(comment.text))
        ordinal = seen[key] = seen.get(key, -1) + 1
        findings.append(_as_finding(rule, comment, message, path, ordinal))
        anchors[findings[-1].fingerprint] = fingerprint(rule, "", comment.text, ordinal)
    return findings, anchors


def _as_finding(rule: str, comment: Comment, message: str, path: str, ordinal: int) -> Finding:
    return Finding(
        fingerprint=fingerprint(rule, path, comment.text, ordinal),
        rule=rule,
        origin="rule",
        category=_CATEGORY,
        severity="warning",
        confidence=_CONFIDENCE,
        path=path,
        side="new",
        start_line=comment.line,
        end_line=comment.line,
        start_column=comment.start_column,
        end_column=comment.end_column,
        message=message,
        why=PROBLEMS[rule],
        quote=comment.text[comment.start_column - 1 : comment.end_column - 1],
    )
