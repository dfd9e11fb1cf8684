"""Tests that went, that ask for less, or that no longer run."""

from __future__ import annotations

import re

from review_bot.domain.paths import is_test
from review_bot.patterns import lazy
from review_bot.rules.delta.change import trivial
from review_bot.rules.delta.masking import masked, without_comments
from review_bot.rules.delta.tables import bag
from review_bot.rules.delta.words import alike, squeezed, tokens, words_of
from review_bot.rules.delta.words import names as names_in
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from review_bot.rules.delta.change import FileChange, WholeChange
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.match import Match

_CASE = lazy(r"(?:it|test|specify)(?:\.\w+)* ")
_GO_TEST = lazy(r"(?:Test|Fuzz)(?:[A-Z_]\w*)?$")
_TEST_MARK = lazy(
    r"@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory)\b|\[(?:Fact|Theory|Test"
    r"|TestMethod|TestCase)\b|#\[(?:\w+::)*test\b"
)
_TABLE = lazy(
    r"parametri[sz]e|\.each\b|ParameterizedTest|subTest|\bt\.Run\(|tests? :?= |\bcases\b|testCases"
    r"|dataProvider|@TestWith|rstest|InlineData|TestCase\(|for .* in .*:|forEach|hypothesis|@given"
    r"|range tests",
    re.IGNORECASE,
)
_SKIPPED_NAMES = bag(
    "assert self test tests expect pytest unittest mock patch result response client app data value"
    " name path request res req t b fn cb done jest vi describe it should equal setup teardown screen container wrapper"
)


def is_case(function: Function, path: str) -> bool:
    """True for a function that a test runner calls as a test."""
    name = function.name
    if _CASE.match(name):
        return True
    if any(_TEST_MARK.match(one.text) for one in function.decorators) or _TEST_MARK.match(function.header.text):
        return True
    if re.match(r"test(?:_|[A-Z0-9]|$)", name) and path.endswith((".java", ".kt", ".cs")):
        return is_test(path) and re.search(rf"\b{name} ?\( ?\)", function.header.code) is not None
    if re.match(r"test(?:_|[A-Z0-9]|$)", name) and (is_test(path) or function.container.startswith("Test")):
        return not path.endswith((".js", ".ts", ".go", ".tsx", ".jsx"))
    return path.endswith("_test.go") and bool(_GO_TEST.match(name.split(".")[-1]))


