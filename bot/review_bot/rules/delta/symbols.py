"""Public names that are gone while other code still uses them."""

from __future__ import annotations

import re

from review_bot.domain.language import language_of
from review_bot.domain.paths import is_test
from review_bot.patterns import lazy
from review_bot.rules.delta.masking import masked
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Outline, Statement
    from review_bot.rules.match import Match

_MOST_NAMES = 40
_DEFINITIONS = {
    "python": lazy(r"(?:async )?def (?P<f>\w+)|class (?P<c>\w+)|(?P<v>[A-Za-z]\w*)(?: ?:[^=]+)? ?=(?!=)"),
    "javascript": lazy(
        r"export (?:default )?(?:declare |abstract )?(?:async )?(?:function ?\*?|class|const|let|var"
        r"|interface|type|enum) ?(?P<f>[\w$]+)|(?:module\.)?exports\.(?P<e>[\w$]+) ?="
        r"|(?:async )?function ?\*? ?(?P<g>[\w$]+)|class (?P<c>[\w$]+)|(?:const|let|var) (?P<v>[\w$]+) ?="
    ),
    "go": lazy(r"func (?P<f>[A-Za-z]\w*)\(|type (?P<c>\w+) |(?:var|const) (?P<v>\w+) "),
    "java": lazy(
        r"(?:(?:public|protected|private|static|final|abstract|sealed) )*(?:class|interface|enum"
        r"|record) (?P<c>\w+)|(?:(?:public|protected|static|final|abstract"
        r"|synchronized) )+(?:<[^>]+> )?(?:@\w+ )*[\w<>\[\],.? ]+ (?P<f>\w+) ?\("
    ),
}
_COMPATIBLE = lazy(r"except (?:\(?.*)?(?:ImportError|ModuleNotFoundError|AttributeError|NameError)")


class _Symbol(NamedTuple):
    name: str
    statement: Statement


