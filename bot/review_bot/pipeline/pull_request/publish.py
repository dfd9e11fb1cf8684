"""Brings a review to a pull request: closes what is gone, opens what is back, posts what is new, sums up the rest.

Whatever goes wrong, the outcome says what did not arrive, so that the caller can put it elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from review_bot.domain.review import Degraded
from review_bot.domain.threads import SummaryMark, Threads
from review_bot.errors import ForgeBusy, ForgeDown, ForgeError, ForgeMissing, ForgeRefused, ForgeRejected
from review_bot.pipeline.pull_request import clean, comments, summary
from review_bot.pipeline.pull_request.places import Places
from review_bot.pipeline.pull_request.plan import Room, Seen, matched, plan, standings
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.domain.threads import Draft, Mark, Thread
    from review_bot.pipeline.pull_request.places import Place
    from review_bot.pipeline.pull_request.plan import Plan, Standing, State
    from review_bot.pipeline.pull_request.summary import Where
    from review_bot.ports import Forge

_TRIES = 3
"""Of one write whose fate is not known; each but the first only after looking."""
_AT_ONCE = 50
"""Comments of one review."""
_MET: dict[State, Where] = {"open": "comment", "left": "person", "back": "rest", "closed": "rest", "ending": "rest"}
"""Where a finding with a thread is met, before anything is done."""


class Options(NamedTuple):
    """What the configuration says of a pull request."""

    max_comments: int = 10
    summary: bool = True
    resolve: bool = False


class Redact(Protocol):
    """Takes secrets out of texts."""

    def __call__(self, texts: Sequence[str], files: Sequence[FileDiff]) -> Sequence[str]:
        """The texts, of one line each, without the secrets that stand in the files or look like one."""


class Outcome(NamedTuple):
    """What became of a review."""

    unposted: bool
    """Whether some of it is not in the pull request."""
    degraded: tuple[Degraded, ...]
    inline: frozenset[str]
    """Fingerprints of findings with an open comment."""
    url: str = ""


class HeadMoved(ForgeError):
    """The pull request is not at the commit that was reviewed any more."""


def publish(review: Review, forge: Forge, options: Options, *, redact: Redact) -> Outcome:
    """Make the pull request say what the review found, and nothing twice; never raises ForgeError."""
    run = _Run(review, forge, options, redact)
    try:
        run.everything()
    except ForgeError as error:
        run.failed(error)
    return run.outcome()


class _Run:
    def __init__(self, review: Review, forge: Forge, options: Options, redact: Redact) -> None:
        self.review = review
        self.forge = forge
        self.options = options
        self.redact = redact
        self.head = review.source.head or ""
        self.now = Threads("")
        self.where: dict[str, Where] = {}
        self.threaded: set[str] = set()
        self.rejected: dict[str, None] = {}
        self.posted: dict[str, None] = {}
        self.whole = True
        self.wrote = False
        self.errors: list[ForgeError] = []
        self.notes: list[Degraded] = []
        self.url = ""
        self._files: tuple[Sequence[FileDiff], Places] | None = None

    def everything(self) -> None:
        """The whole run; a failure in one part does not keep the summary from saying so."""
        self.now = self.forge.threads()
        self._require(self.now.head)
        standing = self._stand()
        planned = plan(standing, self._news(), self._room(), lambda one: self._places().of(one) is not None)
        self.whole = planned.whole
        if self._unchanged(planned):
            return
        parts = (self._close, self._set_aside, self._remark, self._open, self._post)
        for part in parts:
            if self.errors or not self._part(lambda part=part: part(planned)):  # type: ignore[misc]
                break
        if self.options.summary and self._may_go_on():
            self._part(self._summarise)

    def outcome(self) -> Outcome:
        """What became of it so far."""
        reasons = tuple(Degraded("pull-request", str(error)) for error in self.errors)
        unsaid = not self.options.summary and any(one in ("rest", "deleted", "folded") for one in self.where.values())
        inline = frozenset(name for name, where in self.where.items() if where == "comment")
        return Outcome(bool(self.errors) or unsaid, (*self.notes, *reasons), inline, self.url)

    def failed(self, error: ForgeError) -> None:
        """Remember why the pull request does not say everything."""
        self.errors.append(error)
        self.whole = False

    def _part(self, part: Callable[[], object]) -> bool:
        try:
            part()
        except ForgeError as error:
            self.failed(error)
            return False
        return True

    def _may_go_on(self) -> bool:
        """Whether a summary may still be written: not on another commit, not with a token that may write nothing."""
        hopeless = (HeadMoved, ForgeBusy) if self.wrote else (HeadMoved, ForgeBusy, ForgeRefused)
        return not any(isinstance(error, hopeless) for error in self.errors)

    def _require(self, head: str) -> None:
        if not head:
            raise HeadMoved("the pull request is closed, nothing more is posted")
        if head != self.head:
            raise HeadMoved(f"the pull request has moved on to {head[:10]}, nothing is posted on {self.head[:10]}")

    def _still(self) -> None:
        self._require(self.forge.head())

    def _stand(self) -> Sequence[Standing]:
        """Each thread with its finding; where each finding is to be met so far."""
        findings = self.review.findings
        pairs = matched(findings, self.now.threads, self._places, self._exists)
        standing = standings(self.now.threads, pairs, Seen(self.review, self._places))
        self.where = {one.fingerprint: "folded" if _folded(one) else "rest" for one in findings}
        for one in standing:
            if one.finding is not None and self.where[one.finding.fingerprint] != "comment":
                self.where[one.finding.fingerprint] = _MET[one.state]
        self.threaded = {finding.fingerprint for finding in pairs.values()}
        self._remember()
        return standing

    def _remember(self) -> None:
        """What the last run said of findings without a thread: refused at this head, or posted and since deleted."""
        before = self.now.summary.mark if self.now.summary is not None else SummaryMark("", "")
        if before.head == self.head:
            self.rejected = dict.fromkeys(before.rejected)
        here = {one.mark.fingerprint for one in self.now.threads} | self.threaded
        for name in before.posted:
            if name not in here and self.where.get(name) == "rest":
                self.where[name] = "deleted"
        self.posted = dict.fromkeys((*before.posted, *(one.mark.fingerprint for one in self.now.threads)))

    def _news(self) -> list[Finding]:
        """Findings that never had a thread and may get one, each once."""
        by_name = {one.fingerprint: one for one in reversed(self.review.findings)}
        held = self.threaded | set(self.rejected)
        return [by_name[name] for name, where in self.where.items() if where == "rest" and name not in held]

    def _room(self) -> Room:
        return Room(self.options.max_comments, self.forge.writes_left() - int(self.options.summary))

    def _unchanged(self, planned: Plan) -> bool:
        """Whether the last run left all of this exactly so."""
        known = self.now.summary
        to_do = planned.close or planned.aside or planned.remark or planned.open
        if to_do or known is None or not self.options.summary:
            return False
        return known.mark.done and known.mark.head == self.head and known.mark.content == self._content()

    def _content(self) -> str:
        return summary.content(self.review, self._standings(), self.options.max_comments)

    def _standings(self) -> list[summary.Standing]:
        return [summary.Standing(one, self.where[one.fingerprint]) for one in self.review.findings]

    def _places(self) -> Places:
        return self._loaded()[1]

    def _loaded(self) -> tuple[Sequence[FileDiff], Places]:
        if self._files is None:
            files = self.forge.files()
            self._files = (files, Places(files))
        return self._files

    def _exists(self, path: str) -> bool:
        return self.forge.exists(path, self.head)

    def _close(self, planned: Plan) -> None:
        """Say of each thread whose finding is gone with which commit, then hide or resolve it."""
        if not planned.close:
            return
        self._still()
        done = []
        for one in planned.close:
            thread = one.thread
            if thread.mark.state == "gone" or self._edit(one, comments.closed(thread.body, thread.mark, self.head)):
                done.append(thread)
        if self.options.resolve and done and self._allowed(lambda: self.forge.resolve([one.id for one in done])):
            return
        self._hide(done, "they are gone")

    def _set_aside(self, planned: Plan) -> None:
        """Say of threads that they make room, then hide them; their findings stand in the summary from then on."""
        if not planned.aside:
            return
        self._still()
        done = []
        for one in planned.aside:
            thread = one.thread
            body = comments.set_aside(thread.body, self._moved_mark(one), self.head)
            if thread.mark.state == "aside" or self._edit(one, body):
                done.append(thread)
        self._hide(done, "they made room")
        for one in planned.aside:
            if one.finding is not None:
                self.where[one.finding.fingerprint] = "rest"

    def _hide(self, threads: Sequence[Thread], said: str) -> None:
        """Hide threads, whose text has been `said` already."""
        if threads and not self._allowed(lambda: self.forge.hide([one.comment for one in threads])):
            self.notes.append(Degraded("pull-request", f"the token may not hide comments; they say that {said}"))

    def _remark(self, planned: Plan) -> None:
        """Give threads of findings that stand in another file by now the new names."""
        for one in planned.remark:
            self._edit(one, comments.remarked(one.thread.body, self._moved_mark(one)))

    def _open(self, planned: Plan) -> None:
        """Open the threads of findings that are back; they are shown first, and marked as open then."""
        if not planned.open:
            return
        self._still()
        hidden = [one.thread.comment for one in planned.open if one.thread.hidden]
        resolved = [one.thread.id for one in planned.open if one.thread.resolved]
        if hidden:
            self._again(lambda: self.forge.show(hidden))
        if resolved and not self._allowed(lambda: self.forge.reopen(resolved)):
            self.notes.append(Degraded("pull-request", "the token may not open resolved threads again"))
        for one in planned.open:
            body = comments.opened(one.thread.body, self._moved_mark(one), self.head)
            if one.finding is not None and self._edit(one, body):
                self.where[one.finding.fingerprint] = "comment"

    def _moved_mark(self, standing: Standing) -> Mark:
        """The mark of a thread for the finding that it is about now."""
        mark, finding = standing.thread.mark, standing.finding
        if finding is None or not standing.moved:
            return mark
        self.posted.pop(mark.fingerprint, None)
        self.posted[finding.fingerprint] = None
        return mark._replace(fingerprint=finding.fingerprint, path=finding.path, rule=finding.rule)

    def _edit(self, standing: Standing, body: str) -> bool:
        """Change the text of a thread; False where its comment is not there any more."""
        try:
            self._again(lambda: self.forge.edit(standing.thread.number, body))
        except (ForgeMissing, ForgeRejected):
            return False
        return True

    def _allowed(self, write: Callable[[], object]) -> bool:
        try:
            self._again(write)
        except ForgeRefused:
            return False
        return True

    def _again(self, write: Callable[[], object]) -> None:
        """Do what may be done twice, up to three times."""
        for left in range(_TRIES - 1, -1, -1):
            try:
                write()
            except ForgeDown:  # noqa: PERF203 - a try each is the point
                if not left:
                    raise
            else:
                self.wrote = True
                return

    def _post(self, planned: Plan) -> None:
        """One review with the most severe findings that have a place."""
        if not (planned.slots and planned.post):
            return
        files, places = self._loaded()
        placed: list[tuple[Finding, Place]] = []
        for finding in planned.post:
            place = places.of(finding)
            if place is not None and len(placed) < planned.slots:
                placed.append((finding, place))
        if not placed:
            return
        shown = self._clean([finding for finding, _ in placed], files)
        drafts = [comments.draft(one, place, places) for one, (_, place) in zip(shown, placed, strict=True)]
        self._still()
        for at in range(0, len(drafts), _AT_ONCE):
            self._try(drafts[at : at + _AT_ONCE])

    def _try(self, drafts: Sequence[Draft]) -> None:
        """Post the drafts; where the forge refuses some and does not say which, in halves."""
        if not drafts:
            return
        if self.forge.writes_left() <= int(self.options.summary):
            self.whole = False
            return
        try:
            self._posted(drafts, self._review(drafts))
        except ForgeRejected:
            self._still()
            if len(drafts) == 1:
                self.rejected[drafts[0].fingerprint] = None
                return
            half = len(drafts) // 2
            self._try(drafts[:half])
            self._try(drafts[half:])

    def _review(self, drafts: Sequence[Draft]) -> str:
        """Post one review; where nobody knows whether it arrived, look before posting it again."""
        left = list(drafts)
        for tries in range(_TRIES, 0, -1):
            try:
                return self.forge.review(self.head, _heading(len(left), self.head), left)
            except ForgeDown:  # noqa: PERF203 - a try each is the point
                seen = self.forge.threads()
                self._require(seen.head)
                there = {one.mark.fingerprint for one in seen.threads}
                left = [one for one in left if one.fingerprint not in there]
                if not left:
                    return ""
                if tries == 1:
                    raise
        return ""

    def _posted(self, drafts: Sequence[Draft], url: str) -> None:
        self.wrote = True
        self.url = url or self.url
        for one in drafts:
            self.where[one.fingerprint] = "comment"
            self.posted[one.fingerprint] = None

    def _summarise(self) -> None:
        known = self.now.summary
        if known is None and not summary.worth_saying(self.review):
            return
        mark = SummaryMark(self.head, self._content(), tuple(self.rejected), tuple(self.posted), self.whole)
        if known is not None and known.mark._replace(posted=()) == mark._replace(posted=()):
            return
        body = self._summary_text(mark)
        self._still()
        self.url = self._write_summary(body, mark) or self.url

    def _summary_text(self, mark: SummaryMark) -> str:
        rows = self._standings()
        files = self._loaded()[0] if rows else ()
        found = self._clean([one.finding for one in rows], files)
        review, shown = clean.paths(self._with_errors(), found, lambda texts: self.redact(texts, files))
        return summary.render(review, [one._replace(finding=x) for one, x in zip(rows, shown, strict=True)], mark)

    def _clean(self, findings: Sequence[Finding], files: Sequence[FileDiff]) -> Sequence[Finding]:
        return clean.findings(findings, lambda texts: self.redact(texts, files))

    def _with_errors(self) -> Review:
        """The review, with what went wrong in this run among what did not work."""
        return self.review._replace(degraded=(*self.review.degraded, *self.outcome().degraded))

    def _write_summary(self, body: str, mark: SummaryMark) -> str:
        known = self.now.summary
        for tries in range(_TRIES, 0, -1):
            try:
                url = self.forge.summarise(known, body)
            except ForgeDown:  # noqa: PERF203 - a try each is the point
                if tries == 1:
                    raise
                known = self.forge.threads().summary
                if known is not None and known.mark == mark:
                    return known.url
            else:
                self.wrote = True
                return url
        return ""


def _folded(finding: Finding) -> bool:
    return finding.memory is not None and finding.memory.effect == "fold"


def _heading(count: int, head: str) -> str:
    """The text of a review above its comments."""
    what = "1 comment" if count == 1 else f"{count} comments"
    return f"review-bot: {what} on {head[: comments.SHORT]}."