def test_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Test cases that are gone while what they tested is still there."""
    if not file.removed:
        return
    for function in file.old.functions:
        is_gone = file.is_removed(function.header) and is_case(function, file.view.file.before)
        if is_gone and _is_gone(file, function):
            yield file.match("old", function.header, A=_title(function))


def _title(function: Function) -> str:
    return function.name.partition(" ")[2] or function.name


def _is_gone(file: FileChange, function: Function) -> bool:
    if not file.view.file.deleted and file.pairing.function(function) is not None:
        return False
    body = [one for one in file.old.body(function) if not trivial(one.code)]
    change = file.change
    if function.name in change.functions_added() or not body:
        return False
    stands = sum(change.moved(file.view.lines("old").get(one.start, one.text)) for one in body)
    if 2 * stands >= len(body) and stands > 1:
        return False
    if _title_stands(file, function):
        return False
    return not _rewritten(file, function) and not _subject_gone(file, function)


def _title_stands(file: FileChange, function: Function) -> bool:
    """True where a test of the same title was added under another call, such as one that runs it for some versions."""
    title = function.name.partition(" ")[2]
    if len(title) < 8:
        return False
    return any(
        title in text and not re.match(r"\s*(?://|/?\*|#)", text)
        for other in file.change.files
        for _, text in other.view.added
    )


def _rewritten(file: FileChange, function: Function) -> bool:
    """True where another test of the change says much the same, or runs the case from a table."""
    mine = _tokens(file.old, function)
    about = _about(file.old, function)
    for other in file.change.files:
        if not other.view.added or other.view.file.deleted or other.language != file.language:
            continue
        for candidate in other.new.functions:
            if not is_case(candidate, other.path) or not _is_touched(other, candidate):
                continue
            shared = about & _about(other.new, candidate)
            theirs = _tokens(other.new, candidate)
            if alike(mine, theirs) >= 0.5 or (shared and _TABLE.search(_source(other.new, candidate))):
                return True
            if _same_title(function.name, candidate.name) and (shared or other is not file):
                return True
    return False


_TITLE_WORDS = bag("test tests it should when with and the a an of for in on is are to does not hook case works run")


def _same_title(one: str, other: str) -> bool:
    """True where the name of a test says what that of another says."""
    first, second = (set(words_of(re.sub(r"\W+", "_", name))) - _TITLE_WORDS for name in (one, other))
    return bool(first) and 2 * len(first & second) >= max(len(first), len(second))


def _is_touched(file: FileChange, function: Function) -> bool:
    numbers = file.view.added_numbers
    return any(number in numbers for number in range(function.start, function.end + 1))


def _tokens(side: Outline, function: Function) -> list[str]:
    return [token for one in side.body(function) for token in tokens(one.text)]


def _source(side: Outline, function: Function) -> str:
    parts = [*function.decorators, function.header, *side.body(function)]
    return " ".join(one.text for one in parts)


def _about(side: Outline, function: Function) -> set[str]:
    """What a test calls or reads, without what every test names."""
    code = " ".join(one.code for one in side.body(function))
    return {
        name
        for name in names_in(code)
        if name.lower() not in _SKIPPED_NAMES and not name.lower().startswith(("assert", "expect"))
    }


def _subject_gone(file: FileChange, function: Function) -> bool:
    """True where something the test speaks of was taken out of the code by the same change."""
    if file.view.file.deleted and _module_gone(file):
        return True
    about = _about(file.old, function)
    packages = _once(file.change, _dependencies_gone)
    if packages and (packages & _quoted(file.old, function) or about & _bound(file, packages)):
        return True
    if about & _once(file.change, _gone_functions):
        return True
    gone = _once(file.change, _gone_words)
    if about & gone:
        return True
    title = set(words_of(re.sub(r"\W+", "_", function.name)))
    return any(set(words_of(word)) <= title for word in gone if len(word) > 3)


def _once(change: WholeChange, gather: Callable[[WholeChange], set[str]]) -> set[str]:
    return change.once(gather, lambda: gather(change))


def _quoted(side: Outline, function: Function) -> set[str]:
    return set(re.findall(r"[\"']([\w@./-]+)[\"']", " ".join(one.text for one in side.body(function))))


def _bound(file: FileChange, packages: set[str]) -> set[str]:
    """Names that removed lines outside of functions bound to one of the packages."""
    return {
        name
        for one in file.old.statements
        if one.parent < 0 and file.is_removed(one) and any(package in one.text for package in packages)
        for name in names_in(one.code)
    }


_DEPENDENCY = lazy(r"^\s*\"([\w@./-]+)\"\s*:", re.MULTILINE)


def _dependencies_gone(change: WholeChange) -> set[str]:
    """Packages that a manifest of the change no longer asks for."""
    gone: set[str] = set()
    for file in change.files:
        if file.path.endswith("package.json") and file.view.removed:
            before = "\n".join(text for _, text in file.view.removed)
            gone |= set(_DEPENDENCY.findall(before)) - set(_DEPENDENCY.findall(file.view.added_text))
    return gone


_OF_TESTS = lazy(r"/(?:src/(?:test|it)|tests?|__tests__|specs?)(?:/|$)")


def _module_gone(file: FileChange) -> bool:
    """True where a test went together with the whole folder of the code that it belonged to."""
    tree = file.change.tree
    found = _OF_TESTS.search(f"/{file.view.file.before}")
    folder = file.view.file.before[: found.start()].strip("/") if found else ""
    if tree is None or not folder:
        return False
    here = file.change.once("folders", lambda: {path.rpartition("/")[0] for path in tree.paths()})
    return not any(f"{path}/".startswith(f"{folder}/") for path in here)


def _gone_words(change: WholeChange) -> set[str]:
    """Identifiers of removed code, tests aside, that are in none of its files any longer."""
    before: set[str] = set()
    now: set[str] = set()
    for file in change.files:
        if file.language in (None, "markdown", "rst", "text", "lock") or is_test(file.path):
            continue
        before |= set(re.findall(r"[A-Za-z_]\w{2,}", "\n".join(text for _, text in file.view.removed)))
        if file.view.file.deleted:
            before.add(file.path.rsplit("/", 1)[-1].partition(".")[0])
        else:
            now |= set(re.findall(r"[A-Za-z_]\w{2,}", "\n".join(file.view.lines("new").values())))
    return before - now


def _gone_functions(change: WholeChange) -> set[str]:
    """Names of functions outside of tests that are no longer there under the same header: another contract."""
    gone: set[str] = set()
    for file in change.files:
        if not file.removed or is_test(file.path):
            continue
        now = set() if file.view.file.deleted else {squeezed(one.header.text) for one in file.new.functions}
        gone |= {
            one.name.split(".")[-1]
            for one in file.old.functions
            if file.is_removed(one.header) and squeezed(one.header.text) not in now
        }
    return gone


class _Assertion(NamedTuple):
    strength: int
    about: set[str]


_ASSERTS = lazy(
    r"^(?:await |return )?(?:assert\b|self\.(?:assert|fail)\w*|expect\b|should\b|assert\w*[.(!]"
    r"|require\.\w+\(|t\.(?:Error|Fatal|Fail)|Assert(?:ions)?\.|verify\(|(?:\w+\.)+(?:assert_\w+"
    r"|should\w*)|"
    r"with (?:pytest\.raises|self\.assertRaises|pytest\.warns|pytest\.deprecated_call)|assert_\w+"
    r"|is\(|t\.(?:is|deepEqual|true|truthy|throws|equal|same)\(|\$this->assert|chai\.|must_"
    r"|\w+\.should|Should|assertThat)"
)
_EXACT = (
    r"(?<![<>!=])===?(?!=)|assertEquals?[A-Z]\w*\(|assert(?:Equals?|Equal|Is|DictEqual|ListEqual|SequenceEqual|CountEqual"
    r"|SetEqual|TupleEqual|Same|ArrayEquals|JSONEq|IterableEquals|LinesMatch)\b|\.(?:toBe|toEqual"
    r"|toStrictEqual|toMatchObject|toMatchInlineSnapshot|toMatchSnapshot|toHaveLength|toBeNull"
    r"|toBeUndefined|toHaveBeenCalledWith|toHaveBeenCalledTimes|toHaveBeenLastCalledWith|toBeFalse"
    r"|toBeTrue"
    r"|Equal|Len|Equals|EqualValues|Exactly|Same|JSONEq|ElementsMatch|EqualError|ErrorIs|isEqualTo"
    r"|isSameAs|containsExactly\w*|hasSize|equal|equals|eql|deepEqual|strictEqual|deepStrictEqual"
    r"|deep\.equal|to\.equal|to\.eql|AreEqual|is|same|hasMessage)\s*\(|assert_eq|assert_equals?\b"
    r"|assert_(?:called_(?:once_)?with|has_calls|any_call|not_called)|\beq\(|assert_array_equal"
    r"|assert_frame_equal|is (?!not\b)\w"
)
_EXACT_RE = lazy(_EXACT)
_PARTIAL = lazy(
    r"assert(?:In|NotIn|Greater\w*|Less\w*|Regex|RegexpMatches|Contains\w*|StartsWith|AlmostEqual\w*"
    r"|Raises\w*|NotEqual\w*|IsInstance|Throws\w*)\b|\.(?:toContain\w*|toMatch|toBeGreaterThan\w*"
    r"|toBeLessThan\w*|toBeCloseTo|toBeInstanceOf|toHaveProperty|toThrow\w*|Contains|Regexp"
    r"|Greater\w*|Less\w*|InDelta|InEpsilon|contains|startsWith|isGreaterThan|include|match|NotEqual"
    r"|isInstanceOf|IsType|ErrorContains|ErrorAs|closeTo|toHaveBeenCalled|Panics|isCloseTo)\b"
    r"| in | not in |[<>]=?|!=|startswith|endswith|isinstance|approx|isclose|allclose|pytest\.raises"
    r"|pytest\.warns|assert_called|assert_in\b|any\(|objectContaining|anything\(|assert_almost"
)
_TRUTHY = lazy(
    r"assert(?:True|IsNotNone|NotNull|NotNil|NotEmpty|False|DoesNotThrow)\b|\.(?:toBeTruthy"
    r"|toBeDefined|toBeFalsy|not\.toBeNull|not\.toBeUndefined|not\.toThrow|True|False|NotNil|NotEmpty"
    r"|NotNull|NoError|isNotNull|isNotEmpty|isTrue|ok|exist|truthy|true|IsNotNull|not\.toBe"
    r"|not\.toEqual)\b|is not None|assert_not_nil|assert\(|not\.toBe\w*\("
)
_WIDE_ERROR = lazy(
    r"(?:raises|assertRaises|warns|assertThrows)\w*\(\s*\(?\s*(?:Base)?(?:Exception|Throwable|Warning"
    r"|Error)(?:\.class)?\s*[,)]|toThrow(?:Error)?\(\s*(?:Error)?\s*\)"
)
_ERRORS = lazy(r"raises|assertRaises|toThrow|assertThrows|warns\(")


def assertion_weakened(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Assertions of tests that still exist which ask for less, or are gone."""
    if file.view.file.deleted or not is_test(file.path):
        return
    for old, new in file.pairing.pairs:
        first, second = _assertion(file, old), _assertion(file, new)
        if first and second and _in_another_test(file, old, new):
            continue
        if first and second and _shares(first, second) and _asks_less(file, old, new, first, second):
            yield file.match("new", new, A=old.text, B=new.text)
    for statement in file.pairing.gone:
        if _assertion(file, statement) and _is_dropped(file, statement):
            yield file.match("old", statement, A=statement.text, B="nothing")


