"""New code that came without a test."""

from __future__ import annotations

import re

from review_bot.domain.paths import is_test
from review_bot.patterns import lazy
from review_bot.rules.delta.change import trivial
from review_bot.rules.delta.tables import bag
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.rules.delta.change import FileChange, WholeChange
    from review_bot.rules.delta.outline import Function
    from review_bot.rules.match import Match

_LOGIC = lazy(
    r"(?:\} ?)?(?:if|elif|else|for|while|switch|match|case|try|except|catch|unless|when|guard)\b"
    r"|return .*(?: if | and | or |&&|\|\||[-+*/%]| \? )|.*[-+*/%]= "
)
_ELSEWHERE = lazy(
    r"(?:^|/)(?:docs?|bin|examples?|samples?|demos?|scripts?|tools?|bench(?:marks?)?|migrations?|vendor"
    r"|third_party|_vendor|vendored|extern|node_modules|site|website|tutorials?|\.github|build|dist|typings|stories|mocks?"
    r"|stubs)/"
    r"|(?:^|/)(?:setup|conf|conftest|noxfile|tasks|fabfile|manage|gulpfile|webpack\.config"
    r"|rollup\.config|Gruntfile|dangerfile|__main__|_version|versioneer)\.\w+$|\.d\.ts$"
    r"|\.config\.\w+$|\.stub\.|\.pyi$|^\w+/(?:\w+/)*packages/\w+/.*\.py$",
    re.IGNORECASE,
)
_UNLIKELY = bag(
    "main setup teardown configure register upgrade downgrade up down render constructor init run"
    " toString hashCode equals String Error"
)


def code_without_test(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """New public functions with logic in a change that touches no test, and that no test names."""
    if file.view.file.deleted or is_test(file.path) or _ELSEWHERE.search(file.path) or _has_tests(file.change):
        return
    fresh = [function for function in file.new.functions if _is_new(file, function)]
    if not fresh or _nobody_tests_here(file):
        return
    known = _named_in_tests(file.change, [function.name.split(".")[-1] for function in fresh])
    for function in fresh:
        if function.name.split(".")[-1] not in known:
            yield file.match("new", function.header, A=function.name)


def _has_tests(change: WholeChange) -> bool:
    for file in change.files:
        if file.view.added and (
            is_test(file.path)
            or re.search(r"^\s*(?:>>> |#\[test\]|#\[cfg\(test\)\])", file.view.added_text, re.MULTILINE)
        ):
            return True
    return False


_MANY = 5
"""Files of a folder from which on it tells something that none of them has a test."""
_TEST_WORD = lazy(r"^tests?[-_]|[-_.](?:tests?|spec|e2e|cy)$|(?:Tests?|Spec|IT)$")


def _nobody_tests_here(file: FileChange) -> bool:
    """True for a file in a folder of many of which none is tested, as far as names tell: one more is no news."""
    tree = file.change.tree
    if tree is None:
        return False
    code, tests, tested = file.change.once("layout", lambda: _layout(tree.paths()))
    folder, _, name = file.path.rpartition("/")
    while folder:
        below = f"{folder}/"
        stems = {stem for other, some in code.items() if f"{other}/".startswith(below) for stem in some}
        named = tested.get(_family(name), set()) & (stems | {name.partition(".")[0]})
        if named or any(f"{other}/".startswith(below) for other in tests):
            return False
        if len(stems) >= _MANY:
            return True
        folder = folder.rpartition("/")[0]
    return False


class _Layout(NamedTuple):
    """Where a tree has its code and its tests."""

    code: dict[str, set[str]]
    """What the code files of each folder are called."""
    tests: set[str]
    """Folders of tests."""
    tested: dict[str, set[str]]
    """What the tests of each family of languages are called after."""


def _layout(paths: Iterable[str]) -> _Layout:
    found = _Layout({}, set(), {})
    for path in paths:
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0]
        if not name.endswith(_CODE):
            continue
        if is_test(path):
            found.tests.add(folder)
            found.tested.setdefault(_family(name), set()).add(_TEST_WORD.sub("", stem))
        else:
            found.code.setdefault(folder, set()).add(stem.partition(".")[0])
    return found


