"""Regular expressions that are compiled when they are first used, and on one machine only once.

A commit needs few of all that there are. Loading `re` and compiling those few costs as much as an interpreter's start,
so what the compiler makes of an expression, its program, is kept between runs (stores.pattern_cache) and handed to the
engine behind `re` (docs/decisions/0013-kept-patterns.md).
"""

from __future__ import annotations

from review_bot.memo import remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping
    from typing import Any, AnyStr

    Key = tuple[bool, str | bytes, int]
    """Whether the expression is of bytes, the expression, its flags."""
    Program = tuple[int, bytes, int, dict[str, int]]
    """All flags, the code, the number of groups, and the numbers of those that have names."""

IGNORECASE, MULTILINE, DOTALL = 2, 8, 16
"""As in `re`."""
_known: dict[Key, Program] = {}
_compiled_now: dict[Key, None] = {}


class _Lazy:
    """Stands for a compiled expression until somebody asks it for something."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        pattern = compiled(self._text, self._flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "pattern"):
            setattr(self, method, getattr(pattern, method))
        return getattr(pattern, name)


def lazy(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile`, later."""
    return _Lazy(text, flags)  # type: ignore[return-value]


@remembered(maxsize=None)
def compiled(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile`, from the kept program where there is one."""
    key = (isinstance(text, bytes), text, int(flags))
    if key in _known:
        pattern = _loaded(text, _known[key])
        if pattern is not None:
            return pattern
    import re

    _compiled_now[key] = None
    return re.compile(text, flags)


def escaped(text: str) -> str:
    """`re.escape`."""
    return text if text.isalnum() and text.isascii() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "()[]{}?*+-|^$\\.&~# \t\n\r\v\f" else character


def keep(programs: Mapping[Key, Program]) -> None:
    """Use these programs from now on."""
    _known.update(programs)


def fresh() -> dict[Key, Program]:
    """Programs of the expressions that had to be compiled in this run."""
    programs = {key: _program(key[1], key[2]) for key in _compiled_now}
    return {key: program for key, program in programs.items() if program is not None}


def engine() -> str:
    """What a program depends on beside the expression; empty where programs can't be used."""
    import sys

    try:
        from _sre import MAGIC  # type: ignore[import-not-found]
    except ImportError:  # pragma: no cover - another interpreter than CPython
        return ""
    return f"{sys.version} {sys.byteorder} {MAGIC}"


def _loaded(text: str | bytes, program: Program) -> re.Pattern[Any] | None:
    """The pattern of a kept program; None where the engine refuses it."""
    from _sre import compile as made

    try:
        flags, code, groups, names = program
        by_number: list[str | None] = [None] * (groups + 1)
        for name, number in names.items():
            by_number[number] = name
        words = memoryview(code).cast("I").tolist()
        pattern: re.Pattern[Any] = made(text, flags, words, groups, names, tuple(by_number))
    except (TypeError, ValueError, IndexError, RuntimeError, OverflowError):
        return None
    return pattern


def _program(text: str | bytes, flags: int) -> Program | None:
    """What the compiler makes of an expression; None where that could not be told from outside of it."""
    import re
    import struct

    try:
        compiler, parser = _compiler()
        tree = parser.parse(text, flags)
        code: Iterable[int] = compiler._code(tree, flags)
        state = tree.state
        words = list(code)
        packed = struct.pack(f"{len(words)}I", *words)
        program = (int(flags | state.flags), packed, state.groups - 1, dict(state.groupdict))
    except (ImportError, AttributeError, TypeError, struct.error):  # pragma: no cover - of a later Python
        return None
    pattern = re.compile(text, flags)
    same = _loaded(text, program)
    return program if same == pattern and same.groupindex == pattern.groupindex else None


def _compiler() -> tuple[Any, Any]:
    try:
        from re import _compiler, _parser  # type: ignore[attr-defined]
    except ImportError:  # Python 3.10
        import sre_compile
        import sre_parse

        return sre_compile, sre_parse
    return _compiler, _parser