def _in_another_test(file: FileChange, old: Statement, new: Statement) -> bool:
    """True for two assertions of two tests: they only read alike."""
    before, now = file.old.function_at(old.start), file.new.function_at(new.start)
    after = file.pairing.function(before) if before else None
    return after is not None and now is not None and after.header.position != now.header.position


_STUBS = lazy(r"\.(?:andReturn|andStubReturn|andThrow|andAnswer|thenReturn|willReturn|andCallRealMethod|times)\(")
"""What a mock is told to do."""


def _assertion(file: FileChange, statement: Statement) -> _Assertion | None:
    text = without_comments(statement.text, file.language)
    if (
        not _ASSERTS.search(text)
        or _STUBS.search(statement.code)
        or re.match(r"(?:async )?(?:def|func|function)\b", text)
    ):
        return None
    return _Assertion(_strength(text, statement.code), names_in(statement.code))


_ASSERTING = lazy(
    r"(?:(?:get|query|find)(?:All)?By|assert|expect|require|verify|should|to[A-Z]|is[A-Z]|has[A-Z]|Equal|Nil|Len|True|False|No)\w*$"
)
_KNOWN = lazy(
    r"assert(?:True|False|Is|In|Not|Equal|Almost|Raises|Throws|DoesNotThrow|Null|Same|That|Greater"
    r"|Less|Regex|Count|Dict|List|Tuple"
    r"|Set|Sequence|Array|Contains|StartsWith|Empty|Instance|Warns|Logs|Multi|Iterable|Lines|JSON"
    r"|NotNull|All|Timeout)\w*\("
)


