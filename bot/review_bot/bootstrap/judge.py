"""What a person says of findings and rules at the desk, as events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.bootstrap.memory import actor_key, append, context
from review_bot.domain.event import BadEvent, actor_hash, is_hash
from review_bot.errors import UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.event import Event

_MOST_IDS = 1000
"""Ids that one event names: 35 bytes each, of the 64 KiB of a line."""
_OF_FINDING = ("finding", "rule", "src", "sev", "lang", "dir", "key", "fp", "at", "before", "message")
Fields = dict[str, Any]


class Undone(NamedTuple):
    """What an unmute took back."""

    mutes: int
    signals: int


def judge(
    memory: Memory, fingerprint: str, *, accept: bool, actor: str | None = None, change: str | None = None
) -> Event:
    """Record that a person accepts or rejects a finding; raises UsageError where nobody knows it."""
    return signal(memory, fingerprint, sig="command", accept=accept, actor=actor, change=change)


def signal(
    memory: Memory, fingerprint: str, *, sig: str, accept: bool, actor: str | None = None, change: str | None = None
) -> Event:
    """Record a signal for or against a finding; raises UsageError where nobody knows it."""
    said = {"kind": "signal", "sig": sig, "y": int(accept), "pr": change or _change(memory), "actor": actor}
    return _record(memory, {**known(memory, fingerprint), **said})


def mute(memory: Memory, name: str, *, reason: str, path: str | None = None, actor: str | None = None) -> Event:
    """Record that a rule or a finding's pattern is not to be shown; raises UsageError where nobody knows it."""
    scope = scope_of(memory, name, path)
    return _record(memory, {"kind": "mute", "scope": scope, "reason": reason, "actor": actor})


def unmute(memory: Memory, name: str, *, path: str | None = None, actor: str | None = None) -> Undone:
    """Take back every mute and signal of a scope that can be seen here, and no other, whatever the clocks say."""
    from review_bot.domain.scope import undone as in_scope
    from review_bot.memory.fold import undone

    scope = scope_of(memory, name, path)
    near = _near(memory, name) if is_hash(name) and path is None else None
    events = list(memory.events())
    before = undone(events)
    found = [one for one in events if one.id not in before and (in_scope(scope, one) or (near and near(one)))]
    said = {"kind": "unmute", "scope": scope, "actor": actor}
    _record_all(memory, ({**said, "undoes": part} for part in parts_of(found)))
    mutes = sum(one.kind == "mute" for one in found)
    return Undone(mutes, len(found) - mutes)


def forget(memory: Memory, *, ids: Sequence[str] = (), finding: str | None = None, actor: str | None = None) -> int:
    """Write tombstones for events, for all of a finding or for all of a person; how many events here they name."""
    names: Fields = {} if finding is None else {"finding": finding}
    if actor is not None:
        names["actor"] = actor_hash(actor, actor_key(memory))
    asked = frozenset(ids)
    found = [one for one in memory.events() if one.kind != "forget" and _is_named(one, asked, names)]
    said: Fields = {"kind": "forget", **({"names": names} if names else {})}
    parts = parts_of(found) or ([list(ids)] if ids else [])
    _record_all(memory, ({**said, "ids": part} for part in parts) if parts else [said], by_actor=actor is None)
    return len(found)


def scope_of(memory: Memory, name: str, path: str | None) -> Fields:
    """The scope that a rule's id or a finding's fingerprint stands for, in files that match `path`."""
    if not is_hash(name):
        _refuse_unknown(memory, name)
        return {"rule": name, "key": None, "path": path}
    one = known(memory, name)
    if one.get("key") is None and path is None:  # a secret: its code is not kept, so its file stands for it
        path = (one.get("at") or [None] * 3)[2]
    return {"rule": one["rule"], "key": one.get("key"), "path": path}


def known(memory: Memory, fingerprint: str) -> Fields:
    """What events say of the finding, from the last scan or from the log; raises UsageError where nobody knows it."""
    if is_hash(fingerprint):
        seen = context(memory).about(fingerprint)
        if seen is not None:
            return dict(seen)
        events = [one for one in memory.events() if one.get("finding") == fingerprint and one.get("rule")]
        if events:
            return _of(max(events, key=lambda one: (one.ts, one.id)))
    remedy = "take one from the last scan's report (`review-bot scan --format json`)"
    raise UsageError(f"no finding has the fingerprint {fingerprint}", where="memory", remedy=remedy)


def _of(one: Event) -> Fields:
    return {name: one.get(name) for name in _OF_FINDING if one.get(name) is not None}


def _refuse_unknown(memory: Memory, rule: str) -> None:
    """Raise UsageError for a rule that neither runs here nor stands in the last scan or the log: a slip of the pen."""
    from review_bot.bootstrap import rules_of
    from review_bot.bootstrap.last_scan import recall

    last = recall(memory.repository.cwd)
    if last is not None and any(one.finding.rule == rule for one in (*last.seen, *last.earlier)):
        return
    if rule.startswith(("model.", "learned.", "suppression.", "external.")):
        return
    if any(entry.id == rule for entry in rules_of()[1].entries()):
        return
    if any(rule in (one.get("rule"), (one.get("scope") or {}).get("rule")) for one in memory.events()):
        return
    raise UsageError(f"no rule is called {rule}", where="memory", remedy="`review-bot rules list` names them")


def _near(memory: Memory, fingerprint: str) -> Any:
    """Whether a signal is about the finding or code so like its own that the memory takes them for the same."""
    from review_bot.memory.normalise import NEAR, similarity

    one = known(memory, fingerprint)

    def near(other: Event) -> bool:
        if other.kind != "signal" or other.get("rule") != one["rule"]:
            return False
        alike = bool(one.get("fp")) and similarity(one["fp"], other.get("fp") or ()) >= NEAR
        return other.get("finding") == fingerprint or alike

    return near


def _change(memory: Memory) -> str | None:
    """What names the change at the desk: the commit that the last scan's work stands on."""
    from review_bot.bootstrap.last_scan import recall

    last = recall(memory.repository.cwd)
    return (last.head or None) if last is not None else None


def _is_named(one: Event, ids: Collection[str], names: Mapping[str, str]) -> bool:
    return one.id in ids or (bool(names) and all(one.get(name) == value for name, value in names.items()))


def parts_of(found: Sequence[Event]) -> list[list[str]]:
    """The ids of the events, as many together as one event may name."""
    ids = [one.id for one in found]
    return [ids[start : start + _MOST_IDS] for start in range(0, len(ids), _MOST_IDS)]


def _record(memory: Memory, said: Fields) -> Event:
    (made,) = _record_all(memory, [said])
    return made


def _record_all(memory: Memory, several: Iterable[Fields], *, by_actor: bool = True) -> list[Event]:
    desk = context(memory)
    if not by_actor:  # whoever is forgotten is not to be named again as the one who asked for it
        desk = desk._replace(actor="")
    from review_bot.memory.complete import complete

    try:
        made = [complete(said, desk._replace(about=lambda _: None)) for said in several]
    except BadEvent as error:
        raise UsageError(f"can't be recorded: {error}", where="memory", remedy="shorten what you say") from error
    append(memory, made)
    return made
