from __future__ import annotations

from fakes.log import CODE, OTHER, RULE, made, rejections, signal
from review_bot.memory.fold import Known, fold
from review_bot.memory.normalise import shape
from review_bot.memory.recall import Piece, examples, search

LIKE = CODE.replace("total", "amount") + "\nlog(amount)"


def test_the_nearest_pattern_comes_first() -> None:
    known = Known(fold([signal(0, finding="1" * 16), signal(0, code=OTHER), signal(0, code=LIKE)]))
    hits = search(known, Piece(CODE, "python"), 5)
    assert [one.pattern.key for one in hits] == [shape(RULE, CODE, "python").key, shape(RULE, LIKE, "python").key]
    assert hits[0].similarity == 1.0
    assert 0.5 < hits[1].similarity < 1
    assert hits[0].findings == ("1" * 16,)


def test_the_limit_is_kept_and_nothing_is_near_to_nothing() -> None:
    known = Known(fold([signal(0), signal(0, code=LIKE)]))
    assert len(search(known, Piece(CODE, "python"), 1)) == 1
    assert search(known, Piece("", "python"), 5) == []
    assert search(known, Piece("zzz(1)", "python"), 5) == []


def told(*events: object, budget: int = 2000) -> list[str]:
    return examples(Known(fold(events)), [Piece(CODE, "python")], budget)  # type: ignore[arg-type]


def test_without_stored_text_there_are_no_examples() -> None:
    assert told(*rejections(6)) == []


def test_an_accepted_and_a_rejected_example() -> None:
    accepted = signal(1, before=CODE, after="return sum(items)")
    rejected = signal(0, who="bob", code=LIKE, before=LIKE, note="printed  on\npurpose")
    first, second = told(accepted, rejected)
    code = "total = price(item) | print(total, item.name) | return total + shipping(item)"
    assert first == f"accepted here ({RULE}): {code} => return sum(items)"
    assert second.startswith(f"rejected here ({RULE}): amount = price(item) | ")
    assert second.endswith(" (reason: printed on purpose)")


def test_examples_stay_within_the_budget() -> None:
    log = [signal(n % 2, before=CODE, code=CODE, who=f"p{n}") for n in range(9)]
    assert len(told(*log)) == 2
    assert told(*log, budget=100) == []
    assert sum(map(len, told(*log, budget=200))) <= 200


def test_the_surest_of_several_is_the_example() -> None:
    weak = signal(1, before=CODE, after="weak", eps=0.25, ts=9)
    sure = signal(1, who="bob", before=CODE, after="sure", eps=0.03, ts=5)
    assert "sure" in told(weak, sure)[0]


def test_code_that_is_not_alike_is_no_example() -> None:
    assert told(signal(1, code=OTHER, before=OTHER)) == []


def test_what_was_only_shown_is_found() -> None:
    found = shape(RULE, CODE, "python")
    shown = made("shown", rule=RULE, key=found.key, fp=list(found.fp), finding="0" * 16)
    assert search(Known(fold([shown])), Piece(CODE, "python"), 5)[0].findings == ("0" * 16,)
