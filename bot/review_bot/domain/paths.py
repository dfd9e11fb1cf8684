"""Paths in a repository: globs, and which files are tests."""

from __future__ import annotations

from itertools import pairwise

from review_bot.memo import remembered
from review_bot.patterns import DOTALL, compiled, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

_TEST_FOLDERS = frozenset(
    ("test", "tests", "testing", "__tests__", "__mocks__", "spec", "specs", "testdata", "fixtures", "e2e", "cypress")
)
_TEST_PROJECTS = (".Tests", ".Test", ".UnitTests", ".IntegrationTests")
"""Endings of folders in which .NET keeps the tests of a project."""
_TEST_ENDS = ("_test", "_tests", ".test", ".spec", "_spec", "-test", "-spec", ".stories", ".e2e", ".cy")


@remembered(maxsize=4096)
def matches_any(path: str, globs: tuple[str, ...]) -> bool:
    """True when one of the globs matches `path` (with `/`, relative to the root)."""
    return any(matches(path, glob) for glob in globs)


def excluded(path: str, globs: tuple[str, ...]) -> bool:
    """True when one of the globs matches `path` or, being a plain name, a folder above it, as with ruff's `exclude`."""
    return matches_any(path, globs) or any(_inside(path, glob) for glob in globs if not _special(glob))


def _inside(path: str, folder: str) -> bool:
    folder = folder.rstrip("/") + "/"
    return path.startswith(folder) or (folder.count("/") == 1 and f"/{folder}" in path)


def matches(path: str, glob: str) -> bool:
    """True when `glob` matches: `**` crosses folders, a glob without `/` matches the name in any folder.

    As in .gitignore, a glob that ends in `/` stands for all below that folder.
    """
    if glob in ("**", "*", "**/*"):
        return True
    # The frequent forms are answered without a regular expression: compiling one costs more than the whole check.
    rest = glob.removeprefix("**/")
    if rest.startswith("*.") and not _special(rest[2:]):
        return path.endswith(rest[1:])
    if rest.startswith("*.{") and rest.endswith("}") and not _special(rest[3:-1]):
        return path.endswith(_endings(rest[3:-1]))
    if not _special(glob):
        return path == glob or ("/" not in glob and path.endswith("/" + glob)) or _below(path, glob)
    if glob.endswith("/**") and not _special(glob[:-3]):
        return path.startswith(glob[:-2])
    # Nor need it be compiled for a path that lacks what stands in the glob literally.
    return all(part in path for part in _literals(glob)) and _compiled(glob).fullmatch(path) is not None


@remembered(maxsize=4096)
def _literals(glob: str) -> tuple[str, ...]:
    """The parts of `glob` that stand in every path it matches."""
    parts, part, position = [], "", 0
    glob = glob.removeprefix("/")
    while position < len(glob):
        character = glob[position]
        if character in "*?[{":
            parts.append(part)
            part = ""
            position = _behind(glob, position)
        else:
            part += character
            position += 1
    return tuple(filter(None, (*parts, part)))


def _behind(glob: str, position: int) -> int:
    """Where the special part at `position` ends; an unclosed group is taken to the end, and asks for nothing."""
    if glob.startswith("**/", position):
        return position + 3
    if glob[position] in "*?":
        return position + 1
    end = _closing(glob, position)
    return end + 1 if end >= 0 else len(glob)


def _closing(glob: str, position: int) -> int:
    """Where the group that opens at `position` closes, or -1; a bracket that stands first in a class is a member."""
    first = position + 3 if glob.startswith(("[!", "[^"), position) else position + 2
    return glob.find({"[": "]", "{": "}"}[glob[position]], first)


@remembered(maxsize=256)
def _endings(inside: str) -> tuple[str, ...]:
    return tuple(f".{ending}" for ending in inside.split(","))


def _special(glob: str) -> bool:
    return "*" in glob or "?" in glob or "[" in glob or "{" in glob or "/" in glob[:1]


def _below(path: str, glob: str) -> bool:
    return glob.endswith("/") and path.startswith(glob)


@remembered(maxsize=4096)
def _compiled(glob: str) -> Pattern[str]:
    anchored = "/" in glob.rstrip("/")
    body = glob.removeprefix("/")
    if body.endswith("/"):
        body += "**"
    if not anchored:
        body = "**/" + body
    return compiled(_regex(body), DOTALL)


def _regex(glob: str) -> str:
    out, position = [], 0
    while position < len(glob):
        if glob.startswith("**/", position):
            out.append("(?:.*/)?")
            position += 3
        elif glob.startswith("**", position):
            out.append(".*")
            position += 2
        elif glob[position] in "*?":
            out.append("[^/]*" if glob[position] == "*" else "[^/]")
            position += 1
        elif glob[position] in "[{":
            text, position = _group(glob, position)
            out.append(text)
        else:
            out.append(escaped(glob[position]))
            position += 1
    return "".join(out)


def _group(glob: str, position: int) -> tuple[str, int]:
    """A character class or `{a,b}` as a regular expression; an unclosed one stands for itself."""
    end = _closing(glob, position)
    if end < 0:
        return escaped(glob[position]), position + 1
    inside = glob[position + 1 : end]
    if glob[position] == "{":
        return "(?:" + "|".join(_regex(part) for part in inside.split(",")) + ")", end + 1
    negated = inside[:1] in "!^"
    members = escaped(inside[1:] if negated else inside).replace(r"\-", "-")
    return f"[{'^' if negated else ''}{members}]", end + 1


@remembered(maxsize=4096)
def is_test(path: str) -> bool:
    """True for a file that holds tests or what tests need, by the customs of the common frameworks."""
    *folders, name = path.split("/")
    if not _TEST_FOLDERS.isdisjoint(folder.lower() for folder in folders):
        return True
    if any(folder.endswith(_TEST_PROJECTS) for folder in folders) or _is_test_set(folders):
        return True
    stem = name.rpartition(".")[0] or name
    if stem in ("conftest", "test", "tests") or stem.startswith("test_"):
        return True
    if stem.endswith(("Test", "Tests", "IT", "Spec")):
        return True
    return stem.lower().endswith(_TEST_ENDS)


def _is_test_set(folders: list[str]) -> bool:
    """True below the source sets that Gradle and Maven keep for tests: src/jvmTest, src/testFixtures."""
    sets = (name for above, name in pairwise(folders) if above == "src")
    return any(name.endswith("Test") or (name.startswith("test") and name[4:5].isupper()) for name in sets)
