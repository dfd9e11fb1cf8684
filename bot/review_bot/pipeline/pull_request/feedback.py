"""From what people did in a pull request to the signals that memory reads, and to the answers they get."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from review_bot.memory.stance import stance
from review_bot.pipeline.pull_request import marks
from review_bot.pipeline.pull_request.commands import FOR_ALL, FOR_WRITERS, Command, commands
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from review_bot.domain.talk import Conversation, Said, Talk
    from review_bot.memory.stance import Reading

_LIKED = ("+1", "heart", "hooray", "rocket")
_DISLIKED = ("-1", "confused")
_SUGGESTED = re.compile(r"^(`{3,})suggestion\n(.*?)^\1", re.MULTILINE | re.DOTALL)
Fields = dict[str, Any]


class Answer(NamedTuple):
    """What is to be said in a thread, to which reply."""

    root: int
    to: int
    body: str


class Heard(NamedTuple):
    """Everything that a run found out."""

    events: tuple[Fields, ...]
    """Signals and mutes, without what the log adds; `who` is a login, `talk` the thread's first comment."""
    answers: tuple[Answer, ...]
    rescan: bool
    """Somebody who may asked for another review."""


class Asks(NamedTuple):
    """What has to be looked up while listening."""

    may_write: Callable[[str], bool]
    """Whether a login has permission to write."""
    explain: Callable[[Talk, str], str]
    """Text for `explain` or `why`."""
    reads: Callable[[str], str | None]
    """Text of a file at the head."""
    noticed: Callable[[str, int], int]
    """When something that says no time itself was first noticed, by its name; else now."""
    ask: Callable[[Talk, Said], str] = lambda _talk, _said: ""
    """What a model says to a reply, having seen the thread so far; empty for nothing."""
    reading: Callable[[str], tuple[Reading, str]] = lambda text: (stance(text), "reply")
    """What a reply says of the finding, and the `sig` that says so."""


def heard(talk: Conversation, known: Mapping[int, str], asks: Asks) -> Heard:
    """Signals of all threads; `known` are the threads of earlier runs, comment to fingerprint."""
    events: list[Fields] = []
    answers: list[Answer] = []
    rescan = False
    for one in talk.talks:
        for said in one.replies:
            if said.bot:
                continue
            for command in commands(said.body):
                obeyed = command.word in FOR_ALL or (command.word in FOR_WRITERS and asks.may_write(said.who))
                rescan = rescan or (obeyed and command.word == "rescan")
                events += _obeyed(one, said, command) if obeyed else ()
            answers += _answer(one, said, asks)
        events += _signals(one, talk, asks)
    events += _deleted(talk, known, asks)
    return Heard(tuple(events), tuple(answers), rescan)


def _obeyed(one: Talk, said: Said, command: Command) -> Iterator[Fields]:
    if command.word in ("accept", "reject"):
        yield _signal(one, "command", int(command.word == "accept"), 0.03, said.at, said.who)
    elif command.word == "mute":
        scope = {"rule": one.thread.mark.rule, "key": None, "path": None}
        yield {
            "kind": "mute", "scope": scope, "reason": command.rest or "muted in the pull request", "ts": said.at,
            "who": said.who, "talk": one.thread.number,
        }  # fmt: skip


def _answer(one: Talk, said: Said, asks: Asks) -> Iterator[Answer]:
    """One answer to a reply with commands, unless it has one."""
    told = list(dict.fromkeys(commands(said.body)))
    if not told or any(marks.read_answer(each.body) == said.number for each in one.replies if each.bot):
        return
    lines = [_said_back(one, said, command, asks) for command in told]
    body = "\n\n".join(dict.fromkeys(lines))
    yield Answer(one.thread.number, said.number, f"{body}\n\n{marks.of_answer(said.number)}")