def _strength(text: str, code: str) -> int:
    """3 for one exact value, 2 for a range or a part, 1 for being there."""
    if re.search(
        r"assertThat\(.*\)\.(?:isTrue|isFalse|isNull|isEmpty|hasLength|hasSize|containsEntry|isSameInstanceAs)\(", code
    ):
        return 3
    own = re.match(r"(?:self\.|this\.)?(?:assert|check|verify)_?[A-Z]\w*\(", code) and not _KNOWN.search(code)
    if own or re.search(r"toMatch\(\s*/\^.*\$/[a-z]*\s*\)", text):
        return 3
    if _ERRORS.search(code):
        return 1 if _WIDE_ERROR.search(code) else 3
    if _TRUTHY.search(code) and not re.search(r"(?:==|===)(?!=)", code):
        return (
            2
            if re.search(
                r"(?:assertTrue|\.True|assert\(|isTrue|\.ok).*(?: in |[<>]|isinstance|\.includes\(|[Cc]ontains"
                r"|startswith)",
                code,
            )
            else 1
        )
    if re.search(r"\bor\b|\|\|", code) and not re.search(r"assert\w*\.|expect", code):
        return 2
    if re.search(r"approx|isclose|allclose", code):
        return 2
    if re.search(r"\bnot in\b|NotIn\(|NotContains\(|not\.toContain", code):
        return 3
    if _EXACT_RE.search(code) and not re.search(r"(?:==|===) *(?:mock\.)?ANY\b|len\(\w+\) *>=? *[01]$", code):
        return 2 if " in (" in code or " in [" in code else 3
    if _PARTIAL.search(code):
        return 2
    return 1


