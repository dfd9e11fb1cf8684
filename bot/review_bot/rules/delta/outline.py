"""A file as statements and functions, read off brackets and indentation: one reader for all languages.

A syntax tree would know more, but not of a fragment; what the checks need of both versions stands in the layout.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from review_bot.rules.delta.masking import OPEN, masked, without_comments
from review_bot.rules.delta.tables import bag
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Statement(NamedTuple):
    """One logical line: all physical lines up to where its brackets close or its block opens."""

    position: int
    """Its place among the statements of its side."""
    start: int
    end: int
    indent: int
    code: str
    """Masked, blanks as one, without a `}` in front."""
    text: str
    """As written, its lines joined by one blank."""
    parent: int
    """Index of the statement whose block holds it; -1 at the outermost level."""


class Function(NamedTuple):
    """A function, method, test case or handler."""

    name: str
    qualname: str
    """With the classes and functions around it."""
    header: Statement
    last: int
    """Index of its last statement."""
    start: int
    """First line, decorators and annotations included."""
    end: int
    decorators: tuple[Statement, ...] = ()
    container: str = ""
    """Name of the class around it, or empty."""


class Outline(NamedTuple):
    """One side of a file."""

    statements: tuple[Statement, ...]
    functions: tuple[Function, ...]
    starts: tuple[int, ...]
    lines: Mapping[int, str]
    braces: bool

    def at(self, line: int) -> Statement | None:
        """The statement that holds `line`."""
        index = bisect_right(self.starts, line) - 1
        if index >= 0 and self.statements[index].end >= line:
            return self.statements[index]
        return None

    def near(self, line: int) -> int:
        """Index of the last statement that starts at or before `line`; -1 before the first."""
        return bisect_right(self.starts, line) - 1

    def function_at(self, line: int) -> Function | None:
        """fn(line): the innermost function around it, decorators included."""
        best = None
        for function in self.functions:
            if function.start <= line <= function.end and (best is None or function.start >= best.start):
                best = function
        return best

    def inside(self, parent: Statement) -> Iterator[Statement]:
        """Every statement in the block of `parent`, at any depth."""
        for statement in self.statements[parent.position + 1 :]:
            if statement.indent <= parent.indent:
                return
            yield statement

    def block(self, parent: Statement) -> list[Statement]:
        """The statements directly in the block of `parent`."""
        return [statement for statement in self.inside(parent) if statement.parent == parent.position]

    def after(self, statement: Statement) -> Statement | None:
        """The next statement on the same level, behind the block of this one."""
        for other in self.statements[statement.position + 1 :]:
            if other.indent <= statement.indent:
                return other if other.indent == statement.indent and other.parent == statement.parent else None
        return None

    def body(self, function: Function) -> Sequence[Statement]:
        """The statements of a function behind its header."""
        return self.statements[function.header.position + 1 : function.last + 1]

    def ancestors(self, statement: Statement) -> Iterator[Statement]:
        """The statements whose blocks hold this one, innermost first."""
        while statement.parent >= 0:
            statement = self.statements[statement.parent]
            yield statement


_BRACELESS = frozenset(("python", "ruby", "yaml", "toml", "ini", "dotenv", "sql", "elixir", "text", "gomod", "lock"))
_LONGEST = 3000
"""Characters of a statement that are kept: what is longer is data."""
_BRACKET = re.compile(r"[()\[\]{}]")
_BLOCK_WORDS = ("else", "try", "do", "finally", "loop", "unsafe", "init", "get", "set")
_CONTINUES = re.compile(r"(?:&&|\|\||[=+?:(,]|\\)\s*$")
_CONTINUED = re.compile(r"\s*(?:\.\w|\?\.|&&|\|\||[?:]\s|\+\s|->\s*\w)")
_ONLY_BRACKETS = re.compile(r"[\s(){}\[\];,]*$")
_LEADING = re.compile(r"^(?:\}\s*)+(?=\w)")


def outline(lines: Mapping[int, str], language: str | None, *, functions: bool = True) -> Outline:
    """Read one side of a file; `lines` may have gaps, as those of a diff without files."""
    braces = (language or "") not in _BRACELESS
    statements: list[Statement] = []
    for stretch in _stretches(lines):
        statements = _Reader(stretch, language, braces=braces, before=statements).read()
    found = tuple(statements)
    starts = tuple(statement.start for statement in found)
    bare = Outline(found, (), starts, lines, braces)
    return bare._replace(functions=tuple(_functions(bare, language))) if functions else bare


def _stretches(lines: Mapping[int, str]) -> list[list[tuple[int, str]]]:
    stretches: list[list[tuple[int, str]]] = []
    for number in sorted(lines):
        if stretches and stretches[-1][-1][0] == number - 1:
            stretches[-1].append((number, lines[number]))
        else:
            stretches.append([(number, lines[number])])
    return stretches


class _Reader:
    """Cuts a run of lines into statements."""

    def __init__(
        self, lines: list[tuple[int, str]], language: str | None, *, braces: bool, before: list[Statement]
    ) -> None:
        self.lines = lines
        self.language = language
        self.braces = braces
        self.joins = braces or language in ("python", "ruby")
        self.code = masked("\n".join(text for _, text in lines), language).split("\n")
        self.found = before
        self.open: list[str] = []
        """Brackets not closed yet: `i` inside a statement, `b` around a block."""
        self.quoted = False
        self.levels: list[tuple[int, int]] = []
        """Indent and index of the statements around."""

    def read(self) -> list[Statement]:
        begin: int | None = None
        for position, code in enumerate(self.code):
            if begin is None:
                if not code.strip() or (self.braces and _ONLY_BRACKETS.match(code) and self._closes(code)):
                    continue
                begin = position
            self._brackets(code)
            if not self._goes_on(position):
                self._add(begin, position)
                begin = None
        if begin is not None:
            self._add(begin, len(self.code) - 1)
        return self.found

    def _closes(self, code: str) -> bool:
        """A line of brackets alone; it is read, and is no statement."""
        self._brackets(code)
        return True

    def _text(self, first: int, last: int) -> str:
        """The lines as one; comments between them would hide what follows."""
        if first == last:
            return self.lines[first][1].strip()
        text = "\n".join(line for _, line in self.lines[first : last + 1])
        if "#" in text or "//" in text or "/*" in text:
            text = without_comments(text, self.language)
        return " ".join(line.strip() for line in text.split("\n") if line.strip())

    def _brackets(self, code: str) -> None:
        for found in _BRACKET.finditer(code):
            char = found[0]
            if char in ")]}":
                if self.open:
                    self.open.pop()
            else:
                block = char == "{" and self.braces and _opens_block(code, found.start())
                self.open.append("b" if block else "i")

    def _goes_on(self, position: int) -> bool:
        if self.code[position].count(OPEN) % 2:
            self.quoted = not self.quoted
        if self.quoted or (self.open and self.open[-1] == "i"):
            return True
        if not self.joins or position + 1 >= len(self.code):
            return False
        code, following = self.code[position], self.code[position + 1]
        if not following.strip():
            return False
        if not self.braces:
            return code.rstrip().endswith("\\")
        if code.rstrip().endswith(("{", ";")):
            return False
        return bool(_CONTINUES.search(code) and not code.rstrip().endswith((":", "++"))) or bool(
            _CONTINUED.match(following)
        )

    def _add(self, first: int, last: int) -> None:
        lines = self.lines
        indent = _indent(lines[first][1])
        code = _LEADING.sub("", " ".join(" ".join(self.code[first : last + 1]).split()))
        code = re.sub(f"{OPEN} ?{OPEN}", '""', code)
        if self.braces and code == "{":
            return
        text = self._text(first, last)
        code, text = code[:_LONGEST], text[:_LONGEST]
        while self.levels and self.levels[-1][0] >= indent:
            self.levels.pop()
        parent = self.levels[-1][1] if self.levels else -1
        index = len(self.found)
        self.found.append(Statement(index, lines[first][0], lines[last][0], indent, code, text, parent))
        self.levels.append((indent, index))


def _indent(text: str) -> int:
    bare = text.lstrip(" \t")
    blanks = text[: len(text) - len(bare)]
    return len(blanks.replace("\t", "    "))


def _opens_block(code: str, position: int) -> bool:
    """True for a `{` that begins a block of statements, and no value."""
    before = code[:position]
    bare = before.rstrip()
    if not bare:
        return True
    last = bare[-1]
    if last in "(,=:[{?":
        return bare.endswith("=>")
    if last == ">" or last == ")":
        return True
    word = re.search(r"\w+$", bare)
    if word and word[0] == "return":
        return False
    if bare == before and (last.isalnum() or last in "_]"):
        return bool(word and word[0] in _BLOCK_WORDS)
    return True


_WORD = r"[A-Za-z_$][\w$]*"
_NOT_NAMES = bag(
    "if for while switch catch return else do try function new throw typeof await synchronized when match with using"
    " lock foreach elif unless until case sizeof super this constructor"
) - {"constructor"}
_ARROW = rf"(?:async\s*)?(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|{_WORD})\s*(?::\s*[^=]+?)?\s*=>"
_FUNCTION_SHAPES = {
    "python": (rf"(?:async )?def (?P<name>{_WORD})",),
    "ruby": (r"def (?:self\.)?(?P<name>[\w]+[?!=]?)", r"(?:it|test|describe|context|specify)\b"),
    "go": (rf"func (?:\((?P<receiver>[^)]*)\) ?)?(?P<name>{_WORD})", r"(?P<run>\w+\.Run)\("),
    "rust": (rf"(?:pub(?:\([^)]*\))? )?(?:async |const |unsafe )*fn (?P<name>{_WORD})",),
    "php": (rf"(?:abstract |final |public |private |protected |static )*function &?(?P<name>{_WORD})",),
    "kotlin": (rf"(?:[\w@]+ )*fun (?:<[^>]*> ?)?(?:[\w<>?]+\.)?(?P<name>{_WORD})",),
    "swift": (rf"(?:[\w@]+ )*func (?P<name>{_WORD})", r"(?:[\w@]+ )*(?P<name>init)[?!]?\("),
    "javascript": (
        rf"(?:export )?(?:default )?(?:async )?function ?\*? ?(?P<name>{_WORD})",
        rf"(?:export )?(?:const|let|var) (?P<name>{_WORD})(?: ?:[^=]+)? ?= ?(?:async )?function\b",
        rf"(?:export )?(?:const|let|var) (?P<name>{_WORD})(?: ?:[^=]+(?:=>[^=]+)?)? ?= ?{_ARROW}",
        rf"(?:module\.)?(?:exports|{_WORD}(?:\.prototype)?)\.(?P<name>{_WORD}) ?= ?(?:(?:async )?function\b|{_ARROW})",
        rf"(?P<name>{_WORD}) ?[:=] ?(?:(?:async )?function\b|{_ARROW})",
        rf"(?:(?:public|private|protected|static|async|readonly|override|get|set|abstract) |\* ?)*"
        rf"(?P<name>#?{_WORD})(?:<[^>]*>)? ?\((?!.*=>)(?!.*\bfunction\b).*\)(?: ?:.*)? ?\{{.*$",
        r"(?P<case>(?:it|test|describe|context|suite)(?:\.\w+)*)\(",
        rf"(?P<route>{_WORD}\.(?:get|post|put|patch|delete|all|route|use))\(\"\"",
    ),
}
_TYPED = (
    rf"(?:@\w+(?:\([^)]*\))? )*(?:(?:public|private|protected|internal|static|final|abstract"
    rf"|synchronized|override|async"
    rf"|virtual|sealed|default|native|inline|extern|readonly|partial|new|unsafe) )*(?:<[^>]+> )?"
    rf"(?:[\w.$]+(?:<.*?>)?(?:\[\])*\??[ *&]+)?(?P<name>{_WORD}) ?\([^;=]*\)(?: throws [\w., ]+| const"
    rf"| where .*)? ?\{{?.*$",
)
_CLASS = re.compile(
    rf"(?:@\w+(?:\([^)]*\))? )*(?:(?:export|default|public|private|protected|internal|abstract|final"
    rf"|static|sealed|open|data|pub"
    rf"|partial) )*(?:class|interface|struct|enum|trait|impl|object|module|namespace"
    rf"|record)(?:<[^>]*>)? (?P<name>{_WORD})"
)
_COMPILED: dict[str, tuple[re.Pattern[str], ...]] = {}


def _shapes(language: str | None) -> tuple[re.Pattern[str], ...]:
    key = "javascript" if language == "typescript" else (language or "")
    if key not in _COMPILED:
        _COMPILED[key] = tuple(map(re.compile, _FUNCTION_SHAPES.get(key, _TYPED)))
    return _COMPILED[key]


_FLAT = bag("yaml json toml ini dotenv sql lock gomod text markdown rst html css dockerfile hcl xml properties make")


def _functions(side: Outline, language: str | None) -> Iterator[Function]:
    if language is None or language in _FLAT:
        return
    shapes = _shapes(language)
    typed = language not in _FUNCTION_SHAPES and language != "typescript"
    scopes: list[tuple[int, str, bool]] = []
    for statement in side.statements:
        while scopes and scopes[-1][0] >= statement.indent:
            scopes.pop()
        of_class = _CLASS.match(statement.code)
        if of_class:
            scopes.append((statement.indent, of_class["name"], True))
            continue
        name = _function_name(statement, shapes, typed=typed)
        if name is None:
            continue
        yield _function(side, statement, name, scopes)
        scopes.append((statement.indent, name, False))


def _function_name(statement: Statement, shapes: Sequence[re.Pattern[str]], *, typed: bool) -> str | None:
    code = statement.code
    for shape in shapes:
        found = shape.match(code)
        if found is None:
            continue
        groups = found.groupdict()
        name = groups.get("name")
        if name is None:
            return _case_name(statement, found[0])
        if name in _NOT_NAMES or (typed and (not code.endswith("{") or code.startswith(("return ", "new ", "else ")))):
            continue
        return f"{_receiver(groups['receiver'])}.{name}" if groups.get("receiver") else name
    return None


def _receiver(text: str) -> str:
    return re.sub(r"\[.*", "", text.rsplit(maxsplit=1)[-1].lstrip("*")) if text.split() else ""


def _case_name(statement: Statement, head: str) -> str:
    """A test case or route is known by the words it is given."""
    title = re.search(r"[\"'`](.*?)[\"'`]", statement.text)
    return f"{head.rstrip('(').split('(')[0].strip()} {title[1] if title else ''}".strip()


def _function(side: Outline, header: Statement, name: str, scopes: Sequence[tuple[int, str, bool]]) -> Function:
    last = header.position
    end = header.end
    for statement in side.inside(header):
        last, end = statement.position, statement.end
    if side.braces:
        following = side.statements[last + 1].start if last + 1 < len(side.statements) else end + 2
        while end + 1 < following and re.match(r"\s*[)}\]]", side.lines.get(end + 1, "")):
            end += 1
    decorators = _decorators(side, header)
    container = next((scope for _, scope, of_class in reversed(scopes) if of_class), "")
    qualname = ".".join([*(scope for _, scope, _ in scopes), name])
    start = decorators[0].start if decorators else header.start
    return Function(name, qualname, header, last, start, end, tuple(decorators), container)


def _decorators(side: Outline, header: Statement) -> list[Statement]:
    found: list[Statement] = []
    index = header.position - 1
    while index >= 0:
        statement = side.statements[index]
        if statement.indent != header.indent or not statement.code.startswith(("@", "[", "#[")):
            break
        found.insert(0, statement)
        index -= 1
    return found