def _family(name: str) -> str:
    """Languages whose tests are written in one another."""
    end = name.rpartition(".")[2]
    return "js" if end in ("js", "mjs", "cjs", "jsx", "ts", "tsx") else end


_CODE = (".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".go", ".java", ".rb", ".php", ".cs", ".rs", ".kt")


def _is_new(file: FileChange, function: Function) -> bool:
    name = function.name.split(".")[-1]
    if (
        " " in name
        or name.startswith(("_", "#", "test", "Test"))
        or name in _UNLIKELY
        or not file.is_added(function.header)
    ):
        return False
    if function.header.start not in file.view.added_numbers or not _has_logic(file, function):
        return False
    if re.match(r"(?:private|protected)\b", function.header.code) or "pragma: no cover" in _header_lines(
        file, function
    ):
        return False
    if file.language == "java" and function.container and not _is_open(file, function):
        return False
    if not function.header.indent and _gives_little(file) and not _is_exported(file, function):
        return False
    if function.header.indent and not _is_method(function):
        return False
    if file.language == "go" and not name[:1].isupper():
        return False
    return file.pairing.before(function) is None and not _came_from(file, name)


def _header_lines(file: FileChange, function: Function) -> str:
    lines = file.view.lines("new")
    return "\n".join(lines.get(number, "") for number in range(function.start, function.header.end + 1))


def _is_open(file: FileChange, function: Function) -> bool:
    """True for a method that other packages can call: only those of an interface are so without a word."""
    holder = next(iter(file.new.ancestors(function.header)), None)
    return "public" in function.header.code or (holder is not None and "interface" in holder.code)


def _gives_little(file: FileChange) -> bool:
    """True for a module that says what it gives to others."""
    if file.language == "typescript":
        return True
    return file.language == "javascript" and any(_GIVES.match(one.code) for one in file.new.statements)


_GIVES = lazy(r"export\b|(?:module\.)?exports\b")


def _is_exported(file: FileChange, function: Function) -> bool:
    """True for a function that a module gives to others."""
    if "export" in function.header.code:
        return True
    name = re.escape(function.name)
    shape = re.compile(rf"\bexport\s+default\b.*\b{name}\b|\bexport\s*\{{[^}}]*\b{name}\b|\bexports\b.*\b{name}\b")
    return any(shape.search(one.code) for one in file.new.statements)


def _is_method(function: Function) -> bool:
    """True for what a class gives to others; a function inside of a function is nobody else's."""
    return bool(function.container) and function.qualname.endswith(f"{function.container}.{function.name}")


def _has_logic(file: FileChange, function: Function) -> bool:
    body = [one for one in file.new.body(function) if not trivial(one.code) and one.code.strip("\"' ;")]
    added = [one for one in body if file.is_added(one)]
    if 2 * len(added) < len(body) or any(
        re.match(r"(?:raise NotImplementedError|pass$|\.\.\.)", one.code) for one in body[:2]
    ):
        return False
    inline = re.search(r"(?:=>|\{)\s*(?:return )?(.+?)\}?;?$", function.header.code)
    return (
        len(added) >= 4
        or any(_LOGIC.match(one.code) for one in added)
        or bool(inline and not body and _LOGIC.match(f"return {inline[1]}"))
    )


def _came_from(file: FileChange, name: str) -> bool:
    """True where a function of this name was removed somewhere: it is no new one."""
    pattern = re.compile(
        rf"\b(?:def|function|func|fn|fun|const|let|var)\s+(?:\([^)]*\)\s*)?{re.escape(name)}\b"
        rf"|\b{re.escape(name)}\s*\([^;]*\)\s*\{{"
    )
    return any(pattern.search(text) for other in file.change.files for _, text in other.view.removed)


def _named_in_tests(change: WholeChange, names: Sequence[str]) -> set[str]:
    """Those of `names` that a test of the tree speaks of."""
    if change.tree is None:
        return set()
    found: set[str] = set()
    for hit in change.tree.grep(names):
        if is_test(hit.path):
            found |= {name for name in names if re.search(rf"\b{re.escape(name)}\b", hit.text)}
    return found
