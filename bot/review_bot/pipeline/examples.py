"""Runs the examples of a rule file: they are the tests of its rules."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from review_bot.diffing.narrow import whole
from review_bot.domain.diff import FileDiff, Hunk
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change
from review_bot.rules.engine import Engine
from review_bot.rules.keywords import any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.domain.diff import Status
    from review_bot.domain.finding import Finding
    from review_bot.rules.model import Example, Rule, RuleFile

_CONTEXT = 3
_EXTENSIONS = {
    "python": "py", "javascript": "js", "typescript": "ts", "go": "go", "rust": "rs", "java": "java", "kotlin": "kt",
    "swift": "swift", "c": "c", "cpp": "cpp", "csharp": "cs", "ruby": "rb", "php": "php", "bash": "sh", "html": "html",
    "css": "css", "json": "json", "yaml": "yaml", "toml": "toml", "hcl": "tf", "sql": "sql", "xml": "xml", "lua": "lua",
    "scala": "scala", "elixir": "ex", "haskell": "hs", "nix": "nix", "solidity": "sol", "markdown": "md",
    "dart": "dart", "zig": "zig", "powershell": "ps1", "vue": "vue", "svelte": "svelte", "erb": "erb", "ini": "ini",
    "properties": "properties", "proto": "proto", "graphql": "graphql", "cmake": "cmake", "lock": "lock", "rst": "rst",
    "scss": "scss", "less": "less", "make": "mk", "text": "txt",
}  # fmt: skip
_NAMES = {"dockerfile": "Dockerfile", "dotenv": ".env", "gomod": "go.mod", "groovy": "Jenkinsfile"}


class Failure(str):
    """One example that did not do what it says: the rule, the example, what happened."""

    __slots__ = ()


class _Texts:
    """Both versions of the one file of an example."""

    def __init__(self, before: str | None, after: str | None) -> None:
        self._before, self._after = before, after

    def new(self, _file: FileDiff) -> bytes | None:
        return None if self._after is None else self._after.encode("utf-8", "replace")

    def old(self, _file: FileDiff) -> bytes | None:
        return None if self._before is None else self._before.encode("utf-8", "replace")


def failures(file: RuleFile) -> Iterator[Failure]:
    """Every example of the file that fails, in order."""
    for rule in file.rules:
        for number, example in enumerate(file.examples[rule.id], 1):
            said = _judged(rule, example)
            if said:
                yield Failure(f"{rule.id}: example {number}: {said}")


def _judged(rule: Rule, example: Example) -> str | None:
    """What is wrong with the outcome of an example; None where it is as it says."""
    change = change_of(rule, example)
    engine = Engine([rule], machine_made=True)
    found = sorted({line for one in _all(engine, change) for line in (one.start_line,)})
    if engine.degraded:
        return engine.degraded[0].reason
    if example.ok is not None or example.lines == ():
        return f"must not fire, but does in line {_listed(found)}" if found else None
    if not found:
        return "must fire, but does not" + explained(rule, change)
    if example.lines is not None and found != sorted(set(example.lines)):
        return f"must fire in line {_listed(example.lines)}, but does in line {_listed(found)}"
    return None


def _all(engine: Engine, change: Change) -> Iterator[Finding]:
    for outcome in engine.run(change):
        yield from outcome.findings


def _listed(lines: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, lines))


def change_of(rule: Rule, example: Example) -> Change:
    """The change that an example stands for."""
    path = example.path or sample_path(rule)
    if rule.kind == "delta":
        from review_bot.rules.delta import example as pairs

        return pairs.change_of(pairs.versions(example.before or "", example.after or "", path))
    if example.before is not None:
        return _between(path, example.before, example.after or "")
    text = (example.bad if example.bad is not None else example.ok or "") * example.repeat
    if rule.where.scope == "removed":
        return _between(path, text, "")
    file = whole(path, text.encode("utf-8", "replace"))
    return Change(SourceInfo("all"), (file,), _Texts(None, text))


def _between(path: str, before: str, after: str) -> Change:
    file = diff_of(path, before, after)
    return Change(SourceInfo("diff"), (file,), _Texts(before, after or None))


def diff_of(path: str, before: str, after: str) -> FileDiff:
    """The change of one file from `before` to `after`, in hunks with three lines of context."""
    old, new = before.split("\n"), after.split("\n")
    old, new = (lines[:-1] if lines[-1] == "" else lines for lines in (old, new))
    hunks = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        body = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                body += [" " + line for line in old[i1:i2]]
            else:
                body += ["-" + line for line in old[i1:i2]] + ["+" + line for line in new[j1:j2]]
        hunks.append(_hunk(group, body))
    status: Status = "added" if not before else "deleted" if not after else "modified"
    added, removed = (sum(getattr(hunk, name) for hunk in hunks) for name in ("added", "removed"))
    return FileDiff(
        path, None, status, tuple(hunks), added, removed, new_file=not before, deleted=not after
    )  # fmt: skip


def _hunk(group: list[tuple[str, int, int, int, int]], body: list[str]) -> Hunk:
    data = ("\n".join(body) + "\n").encode("utf-8", "replace")
    old_count, new_count = group[-1][2] - group[0][1], group[-1][4] - group[0][3]
    return Hunk(
        # A side without lines is given by the line before it.
        group[0][1] + (old_count > 0),
        old_count,
        group[0][3] + (new_count > 0),
        new_count,
        sum(line[:1] == "+" for line in body),
        sum(line[:1] == "-" for line in body),
        data,
        0,
        len(data),
    )


def sample_path(rule: Rule) -> str:
    """A path that the rule looks at: of its first language, and fitting its first glob."""
    language = next((name for name in rule.languages if name != "*"), "")
    name = _NAMES.get(language) or f"example.{_EXTENSIONS.get(language, 'txt')}"
    glob = rule.where.paths[0]
    if glob in ("**", "*", "**/*"):
        return name
    return _filled(glob, name)


def _filled(glob: str, name: str) -> str:
    """The glob with something in the place of each wildcard."""
    import re

    stem, _, extension = name.rpartition(".")
    glob = re.sub(r"\{([^,}]*)[^}]*\}", r"\1", glob)
    glob = re.sub(r"\[([^!^\]])[^\]]*\]", r"\1", glob)
    folders, _, last = glob.rpartition("/")
    if last in ("*", "**"):
        last = name
    elif last == "*.*":
        last = f"{stem or 'example'}.{extension}"
    folder = "/".join("src" if part == "*" else part.replace("*", "x") for part in folders.split("/") if part != "**")
    last = last.replace("**", "example").replace("*", "example").replace("?", "x")
    if glob.endswith("/"):
        last = name
    return f"{folder.strip('/')}/{last}" if folder.strip("/") else last


def explained(rule: Rule, change: Change) -> str:
    """Why a rule may have missed: its keywords, or the syntax tree of the example for a structural rule."""
    from review_bot.rules.view import View

    if not change.files:
        return "; its two versions are the same (a delta rule's example has `before` and `after`)"
    file = change.files[0]
    view = View(file, change.contents)
    text = view.removed_lower if rule.where.scope == "removed" else view.added_lower
    if rule.keywords and not any_of(rule.keywords, text):
        return f"; none of its keywords stands in the text: {', '.join(rule.keywords)}"
    if rule.kind in ("pattern", "ast", "taint") and view.grammar is not None:
        whole_text = view.whole("new") or view.whole("old") or ""
        return "; the syntax tree is:\n" + syntax_tree(whole_text, view.grammar)
    return ""


def syntax_tree(text: str, grammar: str, limit: int = 200) -> str:
    """The named nodes of `text` with their kinds and texts, indented by depth."""
    from review_bot.rules.binding import root_of

    lines: list[str] = []
    stack = [(root_of(text, grammar), 1)]
    while stack and len(lines) < limit:
        node, depth = stack.pop()
        shown = " ".join(node.text().split())
        shown = shown if len(shown) <= 60 else shown[:59] + "…"
        lines.append(f"{'  ' * depth}{node.kind()}  {node.range().start.line + 1}: {shown}")
        stack += [(child, depth + 1) for child in reversed(node.children()) if child.is_named()]
    if stack:
        lines.append("  …")
    return "\n".join(lines)
