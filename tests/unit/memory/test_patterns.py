"""Patterns that travel: hashed under a salt, counted, and read by somebody who trusts nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.log import CODE, OTHER, RULE, made, rejections, signal
from review_bot.memory.assess import assess
from review_bot.memory.fold import Known, fold
from review_bot.memory.normalise import shape
from review_bot.memory.patterns import BadPatterns, Row, exported, is_head, read, written
from review_bot.memory.salt import LEAST, Salt
from review_bot.memory.score import FOLD, HIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.event import Event

SALT = Salt.of("one secret of thirty-two letters")
OTHER_SALT = Salt.of("another one of thirty-two letters")
SHAPE = shape(RULE, CODE, "python")
ROW = {"key": "0" * 32, "fp": [1, 2], "accepted": 0, "rejected": 3}


def file_of(rows: Sequence[Row], salt: Salt = SALT) -> list[bytes]:
    return [line.encode() for line in written(rows, salt)]


def head(count: object = 1, **changed: Any) -> bytes:
    return json.dumps({"schema": "review-bot.patterns/1", "salt": SALT.check, "patterns": count, **changed}).encode()


def imported(events: Sequence[Event], salt: Salt = SALT) -> list[Event]:
    """What a repository records that takes in the patterns of these events."""
    rows = read(file_of(exported(events, salt), salt), salt)
    said = [{"salt": salt.check, **one._asdict(), "fp": list(one.fp)} for one in rows]
    return [made("prior", source="patterns", **one) for one in said]


def test_a_file_holds_no_rule_no_key_no_hash_and_no_person() -> None:
    events = rejections(4)
    text = b"".join(file_of(exported(events, SALT))).decode()
    assert len(text.splitlines()) == 2
    seen = [RULE, SHAPE.key.partition(":")[2], *map(str, SHAPE.fp), *(one.get("actor") for one in events)]
    assert [one for one in seen if one in text] == []


def test_the_same_salt_gives_the_same_hashes_and_another_one_none_of_them() -> None:
    (one,), (again,), (other,) = (exported(rejections(4), salt) for salt in (SALT, SALT, OTHER_SALT))
    assert one == again
    assert one.key != other.key
    assert not {*one.fp} & {*other.fp}


def test_hashes_of_one_code_under_two_rules_have_nothing_in_common() -> None:
    first, second = SALT.shape("a", SHAPE), SALT.shape("b", SHAPE)
    assert not {*first.fp} & {*second.fp}


def test_what_one_person_judged_stays_here() -> None:
    assert exported(rejections(9, people=1), SALT) == []


def test_guesses_and_what_was_taken_back_stay_here() -> None:
    guesses = rejections(3, eps=0.25)
    undone = rejections(3)
    assert (
        exported([*guesses, *undone, made("unmute", scope={"rule": RULE}, undoes=[one.id for one in undone])], SALT)
        == []
    )


def test_patterns_that_were_imported_are_not_exported_again() -> None:
    assert exported(imported(rejections(4)), SALT) == []


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Salt.of("x" * (LEAST - 1))


@given(st.integers(0, 99), st.integers(1, 99), st.lists(st.integers(0, 2**32 - 1), max_size=16, unique=True))
def test_rows_read_back_as_they_were_written(accepted: int, rejected: int, fp: list[int]) -> None:
    rows = [Row("0" * 32, tuple(sorted(fp)), accepted, rejected)]
    assert read(file_of(rows), SALT) == rows
    assert is_head(file_of(rows)[0])


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="nothing"),
        pytest.param([b"{}"], id="no schema"),
        pytest.param([head(0, schema="review-bot.patterns/2")], id="a later version"),
        pytest.param([head(0, schema=["review-bot.patterns/1"])], id="a schema that is a list"),
        pytest.param([head(0, salt=OTHER_SALT.check)], id="another salt"),
        pytest.param([head(0, salt=None)], id="no salt"),
        pytest.param([head(5_001)], id="too many"),
        pytest.param([head(-1)], id="fewer than none"),
        pytest.param([head(float("nan"))], id="NaN patterns"),
        pytest.param([head(True)], id="true patterns"),
        pytest.param([head(2), json.dumps(ROW).encode()], id="cut off"),
        pytest.param([head(1), *[json.dumps(ROW).encode()] * 2], id="more than it says"),
        pytest.param([head(2), *[json.dumps(ROW).encode()] * 2], id="twice"),
        pytest.param([head(1), b"[" * 1000], id="nested deeply"),
        pytest.param([head(1), b'{"key":"' + b"0" * 10_000_000], id="10 MB"),
        pytest.param([head(1), b"\xff"], id="no text"),
        *(
            pytest.param([head(1), json.dumps({**ROW, name: value}).encode()], id=f"{name} {str(value)[:20]}")
            for name, value in [
                ("key", 1), ("key", "0" * 31), ("key", "X" * 32), ("key", None), ("fp", None), ("fp", [1.5]),
                ("fp", [2**32]), ("fp", [-1]), ("fp", [True]), ("fp", list(range(17))), ("fp", {"1": 1}),
                ("accepted", -1), ("accepted", 1.5), ("accepted", 100), ("accepted", "1"), ("rejected", True),
                ("rejected", float("nan")), ("rejected", float("inf")), ("rejected", 0), ("rejected", None),
            ]
        ),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_as_a_whole(lines: list[bytes]) -> None:
    with pytest.raises(BadPatterns):
        read(lines, SALT)


def test_imported_patterns_count_as_two_signals_and_only_with_the_salt() -> None:
    known = Known(fold(imported(rejections(50))))
    assert known.decides()
    assert assess(known, RULE, SHAPE, salt=SALT).decision.score == pytest.approx(2 * -0.581, abs=0.01)
    for salt in (None, OTHER_SALT):
        assert assess(known, RULE, SHAPE, salt=salt).decision.score == 0
    assert assess(known, "another.rule", shape("another.rule", CODE, "python"), salt=SALT).decision.score == 0
    assert assess(known, RULE, shape(RULE, OTHER, "python"), salt=SALT).decision.score == 0


def test_code_that_is_nearly_the_same_is_recognised() -> None:
    long = "\n".join(f"total{n} = price_{n}(item)\nsend_{n}(total{n}, item.name)" for n in range(4))
    near = long.replace("price_3", "cost")
    one, other = shape(RULE, long, "python"), shape(RULE, near, "python")
    assert one.key != other.key
    known = Known(fold(imported(rejections(4, code=long))))
    assert assess(known, RULE, other, salt=SALT).imported


def test_what_others_know_neither_hides_nor_folds_alone() -> None:
    other = [made("prior", ts, rule=RULE, accepted=0, rejected=10**6) for ts in range(1, 9)]
    known = Known(fold([*imported(rejections(90)), *other]))
    done = assess(known, RULE, SHAPE, salt=SALT)
    assert FOLD < done.decision.score < -2
    assert done.decision.effect == "none"
    assert (done.pattern.signals, done.pattern.people, done.pattern.changes) == (0, 0, 0)


def test_what_others_know_replaces_no_guard() -> None:
    own = rejections(4, people=1)
    done = assess(Known(fold([*own, *imported(rejections(90))])), RULE, SHAPE, salt=SALT)
    assert done.decision.score < HIDE
    assert done.decision.effect == "fold"


@pytest.mark.parametrize(
    "fields", [{"salt": 1}, {"salt": ["x"]}, {"key": ""}, {"rejected": float(2**60)}, {"rejected": "9"}, {"rule": RULE}]
)
def test_an_event_that_is_no_import_counts_for_nothing(fields: dict[str, Any]) -> None:
    usual = {"salt": SALT.check, "key": "0" * 32, "fp": [1], "accepted": 0, "rejected": 3}
    assert not fold([made("prior", **{**usual, **fields})]).imported


def test_an_import_that_is_forgotten_is_gone() -> None:
    some = imported(rejections(4))
    known = Known(fold([*some, made("forget", ids=[one.id for one in some])]))
    assert not known.decides()


def test_a_signal_is_not_taken_for_an_import() -> None:
    assert not fold([signal(0, salt=SALT.check)]).imported
