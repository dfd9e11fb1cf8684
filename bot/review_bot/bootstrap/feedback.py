"""`pr feedback`: what people did in a pull request, written down as events for the memory, and answers to them."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from review_bot.bootstrap import pull_request
from review_bot.domain.event import BadEvent, actor_hash, event
from review_bot.domain.review import Degraded
from review_bot.errors import BackendError, ConfigError, ForgeError, StoreError
from review_bot.pipeline.pull_request.feedback import Asks, heard, settled
from review_bot.sources import event as events
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from review_bot.config import Config
    from review_bot.config.model import BackendChoice
    from review_bot.domain.event import Event
    from review_bot.domain.talk import Conversation, Said, Talk
    from review_bot.pipeline.pull_request.feedback import Answer
    from review_bot.ports import Backend
    from review_bot.publishers.client import Client
    from review_bot.publishers.feedback import GithubFeedback
    from review_bot.sources.event import PullRequest

_SCHEMA = "review-bot.feedback/1"
_LARGEST = 16 << 20
_AROUND = 12
"""Lines of code on either side of the flagged ones that a model sees."""


class ModelChoice(NamedTuple):
    """The model that answers questions in threads, where one was asked for."""

    backend: BackendChoice
    model: str | None = None
    offline: bool = False


_MENDED = ("suggestion", "fixed", "model-changed")
"""Signals of a change to the flagged lines."""


class Collected(NamedTuple):
    """What a run wrote down and said."""

    recorded: int
    answered: int
    rescan: bool
    degraded: tuple[Degraded, ...] = ()
    note: str = ""


def collect(
    path: str,
    number: int | None,
    environ: Mapping[str, str],
    *,
    config: str | None = None,
    model: ModelChoice | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Collected:
    """Append the events of the pull request to the file `path`, and answer commands.

    Raises StoreError where the file can't be read or written, SourceError where the pull request can't be found.
    """
    happened = events.read(environ)
    client = pull_request.client_of(environ, sleep=sleep)
    with contextlib.closing(client):
        target = pull_request.target_of(happened, number, client)
        if target is None or target.number is None:
            return Collected(0, 0, rescan=False, note="no pull request in this event")
        loaded = pull_request.base_config(config, target, client)
        client.pace(interval=loaded.github.write_interval, timeout=loaded.github.timeout)
        try:
            return _collected(path, target, client, loaded, environ, model)
        except ForgeError as error:
            return Collected(0, 0, rescan=False, degraded=(Degraded("pull-request", str(error)),))


def _collected(
    path: str,
    target: PullRequest,
    client: Client,
    config: Config,
    environ: Mapping[str, str],
    model: ModelChoice | None,
) -> Collected:
    from review_bot.publishers.feedback import GithubFeedback

    forge = GithubFeedback(client, target.repository, target.number or 0)
    state = _State(f"{path}.state", f"{target.repository.lower()}#{target.number}")
    talk = forge.conversation()
    asks = Asks(forge.may_write, _explanations(), lambda name: forge.read(name, talk.head), state.noticed)
    asked, without = _asked(model, config, forge)
    asks, unread = _with_tone(asks)
    found = heard(talk, state.threads, asks._replace(ask=asked))
    made = _events(settled(found.events), talk, target, forge, _key(forge, target, config, environ))
    known = _known(path) | state.events
    fresh = [one for one in made if one.id not in known]
    _append(path, fresh)
    answered, degraded = _answered(forge, found.answers)
    state.save({one.thread.number: one.thread.mark.fingerprint for one in talk.talks}, (one.id for one in made))
    return Collected(len(fresh), answered, found.rescan, (*degraded, *without, *unread))


def _answered(forge: GithubFeedback, answers: Sequence[Answer]) -> tuple[int, tuple[Degraded, ...]]:
    """Post answers, as many as a run may write; the others wait for the next one."""
    for number, answer in enumerate(answers):
        if not forge.answers_left():
            return number, (Degraded("pull-request", f"{len(answers) - number} answers wait for the next run"),)
        try:
            forge.answer(answer.root, answer.body)
        except ForgeError as error:
            return number, (Degraded("pull-request", f"an answer could not be posted: {error}"),)
    return len(answers), ()


def _events(
    said: Iterable[dict[str, Any]], talk: Conversation, target: PullRequest, forge: GithubFeedback, key: bytes
) -> list[Event]:
    talks = {one.thread.number: one for one in talk.talks}
    about: dict[int, dict[str, Any]] = {}
    made = []
    for one in said:
        number, who = one.pop("talk"), one.pop("who")
        place = talks.get(number)
        if place is not None and one["kind"] == "signal" and number not in about:
            about[number] = _about(place, forge)
        known = about.get(number, {}) if one["kind"] == "signal" else {}
        if place is not None and one.get("sig") in _MENDED and "at" in known:
            before, _, *rest = known["at"]
            known = {**known, "at": [before, _mended_in(place, forge, talk.head), *rest]}
        fields = {"v": 1, "pr": target.number, **known, **one}
        if who:
            fields["actor"] = actor_hash(who, key)
        with contextlib.suppress(BadEvent):
            made.append(event(fields))
    return made


def _mended_in(one: Talk, forge: GithubFeedback, head: str) -> str | None:
    """The commit that the finding was gone with: the head of the moment would be another on every run."""
    short = one.thread.mark.commit
    full = head if short and head.startswith(short) else forge.full_commit(short)
    return full if len(full) in (40, 64) else None


def _about(one: Talk, forge: GithubFeedback) -> dict[str, Any]:
    """Shape and place of the flagged code, as far as the commit that it was flagged in can be read."""
    from review_bot.domain.language import language_of
    from review_bot.memory.normalise import shape_at

    language = language_of(one.path)
    found: dict[str, Any] = {"lang": language, "dir": one.path.rpartition("/")[0]}
    if one.first is None or one.last is None:
        return found
    if len(one.commit) in (40, 64):
        found["at"] = [one.commit, None, one.path, one.first, one.last]
    text = forge.read(one.path, one.commit) if one.commit and one.thread.mark.side == "new" else None
    if text is not None:
        made = shape_at(one.thread.mark.rule, dict(enumerate(text.splitlines(), 1)), one.first, one.last, language)
        if made is not None:
            found |= {"key": made.key, "fp": list(made.fp)}
    return found


def _asked(
    wanted: ModelChoice | None, config: Config, forge: GithubFeedback
) -> tuple[Callable[[Talk, Said], str], list[Degraded]]:
    """What a model says to a reply; empty where none was asked for or none answers, which is then said once."""
    failed: list[Degraded] = []
    if wanted is None:
        return (lambda _talk, _said: ""), failed
    from review_bot.bootstrap.engines import choose, place

    settings = config.model._replace(backend=wanted.backend)
    choice = choose(settings, place(offline=wanted.offline), model=wanted.model)
    failed += choice.degraded

    def ask(talk: Talk, said: Said) -> str:
        if not choice.engines or failed:
            return ""
        try:
            return _answer_of(choice.engines[0].backend, talk, said, config, forge)
        except BackendError as error:
            failed.append(Degraded(f"backend:{choice.engines[0].name}", str(error)))
            return ""

    return ask, failed


def _with_tone(asks: Asks) -> tuple[Asks, list[Degraded]]:
    """What reads replies: where a classifier was trained in this checkout their tone as well, if no phrase speaks."""
    from review_bot.bootstrap.sentiment import here
    from review_bot.memory.sentiment import read

    try:
        known = here()
    except StoreError as error:
        return asks, [Degraded("sentiment", str(error))]
    return (asks if known is None else asks._replace(reading=lambda text: read(text, known))), []


def _answer_of(backend: Backend, talk: Talk, said: Said, config: Config, forge: GithubFeedback) -> str:
    from review_bot.bootstrap import rules_of
    from review_bot.domain.model import Sampling
    from review_bot.pipeline.pull_request.conversation import call_of, question, said_by_model
    from review_bot.review.redact import Redactor

    rules = rules_of()[1].where(lambda name, category: category == "secrets" and not name.startswith("diff."))
    lines = (forge.read(talk.path, talk.commit) or "").splitlines()
    first, last = talk.first or 1, talk.last or 1
    code = "\n".join(lines[max(first - 1 - _AROUND, 0) : last + _AROUND])
    model = config.model
    clean = Redactor((), rules).text
    prompt = question(talk, said, code, window=model.window, answer_tokens=model.answer_tokens, clean=clean)
    sampling = Sampling(model.answer_tokens, model.temperature, model.top_p, model.repeat_penalty, model.seed)
    return said_by_model(backend.complete(call_of(prompt, sampling, model.deadline)).text)


def _key(forge: GithubFeedback, target: PullRequest, config: Any, environ: Mapping[str, str]) -> bytes:
    """What keys the hashes of names: the configured secret, else the repository's first commit, else its name."""
    name = config.memory.actor_key_env
    if name:
        secret = environ.get(name)
        if not secret:
            raise ConfigError(f"memory.actor-key-env: the variable {name} is not set", where="configuration")
        return secret.encode("utf-8", "surrogateescape")
    return (_first_commit_here(target.base) or forge.first_commit(target.base) or target.repository.lower()).encode()