def _shares(first: _Assertion, second: _Assertion) -> bool:
    """True for assertions about one thing: half of the names of the shorter one."""
    one, other = (
        {name for name in found.about if name.lower() not in _SKIPPED_NAMES and not _ASSERTING.match(name)}
        for found in (first, second)
    )
    if not one or not other:
        return one == other or not first.about or not second.about
    return 2 * len(one & other) >= min(len(one), len(other)) and bool(one & other)


def _asks_less(file: FileChange, old: Statement, new: Statement, first: _Assertion, second: _Assertion) -> bool:
    if second.strength < first.strength and _another_library(old, new) and second.strength > 1:
        return False
    if second.strength < first.strength:
        return not _says_the_same(old, new) and not _helped(file, old, new)
    if _ERRORS.search(old.code) and "match=" in old.code and "match" not in new.code:
        return _raised(old) == _raised(new)
    return second.strength == first.strength and _looser(old.text, new.text)


def _raised(statement: Statement) -> str:
    """The kind of error that an assertion waits for."""
    found = re.search(r"(?:raises|assertRaises\w*)\(\s*([\w.]+)", statement.code)
    return found[1] if found else ""


_OTHER_WORDS = (
    (lazy(r"assert (?P<a>[^,]+?) == True\s*(?:,|$)"), r"assert \g<a>"),
    (lazy(r"type\((?P<a>.+?)\) (?:==|is) (?P<b>[\w.]+)"), r"isinstance(\g<a>, \g<b>)"),
    (lazy(r"type\((?P<a>.+?)\), ?(?P<b>[\w.]+)\)"), r"IsInstance(\g<a>, \g<b>)"),
)
"""What a linter asks to be written in another way, and that way."""
_EMPTY = lazy(
    r"(?:==|\bis|toBe|toEqual|Equals?|Equal)\W*(?:\[\]|\{\}|\(\)|\"\"|''|0|None|False|null|nil|false"
    r"|set\(\)|undefined)\W*$"
    r"|Equals?\(.*, ?(?:\[\]|\"\"|''|0|None|null|nil|false)\);?$"
    r"|Equals?\((?:t, ?)?(?:0|false|true|null|nil|\"\"|''|\[\]),|Len\(.*, 0\)"
)
_FALSY = lazy(
    r"assert not \b|assertFalse|toBeFalsy|\.False\(|Empty\(|\.isEmpty\(|assertNull|toBeNull|\.Nil\("
    r"|\.Zero\(|NoError|assert !|assert\.True\("
)


_POSITIVE = lazy(r"toBeTruthy\(|assertTrue\(|\.True\(|\.isTrue\(|^assert [\w.\[\]]+$")


def _another_library(old: Statement, new: Statement) -> bool:
    """True where assertions are written with another library: its words can't be weighed against the old ones."""
    return ("assertThat" in new.code) != ("assertThat" in old.code)


def _says_the_same(old: Statement, new: Statement) -> bool:
    """True where an empty or true value, or a type, is asked for before and after, in other words."""
    if _EMPTY.search(old.text) and (_FALSY.search(new.code) or _POSITIVE.search(new.code)):
        # Another value is asked for, and no weaker one.
        return True
    return any(
        found and squeezed(found.expand(asked)) in squeezed(new.text)
        for shape, asked in _OTHER_WORDS
        for found in (shape.search(old.text),)
    )


