from __future__ import annotations

import json
import os
import string
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.domain.diff import FileDiff
from review_bot.domain.finding import Finding, Suggestion, Suppressed
from review_bot.domain.review import Coverage, Degraded
from review_bot.errors import UsageError
from review_bot.formats import FORMATS, parse_spec
from unit.formats.sample import CLEAN, EMPTY, FULL, OPTIONS, SECRET, SHELL, hostile, review, shown

if TYPE_CHECKING:
    from review_bot.domain.review import Review

_WHOLE_JSON = ("json", "sarif", "rdjson", "gitlab")
_TEXTS = st.text() | st.text(alphabet=st.characters(codec=None)) | st.text(alphabet="`@#:%]<>&|\\\n\r\u2028\x85*_-[ ")


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    line, column = draw(st.integers(1, 9)), draw(st.integers(1, 40))
    return SHELL._replace(
        rule=draw(_TEXTS),
        category=draw(st.sampled_from(["secrets", "tests"])),
        severity=draw(st.sampled_from(["error", "warning", "info"])),
        path=draw(_TEXTS) or "p",
        side=draw(st.sampled_from(["new", "old"])),
        start_line=line,
        end_line=line + draw(st.integers(0, 5)),
        start_column=column,
        end_column=draw(st.integers(1, 60)),
        message=draw(_TEXTS),
        why=draw(_TEXTS),
        url=draw(st.none() | _TEXTS),
        quote=draw(_TEXTS),
        tool=draw(st.none() | _TEXTS),
        also=(draw(_TEXTS),),
        suggestion=draw(st.none() | st.builds(Suggestion, st.just(2), st.just(3), _TEXTS, st.tuples(_TEXTS))),
    )


def _parse(name: str, text: str) -> object:
    if name in _WHOLE_JSON:
        return json.loads(text)
    if name in ("jsonl", "rdjsonl"):
        return [json.loads(line) for line in text.splitlines()]
    if name in ("checkstyle", "junit"):
        return ET.fromstring(text)
    assert all(char == "\n" or char.isprintable() or char == "\u200b" for char in text)
    return text


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(finding=_findings(), other=_TEXTS)
def test_every_format_stays_readable_whatever_the_text(name: str, finding: Finding, other: str) -> None:
    what = review(
        finding,
        suppressed=(Suppressed(finding, "inline", other),),
        files=(FileDiff(other or "p", None, "binary"),),
    )
    what = what._replace(degraded=(Degraded(other, other),), coverage=(Coverage(other, 1, 1, 1, False, reason=other),))
    text = shown(name, what, verbose=True)
    text.encode("utf-8")
    _parse(name, text)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("what", [EMPTY, CLEAN, FULL, review(hostile())], ids=["empty", "clean", "full", "hostile"])
def test_ends_with_one_line_feed_or_is_empty(name: str, what: Review) -> None:
    text = shown(name, what)
    assert not text or (text.endswith("\n") and not text.endswith("\n\n"))
    _parse(name, text)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("jsonl", "rdjsonl", "github")])
def test_an_empty_review_is_a_whole_document(name: str) -> None:
    assert shown(name, EMPTY)


@pytest.mark.parametrize("name", FORMATS)
def test_masked_secrets_stay_masked(name: str) -> None:
    lines = {("a.py", "new", 3): f"key = '{SECRET}'"}
    text = shown(name, FULL, verbose=True, source=lambda *place: lines.get(place))
    assert SECRET not in text


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("text", ("text", None)),
        ("text:-", ("text", None)),
        ("sarif:out.sarif", ("sarif", "out.sarif")),
        ("json:C:/x.json", ("json", "C:/x.json")),
    ],
)
def test_a_spec_is_a_format_and_a_path(spec: str, expected: tuple[str, str | None]) -> None:
    assert parse_spec(spec) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("sariff:x", "--format: unknown format 'sariff'; did you mean sarif?"),
        ("SARIF", "--format: unknown format 'SARIF'; did you mean sarif?"),
        ("sarif:", "--format sarif:: no path behind the colon; write sarif:FILE or sarif"),
        ("qqq", f"--format: unknown format 'qqq'; choose from {', '.join(FORMATS)}"),
    ],
)
def test_a_wrong_spec_says_what_is_right(spec: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(spec)
    assert str(caught.value) == message


def test_rendering_an_unknown_format_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        shown("nope", EMPTY)


def test_the_version_is_the_packages_own_by_default() -> None:
    assert set(OPTIONS._replace(version="").version) <= set(string.printable)
    assert type(OPTIONS)().version


def test_text_imports_nothing_that_the_commit_hook_must_not_pay_for() -> None:
    code = (
        "import sys; from unit.formats.sample import FULL, OPTIONS; from review_bot.formats import render;"
        "before = set(sys.modules); render('text', FULL, options=OPTIONS);"
        "print(*sorted({n.partition('.')[0] for n in set(sys.modules) - before} - {'review_bot'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() in ([], ["unicodedata"])
