"""The one tree of errors that a user may see.

Each is one line: what is wrong, where, and what to do. Only `cli` turns them into exit codes.
"""

from __future__ import annotations


class ReviewBotError(Exception):
    """Base of all errors shown to a user; anything else that escapes is a bug of ours."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """One line, control characters escaped so that untrusted text can't move the cursor or forge a second line."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return printable(f"{head}; {self.remedy}" if self.remedy else head)


class UsageError(ReviewBotError):
    """The command line asks for something that does not exist or does not go together."""


class ConfigError(ReviewBotError):
    """A configuration file, variable or flag has a wrong key or value."""


class RuleError(ReviewBotError):
    """A rule file is not what `docs/rules.md` says."""


class SourceError(ReviewBotError):
    """The change can't be read: no repository, no such revision, git is missing or failed."""


class DiffError(SourceError):
    """The input is not a diff we can read."""


class StoreError(ReviewBotError):
    """A file of ours (baseline, cache, last scan) can't be read or written."""


class OutputError(ReviewBotError):
    """The result can't be written where it was asked for."""


class BackendError(ReviewBotError):
    """A model gave no usable answer. Which of the subclasses says what to do next."""


class Unavailable(BackendError):
    """The engine does not answer or failed: try again, then count towards the breaker."""


class Unreachable(Unavailable):
    """Nobody is there: found out at once, at no cost."""


class BreakerOpen(Unavailable):
    """The engine failed several times and is left alone for a while; no call was made."""


class RateLimited(Unavailable):
    """The engine asks to wait; `after` seconds where it said so."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", after: float | None = None) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.after = after


class TimedOut(BackendError):
    """No answer within the time of the call; counts towards the breaker."""


class ModelMissing(BackendError):
    """The engine is there and the model is not, or its files are damaged; counts towards the breaker."""


class TooLong(BackendError):
    """The prompt does not fit the context, or was cut silently: split the window."""


class Truncated(BackendError):
    """The answer was cut off: a smaller job. `text` is what came."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", text: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.text = text


class BadAnswer(BackendError):
    """The answer is not what was asked for: another prompt and seed; never counts towards the breaker."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", text: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.text = text


class BadRequest(BackendError):
    """The engine refuses what we sent: a bug of ours, or an option that it does not know."""


class NotLocal(BackendError):
    """The address or the model would take the change off this machine, and nobody allowed that."""


class ForgeError(ReviewBotError):
    """The place of the pull request did not do what was asked; `status` is its answer's, 0 without one."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", status: int = 0) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.status = status


class ForgeRefused(ForgeError):
    """The token may not do this: do not ask again."""


class ForgeRejected(ForgeError):
    """What was sent is not accepted, as a comment on a line outside of the diff: send it otherwise."""


class ForgeMissing(ForgeError):
    """There is no such thing, or none that the token may see."""


class ForgeBusy(ForgeError):
    """A limit is reached, the forge's or our own: later."""


class ForgeDown(ForgeError):
    """No usable answer: what was asked for may have been done all the same, look before asking again."""


def printable(text: str) -> str:
    r"""`text` on one line: control characters as `\xNN`, lone surrogates as U+FFFD."""
    clean = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode("ascii") for c in clean)
