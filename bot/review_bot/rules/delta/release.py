"""A new version of the project, and where its users could read what is new."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.manifests import version_tuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange, WholeChange
    from review_bot.rules.match import Match

_LISTS = r"change_?s?|change-?logs?|changes|history|news|releases?|release[-_]?notes?"
_PARTS = r"\.changeset|changelog\.d|newsfragments?|\.changes"
_CHANGELOG = lazy(
    rf"(?:^|/)(?:{_LISTS}|upgrad\w+|whats_?new|migration[-_]guide)(?:[-_.][\w.-]*)?$"
    rf"|(?:^|/)(?:{_PARTS}|changelogs?|news|changes|release[-_]?notes?|whatsnew)/",
    re.IGNORECASE,
)
_LIST = lazy(rf"(?:^|/)(?:{_LISTS})(?:[-_.][\w.-]*)?$", re.IGNORECASE)
_FRAGMENTS = lazy(rf"(?:^|/)(?:{_PARTS})/", re.IGNORECASE)
_MOST_LISTS = 20
_FILES = lazy(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|package\.json|Cargo\.toml|pom\.xml"
    r"|build\.gradle(?:\.kts)?|gradle\.properties|VERSION(?:\.txt)?|version\.(?:py|go|rb|js|ts|txt)"
    r"|_?_?version_?_?\.py|__init__\.py|__about__\.py|\w+\.gemspec|composer\.json|Chart\.yaml"
    r"|mix\.exs|\w+\.csproj|pubspec\.yaml)$"
)
_VERSION = lazy(
    r"^\s*(?:[\"']?version[\"']?\s*[:=]\s*|__version__\s*(?::\s*\w+\s*)?=\s*|(?:const |var "
    r"|export const )?(?:VERSION|Version|version)\s*(?::?=)\s*|(?:\w+\.)version\s*=\s*|<[vV]ersion>"
    r"|(?:appVersion):\s*)[\"']?v?(?P<version>\d+\.\d+(?:\.\d+)?[\w.+-]*)[\"']?"
)
_BARE = lazy(r"^v?(?P<version>\d+\.\d+(?:\.\d+)?[\w.+-]*)\s*$")
_UNFINISHED = lazy(
    r"dev|snapshot|alpha|beta|nightly|pre|rc|[\d.](?:a|b)\d|next|canary|\+|post|unreleased|^0\.0\.0", re.IGNORECASE
)


def version_without_changelog(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """A release number that changed in a change without a line in any list of changes."""
    if (
        not _FILES.search(file.path)
        or file.view.file.deleted
        or _told(file.change)
        or file.change.memory.get("version")
    ):
        return
    before = {version for number, text in file.removed for version in [_version(file, "old", number, text)] if version}
    for number, text in file.added:
        now = _version(file, "new", number, text)
        if (
            now
            and before
            and now not in before
            and not _UNFINISHED.search(now)
            and len(before) == 1
            and version_tuple(next(iter(before))) <= version_tuple(now)
            and _is_missing(file.change, next(iter(before)), now)
        ):
            file.change.memory["version"] = True
            yield file.match_line("new", number, A=now, B=next(iter(before)))
            return


def _told(change: WholeChange) -> bool:
    return any(map(_tells, change.paths))


def _tells(path: str) -> bool:
    """True for a file in which users read what is new."""
    return _CHANGELOG.search(re.sub(r"\.\w+$", "", path)) is not None


def _is_missing(change: WholeChange, before: str, now: str) -> bool:
    """True where a list of changes that tells of the version before says nothing of this one."""
    if change.tree is None:
        return True
    lists = [path for path in change.tree.paths() if _tells(path)]
    files = [path for path in lists if _LIST.search(path)][:_MOST_LISTS]
    text = "\n".join(map(change.text_of, files))
    if not text:
        return any(_FRAGMENTS.search(path) for path in lists)
    if _names(text, now):
        return False
    return _names(text, before) or (bool(_UNFINISHED.search(before)) and _is_kept(text, now))


def _is_kept(text: str, version: str) -> bool:
    """True where a list of changes tells of the versions just before this one."""
    major, minor, *rest = (*version_tuple(version), 0, 0)[:3]
    line = f"{major}.{minor}" if rest and rest[0] else f"{major}.{max(0, minor - 1)}"
    return bool(re.search(rf"(?<![\d.]){re.escape(line)}(?![\d])", text))


def _names(text: str, version: str) -> bool:
    """True where a text speaks of a version; without its last zero too."""
    bare = re.escape(version.removesuffix(".0"))
    return bool(re.search(rf"(?<![\d.]){bare}(?:\.0)*(?![\d]|\.\d)", text))


def _version(file: FileChange, side: str, number: int, text: str) -> str | None:
    """The project's own version where a line gives it, and none of a dependency."""
    name = file.path.rsplit("/", 1)[-1]
    found = _VERSION.match(text) or (_BARE.match(text) if name.startswith("VERSION") or name.endswith(".txt") else None)
    if not found:
        return None
    lines = file.view.lines("old" if side == "old" else "new")
    if not _is_own(file.path, name, lines, number, text):
        return None
    return str(found["version"])


def _is_own(path: str, name: str, lines: dict[int, str], number: int, text: str) -> bool:
    indent = len(text) - len(text.lstrip())
    if name == "pom.xml":
        return indent <= 4 and not _within_tag(lines, number, indent)
    if name.endswith(".toml"):
        return _table(lines, number) in ("[project]", "[tool.poetry]", "[package]", "[workspace.package]", "")
    if name in ("package.json", "composer.json"):
        return indent <= 4 and "dependencies" not in "".join(
            lines.get(n, "") for n in range(max(1, number - 1), number)
        )
    return not (name == "__init__.py" and ("__version__" not in text or path.count("/") > 2)) and not (
        name.startswith("build.gradle") and indent > 4
    )


def _within_tag(lines: dict[int, str], number: int, indent: int) -> bool:
    """True inside of <parent>, <dependency> or <plugin>."""
    for earlier in range(number - 1, max(0, number - 12), -1):
        text = lines.get(earlier, "")
        if re.match(r"\s*<(?:parent|dependency|plugin|extension)>", text):
            return True
        if re.match(r"\s*</(?:parent|dependency|plugin|dependencies)>|\s*<project\b", text):
            return False
    return indent > 4


def _table(lines: dict[int, str], number: int) -> str:
    for earlier in range(number - 1, 0, -1):
        text = lines.get(earlier)
        if text is None:
            return ""
        if text.lstrip().startswith("["):
            return text.strip().split("#")[0].strip()
    return ""
