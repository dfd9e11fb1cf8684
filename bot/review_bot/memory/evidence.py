"""What is known of earlier findings, and how the score asks for it."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    from review_bot.memory.normalise import Shape
    from review_bot.memory.score import Imported, Prior, Signal, Totals

    class Evidence(Protocol):
        """The folded log: a state in memory or an index on disk. Every answer depends on the set of events only."""

        def decides(self) -> bool:
            """False where nothing is known that could change what is shown."""

        def mutes(self) -> Sequence[Mute]:
            """The mutes in force, by id."""

        def near(self, fp: Sequence[int], least: int = 1, limit: int = 200) -> Sequence[Pattern]:
            """Patterns that share `least` hashes of `fp` or more, those with the most first, then by number."""

        def signals(self, patterns: Iterable[tuple[str, str]]) -> Sequence[Signal]:
            """The signals in force on patterns given by rule and key."""

        def signals_of(self, rule: str) -> Sequence[Signal]:
            """The signals in force on all findings of a rule."""

        def priors_of(self, rule: str) -> Sequence[Prior]:
            """What was imported about a rule."""

        def totals_of(self, rule: str) -> Totals:
            """The figures of a rule, priors included."""

        def imported(self, shape: Shape, salt: str, least: int) -> Sequence[Imported]:
            """What was imported under this salt about patterns with the key of a shape or `least` of its hashes."""

        def findings_of(self, rule: str, key: str) -> Sequence[str]:
            """Fingerprints of the findings that had this shape, in order."""

        def examples_of(self, rule: str, key: str) -> Sequence[Example]:
            """Judged code of this shape, the latest first."""


class Pattern(NamedTuple):
    """Code of one shape that a rule flagged."""

    rule: str
    key: str
    fp: tuple[int, ...] = ()
    lang: str = ""

    @property
    def number(self) -> int:
        """See `pattern_number`."""
        return pattern_number(self.rule, self.key)


def pattern_number(rule: str, key: str) -> int:
    """A number of 63 bits that stands for a pattern in every index."""
    from hashlib import blake2b

    digest = blake2b(f"{rule}\0{key}".encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class Mute(NamedTuple):
    """What somebody does not want to see; None for any."""

    event: str
    ts: int
    actor: str
    rule: str | None
    key: str | None
    path: str | None
    """A glob."""
    reason: str


class Shown(NamedTuple):
    """A finding that somebody saw before a commit."""

    event: str
    rule: str
    finding: str


HISTORY = "history"


class Example(NamedTuple):
    """Code that was judged or mended: its text where events may hold code, or its place in the history."""

    event: str
    ts: int
    rule: str
    key: str
    y: int
    eps: float
    before: str
    after: str
    note: str
    at: str = ""
    """JSON of an event's `at`, where the text may be in the history; with HISTORY behind it for what nobody judged."""

    @property
    def mended(self) -> bool:
        """Whether only the history says so, and no person."""
        return self.at.endswith(f'"{HISTORY}"]')
