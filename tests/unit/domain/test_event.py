from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.domain.event import BadEvent, Event, actor_hash, event, parse, parse_all

SIGNAL: dict[str, Any] = {
    "v": 1,
    "ts": 1_700_000_000,
    "kind": "signal",
    "finding": "0123456789abcdef",
    "rule": "py.command.shell-true",
    "sig": "command",
    "y": 0,
    "eps": 0.03,
    "actor": "00112233aabbccdd",
    "pr": "7",
}
MUTE: dict[str, Any] = {"v": 1, "ts": 5, "kind": "mute", "scope": {"rule": "a.b", "key": None, "path": None}}


def line(fields: dict[str, Any]) -> bytes:
    """What another program would write, by the letter of the interface."""
    body = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return json.dumps({**fields, "id": hashlib.blake2b(body, digest_size=16).hexdigest()}).encode()


def test_id_and_line_are_what_the_interface_says() -> None:
    made = event({"v": 1, "ts": 1, "kind": "shown", "note": "é\u2028"})
    body = '{"kind":"shown","note":"é\u2028","ts":1,"v":1}'.encode()
    assert made.id == hashlib.blake2b(body, digest_size=16).hexdigest()
    assert made.line == f'{{"id":"{made.id}","kind":"shown","note":"é\u2028","ts":1,"v":1}}'


def test_line_of_another_program_is_read() -> None:
    found = parse(line(SIGNAL) + b"\r\n")
    assert (found.kind, found.ts, found.get("eps"), found.change) == ("signal", 1_700_000_000, 0.03, "7")


def test_fields_that_we_do_not_know_are_kept() -> None:
    fields = {**SIGNAL, "later": {"deep": [1, 2.5, None]}, "pr": 7}
    found = parse(line(fields))
    assert found.get("later") == {"deep": [1, 2.5, None]}
    assert parse(found.line.encode()) == found
    assert found.change == "7"


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"v": None},
        {"kind": "sign"},
        {"kind": ["signal"]},
        {"ts": 1.5},
        {"ts": -1},
        {"ts": 2**53},
        {"ts": "1"},
        {"ts": True},
        {"finding": "0123456789abcde"},
        {"finding": "0123456789ABCDEF"},
        {"finding": 7},
        {"actor": "ada"},
        {"sig": "shouting"},
        {"sig": ["command"]},
        {"sig": None},
        {"sig": "no-verify"},
        {"y": 2},
        {"y": True},
        {"y": 1.0},
        {"eps": 0},
        {"eps": 0.51},
        {"eps": None},
        {"eps": True},
        {"eps": "0.1"},
        {"sev": "fatal"},
        {"fp": [1] * 17},
        {"fp": [2**32]},
        {"fp": [-1]},
        {"fp": [True]},
        {"fp": [1.0]},
        {"fp": 7},
        {"rule": 7},
        {"pr": 1.5},
        {"pr": ["7"]},
        {"note": {}},
        {"at": ["x", "y", "a.py", 1, 2]},
        {"at": [None, "--output=x", "a.py", 1, 2]},
        {"at": [None, None, "a\0.py", 1, 2]},
        {"at": [None, None, "a.py", 1]},
        {"at": [None, None, "a.py", -1, 2]},
        {"kind": "mute"},
        {"kind": "unmute", "scope": {}},
        {"kind": "mute", "scope": {"rule": None, "key": None, "path": None}},
        {"kind": "mute", "scope": {"rule": "a", "branch": "b"}},
        {"kind": "mute", "scope": {"rule": ""}},
        {"kind": "unmute", "scope": {"rule": "a"}, "undoes": ["x"]},
        {"kind": "forget"},
        {"kind": "forget", "ids": ["x"]},
        {"kind": "forget", "names": {}},
        {"kind": "forget", "names": {"path": "a"}},
        {"kind": "forget", "names": {"kind": "forget"}},
        {"note": "x" * 65_536},
    ],
    ids=str,
)  # fmt: skip
def test_line_that_breaks_the_form_is_refused(change: dict[str, Any]) -> None:
    fields = {**SIGNAL, **change}
    with pytest.raises(BadEvent):
        parse(line(fields))
    with pytest.raises(BadEvent):
        event(fields)


@pytest.mark.parametrize(
    "change",
    [
        {"fp": [0, 2**32 - 1] * 8},
        {"y": None, "eps": None},
        {"y": None, "sig": "anchor-lost"},
        {"y": 1, "eps": 0.5},
        {"sev": None, "lang": None, "at": [None, "a" * 40, "a.py", 1, 2]},
        {"at": ["b" * 64, None, "a b.py", None, None]},
        {"ts": 0},
        {"kind": "mute", "scope": {"key": "k"}, "reason": "loud"},
        {"kind": "unmute", "scope": {"rule": None, "path": "a/**"}, "undoes": ["0" * 32]},
        {"kind": "forget", "ids": ["0" * 32]},
        {"kind": "forget", "names": {"kind": "shown"}, "until": 9},
    ],
    ids=str,
)  # fmt: skip
def test_line_that_keeps_the_form_is_taken(change: dict[str, Any]) -> None:
    assert parse(line({**SIGNAL, **change})).line == event({**SIGNAL, **change}).line


@pytest.mark.parametrize(
    "hostile",
    [
        b"[]",
        b"7",
        b"{",
        b"\xff",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"x" * 10_000_000,
        line(MUTE).replace(b'"ts": 5', b'"ts": 6'),
        line(MUTE).replace(b'"a.b"', b"NaN"),
        line(MUTE)[:-1] + b', "w": 1e999}',
        line(MUTE)[:-1] + b', "w": ' + b"9" * 5000 + b"}",
        line(MUTE)[:-1] + b', "w": "\\ud800"}',
        b"\xef\xbb\xbf" + line(MUTE),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_hostile_line_is_skipped_with_a_reason(hostile: bytes) -> None:
    reasons: list[str] = []
    found = list(parse_all([line(MUTE), b"\n", hostile, line(SIGNAL)], reasons.append))
    assert [one.kind for one in found] == ["mute", "signal"]
    assert len(reasons) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text("xyz", min_size=2, max_size=3), JSON, max_size=4))
def test_what_is_written_is_read_again(extra: dict[str, Any]) -> None:
    made = event({**SIGNAL, **extra})
    assert parse(made.line.encode()) == made
    assert b"\n" not in made.line.encode()


@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    found = list(parse_all([data]))
    assert all(isinstance(one, Event) for one in found)


def test_hash_of_a_name_is_keyed_and_blind_to_case() -> None:
    assert actor_hash("Ada@Example.com ", b"k") == actor_hash("ada@example.com", b"k")
    assert actor_hash("ada", b"k") != actor_hash("ada", b"l") != actor_hash("bob", b"l")
    assert actor_hash("00112233aabbccdd", b"k") == "00112233aabbccdd"
    assert len(actor_hash("x", b"secret" * 50)) == 16