def _helped(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where the function gained as many exact assertions as this one lost."""
    function = file.new.function_at(new.start)
    before = file.old.function_at(old.start)
    if function is None or before is None:
        return False
    return _count(file, file.new, function, 3) >= _count(file, file.old, before, 3)


def _count(file: FileChange, side: Outline, function: Function, least: int) -> int:
    found = (_assertion(file, one) for one in side.body(function))
    return sum(1 for one in found if one and one.strength >= least)


_TOLERANCE = lazy(
    r"\b(places|delta|rel|abs|atol|rtol|rel_tol|abs_tol|decimal)\s*=\s*([\d.eE+-]+)|\b(toBeCloseTo"
    r"|InDelta|InEpsilon|closeTo|isCloseTo)\([^()]*?(?:\([^()]*\)[^()]*?)*,\s*([\d.eE+-]+)\s*\)"
)
_FINER = frozenset(("places", "decimal", "toBeCloseTo"))


def _looser(old: str, new: str) -> bool:
    """True where a tolerance grew, or a number of digits shrank."""
    before = {a or c: b or d for a, b, c, d in _TOLERANCE.findall(old)}
    for a, b, c, d in _TOLERANCE.findall(new):
        name, value = a or c, b or d
        try:
            first, second = float(before[name]), float(value)
        except (KeyError, ValueError):
            continue
        if (second < first) if name in _FINER else (second > first):
            return True
    return False


def _is_dropped(file: FileChange, statement: Statement) -> bool:
    """True for an assertion that went from a test that otherwise stayed as it was."""
    function = file.old.function_at(statement.start)
    if function is None or not is_case(_case_of(file, function), file.view.file.before):
        return False
    after = file.pairing.function(function)
    if after is None or after.name != function.name:
        return False
    if file.change.moved(file.view.lines("old").get(statement.start, "")) or _stands_twice(file, statement, after):
        return False
    if _count(file, file.new, after, 1) >= _count(file, file.old, function, 1) or _helper_added(file, after):
        return False
    gone = _once(file.change, _gone_words) | _once(file.change, _gone_functions)
    if (
        names_in(statement.code) & gone
        or _asked_otherwise(file, statement, after)
        or _act_gone(file, statement, gone)
        or not _acts_stay(file, function)
    ):
        return False
    stays = names_in(" ".join(one.code for one in file.new.body(after)))
    about = {
        name for name in names_in(statement.code) if not re.match(r"assert|expect|self|t$|require|should|to[A-Z]", name)
    }
    return bool(about & stays)


def _stands_twice(file: FileChange, statement: Statement, after: Function) -> bool:
    """True where the test still says the same in another line."""
    text = squeezed(statement.text)
    return any(squeezed(one.text) == text for one in file.new.body(after))


def _act_gone(file: FileChange, statement: Statement, gone: set[str]) -> bool:
    """True where what the assertion looks at came of a step that went with what it called."""
    for one in reversed(file.old.statements[: statement.position]):
        if one.indent < statement.indent or not file.is_removed(one):
            return False
        if not _assertion(file, one):
            return bool(names_in(one.code) & gone)
    return False


def _asked_otherwise(file: FileChange, statement: Statement, after: Function) -> bool:
    """True where the condition under which a test was made to fail is asked in other words."""
    if statement.parent < 0 or not re.match(r"if\b", file.old.statements[statement.parent].code):
        return False
    about = {name for name in names_in(file.old.statements[statement.parent].code) if name not in _SKIPPED_NAMES}
    added = [one for one in file.new.body(after) if file.is_added(one)]
    return any(re.match(r"if\b", one.code) and about & names_in(one.code) for one in added)


def _case_of(file: FileChange, function: Function) -> Function:
    """The test around a nested function."""
    for other in file.old.functions:
        if other.header.position < function.header.position <= other.last and is_case(other, file.view.file.before):
            return other
    return function


def _helper_added(file: FileChange, after: Function) -> bool:
    for one in (*file.new.body(after), *after.decorators):
        if file.is_added(one) and (
            re.search(
                r"(?:assert|check|verify|expect|validate|compare|snapshot|should|parametrize|raises)\w*",
                one.code,
                re.IGNORECASE,
            )
        ):
            return True
    return False


def _acts_stay(file: FileChange, function: Function) -> bool:
    """True where what the test does, apart from asserting, is mostly unchanged."""
    acts = [one for one in file.old.body(function) if not _assertion(file, one) and not trivial(one.code)]
    gone = sum(one.start in file.view.removed_numbers and file.pairing.became(one) is None for one in acts)
    return 3 * gone <= len(acts)


_SKIP = lazy(
    r"@(?:pytest\.mark\.|unittest\.|mark\.)?(?:skip|xfail|expectedFailure)\b(?!if|If"
    r"|Unless).*|\bpytest\.(?:skip|xfail)\(|pytestmark\s*=\s*\[?\s*pytest\.mark\.(?:skip"
    r"|xfail)\b(?!if)|\bself\.skipTest\(|raise (?:unittest\.)?SkipTest"
    r"|\b(?:it|test|describe|context|suite)\.(?:skip|todo|fixme|failing)\b|\b(?:xit|xdescribe|xtest"
    r"|xcontext|xspecify)\s*\(|\b[tb]\.Skip(?:Now|f)?\(|@(?:Disabled|Ignore)(?![A-Za-z])|\[Ignore\b"
    r"|\bSkip\s*=\s*\"|#\[ignore|\bmarkTest(?:Skipped|Incomplete)\(|\bthis\.skip\(\)|^\s*(?:skip"
    r"|pending)\b(?: ?[\"'(]| (?:if|unless)\b|$)"
)
_TRUE_CONDITION = lazy(r"(?:skipif|skipIf|skipUnless)\(\s*(?:True|1|False)\b")


def test_skipped(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Tests that ran before and are skipped now whatever the surroundings."""
    if file.view.file.deleted or file.view.file.new_file:
        return
    for number, text in file.added:
        code = masked(text, file.language)
        found = _SKIP.search(code) or _TRUE_CONDITION.search(code)
        own = next((name for name in names if name in code), None)
        if not found and not own:
            continue
        statement = file.new.at(number)
        if found and (
            statement is None or not (_SKIP.search(statement.code) or _TRUE_CONDITION.search(statement.code))
        ):
            continue
        if statement is None or (file.stood_before(statement) and file.was_removed(statement.text)):
            continue
        if _newly_skipped(file, statement):
            yield file.match_line("new", number, A=(found[0] if found else own or "").strip().rstrip("("))


def _newly_skipped(file: FileChange, statement: Statement) -> bool:
    if any(
        re.match(r"(?:\} ?)?(?:if|else|elif|unless|try|except|switch|case|default)\b", one.code)
        for one in file.new.ancestors(statement)
    ):
        return False
    if re.search(r"xfail\(\s*(?!reason|strict|raises|run)[\w(]", statement.code):
        return False
    # A choice between `describe` and `describe.skip` is a condition as well: it skips where something is missing.
    if re.search(r"(?:^|\s)[?:]\s*[\w.]*\.skip\b(?!\s*\()", statement.code):
        return False
    if re.search(r"\bif\b.*(?:[Ss]kip|xfail)|(?:[Ss]kip|pending)\b.*\b(?:if|unless)\b", statement.code):
        return False
    subject = _skipped_subject(file.new, statement)
    if subject is None:
        parents = [one for one in file.new.ancestors(statement) if file.is_added(one)]
        return is_test(file.path) and not parents and _class_stood_before(file, statement)
    before = file.pairing.before(subject)
    if before is None:
        return False
    parts = [*before.decorators, before.header, *file.old.body(before)]
    return not any(_SKIP.search(one.text) for one in parts)


def _skipped_subject(side: Outline, statement: Statement) -> Function | None:
    for function in side.functions:
        if function.start <= statement.start <= function.header.end:
            return function
    return side.function_at(statement.start)


def _class_stood_before(file: FileChange, statement: Statement) -> bool:
    """True where what a decorator stands on is no new class."""
    if not statement.code.startswith(("@", "[")):
        return True
    following = file.new.after(statement)
    while following is not None and following.code.startswith(("@", "[")):
        following = file.new.after(following)
    return following is not None and (not file.is_added(following) or file.stood_before(following))
