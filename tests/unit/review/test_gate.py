"""What the gate lets through, and above all what it does not."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.domain.finding import CATEGORIES, Finding, fingerprint
from review_bot.prompts.parse import parse
from review_bot.review.gate import Gate, Sifted
from review_bot.review.redact import Redactor, Secret
from review_bot.stores import rule_cache
from unit.review.review_helpers import change_of, raw, window_of

if TYPE_CHECKING:
    from review_bot.prompts.raw import RawFinding
    from review_bot.rules.ruleset import RuleSet

BEFORE = """\
import json
from decimal import Decimal


def total(items, discount):
    amount = Decimal(0)
    for item in items:
        amount += item.price * item.count
    return amount
"""
AFTER = """\
import json
from decimal import Decimal


def total(items, discount):
    amount = Decimal(0)
    for index in range(1, len(items)):
        amount += items[index].price * items[index].count
    amount -= discount
    return amount - discount
"""
PATH = "shop/cart.py"
LINE = "    for index in range(1, len(items)):"
MESSAGE = "The loop never reaches the first item, so `items[0]` is not counted"


@cache
def rules() -> RuleSet:
    return rule_cache.load()


def sift(*findings: RawFinding, at_hand: bool = True, **options: object) -> Sifted:
    change = change_of({PATH: (BEFORE, AFTER), "shop/util.py": ("a = 1\n", "a = 1\nb = 2\n")}, at_hand=at_hand)
    return Gate(change, **options).sift(window_of(change), findings)  # type: ignore[arg-type]


def reason(finding: RawFinding, **options: object) -> str:
    """Why the one finding was dropped."""
    sifted = sift(finding, **options)  # type: ignore[arg-type]
    assert sifted.kept == ()
    assert [one.by for one in sifted.dropped] == ["gate"]
    return sifted.dropped[0].reason


def test_a_finding_that_holds() -> None:
    sifted = sift(raw(7, LINE, MESSAGE))
    assert sifted == Sifted(
        (
            Finding(
                fingerprint=fingerprint("correctness", PATH, LINE, 0),
                rule="model.correctness",
                origin="model",
                category="correctness",
                severity="error",
                confidence=0.75,
                path=PATH,
                side="new",
                start_line=7,
                end_line=7,
                start_column=5,
                end_column=39,
                message=MESSAGE,
                quote=LINE.strip(),
            ),
        ),
        (),
    )


@pytest.mark.parametrize(
    ("line", "quote", "path"),
    [
        (7, LINE.strip(), PATH),
        (7, f"7+ {LINE}", PATH),
        (7, f"+{LINE}", PATH),
        (7, "range(1, len(items))", PATH),
        (7, LINE + "\n        amount += items[index].price", PATH),
        (7, f"`{LINE.strip()}`", "a/" + PATH),
        (7, LINE, "cart.py"),
        (7, LINE, ""),
        (99, LINE, PATH),
        (None, LINE, PATH),
        (10, "  for   index in range(1, len(items)):", "shop\\cart.py"),
        (8, LINE, PATH),
        (7, LINE, "work/shop/cart.py"),
    ],
)
def test_the_quote_tells_the_line(line: int | None, quote: str, path: str) -> None:
    sifted = sift(raw(line, quote, MESSAGE, path=path))
    assert [(one.path, one.start_line) for one in sifted.kept] == [(PATH, 7)]


@pytest.mark.parametrize(
    ("line", "quote", "path", "expected"),
    [
        (7, "    for index in range(len(items)):", PATH, "does not stand on line 7"),
        (7, "items", PATH, "does not stand"),
        (5, "def total(items, discount):", PATH, "leaves as it is"),
        (7, "    for item in items:", PATH, "leaves as it is"),
        (7, LINE, "shop/other.py", "shows no file shop/other.py"),
        (7, LINE, "../../etc/passwd", "shows no file"),
        (7, "", PATH, "names nothing that stands on the line"),
        (3, "", PATH, "line 3 is not an added line"),
        (None, "", PATH, "names no line and quotes none"),
        (7, "   ", "shop/util.py", "line 7 is not an added line"),
    ],
)
def test_nothing_is_shown_without_its_line(line: int | None, quote: str, path: str, expected: str) -> None:
    assert expected in reason(raw(line, quote, "This is wrong, since it never ends", path=path))


def test_a_quote_that_stands_twice_needs_its_number() -> None:
    text = "x = load()\ncheck(x)\ny = 1\nx = load()\n"
    change = change_of({PATH: ("", text)})
    gate, window = Gate(change), window_of(change)
    message = "The result of `load()` is not checked for errors"
    assert [one.start_line for one in gate.sift(window, [raw(4, "x = load()", message)]).kept] == [4]
    dropped = gate.sift(window, [raw(2, "x = load()", message)])
    assert dropped.dropped[0].reason == "the quote stands on several lines, and not on the one that is named"


def test_equal_lines_have_fingerprints_of_their_own() -> None:
    change = change_of({PATH: ("", "x = load()\ny = 1\nx = load()\n")})
    message = "The result of `load()` is not checked for errors"
    findings = [raw(1, "x = load()", message), raw(3, "x = load()", "It fails when `load` returns nothing twice")]
    kept = Gate(change).sift(window_of(change), findings).kept
    assert [one.fingerprint for one in kept] == [fingerprint("correctness", PATH, "x = load()", n) for n in (0, 1)]


def test_without_a_quote_a_name_on_the_line_will_do() -> None:
    sifted = sift(raw(7, "", "`range` begins at 1, so the first item is never counted"))
    assert [(one.start_line, one.confidence) for one in sifted.kept] == [(7, 0.55)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Good use of range here", "praise"),
        ("Good function name", "praise"),
        ("The loop correctly handles all of the items", "praise"),
        ("No issues found in this line", "praise"),
        ("This looks fine to me", "praise"),
        ("Is this the right start of the range?", "question"),
        ("Why does the loop start at 1? It seems odd.", "question"),
        ("Consider using enumerate for this loop", "advice without a reason"),
        ("You might want to refactor this", "advice without a reason"),
        ("Ensure that the items are right", "advice without a reason"),
        ("This line adds a loop over the items", "describes the change"),
        ("The code now iterates over the indexes of items", "describes the change"),
        ("Changed the loop to use range", "describes the change"),
        ("for index in range len items", "says what the line says"),
        ("wrong", "too little"),
        ("!!! ??? ...", "too little"),
        ("Die Schleife erreicht das erste Element nicht und ist falsch", "not in English"),
        ("La boucle ne compte pas le premier élément de la liste", "not in English"),
        ("El bucle no cuenta el primer elemento de la lista", "not in English"),
        ("循环从一开始，因此第一个元素永远不会被计算在内 in the loop", "not in English"),
        ("цикл никогда не доходит до первого элемента", "not in English"),
        ("the the the the the the the the the", "repeats itself"),
        ("not right not right not right not right not right not right", "repeats itself"),
        ("xkcd zzgrp qwrt plmnk bvcxz trwq", "can't be read"),
        ("9382 1123 == [[ 33 )) a b c 44 11 22 33 44", "can't be read"),
        ("`fetch_prices` is called without its lock", "neither in the file nor in the change"),
        ("The value of cartTotal is never reset", "neither in the file nor in the change"),
        ("The call to `fetch_prices()` may return None", "neither in the file nor in the change"),
        ("calls fetch_prices() without a lock", "neither in the file nor in the change"),
        ("The value returned by `fetch_prices` is never checked", "neither in the file nor in the change"),
        ("`Decimal` is not imported", "is not defined or imported, but it is"),
        ("Undefined variable `discount` is read here", "is not defined or imported, but it is"),
        ("The name amount is never defined before this line", "is not defined or imported, but it is"),
        ("`json` is never used and `items` is unused", "is not used, but it stands"),
        ("The parameter discount is unused", "is not used, but it stands"),
        ("There is a syntax error: missing closing parenthesis", "but the file parses"),
    ],
)
def test_messages_without_substance_or_truth(message: str, expected: str) -> None:
    assert expected in reason(raw(7, LINE, message))


@pytest.mark.parametrize(
    "message",
    [
        "The loop skips the first item",
        "Off by one: index starts at 1",
        "range(1, …) leaves out items[0]; should be range(len(items))",
        "`discount` is subtracted twice, here and on the next line",
        "Use `enumerate(items)` instead: the first element is lost",
        "This raises IndexError when items is empty",
        "Consider starting at 0, because the first item is never counted otherwise",
        "This changes the result: the first item is no longer counted",
        "The function returns a wrong total when items has one element",
        "Missing call to `validate_items()` before the loop, so negative counts pass",
        "The call to `validate_items()` is missing, so negative counts pass",
        "Should call `validate_items()` before the loop, or negative counts pass",
        "Nothing checks that discount is not greater than amount",
        "The new loop is not equal to the old one, since it starts with the second item",
        "Raises IndexError where `items` does not exist or is empty",
        "The result of `len(items)` is never used as it should be: the loop starts at 1",
        "The 'first' item is never counted",
        "`range(1, n)` leaves out the first item",
        "An error is not raised where `items[0]` is undefined or None",
    ],
)
def test_messages_that_may_be_right_pass(message: str) -> None:
    assert [one.message for one in sift(raw(7, LINE, message)).kept] == [message]


def test_claims_about_names_need_the_whole_file() -> None:
    claim = raw(7, LINE, "The variable `discount` is unused here")
    assert "can't be checked without the whole file" in reason(claim, at_hand=False)
    claim = raw(7, LINE, "`items` is not defined at this point")
    assert "can't be checked without the whole file" in reason(claim, at_hand=False)


def test_a_true_claim_passes() -> None:
    change = change_of({PATH: ("", "import json\n\n\ndef load(path):\n    return yaml.safe_load(path)\n")})
    gate, window = Gate(change), window_of(change)
    findings = [
        raw(5, "    return yaml.safe_load(path)", "`yaml` is not imported, so this raises NameError"),
        raw(1, "import json", "The import `json` is never used", category="maintainability"),
    ]
    assert len(gate.sift(window, findings).kept) == 2


def test_a_claim_about_a_file_with_an_endless_line_is_checked_in_time() -> None:
    text = "value = load(name)\ntable = [" + "import, " * 100_000 + "]\n"
    change = change_of({PATH: ("", text)})
    window = window_of(change_of({PATH: ("", "value = load(name)\n")}))
    sifted = Gate(change).sift(
        window, [raw(1, "value = load(name)", "`load` is not defined, so this raises NameError")]
    )
    assert len(sifted.kept) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("r = get(url, timeout=3)", "The request has no timeout and may hang forever"),
        ("with open(name) as file:", "The file is never closed when an error is raised"),
        ("data = await load()", "`load` is not awaited, so data is a coroutine"),
        ("text = open(name, encoding='utf-8').read()", "Missing encoding: the result depends on the locale"),
    ],
)
def test_what_the_line_shows_to_be_wrong(line: str, message: str) -> None:
    change = change_of({PATH: ("", line + "\n")})
    sifted = Gate(change).sift(window_of(change), [raw(1, line, message)])
    assert sifted.kept == ()
    assert "but the line has it" in sifted.dropped[0].reason


@pytest.mark.parametrize(
    ("said", "category", "severity", "capped"),
    [
        ("Correctness", "correctness", "critical", "error"),
        ("bug", "correctness", "HIGH", "error"),
        ("SQL injection", "injection-sql", "high", "error"),
        ("error handling", "error-handling", "medium", "warning"),
        ("style", "conventions", "error", "info"),
        ("test_coverage", "tests", "error", "warning"),
        ("performance", "performance", "major", "warning"),
        ("race-condition", "concurrency", "blocker", "error"),
        ("", "correctness", "", "info"),
        ("correctness|logic", "correctness", "nonsense", "info"),
    ],
)
def test_category_and_severity_are_mapped_and_capped(said: str, category: str, severity: str, capped: str) -> None:
    kept = sift(raw(7, LINE, MESSAGE, category=said, severity=severity)).kept
    assert [(one.category, one.rule, one.severity) for one in kept] == [(category, f"model.{category}", capped)]


def test_an_unknown_category_is_dropped() -> None:
    assert reason(raw(7, LINE, MESSAGE, category="astrology")) == "'astrology' is no category"


def test_in_tests_nothing_but_security_is_an_error() -> None:
    change = change_of({"tests/test_cart.py": ("", "assert total([], 0) == 1\n")})
    finding = raw(1, "assert total([], 0) == 1", "The expected value is wrong: an empty cart costs nothing")
    kept = Gate(change).sift(window_of(change), [finding._replace(path="tests/test_cart.py")]).kept
    assert [one.severity for one in kept] == ["warning"]


def rule_finding(category: str, message: str, **others: object) -> Finding:
    finding = Finding(
        "0" * 16, "py.some.rule", "rule", category, "warning", 0.9, PATH, "new", 7, 7, 5, 9, message
    )  # fmt: skip
    return finding._replace(**others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        (rule_finding("correctness", "x"), True),
        (rule_finding("correctness", "x", start_line=6, end_line=8), True),
        (rule_finding("tests", "The loop never reaches the first item"), True),
        (rule_finding("tests", "No test covers this"), False),
        (rule_finding("correctness", "x", start_line=8, end_line=8), False),
        (rule_finding("correctness", "x", start_line=1, end_line=40), False),
        (rule_finding("correctness", "x", side="old"), False),
        (rule_finding("correctness", "x", path="shop/util.py"), False),
    ],
)
def test_what_a_rule_said_is_not_said_again(reported: Finding, *, said: bool) -> None:
    sifted = sift(raw(7, LINE, MESSAGE), reported=[reported])
    assert [one.reason for one in sifted.dropped] == (["py.some.rule says so already"] if said else [])


def test_a_hint_that_the_model_bears_out_adds_confidence() -> None:
    kept = sift(raw(7, LINE, MESSAGE), hints=[rule_finding("correctness", "x")]).kept
    assert [one.confidence for one in kept] == [0.85]


def test_findings_said_twice_are_one() -> None:
    sifted = sift(
        raw(7, LINE, MESSAGE),
        raw(7, LINE, "The first element is lost"),
        raw(8, "        amount += items[index].price * items[index].count", MESSAGE),
        raw(9, "    amount -= discount", "`discount` is subtracted twice, also on the next line"),
    )
    assert [one.start_line for one in sifted.kept] == [7, 9]
    assert [one.reason for one in sifted.dropped] == ["the model says it twice"] * 2


def test_no_more_than_three_of_a_part() -> None:
    messages = ["The loop skips the first item", "Overflows for negative counts", "Fails when items is None"]
    lines = AFTER.split("\n")
    findings = [
        raw(9, lines[8], messages[0], severity="info"),
        raw(7, lines[6], messages[1]),
        raw(8, lines[7], messages[2]),
        raw(10, lines[9], "`discount` is subtracted a second time", severity="warning"),
    ]
    sifted = sift(*findings)
    assert [(one.start_line, one.severity) for one in sifted.kept] == [(7, "error"), (8, "error"), (10, "warning")]
    assert [one.reason for one in sifted.dropped] == ["more than 3 findings of a part or 6 of a window"]
    assert len(sift(*findings, most=1).kept) == 1


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("**Bug:** the loop never\nends\x1b[31m here", "the loop never ends [31m here"),
        ("<b>Never</b> counts the <img src=x onerror=a()> first item", "Never counts the first item"),
        ("The loop never ends, see [this](https://evil.example/x) page", "The loop never ends, see this page"),
        ("The loop never ends, see https://evil.example/?q=1 now", "The loop never ends, see (link) now"),
        ("'discount' may be larger than the amount", "'discount' may be larger than the amount"),
        ('"The first item is never counted"', "The first item is never counted"),
        ("## Issue: the first item is not counted", "the first item is not counted"),
        ("- The first item is not\u202e counted\u200b at all", "The first item is not counted at all"),
        (
            "```python\nrange(1) is wrong, as the first item is skipped```",
            "range(1) is wrong, as the first item is skipped",
        ),
    ],
)
def test_messages_are_plain_text(message: str, shown: str) -> None:
    assert [one.message for one in sift(raw(7, LINE, message)).kept] == [shown]


def test_a_long_message_is_cut() -> None:
    long = "The loop never reaches the first item. " + " or ".join(CATEGORIES)
    (finding,) = sift(raw(7, LINE, long)).kept
    assert len(finding.message) <= 400
    assert finding.message.endswith("…")


FIXED = "    for index in range(len(items)):"


@pytest.mark.parametrize(
    ("fix", "replacement"),
    [
        (FIXED, FIXED),
        (FIXED.strip(), FIXED),
        ("\t" + FIXED.strip(), FIXED),
        (f"```python\n{FIXED}\n```", FIXED),
        (f"7+ {FIXED}", FIXED),
        ("for index in range(\n    len(items)\n):", "    for index in range(\n        len(items)\n    ):"),
    ],
)
def test_a_fix_that_was_checked(fix: str, replacement: str) -> None:
    (finding,) = sift(raw(7, LINE, MESSAGE, fix=fix), rules=rules()).kept
    assert finding.suggestion is not None
    assert finding.suggestion == (7, 7, replacement, ("applies", "parses", "rules"))
    assert finding.confidence == 0.8


@pytest.mark.parametrize(
    "fix",
    [
        LINE,
        "for   index in range(1, len(items)):",
        "    for index in range(len(items):",
        "    for index in range(len(items))",
        "    for index in range(len(items))):",
        "Use range(len(items)) instead",
        "    for index in range(len(items)): …",
        "    for index in range(len('<secret:password>')):",
        "    for index in range(len(items)):\x1b[0m",
        "    for index in eval(input()):",
        "x\n" * 20,
        "",
        "   ",
    ],
)
def test_a_fix_that_fails_a_check_is_not_shown(fix: str) -> None:
    (finding,) = sift(raw(7, LINE, MESSAGE, fix=fix), rules=rules()).kept
    assert finding.suggestion is None


def test_without_the_whole_file_there_is_no_suggestion() -> None:
    (finding,) = sift(raw(7, LINE, MESSAGE, fix=FIXED), at_hand=False).kept
    assert finding.suggestion is None


def test_secrets_stay_out_of_findings() -> None:
    secret = "Tr0ub4dor!" + "Zx91"
    text = f"password = '{secret}'\n"
    change = change_of({PATH: ("", text)})
    redactor = Redactor([Secret(secret, "password", PATH, "new", 1)])
    finding = raw(
        1, "password = '<secret:password>'", f"The password {secret} is not read from a store", fix="password = 'x1'"
    )
    (kept,) = Gate(change, redactor=redactor).sift(window_of(change), [finding]).kept
    assert kept.quote == "password = '<secret:password>'"
    assert kept.message == "The password <secret:password> is not read from a store"
    assert kept.suggestion is None


def test_what_is_dropped_is_told_at_an_added_line() -> None:
    sifted = sift(raw(99, "nonsense that is nowhere", MESSAGE, path="no/such.py"))
    (one,) = sifted.dropped
    assert (one.finding.path, one.finding.start_line) == (PATH, 10)


VALUES = st.one_of(st.integers(-5, 40), st.sampled_from(["7", "L8", None, 7.0, "x"]))
LINES = st.sampled_from([*AFTER.split("\n"), *BEFORE.split("\n"), "", "nonsense", "b = 2", "a = 1"]) | st.text(
    max_size=20
)
ONE = st.fixed_dictionaries(
    {
        "path": st.sampled_from([PATH, "shop/util.py", "util.py", "", "other.py", "a/shop/cart.py"])
        | st.text(max_size=9),
        "line": VALUES,
        "quote": LINES,
        "category": st.sampled_from([*CATEGORIES, "bug", "?"]),
        "severity": st.sampled_from(["error", "info", "?"]),
        "message": st.sampled_from([MESSAGE, "The first item is never counted", "`b` is not used"])
        | st.text(max_size=60),
        "fix": LINES,
    }
)
ANSWERS = st.one_of(
    st.fixed_dictionaries({"thought": st.text(max_size=9), "findings": st.lists(ONE, max_size=4)}).map(json.dumps),
    st.text(max_size=200),
    st.builds(lambda n, text: f"{PATH}:{n}|correctness|error|{text}", st.integers(0, 20), st.text(max_size=60)),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=3))
def test_no_answer_puts_a_finding_on_a_line_that_was_not_added(answers: list[str]) -> None:
    change = change_of({PATH: (BEFORE, AFTER), "shop/util.py": ("a = 1\n", "a = 1\nb = 2\n")})
    gate, window = Gate(change), window_of(change)
    added = {(file.path, number) for file in change.files for hunk in file.hunks for number, _ in hunk.added_lines()}
    for answer in answers:
        said = parse(answer)
        sifted = gate.sift(window, said.findings)
        assert len(sifted.kept) + len(sifted.dropped) == len(said.findings)
        for finding in (*sifted.kept, *(one.finding for one in sifted.dropped)):
            assert (finding.path, finding.start_line) in added
            assert finding.end_line == finding.start_line
            assert finding.side == "new"
