"""Going through findings one by one: what each key means, and what is left of it at the end."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from review_bot.domain.finding import Finding

    Verb = Literal["accept", "reject", "edit", "skip", "mute-here", "mute", "open"]

PROMPT = "[a,r,e,s,m,M,o,u,q,?]"
KEYS: dict[str, Verb] = {
    "a": "accept", "r": "reject", "e": "edit", "s": "skip", "m": "mute-here", "M": "mute", "o": "open",
}  # fmt: skip
"""What each key does; `u` goes back, `q` ends, `?` explains."""
HELP = """a  accept: the finding is right
r  reject: it is not useful
e  edit: open the editor at the place; what you change there is the answer
s  skip: say nothing
m  mute the rule in this file
M  mute the rule everywhere
o  open the place in the editor
u  undo: go back to the finding before
q  quit, keeping what was said
?  this help
"""


class Decision(NamedTuple):
    """What a person said of a finding."""

    finding: Finding
    verb: Verb


class Session:
    """A walk through findings in their order; nothing is recorded before it ends."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = tuple(findings)
        self._said: list[Decision] = []
        self._at = 0

    @property
    def current(self) -> Finding | None:
        """The finding that is asked about; None when all are done."""
        return self._findings[self._at] if self._at < len(self._findings) else None

    @property
    def position(self) -> tuple[int, int]:
        """Number of the current finding, from 1, and how many there are."""
        return self._at + 1, len(self._findings)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What was said and not taken back, without what was skipped."""
        return tuple(one for one in self._said if one.verb != "skip")

    def say(self, verb: Verb) -> None:
        """Note what is said of the current finding and go on; a mute passes over the other findings that it hides."""
        finding = self._findings[self._at]
        self._said.append(Decision(finding, verb))
        self._at += 1
        while self.current is not None and any(_hides(one, self.current) for one in self._said):
            self._at += 1

    def back(self) -> bool:
        """Take the last word back and return to its finding; False where there is none."""
        if not self._said:
            return False
        last = self._said.pop()
        self._at = self._findings.index(last.finding)
        return True


def _hides(said: Decision, finding: Finding) -> bool:
    same = said.finding.rule == finding.rule
    return same and (said.verb == "mute" or (said.verb == "mute-here" and said.finding.path == finding.path))
