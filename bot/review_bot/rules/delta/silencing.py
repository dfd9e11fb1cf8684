"""Comments that ask a tool to look away: which of them nobody has thought about."""

from __future__ import annotations

import re

from review_bot.patterns import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.match import Match

_SUPPRESSIONS = lazy(
    r"(?P<noqa>#\s*(?:flake8[:=]\s*)?noqa\b(?::\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?)"
    r"|(?P<type>#\s*(?:type:\s*ignore|pyright:\s*ignore|pyre-ignore|mypy:\s*ignore-errors"
    r"|ty:\s*ignore)(?:\[[^\]]*\])?)"
    r"|(?P<nosec>#\s*nosec\b|\bNOSONAR\b|nosemgrep\b|\blgtm\b\[|checkov:skip|tfsec:ignore"
    r"|kics-scan ignore|trivy:ignore|gitleaks:allow|#\s*pragma: allowlist secret|codeql\[|//\s*#nosec)"
    r"|(?P<pylint>#\s*pylint:\s*(?:disable(?:-next)?=|skip-file))"
    r"|(?P<cover>#\s*pragma:\s*no\s*cover|istanbul ignore|c8 ignore|v8 ignore|coverage:ignore"
    r"|\[ExcludeFromCodeCoverage)"
    r"|(?P<eslint>(?://|/\*)\s*(?:eslint-disable|biome-ignore|tslint:disable|jshint ignore"
    r"|oxlint-disable|deno-lint-ignore)\S*)|(?P<ts>(?://|/\*)\s*@ts-(?:ignore|nocheck|expect-error))"
    r"|(?P<go>//\s*nolint\b|//lint:ignore)|(?P<java>@SuppressWarnings\(|@SuppressFBWarnings|@Suppress\()"
    r"|(?P<rb>#\s*rubocop:(?:disable|todo))|(?P<php>@phpstan-ignore(?:-next-line|-line)?|phpcs:(?:ignore|disable)"
    r"|@psalm-suppress|@phpcs:)|(?P<cs>#pragma warning disable|\[SuppressMessage)"
    r"|(?P<rust>#!?\[allow\()|(?P<sh>#\s*shellcheck\s+disable=|#\s*hadolint\s+ignore)"
    r"|(?P<prettier>prettier-ignore\b)|(?P<fmt>#\s*fmt:\s*(?:off|skip))"
)
_QUIET_KINDS = frozenset(("prettier", "fmt"))
_NAMED = {
    "noqa": lazy(r"[^:]*noqa:\s*(?P<what>[A-Z]+[0-9]+.*)"),
    "type": lazy(r"[^\[]*ignore\[(?P<what>[^\]]+)\]"),
    "pylint": lazy(r"[^=]*=\s*(?P<what>\w.*)"),
    "eslint": lazy(r"\S*?\s*[\w:-]+\s+(?P<what>(?!\*/|--)\S.*?)(?:\s+--\s.*|\*/.*)?$"),
    "go": lazy(r"//\s*(?:nolint:\s*|lint:ignore\s+)(?P<what>\w.*)"),
    "java": lazy(r"@\w+\((?P<what>[^)]*[\"'][^)]+)"),
    "rb": lazy(r"#\s*rubocop:\w+\s+(?P<what>\w.*)"),
    "php": lazy(r"@?(?:phpstan-ignore\s+|phpcs:\w+\s+|psalm-suppress\s+)(?P<what>[\w.]+.*)"),
    "cs": lazy(r"(?:#pragma warning disable\s+|\[SuppressMessage\([^,]*,)(?P<what>[^/\n]*\w.*)"),
    "rust": lazy(r"#!?\[allow\((?P<what>[^)]+)"),
    "sh": lazy(r".*?(?:=|ignore\s*=?)\s*(?P<what>\w.*)"),
}
"""What the comment names, by kind: one that names its rule looks away from that one thing only."""
_GRAVE = lazy(
    r"(?<![\w-])(?:all|ALL|warnings|clippy::all|unsafe_code|unused_must_use|PMD|pmd|gosec|staticcheck"
    r"|S[0-9]{3}|BLE[0-9]{3}|E722|B001|broad-except|bare-except|broad-exception-caught|W070[23]|W0718"
    r"|W012[23]|exec-used|eval-used|no-eval|no-implied-eval|no-new-func|no-script-url|no-danger\w*|noGlobalEval"
    r"|noDangerouslySetInnerHtml|CA2100|CA23[0-9]{2}|CA[35][0-9]{3}|SCS[0-9]+|SYSLIB0011)(?![\w-])"
    r"|(?i:security|unsanitized|no-secrets|taint|injection|xss|findbugs|spotbugs|squid:|java:S[0-9]|javasecurity)"
    r"|(?:SQL|XSS|COMMAND|PATH|XXE|SSRF|CIPHER|WEAK|HARD_CODE\w*|OBJECT_DES\w*|UNVALIDATED)_"
    r"|Lint/(?:Suppressed|Rescue)Exception"
)
"""Rules that are named because something may be wrong, and names that stand for every rule."""
_HARMLESS_TARGETS = lazy(
    r"^\s*\w+ = None\s+#|"
    r"TYPE_CHECKING|__name__ == |NotImplementedError|@overload|@(?:abc\.)?abstractmethod|def __repr__"
    r"|\.\.\.\s*#|^\s*(?:from|import)\s|ImportError|ModuleNotFoundError|sys\.version_info|Protocol"
)
_BEHIND = lazy(r"[^#\n]*?(?:--|#|//|:\s|-\s|—|\(|reason)\s*(.*)")
_BEHIND_CODE = lazy(r".*?(?://|(?i:justification|reason)\s*=)\s*(.*)")
_CUSTOM = {
    "type": ("type: ignore", "pyright: ignore"),
    "cover": ("no cover", "nocover", "istanbul ignore", "c8 ignore", "v8 ignore", "ExcludeFromCodeCoverage"),
    "ts": ("@ts-ignore", "@ts-expect-error"),
    "php": ("@phpstan-ignore", "@psalm-suppress"),
}
"""Where a project has many of a kind already, one more is its custom and no news."""
_MANY = 10
_SAME_FILE = 2


