"""A pull request in CI: from its event to a report, and from a report to its comments."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from typing import TYPE_CHECKING

from review_bot import bootstrap
from review_bot.config import load
from review_bot.domain.review import Degraded, Review, SourceInfo, Stats
from review_bot.errors import ForgeError, ForgeRefused, SourceError, StoreError, UsageError
from review_bot.pipeline import report_file
from review_bot.pipeline.fit import fitted
from review_bot.pipeline.pull_request import clean
from review_bot.pipeline.pull_request.publish import Options, Outcome, publish
from review_bot.pipeline.verdict import verdict
from review_bot.sources import event as events
from review_bot.stores.rule_cache import load as load_rules
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from review_bot.bootstrap import Request, Scan
    from review_bot.config import Config, Loaded
    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import FailOn
    from review_bot.publishers.client import Client
    from review_bot.review.redact import Redactor
    from review_bot.sources.base_files import BaseFiles
    from review_bot.sources.event import Event, PullRequest
    from review_bot.sources.fetched import Checkout
    from review_bot.sources.repository import Repository

_API = "https://api.github.com"
_LARGEST = 64 << 20
"""Bytes of a report that this job wrote itself."""
_ANALYSE_REQUESTS = 400
_CONFIG = (".review-bot.toml", "pyproject.toml")
_COPIED = 500
"""Files of a folder with rules or prompts."""
_NOTHING = "no pull request in this event"


class Analysed(NamedTuple):
    """A review of a pull request; `scan` is None where the event has none, and `note` says so."""

    review: Review
    scan: Scan | None
    note: str = ""


class Published(NamedTuple):
    """What became of a report."""

    review: Review
    """Without secrets."""
    outcome: Outcome
    note: str = ""


class PublishRequest(NamedTuple):
    """What `pr publish` was asked for."""

    report: str
    number: int | None = None
    max_comments: int | None = None
    fail_on: str | None = None
    config: str | None = None
    deadline: float = 300.0


def analyse(
    request: Request,
    number: int | None,
    environ: Mapping[str, str],
    tick: Callable[[int, int, str], None] | None = None,
) -> Analysed:
    """Review the pull request that `number` or the event names. Raises SourceError, ConfigError, UsageError."""
    event = events.read(environ)
    client = client_of(environ, requests=_ANALYSE_REQUESTS)
    with contextlib.closing(client):
        target = _target(event, number, client)
        if target is None:
            return Analysed(_empty(event, request), None, f"{event.name or 'this run'}: {_NOTHING}, nothing to review")
        repository, checkout = _checkout(environ)
        with _base(request, target, client, repository, checkout) as loaded:
            return _reviewed(request, target, client, loaded, (repository, checkout), tick)


def report_text(review: Review, limit: int = report_file.LIMIT) -> str:
    """The report of `review`, small enough to be taken over by another job."""
    from review_bot.formats import RenderOptions, render

    options = RenderOptions()
    small = fitted(review, lambda one: len(render("json", one, options=options)), limit)
    return render("json", small, options=options)


def publish_report(
    request: PublishRequest, environ: Mapping[str, str], sleep: Callable[[float], None] = time.sleep
) -> Published:
    """Post the report; whatever keeps it from being posted is in the outcome.

    Raises StoreError for a report that is none, or is one of another pull request: nothing is posted then.
    """
    event = events.read(environ)
    if event.name == "merge_group" and request.number is None and not os.path.exists(request.report):
        return Published(_empty(event, None), _unposted(), f"merge_group: {_NOTHING}, nothing to post")
    limit = report_file.LIMIT if event.of_a_finished_run else _LARGEST
    cleaner = _Cleaner()
    review = clean.review(report_file.parse(_read(request.report, limit), request.report), cleaner.scan)
    client = client_of(environ, deadline=request.deadline, sleep=sleep)
    with contextlib.closing(client):
        return _published(request, _judged(review, request.fail_on), event, client, cleaner)


def _published(request: PublishRequest, review: Review, event: Event, client: Client, cleaner: _Cleaner) -> Published:
    try:
        if review.source.number is None and request.number is None:
            return Published(review, _unposted(), f"{event.name or 'this run'}: {_NOTHING}, nothing to post")
        target = events.find(event, request.number, client)
        _same_repository(review.source, event, request.report)
        if target is None:
            reason = "no open pull request is at the commit of this run any more" if event.head else _NOTHING
            return Published(review, _unposted(reason))
        _same(review.source, target, event, request.report)
        if event.name == "pull_request" and event.fork:
            raise ForgeRefused("the change comes from a fork, so the token of this run may only read")
        options, notes = _configured(request, target, client)
    except ForgeError as error:
        return Published(review, _unposted(str(error)))
    from review_bot.publishers.github import GithubForge

    forge = GithubForge(client, target.repository, target.number or 0)
    outcome = publish(review, forge, options, redact=cleaner.redact)
    return Published(review, outcome._replace(degraded=(*notes, *outcome.degraded)))


def _judged(review: Review, fail_on: str | None) -> Review:
    """The review with the verdict of another bound; whether model findings block is taken from the verdict it has."""
    if fail_on is None:
        return review
    known: dict[str, FailOn] = {"none": "none", "info": "info", "warning": "warning", "error": "error"}
    if fail_on not in known:
        raise UsageError(f"no severity: {fail_on!r}", where="--fail-on", remedy="write none, info, warning or error")
    before = review.verdict
    model_blocks = before.failed and not verdict(review.findings, before.fail_on).failed
    return review._replace(verdict=verdict(review.findings, known[fail_on], model_blocks=model_blocks))


def _configured(request: PublishRequest, target: PullRequest, client: Client) -> tuple[Options, tuple[Degraded, ...]]:
    """What the base of the pull request says of comments; the client keeps to its time limits from then on.

    A token that may not read the repository's files posts by the defaults, and says so.
    """
    flags: dict[str, object] = {"github.max-comments": request.max_comments}
    notes: tuple[Degraded, ...] = ()
    try:
        config = base_config(request.config, target, client, flags).github
    except ForgeRefused as error:
        notes = (Degraded("configuration", f"the base's can't be read, so the defaults hold: {error}"),)
        with tempfile.TemporaryDirectory(prefix="review-bot-") as folder:
            config = load(folder, flags=flags).config.github
    client.pace(interval=config.write_interval, timeout=config.timeout)
    return Options(config.max_comments, config.summary, config.resolve), notes


def _same_repository(source: SourceInfo, event: Event, where: str) -> None:
    if source.kind != "pull-request" or (source.repository or "").lower() != event.repository.lower():
        raise StoreError(f"not a report on a pull request of {event.repository or 'this repository'}", where=where)


def _same(source: SourceInfo, target: PullRequest, event: Event, where: str) -> None:
    """Raise StoreError where a report is not that of the pull request and the commit this run is about."""
    if source.number != target.number:
        raise StoreError(f"a report on pull request {source.number}, not {target.number}", where=where)
    if not source.head:
        raise StoreError("the report names no head commit", where=where)
    if event.head and event.name != "push" and source.head != event.head:
        raise StoreError(f"a report on commit {source.head[:10]}, not {event.head[:10]}", where=where)


def _target(event: Event, number: int | None, client: Client) -> PullRequest | None:
    if number is None and event.name == "push" and event.base and event.head:
        return events.PullRequest(event.repository, None, event.base, event.head)
    if number is None and not event.name:
        remedy = "name one with --pr N, or run it in a workflow"
        raise UsageError("no pull request: GITHUB_EVENT_PATH is not set", remedy=remedy)
    try:
        return events.find(event, number, client)
    except ForgeError as error:
        raise SourceError(f"the pull request can't be found: {error}", remedy="give GITHUB_TOKEN") from error


def _reviewed(
    request: Request,
    target: PullRequest,
    client: Client,
    loaded: Loaded,
    at_hand: tuple[Repository | None, Checkout | None],
    tick: Callable[[int, int, str], None] | None,
) -> Analysed:
    from review_bot.sources.github import PullRequestSource

    repository, checkout = at_hand
    source = PullRequestSource(target, client, repository=repository, checkout=checkout, paths=request.paths)
    others = loaded.config.linters
    quiet = loaded._replace(config=loaded.config._replace(linters=()))
    done = bootstrap.scan(request._replace(kind="pull-request", source=source, loaded=quiet, with_model=True), tick)
    why = "tools are not run on a pull request: they may run its code; hand their report over with --linter FILE"
    review = done.review._replace(
        degraded=(*done.review.degraded, *source.degraded, *(Degraded(f"linter:{one.name}", why) for one in others)),
        coverage=(*done.review.coverage, *source.unseen),
    )
    return Analysed(review, done._replace(review=review))


@contextlib.contextmanager
def _base(
    request: Request, target: PullRequest, client: Client, repository: Repository | None, checkout: Checkout | None
) -> Iterator[Loaded]:
    """The configuration of the base commit, its rules and baseline in a folder that is there for as long."""
    with tempfile.TemporaryDirectory(prefix="review-bot-") as folder:
        try:
            files = _base_files(target, client, repository, checkout)
            if request.config is None:
                _copy_config(files, folder)
            loaded = load(folder, file=request.config, flags=request.flags)
            for place in (*loaded.rule_paths(), *loaded.prompt_paths(), *filter(None, [loaded.baseline()])):
                _copy(files, folder, os.path.relpath(place, folder))
        except ForgeError as error:
            remedy = "check out with fetch-depth: 0, or give GITHUB_TOKEN"
            raise SourceError(f"the base's configuration can't be read: {error}", remedy=remedy) from error
        yield loaded


def _base_files(
    target: PullRequest, client: Client, repository: Repository | None, checkout: Checkout | None
) -> BaseFiles:
    from review_bot.sources.base_files import ApiFiles, GitFiles

    if repository is not None and checkout is not None and checkout.get([target.base]):
        return GitFiles(repository.cwd, target.base)
    return ApiFiles(client, target.repository, target.base)


def _copy_config(files: BaseFiles, folder: str) -> None:
    for name in _CONFIG:
        data = files.read(name)
        if data is not None:
            _write(folder, name, data)
            return


def _copy(files: BaseFiles, folder: str, path: str) -> None:
    """A file, or every file below a folder; what lies outside of the repository stays where it is."""
    if path.split(os.sep, 1)[0] == os.pardir or os.path.isabs(path):
        return
    data = files.read(path)
    if data is not None:
        _write(folder, path, data)
        return
    for name in files.below(path)[:_COPIED]:
        content = files.read(name)
        if content is not None:
            _write(folder, name, content)


def _write(folder: str, name: str, data: bytes) -> None:
    """Below the folder, never beside it: names come from a repository."""
    place = os.path.normpath(os.path.join(folder, name))
    if os.path.commonpath([place, folder]) != folder:
        return
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as stream:
        stream.write(data)


def _checkout(environ: Mapping[str, str]) -> tuple[Repository | None, Checkout | None]:
    from review_bot.sources.fetched import Checkout
    from review_bot.sources.repository import find_root

    try:
        repository = find_root()
    except SourceError:
        return None, None
    return repository, Checkout(repository.cwd, offline=_offline(environ))


def client_of(
    environ: Mapping[str, str],
    *,
    requests: int = 60,
    deadline: float = 300.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Client:
    """The client of the forge that `environ` names, with its token and its limits."""
    from review_bot.publishers.client import Client, Limits

    url = (environ.get("GITHUB_API_URL") or _API).rstrip("/")
    token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or ""
    limits = Limits(requests=requests, deadline=deadline)
    return Client(url, token, limits, offline=_offline(environ), sleep=sleep)


def _offline(environ: Mapping[str, str]) -> bool:
    return environ.get("REVIEW_BOT_OFFLINE", "") not in ("", "0")


def _empty(event: Event, request: Request | None) -> Review:
    """A review of nothing."""
    fail_on = str((request.flags or {}).get("fail-on") or "error") if request is not None else "error"
    source = SourceInfo("pull-request", event.base or None, event.head or None, event.repository or None)
    return _judged(Review(source, (), (), (), (), (), Stats(), verdict((), "error")), fail_on)


def _unposted(reason: str = "") -> Outcome:
    degraded = (Degraded("pull-request", reason),) if reason else ()
    return Outcome(unposted=True, degraded=degraded, inline=frozenset())


def _read(path: str, limit: int) -> bytes:
    try:
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        remedy = "write it with `review-bot pr analyse --report FILE`"
        raise StoreError(f"the report can't be read: {reason}", where=path, remedy=remedy) from error
    if len(data) > limit:
        raise StoreError(f"the report is larger than {limit} bytes", where=path, remedy="analyse again")
    return data


class _Cleaner:
    """Takes secrets out of texts: those that the secret rules know, and those that stand in given files."""

    def __init__(self) -> None:
        self._made: dict[int, Redactor] = {}
        self._files: list[Sequence[FileDiff]] = []

    def scan(self, texts: Sequence[str]) -> Sequence[str]:
        """The texts without what looks like a secret."""
        return self.redact(texts, ())

    def redact(self, texts: Sequence[str], files: Sequence[FileDiff]) -> Sequence[str]:
        """The texts without what looks like a secret, and without the secrets of the files."""
        if not any(texts):
            return texts
        done = self._redactor(files).text("\n".join(texts)).split("\n")
        return done if len(done) == len(texts) else ["" for _ in texts]

    def _redactor(self, files: Sequence[FileDiff]) -> Redactor:
        if id(files) not in self._made:
            self._files.append(files)  # so that the id stays theirs
            self._made[id(files)] = _redactor(files)
        return self._made[id(files)]


def _redactor(files: Sequence[FileDiff]) -> Redactor:
    from review_bot.ports import Change
    from review_bot.review.redact import Redactor
    from review_bot.sources.patch import FragmentContents

    change = Change(SourceInfo("pull-request"), tuple(files), FragmentContents())
    return Redactor.of(change, load_rules())


def target_of(event: Event, number: int | None, client: Client) -> PullRequest | None:
    """The pull request that `number` or the event names; None where there is none. Raises SourceError, UsageError."""
    return _target(event, number, client)


def base_config(
    file: str | None, target: PullRequest, client: Client, flags: Mapping[str, object] | None = None
) -> Config:
    """The configuration of the base commit, or of `file`.

    Nothing is fetched for it: who only talks to GitHub needs no checkout, and one that is there may be another's.
    """
    repository, checkout = _checkout(os.environ)
    known = checkout if checkout is not None and checkout.has(target.base) else None
    with tempfile.TemporaryDirectory(prefix="review-bot-") as folder:
        if file is None:
            _copy_config(_base_files(target, client, repository, known), folder)
        return load(folder, file=file, flags=flags).config