def symbol_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Definitions that went without their users; a renamed or moved one that nobody imports from here is fine."""
    if is_test(file.view.file.before) or file.language not in (*_DEFINITIONS, "typescript"):
        return
    gone = list(_gone(file))[:_MOST_NAMES]
    for symbol in gone:
        user = _user(file, symbol.name, [one.name for one in gone])
        if user:
            yield file.match("old", symbol.statement, symbol.name, A=symbol.name, B=user)


def _gone(file: FileChange) -> Iterator[_Symbol]:
    if file.view.file.deleted and _moved_file(file):
        return
    here = set() if file.view.file.deleted else _defined(file.new, file.language)
    text = "" if file.view.file.deleted else masked("\n".join(file.view.lines("new").values()), file.language)
    for statement in file.old.statements:
        name = _name(statement, file.language)
        if name is None or name in here or not file.is_removed(statement) or name.startswith("_") or len(name) < 3:
            continue
        if not _reexported(name, text):
            yield _Symbol(name, statement)


def _moved_file(file: FileChange) -> bool:
    """True where the same file was added at another place."""
    name = file.path.rsplit("/", 1)[-1]
    return any(other.view.file.new_file and other.path.rsplit("/", 1)[-1] == name for other in file.change.files)


def _name(statement: Statement, language: str | None) -> str | None:
    """The public name that a statement defines at the outermost level, or as a method in Java."""
    if statement.parent >= 0 and language != "java":
        return None
    shape = _DEFINITIONS["javascript" if language == "typescript" else language or ""]
    found = shape.match(statement.code)
    if not found:
        return None
    name = next((group for group in found.groups() if group), None)
    if language == "go" and name and not name[:1].isupper():
        return None
    return name


def _defined(side: Outline, language: str | None) -> set[str]:
    """What a file defines at any level: a definition may stand under a condition."""
    found = {function.name.split(".")[-1] for function in side.functions}
    if language == "java":
        # Without a modifier too: a method of an interface, or one that anybody of the package may call.
        found |= {
            name for one in side.statements for name in re.findall(r"[\w>\]] (\w+) ?\([^()]*\)[^()=]*[{;]$", one.code)
        }
    for statement in side.statements:
        name = _name(statement._replace(parent=-1), language)
        if name:
            found.add(name)
    return found


def _reexported(name: str, text: str) -> bool:
    """True where the name still comes through this file: imported, assigned under a condition, or loaded on demand."""
    escaped = re.escape(name)
    return bool(
        re.search(
            rf"\b(?:import|from|export|as|require)\b[^\n;]*\b{escaped}\b|^\s*{escaped}\s*(?::[^=\n]+)?=(?!=)",
            text,
            re.MULTILINE,
        )
        or re.search(rf"import\s*\([^)]*\b{escaped}\b|(?:import|export)\s*(?:type\s*)?\{{[^}}]*\b{escaped}\b", text)
        or re.search(r"def __getattr__\(|import \*|export \*", text)
    )


def _user(file: FileChange, name: str, gone: Sequence[str]) -> str | None:
    """Where the name is still used, as `path:line`."""
    own = _own_use(file, name)
    if own:
        return own
    if file.language == "java" or (file.change.tree is None and len(file.change.files) < 2):
        return _java_user(file, name) if file.language == "java" else None
    return _importer(file, name, gone)


def _own_use(file: FileChange, name: str) -> str | None:
    """A use in the same file, where nothing else defines the name."""
    if file.view.file.deleted or file.view.whole("new") is None:
        return None
    escaped = re.escape(name)
    bound = re.compile(
        rf"(?:\bfor|\bas|\bimport|\blambda|\bwith|[(,])\s*{escaped}\s*[,)=:]"
        rf"|\b{escaped}\s*(?::[^=]+)?=(?!=)|\b{escaped}\s*:=|\b(?:const|let|var|global|nonlocal)"
        rf"\s+[^=;()]*\b{escaped}\b|\b(?:def|class)\s+{escaped}\b|\bfor\b[^:]*\b{escaped}\b[^:]*\bin\b"
    )
    pattern = re.compile(
        rf"(?<![\w$.@\"'])@?{escaped}\s*\(" if file.language != "java" else rf"(?<![\w$]){escaped}\s*\("
    )
    text = " ".join(one.code for one in file.new.statements)
    if bound.search(text):
        return None
    for statement in file.new.statements:
        if pattern.search(statement.code) and not re.match(r"(?:async )?(?:def|function|func|class)\b", statement.code):
            if file.language == "java" and re.search(rf"[\w>\]]\s+{escaped}\s*\(|\.\s*{escaped}\s*\(", statement.code):
                continue
            return f"{file.path}:{statement.start}"
    return None


def _importer(file: FileChange, name: str, gone: Sequence[str]) -> str | None:
    """A file that imports the name from the one that had it."""
    if file.change.tree is None:
        return None
    hits = _hits(file, gone)
    if file.language == "go" and _in_package(file, name, hits):
        return None
    before = file.view.file.before
    for path in sorted({path for path, _, text in hits if re.search(rf"\b{re.escape(name)}\b", text)}):
        if path == file.path or not _same_language(language_of(path), file.language):
            continue
        text = file.change.text_of(path)
        line = _import_line(text, name, before, path, file.language)
        if line and not _COMPATIBLE.search(text):
            return f"{path}:{line}"
    return None


def _in_package(file: FileChange, name: str, hits: list[tuple[str, int, str]]) -> bool:
    """True where another file of the same Go package defines the name."""
    folder = file.path.rpartition("/")[0]
    shape = re.compile(
        rf"^\s*(?:func|type|var|const)?\s*{re.escape(name)}\b(?:\(|\[|\s+(?:=|struct|interface|func|\w))"
    )
    return any(path.rpartition("/")[0] == folder and shape.match(text) for path, _, text in hits)


def _hits(file: FileChange, gone: Sequence[str]) -> list[tuple[str, int, str]]:
    tree = file.change.tree
    return [] if tree is None else file.change.once(("hits", file.path), lambda: list(tree.grep(list(gone))))


def _same_language(one: str | None, other: str | None) -> bool:
    scripts = {"javascript", "typescript"}
    return one == other or {one, other} <= scripts


def _import_line(text: str, name: str, module: str, path: str, language: str | None) -> int | None:
    """The line at which `text` names the symbol of `module`, or None."""
    stem = module.rsplit("/", 1)[-1].partition(".")[0]
    if stem in ("__init__", "index"):
        stem = module.rsplit("/", 2)[-2] if "/" in module else stem
    finder = {"python": _python_import, "go": _go_use}.get(language or "", _script_import)
    position = finder(text, name, stem, module, path)
    return None if position is None else text.count("\n", 0, position) + 1


def _python_import(text: str, name: str, stem: str, module: str, path: str) -> int | None:
    code = masked(text, "python")
    escaped = re.escape(name)
    for found in re.finditer(r"^[ \t]*from[ \t]+([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)", code, re.MULTILINE):
        if not _names_module(found[1], module, path):
            continue
        inside = re.search(rf"(?<![\w.]){escaped}(?!\w)(?!\s+as\s+\w+\s*\.)", found[2])
        if inside and not re.search(rf"\bas\s+{escaped}\b", found[2]):
            return found.start(2) + inside.start()
    imported = re.search(
        rf"^[ \t]*(?:import[ \t]+(?:[\w.]+\.)?{re.escape(stem)}[ \t]*$"
        rf"|from[ \t]+[\w.]+[ \t]+import[ \t]+\(?[^\n)]*\b{re.escape(stem)}\b)",
        code,
        re.MULTILINE,
    )
    if imported and _imports_module(imported[0], stem, module, path):
        used = re.search(rf"(?<![\w.]){re.escape(stem)}\.{escaped}(?!\w)", code)
        return used.start() if used else None
    return None


def _imports_module(line: str, stem: str, module: str, path: str) -> bool:
    parent = re.search(r"from\s+([\w.]+)\s+import", line)
    if parent is None:
        return True
    dot = "" if parent[1].endswith(".") else "."
    return _names_module(f"{parent[1]}{dot}{stem}", module, path)


def _names_module(dotted: str, module: str, path: str) -> bool:
    """True where `from dotted` in the file at `path` means the file `module`."""
    target = module.removesuffix(".py").removesuffix("/__init__").split("/")
    level = len(dotted) - len(dotted.lstrip("."))
    words = [word for word in dotted.lstrip(".").split(".") if word]
    if level:
        base = path.split("/")[:-level] if level <= path.count("/") + 1 else []
        return [*base, *words] == target
    return bool(words) and target[-len(words) :] == words


def _script_import(text: str, name: str, stem: str, module: str, path: str) -> int | None:
    escaped = re.escape(name)
    origin = rf"[\"'](?:\.{{1,2}}/|@/|~/)(?:[\w./-]*/)?{re.escape(stem)}(?:\.\w+)?[\"']"
    for found in re.finditer(
        rf"(?:import|export)\s+(?:type\s+)?([^;\"']*?)\s*from\s*({origin})|(?:const|let"
        rf"|var)\s+(\{{[^}}]*\}})\s*=\s*require\(\s*({origin})\s*\)",
        text,
    ):
        if not _resolves(found[2] or found[4], module, path):
            continue
        inside = re.search(rf"\{{[^}}]*(?<![\w$])({escaped})(?![\w$])", found[1] or found[3] or "")
        if inside:
            return found.start(1 if found[1] else 3) + inside.start(1)
    for found in re.finditer(
        rf"(?:import\s+\*\s+as\s+(\w+)\s+from\s*({origin})|(?:const|let"
        rf"|var)\s+(\w+)\s*=\s*require\(\s*({origin})\s*\))",
        text,
    ):
        alias = found[1] or found[3]
        used = re.search(rf"(?<![\w$.]){alias}\.{escaped}(?![\w$])", masked(text, "javascript"))
        if used and _resolves(found[2] or found[4], module, path):
            return used.start()
    return None


def _resolves(quoted: str, module: str, path: str) -> bool:
    """True where an import in the file at `path` leads to `module`."""
    target = quoted.strip("\"'")
    if not target.startswith("."):
        return True
    parts = path.split("/")[:-1]
    for word in target.split("/"):
        if word == "..":
            parts = parts[:-1]
        elif word not in (".", ""):
            parts.append(word)
    joined = "/".join(parts)
    bare = re.sub(r"\.\w+$", "", module)
    return bare in (joined, re.sub(r"\.\w+$", "", joined), f"{joined}/index")


def _go_use(text: str, name: str, stem: str, module: str, path: str) -> int | None:
    code = masked(text, "go")
    escaped = re.escape(name)
    folder = module.rsplit("/", 1)[0] if "/" in module else ""
    if (path.rpartition("/")[0]) == folder:
        if re.search(
            rf"^(?:func (?:\([^)]*\) )?|type |var |const |\t){escaped}\b\s*(?:\(|=|struct|interface|[a-z])",
            code,
            re.MULTILINE,
        ):
            return None
        used = re.search(rf"(?<![\w.]){escaped}(?![\w:])", code)
        return used.start() if used else None
    package = folder.rsplit("/", 1)[-1]
    if not package or (f'/{folder}"' not in text and f'/{package}"' not in text):
        return None
    used = re.search(rf"(?<![\w.]){re.escape(package)}\.{escaped}(?!\w)", code)
    return used.start() if used else None


def _java_user(file: FileChange, name: str) -> str | None:
    """A use of a class that no other file defines, or of a method by way of a variable of its class."""
    tree = file.change.tree
    if tree is None:
        return None
    owner = file.view.file.before.rsplit("/", 1)[-1].partition(".")[0]
    package = re.search(r"^\s*package\s+([\w.]+)", "\n".join(file.old.lines.values()), re.MULTILINE)
    hits = [hit for hit in tree.grep([name]) if hit.path.endswith(".java")]
    if any(
        re.search(
            rf"\b(?:class|interface|enum|record)\s+{re.escape(name)}\b|[\w>\]]\s+{re.escape(name)}\s*\([^;]*\{{\s*$",
            hit.text,
        )
        for hit in hits
    ):
        return None
    for hit in hits:
        text = file.change.text_of(hit.path)
        same = hit.path.rpartition("/")[0] == file.path.rpartition("/")[0] or (
            package and f"{package[1]}.{owner}" in text
        )
        if not same or re.match(r"\s*(?:\*|//|/\*|import)", hit.text):
            continue
        if name == owner and re.search(rf"(?<![\w.\"]){re.escape(name)}(?!\w)", masked(hit.text, "java")):
            return f"{hit.path}:{hit.line}"
        if name != owner and _calls_of(text, owner, name, hit.text):
            return f"{hit.path}:{hit.line}"
    return None


def _calls_of(text: str, owner: str, name: str, line: str) -> bool:
    variables = [owner, *re.findall(rf"\b{re.escape(owner)}(?:<[^>]*>)?\s+(\w+)\s*[;=,)]", text)]
    return any(re.search(rf"(?<![\w$]){re.escape(one)}\s*\.\s*{re.escape(name)}\s*\(", line) for one in variables)
