"""Commits and their files behind a pull request of the fake: a real repository, or plain dicts where speed counts."""

from __future__ import annotations

import difflib
import hashlib
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
ZERO = "0" * 40


class Trees(Protocol):
    """What the fake asks of a history."""

    def has(self, commit: str) -> bool:
        """Whether the commit is there."""

    def read(self, commit: str, path: str) -> bytes | None:
        """A file of a commit."""

    def folder(self, commit: str, path: str) -> list[str]:
        """Paths right below a folder of a commit, folders with a slash at the end."""

    def merge_base(self, base: str, head: str) -> str:
        """Where two commits parted."""

    def history(self, commit: str) -> list[str]:
        """The commit and all before it, newest first."""

    def diff(self, base: str, head: str) -> str:
        """The patch from the merge base to `head`, as git writes it."""

    def message(self, commit: str) -> str:
        """What a commit says."""


class Section(NamedTuple):
    """One file of a patch, as GitHub lists it."""

    path: str
    previous: str | None
    status: str
    added: int
    removed: int
    patch: str | None
    right: tuple[frozenset[int], ...]
    """Lines that may be commented on, by hunk."""
    left: tuple[frozenset[int], ...]


class MemoryTrees:
    """Commits as dicts; all stand in one line, the first is the root."""

    def __init__(self, **root: str) -> None:
        self.commits: dict[str, dict[str, str]] = {}
        self.parents: dict[str, str] = {}
        self.renames: dict[str, dict[str, str]] = {}
        self._diffs: dict[tuple[str, str], str] = {}
        self.root = self.commit(dict(root))

    def commit(self, files: dict[str, str], parent: str | None = None, renames: dict[str, str] | None = None) -> str:
        """A new commit; `renames` gives the old path by the new one, against the root."""
        text = repr((len(self.commits), sorted(files.items()), parent))
        name = hashlib.sha1(text.encode()).hexdigest()
        self.commits[name] = dict(files)
        if parent:
            self.parents[name] = parent
        self.renames[name] = dict(renames or {})
        return name

    def has(self, commit: str) -> bool:
        return commit in self.commits

    def read(self, commit: str, path: str) -> bytes | None:
        text = self.commits[commit].get(path)
        return None if text is None else text.encode()

    def folder(self, commit: str, path: str) -> list[str]:
        prefix = f"{path.strip('/')}/" if path.strip("/") else ""
        rest = {name[len(prefix) :] for name in self.commits[commit] if name.startswith(prefix)}
        return sorted({prefix + name.split("/")[0] + ("/" if "/" in name else "") for name in rest})

    def merge_base(self, base: str, head: str) -> str:
        del head
        return base

    def history(self, commit: str) -> list[str]:
        found = [commit]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return found

    def message(self, commit: str) -> str:
        return f"commit {commit[:7]}"

    def diff(self, base: str, head: str) -> str:
        if (base, head) not in self._diffs:
            self._diffs[base, head] = self._diff(base, head)
        return self._diffs[base, head]

    def _diff(self, base: str, head: str) -> str:
        old, new, renames = self.commits[base], self.commits[head], self.renames[head]
        gone = set(old) - set(new) - set(renames.values())
        parts = [_section(path, renames.get(path, path), old, new) for path in sorted(new)]
        return "".join(parts + [_section(path, path, old, new) for path in sorted(gone)])


def _section(path: str, before: str, old: dict[str, str], new: dict[str, str]) -> str:
    a, b = old.get(before), new.get(path)
    if a == b and before == path:
        return ""
    lines = [f"diff --git a/{before} b/{path}"]
    if before != path:
        lines += ["similarity index 90%", f"rename from {before}", f"rename to {path}"]
    elif a is None:
        lines += ["new file mode 100644"]
    elif b is None:
        lines += ["deleted file mode 100644"]
    if a != b:
        names = ("/dev/null" if a is None else f"a/{before}", "/dev/null" if b is None else f"b/{path}")
        body = difflib.unified_diff((a or "").splitlines(), (b or "").splitlines(), *names, lineterm="")
        lines += list(body)
    return "\n".join(lines) + "\n"


class GitTrees:
    """A real repository."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _git(self, *arguments: str) -> bytes | None:
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def has(self, commit: str) -> bool:
        return self._git("cat-file", "-e", f"{commit}^{{commit}}") is not None

    def read(self, commit: str, path: str) -> bytes | None:
        return self._git("cat-file", "blob", f"{commit}:{path}")

    def folder(self, commit: str, path: str) -> list[str]:
        where = f"{path.strip('/')}/" if path.strip("/") else ""
        listed = self._git("ls-tree", "-z", commit, *([where] if where else [])) or b""
        rows = [row.split(b"\t", 1) for row in listed.split(b"\0") if row]
        return [name.decode() + ("/" if b" tree " in head else "") for head, name in rows]

    def merge_base(self, base: str, head: str) -> str:
        found = self._git("merge-base", base, head)
        return base if found is None else found.decode().strip()

    def history(self, commit: str) -> list[str]:
        return (self._git("rev-list", commit) or b"").decode().split()

    def message(self, commit: str) -> str:
        return (self._git("log", "-1", "--format=%B", commit) or b"").decode()

    def diff(self, base: str, head: str) -> str:
        found = self._git("-c", "core.quotePath=false", "diff", "--find-renames", f"{base}...{head}")
        return (found or b"").decode("utf-8", "surrogateescape")


def sections(diff: str) -> list[Section]:
    """The files of a patch; a parser of its own, so that it can contradict ours."""
    return [_parsed(part) for part in re.split(r"(?m)^(?=diff --git )", diff) if part.startswith("diff --git ")]


def _parsed(text: str) -> Section:
    lines = text.split("\n")
    start = next((at for at, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    head = lines[:start]
    before, after = re.fullmatch(r"diff --git a/(.*) b/(.*)", head[0]).groups()  # type: ignore[union-attr]
    renamed = next((line[len("rename from ") :] for line in head if line.startswith("rename from ")), None)
    status = "renamed" if renamed else "added" if any(x.startswith("new file") for x in head) else "modified"
    if any(line.startswith("deleted file") for line in head):
        status, after = "removed", before
    body = lines[start:-1] if lines[-1] == "" else lines[start:]
    right, left = _lines(body)
    added = sum(line.startswith("+") for line in body)
    removed = sum(line.startswith("-") for line in body)
    return Section(after, renamed, status, added, removed, "\n".join(body) if body else None, right, left)


def _lines(body: list[str]) -> tuple[tuple[frozenset[int], ...], tuple[frozenset[int], ...]]:
    right: list[set[int]] = []
    left: list[set[int]] = []
    old = new = 0
    for line in body:
        found = _HUNK.match(line)
        if found:
            old, new = int(found[1]), int(found[3])
            right.append(set())
            left.append(set())
        elif not line.startswith("\\"):
            if not line.startswith("-"):
                right[-1].add(new)
                new += 1
            if not line.startswith("+"):
                left[-1].add(old)
                old += 1
    return tuple(map(frozenset, right)), tuple(map(frozenset, left))