def _first_commit_here(base: str) -> str:
    """The first commit by the checkout in this folder, where that is one of the pull request's repository."""
    from review_bot.errors import SourceError
    from review_bot.sources.first_commit import first_commit
    from review_bot.sources.process import run
    from review_bot.sources.repository import find_root

    try:
        repository = find_root()
        known = run(["cat-file", "-e", f"{base}^{{commit}}"], cwd=repository.cwd).status == 0
        return first_commit(repository) if known else ""
    except (SourceError, StoreError, OSError):
        return ""


def _explanations() -> Callable[[Talk, str], str]:
    """What `explain` and `why` are answered: the rule's own words, in markdown that mentions nobody."""
    from review_bot.domain.markdown import prose
    from review_bot.stores import rule_cache

    entries = {entry.id: entry for entry in rule_cache.load(()).entries()}

    def explain(one: Talk, word: str) -> str:
        mark = one.thread.mark
        if mark.rule not in entries:
            kind = "a small local model" if mark.origin == "model" else "a rule of this repository or another tool"
            return f"`{mark.rule}` comes from {kind}; the comment above holds all that it says."
        rule = entries[mark.rule].rule
        if word == "why":
            return f"`{rule.id}` fired because the flagged lines match it. {prose(rule.why)}"
        cwe = "".join(f" [CWE-{one}](https://cwe.mitre.org/data/definitions/{one}.html)" for one in rule.cwe)
        return f"`{rule.id}` ({rule.category}, {rule.severity}): {prose(rule.why)}{cwe}"

    return explain


