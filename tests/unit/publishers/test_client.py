"""Counting, pacing and waiting of the client, against the fake and with a clock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.github import Fake, Fault, MemoryTrees, Pull, Server, serve
from fakes.github.faults import secondary
from review_bot.errors import ForgeBusy, ForgeDown, ForgeError, ForgeMissing, ForgeRefused, ForgeRejected
from review_bot.publishers.client import Client, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = "/repos/octo/demo"
COMMENTS = f"{ROOT}/issues/7/comments"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def server() -> Iterator[Server]:
    fake = Fake()
    trees = MemoryTrees()
    fake.repository("octo/demo", trees).pulls[7] = Pull(7, trees.root, trees.root)
    with serve(fake) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client(server: Server, clock: Clock, **limits: float) -> Client:
    return Client(server.url, "token", Limits(**limits), clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]


def test_writes_keep_their_distance(server: Server, clock: Clock) -> None:
    one = client(server, clock, interval=2.0)
    for _ in range(3):
        one.write("POST", COMMENTS, {"body": "x"})
    one.close()
    assert clock.slept == [2.0, 2.0]


def test_limits_of_our_own(server: Server, clock: Clock) -> None:
    one = client(server, clock, requests=4, writes=2, interval=0)
    for _ in range(2):
        one.write("POST", COMMENTS, {"body": "x"})
    with pytest.raises(ForgeBusy):
        one.write("POST", COMMENTS, {"body": "x"})
    one.get(f"{ROOT}/pulls/7")
    one.get(f"{ROOT}/pulls/7")
    with pytest.raises(ForgeBusy):
        one.get(f"{ROOT}/pulls/7")
    one.close()
    assert len(server.fake.log) == 4


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_is_waited_for_as_long_as_it_says(server: Server, clock: Clock, status: int) -> None:
    server.fake.faults.append(secondary("comments", after=7, status=status, times=2))
    one = client(server, clock, interval=0)
    one.write("POST", COMMENTS, {"body": "x"})
    one.close()
    assert clock.slept == [7.0, 7.0]
    assert len(server.fake.all_comments()) == 1


def test_a_limit_that_says_nothing_takes_a_minute(server: Server, clock: Clock) -> None:
    server.fake.faults.append(secondary("comments", after=None))
    one = client(server, clock, interval=0)
    one.write("POST", COMMENTS, {"body": "x"})
    one.close()
    assert clock.slept == [60.0]


def test_nothing_is_waited_for_beyond_the_deadline(server: Server, clock: Clock) -> None:
    server.fake.faults.append(secondary("comments", after=30))
    one = client(server, clock, interval=0, deadline=20)
    with pytest.raises(ForgeBusy):
        one.write("POST", COMMENTS, {"body": "x"})
    one.close()
    assert clock.slept == []


def test_a_read_is_tried_three_times(server: Server, clock: Clock) -> None:
    server.fake.faults.append(Fault("GET", status=502, times=2))
    one = client(server, clock)
    assert one.get(f"{ROOT}/pulls/7").json()["number"] == 7
    server.fake.faults = [Fault("GET", drop=True, times=3)]
    with pytest.raises(ForgeDown):
        one.get(f"{ROOT}/pulls/7")
    one.close()


@pytest.mark.parametrize("fault", [Fault("POST", status=502), Fault("POST", drop=True), Fault("POST", status=500)])
def test_a_write_is_never_repeated(server: Server, clock: Clock, fault: Fault) -> None:
    fault.seen = 0
    server.fake.faults.append(fault)
    one = client(server, clock)
    with pytest.raises(ForgeDown):
        one.write("POST", COMMENTS, {"body": "x"})
    one.close()
    assert len(server.fake.log) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ForgeRefused), (403, ForgeRefused), (404, ForgeMissing), (410, ForgeMissing), (406, ForgeRejected),
        (422, ForgeRejected), (400, ForgeError), (500, ForgeDown),
    ],
)  # fmt: skip
def test_errors_by_what_to_do_next(server: Server, clock: Clock, status: int, kind: type[ForgeError]) -> None:
    server.fake.faults.append(Fault("GET", status=status, message="no", times=9))
    one = client(server, clock)
    with pytest.raises(ForgeError) as caught:
        one.get(f"{ROOT}/pulls/7")
    one.close()
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert "no" in str(caught.value)


def test_all_pages(server: Server, clock: Clock) -> None:
    one = client(server, clock, requests=9, writes=0)
    server.fake.repositories["octo/demo"].pulls[7].conversation = [
        server.fake.comment(server.fake.viewer, str(number)) for number in range(250)
    ]
    assert len(list(one.pages(COMMENTS))) == 250
    one.close()
    assert one.requests == 3


@pytest.mark.parametrize(
    ("kind", "error"), [("FORBIDDEN", ForgeRefused), ("NOT_FOUND", ForgeMissing), ("RATE_LIMITED", ForgeBusy)]
)
def test_errors_of_queries(server: Server, clock: Clock, kind: str, error: type[ForgeError]) -> None:
    server.fake.faults.append(Fault("graphql", errors=[{"type": kind, "message": "no"}]))
    one = client(server, clock)
    with pytest.raises(error):
        one.query("query { viewer { login } }", {})
    one.close()


def test_a_token_is_in_no_error(server: Server, clock: Clock) -> None:
    one = Client("http://127.0.0.1:9", "ghs_secret", Limits(deadline=0), clock=clock, sleep=clock.sleep)
    with pytest.raises(ForgeError) as caught:
        one.get(f"{ROOT}/pulls/7")
    one.close()
    assert "ghs_secret" not in str(caught.value)