def _said_back(one: Talk, said: Said, command: Command, asks: Asks) -> str:
    if command.word in FOR_ALL:
        return "\n\n".join(filter(None, (asks.explain(one, command.word), asks.ask(one, said))))
    if command.word not in FOR_WRITERS:
        known = ", ".join(f"`{word}`" for word in (*FOR_WRITERS, *FOR_ALL))
        return f"I know no such command; these I know: {known}."
    if not asks.may_write(said.who):
        return f"Thank you. `{command.word}` is for people who may write to this repository, so nothing was changed."
    rule = one.thread.mark.rule
    return {
        "accept": "Noted: the finding was right.",
        "reject": "Noted: the finding was not useful.",
        "mute": f"`{rule}` is muted from the next review on; `review-bot memory unmute {rule}` takes it back.",
        "rescan": "The pull request is reviewed again at the next run.",
    }[command.word]


def _signals(one: Talk, talk: Conversation, asks: Asks) -> Iterator[Fields]:
    said = list(_by_people(one, asks))
    yield from said
    change = _changed(one, asks)
    if change is not None:
        yield change
    elif one.thread.hidden and one.thread.mark.state == "open":
        yield _signal(one, "deleted", 0, 0.08, asks.noticed(f"hidden {one.thread.number}", talk.updated_at))
    elif talk.merged_at is not None and one.thread.resolved and not one.thread.resolved_by_us:
        yield _signal(one, "resolved", 0, 0.15, talk.merged_at)
    elif talk.merged_at is not None and not said and not one.replies:
        yield _signal(one, "merged", 0, 0.40, talk.merged_at)


def _by_people(one: Talk, asks: Asks) -> Iterator[Fields]:
    """Reactions, and replies that say something."""
    for reaction in one.reactions:
        if reaction.content in (*_LIKED, *_DISLIKED):
            yield _signal(one, "reaction", int(reaction.content in _LIKED), 0.05, reaction.at, reaction.who)
    for said in one.replies:
        if said.bot or any(commands(said.body)):
            continue
        reading, sig = asks.reading(said.body)
        if reading.y is not None and reading.eps is not None:
            yield _signal(one, sig, reading.y, reading.eps, said.at, said.who)


def _changed(one: Talk, asks: Asks) -> Fields | None:
    """What became of the lines: as suggested, mended, or nothing."""
    number, mark = one.thread.number, one.thread.mark
    if mark.state != "gone":
        return None
    at = asks.noticed(f"gone {number} {mark.commit}", one.at)
    wanted = _SUGGESTED.search(one.thread.body)
    if wanted is not None and _stands(wanted[2], asks.reads(one.path) or ""):
        return _signal(one, "suggestion", 1, 0.03, at)
    if mark.origin == "model":
        return _signal(one, "model-changed", 1, 0.25, at)
    return _signal(one, "fixed", 1, 0.15, at)


def _stands(wanted: str, text: str) -> bool:
    block, lines = wanted.removesuffix("\n").split("\n"), text.split("\n")
    return any(block) and any(lines[at : at + len(block)] == block for at in range(len(lines)))


def _deleted(talk: Conversation, known: Mapping[int, str], asks: Asks) -> Iterator[Fields]:
    """Comments of ours that were there and are no more: we delete none ourselves."""
    here = {one.thread.number for one in talk.talks}
    for number, fingerprint in known.items():
        if number not in here:
            at = asks.noticed(f"deleted {number}", talk.updated_at)
            yield {
                "kind": "signal", "sig": "deleted", "y": 0, "eps": 0.08, "ts": at, "finding": fingerprint,
                "who": "", "talk": number,
            }  # fmt: skip


def _signal(one: Talk, sig: str, y: int, eps: float, at: int, who: str = "") -> Fields:
    mark = one.thread.mark
    return {
        "kind": "signal", "sig": sig, "y": y, "eps": eps, "ts": at, "finding": mark.fingerprint, "rule": mark.rule,
        "src": mark.origin, "who": who, "talk": one.thread.number,
    }  # fmt: skip


def settled(events: Iterable[Fields]) -> list[Fields]:
    """Events without doubles: the same person saying the same of one finding counts once, the latest time first."""
    kept: dict[tuple[Any, ...], Fields] = {}
    for one in events:
        key = (one["kind"], one.get("sig"), one.get("finding"), one.get("y"), one["who"], str(one.get("scope")))
        if key not in kept or one["ts"] < kept[key]["ts"]:
            kept[key] = one
    return list(kept.values())
