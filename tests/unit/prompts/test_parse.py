"""What can be saved of an answer is saved; the samples of tests/data/answers say what that is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.prompts.parse import LONGEST, parse
from review_bot.prompts.raw import RawFinding

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "answers").glob("*.txt"))
FINDING = '{"path":"a.py","line":4,"quote":"x","category":"correctness","severity":"error","message":"m %d","fix":""}'


def test_there_are_samples_enough() -> None:
    malformed = [one for one in SAMPLES if not one.read_bytes().startswith(b'{"form":"well-formed"')]
    assert len(malformed) >= 60


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_sample(sample: Path) -> None:
    head, _, answer = sample.read_bytes().decode().partition("\n")
    expected = json.loads(head)
    parsed = parse(answer)
    assert list(parsed.findings) == [RawFinding(**one) for one in expected["findings"]]
    assert parsed.form == expected["form"]
    assert bool(parsed.problem) == (parsed.form != "well-formed")


def test_a_huge_answer_is_cut() -> None:
    head = '{"thought":"t","findings":[' + FINDING % 1 + ","
    parsed = parse(head + "x" * 50_000_000)
    assert [one.message for one in parsed.findings] == ["m 1"]
    late = parse(" " * LONGEST + FINDING % 1)
    assert late.form == "empty"


def test_no_more_findings_than_fifty() -> None:
    many = ",".join(FINDING % n for n in range(80))
    assert len(parse('{"thought":"","findings":[' + many + "]}").findings) == 50
    assert len(parse(many).findings) == 50
    assert len(parse("\n".join(f"a.py:{n + 1}|correctness|error|message {n}" for n in range(80))).findings) == 50


HOSTILE = [
    "<think>" * 28_000, "{" * 200_000, "[{" * 100_000, '{"message":"' * 16_000, '"message": "a" b ' * 11_000,
    '"' * 200_000, "\\" * 200_000, '{"line":' * 25_000, "a.py:1|" * 28_000, "line 1" * 33_000, "- path:\n" * 25_000,
    "'message': '" * 16_000, " " * 200_000 + "x", "message: |\n  a\n" * 13_000,
    '"fix": """' * 20_000, "{'path':{" * 22_000,
    "9" * 200_000, '{"thought":"t","findings":[{"line":' + "9" * 150_000, ("a" * 499 + ":") * 400, "**Line" * 33_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_answers_end(text: str) -> None:
    assert parse(text).form in ("hopeless", "salvaged", "empty")


WORDS = st.sampled_from(
    ['"', "'", "{", "}", "[", "]", ":", ",", "\n", "  ", "- ", "|", "path", "line", "message", "findings", "thought",
     "fix", "quote", "12", "a.py", "<think>", "</think>", "```",
     "\\", "\\u00e4", "\x00", "\ud800", "“", "”", "null", "4+ x"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join) | st.text(max_size=80))
def test_nothing_raises(text: str) -> None:
    parsed = parse(text)
    assert parsed.form != "well-formed" or not parsed.problem
    assert all(one.message.strip() and (one.line or one.quote.strip()) for one in parsed.findings)


RAW: st.SearchStrategy[dict[str, object]] = st.builds(
    dict,
    path=st.text(alphabet="abc/._-", min_size=1, max_size=12).map(lambda text: text + "x.py"),
    line=st.integers(1, 9999),
    quote=st.text(alphabet="abc xyz()=\"'\\", max_size=20),
    category=st.sampled_from(["correctness", "tests"]),
    severity=st.sampled_from(["error", "info"]),
    message=st.text(alphabet="abcdefgh ,.;'", min_size=3, max_size=40).filter(lambda text: bool(text.strip())),
    fix=st.text(alphabet="abc ()=", max_size=12),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(RAW, max_size=4),
    st.sampled_from(["{}", "```json\n{}\n```", "Sure: {} Done.", "<think>x</think>{}", "{}{}"]),
)
def test_well_formed_findings_survive_any_wrapping(raw: list[dict[str, object]], wrapping: str) -> None:
    answer = json.dumps({"thought": "t", "findings": raw})
    parsed = parse(wrapping.replace("{}", answer))
    expected = {(str(one["path"]).strip(), one["line"]) for one in raw}
    assert {(one.path, one.line) for one in parsed.findings} == expected


def test_an_answer_that_is_cut_anywhere_gives_whole_findings_only() -> None:
    first = RawFinding("a.py", 4, "    x = 'a, b'", "correctness", "error", 'It\'s wrong: "x" is a, b', "    x = [1]")
    second = RawFinding("b.py", 12, "if a {", "tests", "info", "Nothing tests this", "")
    answer = json.dumps({"thought": "t: {", "findings": [first._asdict(), second._asdict()]})
    whole = {first, second, first._replace(fix=""), second._replace(fix="")}
    counts = []
    for end in range(len(answer)):
        parsed = parse(answer[:end])
        assert set(parsed.findings) <= whole
        assert parsed.form != "well-formed"
        counts.append(len(parsed.findings))
    assert counts == sorted(counts)
    assert counts[-1] == 2
