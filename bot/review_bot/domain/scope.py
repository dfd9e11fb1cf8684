"""What the scope of a mute or unmute reaches: {rule, key, path}, null for any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review_bot.domain.event import Event


def covers(scope: Mapping[str, Any], *, rule: str | None, key: str | None, path: str | None) -> bool:
    """True where something of this rule and key at this path lies within `scope`."""
    if scope.get("rule") is not None and scope["rule"] != rule:
        return False
    if scope.get("key") is not None and scope["key"] != key:
        return False
    return scope.get("path") is None or (path is not None and _matches(path, scope["path"]))


def undone(scope: Mapping[str, Any], event: Event) -> bool:
    """True for the mutes and signals that an unmute of `scope` undoes, where its writer sees `event`.

    A mute is undone when its own scope lies within that of the unmute: one of everything takes back one of a single
    file, not the other way round.
    """
    if event.kind == "signal":
        return covers(scope, rule=event.get("rule"), key=event.get("key"), path=_place(event))
    if event.kind != "mute":
        return False
    own = event.get("scope")
    return all(scope.get(part) is None or scope[part] == own.get(part) for part in ("rule", "key", "path"))


def _place(event: Event) -> str | None:
    """Path of a signal; where only its folder is known, any file there."""
    folder = event.get("dir")
    return event.path or (None if folder is None else f"{folder}/*" if folder else "*")


def _matches(path: str, pattern: str) -> bool:
    """Whether a glob means the path; one without wildcards means that file alone, in no other folder."""
    if not any(character in pattern for character in "*?[{") and not pattern.endswith("/"):
        return path == pattern.removeprefix("/")
    from review_bot.domain.paths import matches

    return matches(path, pattern)