def _known(path: str) -> set[str]:
    """Ids that stand in the file of events."""
    try:
        with open(path, "rb") as stream:
            lines = stream.read(_LARGEST).splitlines()
    except FileNotFoundError:
        return set()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise StoreError(f"can't be read: {reason}", where=path, remedy="name another file: --events") from error
    return {str(one.get("id")) for one in map(_loaded, lines) if isinstance(one, dict)}


def _loaded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _append(path: str, some: Iterable[Event]) -> None:
    text = "".join(f"{one.line}\n" for one in some)
    try:
        with open(path, "ab") as stream:
            stream.write(text.encode())
    except OSError as error:
        raise StoreError(f"can't be written: {error.strerror}", where=path, remedy="name another file") from error


class _State:
    """What must be remembered between runs, for all pull requests whose events go into one file."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._name = name
        self._all = self._read()
        own = self._all.get(name)
        self._own: dict[str, Any] = own if isinstance(own, dict) else {}
        self._noticed = {k: v for k, v in _dict(self._own.get("noticed")).items() if type(v) is int}

    @property
    def threads(self) -> dict[int, str]:
        """Threads of earlier runs, by the number of their first comment."""
        known = _dict(self._own.get("threads"))
        return {int(number): mark for number, mark in known.items() if number.isdigit() and isinstance(mark, str)}

    @property
    def events(self) -> set[str]:
        """Ids of events that were written before."""
        rows = self._own.get("events")
        return {one for one in rows if isinstance(one, str)} if isinstance(rows, list) else set()

    def noticed(self, name: str, now: int) -> int:
        """When `name` was first noticed: then, or now."""
        return self._noticed.setdefault(name, now)

    def save(self, threads: Mapping[int, str], ids: Iterable[str]) -> None:
        """Remember this run; raises StoreError."""
        from review_bot.stores.atomic import replace

        kept = {str(number): mark for number, mark in {**self.threads, **threads}.items()}
        own = {"threads": kept, "noticed": self._noticed, "events": sorted(self.events | set(ids))}
        text = json.dumps({"schema": _SCHEMA, "pulls": {**self._all, self._name: own}}, indent=1)
        try:
            replace(self._path, text.encode())
        except OSError as error:
            raise StoreError(f"can't be written: {error.strerror}", where=self._path) from error

    def _read(self) -> dict[str, Any]:
        if not os.path.exists(self._path):
            return {}
        try:
            with open(self._path, encoding="utf-8") as stream:
                return _dict(_dict(json.load(stream)).get("pulls"))
        except (OSError, ValueError, RecursionError):
            return {}  # what it held is found out again; ids make sure that nothing is counted twice


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
