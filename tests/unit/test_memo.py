from __future__ import annotations

from review_bot.memo import remembered


def test_an_answer_is_kept_up_to_the_bound() -> None:
    asked: list[int] = []

    @remembered(maxsize=2)
    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    assert [double(number) for number in (1, 1, 2, 3, 1)] == [2, 2, 4, 6, 2]
    assert asked == [1, 2, 3, 1]


def test_it_can_be_forgotten() -> None:
    asked: list[str] = []

    @remembered(maxsize=None)
    def ask(text: str) -> None:
        asked.append(text)

    ask("a")
    ask.cache_clear()
    ask("a")
    assert asked == ["a", "a"]
    assert tuple(ask.cache_info())[:2] == (0, 1)
