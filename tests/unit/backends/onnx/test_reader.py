"""What is read again and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

np = pytest.importorskip("numpy")

from review_bot.backends.onnx import reader as reading  # noqa: E402
from review_bot.backends.onnx.reader import Clock, Question, Reader  # noqa: E402
from review_bot.errors import TimedOut  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.backends.onnx.sampling import Logits


class State:
    """A state whose logits are the tokens that it has read."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.tokens: list[int] = []

    def append(self, tokens: Sequence[int]) -> Logits:
        self.tokens += tokens
        assert len(self.tokens) <= self.room
        logits: Logits = np.array(self.tokens, np.float32)
        return logits

    def rewind(self, length: int) -> None:
        del self.tokens[length:]


class Engine:
    """An engine that counts."""

    name = "fake"

    def __init__(self, bytes_a_token: int = 1) -> None:
        self.bytes_a_token = bytes_a_token
        self.states: list[State] = []

    def start(self, room: int, adapter: str | None) -> State:
        self.states.append(State(room))
        return self.states[-1]

    def grow(self, room: int) -> int:
        return -(-room // 100) * 100


def _read(reader: Reader, tokens: Sequence[int], prefix: int = 4, answer: int = 10, adapter: str | None = None) -> int:
    """Tokens that were read for the question; what the engine then knows is always the whole question."""
    before = reader.prefilled
    logits = reader.read(Question(tokens, prefix, answer, adapter), 1000, Clock(60))
    assert logits.tolist() == list(tokens)
    return reader.prefilled - before


def test_a_shared_prefix_is_read_once() -> None:
    engine = Engine()
    reader = Reader(engine)
    assert _read(reader, [1, 2, 3, 4, 10, 11]) == 6
    reader.append([50, 51])
    assert _read(reader, [1, 2, 3, 4, 20]) == 1
    assert _read(reader, [1, 2, 3, 4, 20, 21, 22]) == 2
    assert len(engine.states) == 1


def test_the_same_question_again_reads_its_last_token() -> None:
    reader = Reader(Engine())
    assert _read(reader, [1, 2, 3]) == 3
    assert _read(reader, [1, 2, 3]) == 1
    assert _read(reader, [1, 2]) == 1


def test_specialists_that_take_turns_keep_a_state_each() -> None:
    engine = Engine()
    reader = Reader(engine)
    assert [_read(reader, [kind, 2, 3, 4, number]) for number in (7, 8, 9) for kind in (1, 5, 6)] == [5] * 3 + [1] * 6
    assert len(engine.states) == 3
    assert [_read(reader, [kind, 2, 3, 4, 9]) for kind in (11, 12, 13, 14)] == [5] * 4
    assert _read(reader, [1, 2, 3, 4, 9]) == 5


def test_where_memory_is_scarce_there_is_one_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BUDGET", 150)
    engine = Engine()
    reader = Reader(engine)
    assert [_read(reader, [kind, 2, 3, 4, 9]) for kind in (1, 5, 1)] == [5] * 3
    assert len(engine.states) == 1
    assert _read(reader, [1] * 200) == 200
    assert (len(engine.states), len(reader._kept)) == (2, 1)


def test_an_adapter_shares_nothing_with_the_model_without_it() -> None:
    reader = Reader(Engine())
    assert [_read(reader, [1, 2, 3, 4, 5], adapter=adapter) for adapter in (None, "python", None, "python")] == [
        5,
        5,
        1,
        1,
    ]


def test_a_question_that_needs_more_room_gets_a_larger_state() -> None:
    engine = Engine()
    reader = Reader(engine)
    _read(reader, [1, 2, 3, 4, 5])
    assert _read(reader, [1, 2, 3, 4, 5, 6], answer=95) == 6
    assert [state.room for state in engine.states] == [100, 200]
    assert _read(reader, [1, 2, 3, 4, 5, 7], answer=994) == 6
    assert engine.states[-1].room == 1000


def test_what_is_interrupted_is_given_up() -> None:
    engine = Engine()
    reader = Reader(engine)
    _read(reader, [1, 2, 3])

    def interrupted(tokens: Sequence[int]) -> Logits:
        raise KeyboardInterrupt

    engine.states[0].append = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        _read(reader, [1, 2, 4])
    assert _read(reader, [1, 2, 3]) == 3


def test_slices_follow_the_speed_of_the_engine() -> None:
    engine = Engine()
    reader = Reader(engine)
    sizes: list[int] = []
    state = engine.start(1000, None)

    def noted(tokens: Sequence[int]) -> Logits:
        sizes.append(len(tokens))
        return State.append(state, tokens)

    state.append = noted  # type: ignore[method-assign]
    engine.start = lambda room, adapter: state  # type: ignore[method-assign]
    _read(reader, list(range(300)))
    assert sizes[0] == 32
    assert set(sizes[1:-1]) == {64}


def test_a_call_whose_time_is_over_reads_no_further() -> None:
    times = iter([0.0, 0.1, 0.2, 0.9, 1.1])
    reader = Reader(Engine())
    with pytest.raises(TimedOut, match="within 1 s"):
        reader.read(Question(list(range(500)), 4, 10), 1000, Clock(1, lambda: next(times)))
    first = reader.prefilled
    assert 0 < first < 500
    assert _read(reader, list(range(500))) == 500 - first
