"""What is done about threads and new findings, within the room there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.finding import Finding
from review_bot.domain.threads import Mark, Thread
from review_bot.pipeline.pull_request.plan import Plan, Room, Standing, plan, standings

if TYPE_CHECKING:
    from review_bot.domain.finding import Severity

BIG = Room(10, 14)


def finding(number: int, severity: Severity = "error") -> Finding:
    return Finding(
        f"{number:016x}", "r", "rule", "correctness", severity, 0.9, "a.py", "new", number, number, 1, 2, "m"
    )  # fmt: skip


def thread(
    number: int, *, gone: bool = False, hidden: bool = False, resolved: bool = False, resolved_by_us: bool = False
) -> Thread:
    mark = Mark(f"{number:016x}", "r", "a.py", state="gone" if gone else "open")
    return Thread(f"t{number}", f"c{number}", number, "body", mark, hidden, resolved, resolved_by_us)


def stand(*threads: Thread, here: tuple[int, ...] = ()) -> tuple[Standing, ...]:
    pairs = {f"t{number}": finding(number) for number in here}
    return standings(threads, pairs, lambda _mark: True)


def made(standing: tuple[Standing, ...], *news: Finding, room: Room = BIG) -> Plan:
    return plan(standing, news, room, lambda _finding: True)


def states(*threads: Thread, here: tuple[int, ...] = ()) -> list[str]:
    return [one.state for one in stand(*threads, here=here)]


def test_a_thread_whose_finding_is_there() -> None:
    assert states(thread(1), here=(1,)) == ["open"]
    assert states(thread(1, gone=True, hidden=True), here=(1,)) == ["back"]
    assert states(thread(1, gone=True, resolved=True, resolved_by_us=True), here=(1,)) == ["back"]
    assert states(thread(1, gone=True), here=(1,)) == ["back"]


def test_a_thread_whose_finding_is_gone() -> None:
    assert states(thread(1)) == ["ending"]
    assert states(thread(1, gone=True)) == ["ending"]
    assert states(thread(1, gone=True, hidden=True)) == ["closed"]
    assert states(thread(1, gone=True, resolved=True, resolved_by_us=True)) == ["closed"]


def test_a_thread_that_a_person_closed() -> None:
    for here in ((), (1,)):
        assert states(thread(1, hidden=True), here=here) == ["left"]
        assert states(thread(1, resolved=True), here=here) == ["left"]
        assert states(thread(1, gone=True, hidden=True, resolved=True), here=here) == ["left"]


def test_what_nobody_looked_for_stays_open() -> None:
    assert [one.state for one in standings([thread(1)], {}, lambda _mark: False)] == ["open"]


def test_new_ones_come_most_severe_first() -> None:
    planned = made((), finding(1, "info"), finding(2, "error"), finding(3, "warning"))
    assert [one.severity for one in planned.post] == ["error", "warning", "info"]
    assert planned.slots == 10


def test_open_threads_take_room_and_closed_ones_give_it() -> None:
    standing = stand(thread(1), thread(2), thread(3), here=(1, 2))
    assert made(standing, finding(9), room=Room(3, 14)).slots == 1
    assert made(standing, finding(9), room=Room(2, 14)).slots == 0


def test_threads_that_can_not_be_closed_yet_take_room() -> None:
    standing = stand(*map(thread, range(1, 9)))
    planned = made(standing, finding(9), room=Room(8, 10))
    assert (len(planned.close), planned.slots, planned.whole) == (4, 4, False)


def test_old_threads_and_new_findings_compete_by_severity() -> None:
    (old,) = stand(thread(1, gone=True, hidden=True), here=(1,))
    less = old._replace(finding=finding(1, "warning"))
    first = made((less,), finding(2, "error"), room=Room(1, 14))
    assert (first.open, first.slots) == ((), 1)
    second = made((old,), finding(2, "warning"), room=Room(1, 14))
    assert (second.open, second.slots) == ((old,), 0)


def test_a_new_one_without_a_place_takes_no_room() -> None:
    standing = stand(thread(1, gone=True, hidden=True), here=(1,))
    planned = plan(standing, [finding(0, "error")], Room(1, 14), lambda _finding: False)
    assert planned.open == standing