def silenced(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """New comments that silence a tool without a reason, and without the name of a harmless rule."""
    before = _kinds(text for _, text in file.view.removed)
    for number, text in file.view.added:
        found = _comment(text)
        if found is None:
            own = next((name for name in names if name in text), None)
            if own and not any(own in line for _, line in file.view.removed):
                yield file.match_line("new", number, A=own)
            continue
        kind = str(found.lastgroup)
        if before.get(kind, 0) > 0:
            before[kind] -= 1
            continue
        if kind not in _QUIET_KINDS and not _is_fine(file, number, text, found):
            yield file.match_line("new", number, A=found[0].strip("/*# (").rstrip("=("))


def _kinds(texts: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for text in texts:
        found = _comment(text)
        if found:
            kind = str(found.lastgroup)
            counts[kind] = counts.get(kind, 0) + 1
    return counts


def _comment(text: str) -> re.Match[str] | None:
    """A suppression in a comment; one in a string is text about suppressions."""
    found = _SUPPRESSIONS.search(text)
    if not found:
        return None
    before = text[: found.start()]
    quoted = before.count('"') % 2 == 1 or before.count("'") % 2 == 1 or before.count("`") % 2 == 1
    return None if quoted and not re.search(r"\w'\w", before) else found


def _is_fine(file: FileChange, number: int, text: str, found: re.Match[str]) -> bool:
    kind = str(found.lastgroup)
    if _names_one(kind, text[found.start() :]) or _HARMLESS_TARGETS.search(text) or _explained(text, found):
        return True
    if _reason_above(file, number) or file.change.moved_from(text):
        return True
    return kind in _CUSTOM and "nocheck" not in found[0] and _is_custom(file, kind)


def _names_one(kind: str, rest: str) -> bool:
    """True where the comment names rules, and none of them watches over security or swallowed errors."""
    shape = _NAMED.get(kind)
    named = shape.match(rest) if shape else None
    return named is not None and not _GRAVE.search(named["what"])


def _explained(text: str, found: re.Match[str]) -> bool:
    """True where a reason stands behind the suppression: somebody thought about it."""
    shape = _BEHIND_CODE if found.lastgroup in ("java", "cs", "rust") else _BEHIND
    reason = shape.match(text[found.end() :])
    return reason is not None and _says_something(reason[1])


def _says_something(text: str) -> bool:
    return len(re.findall(r"[A-Za-z]{3,}", text)) >= 3


def _reason_above(file: FileChange, number: int) -> bool:
    """True where the line above is nothing but a comment in words, new with the suppression."""
    above = file.view.lines("new").get(number - 1, "")
    bare = re.match(r"\s*(?://|#|\*|/\*)+\s*(?P<text>.*)", above)
    if not bare or number - 1 not in file.view.added_numbers or _SUPPRESSIONS.search(above):
        return False
    return _says_something(bare["text"])


def _is_custom(file: FileChange, kind: str) -> bool:
    """True where the file did so before, or many places of the tree do."""
    if _kinds(file.view.lines("old").values()).get(kind, 0) >= _SAME_FILE:
        return True
    return file.change.once(("custom", kind), lambda: _in_tree(file, _CUSTOM[kind])) >= _MANY


def _in_tree(file: FileChange, words: Sequence[str]) -> int:
    """How many lines outside this change hold one of the words."""
    if file.change.tree is None:
        return 0
    own = sum(word in text for one in file.change.files for _, text in one.view.added for word in words)
    return sum(1 for _ in file.change.tree.grep(words)) - own
