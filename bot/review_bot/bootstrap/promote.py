"""Proposing rules from the log: reading the code behind accepted findings, trying each rule, writing it down."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from review_bot.bootstrap.code import flagged, pair
from review_bot.errors import UsageError
from review_bot.memory.fold import counting
from review_bot.memory.promote import LEAST_ACCEPTED, LEAST_PEOPLE, Accepted, Proposal, proposals, rule_file
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.event import Event

_USUAL = os.path.join(".review-bot", "rules")
_TOO_COMMON = 20
"""Places in today's files, or written and left in the past, at which a rule that nobody misses would have fired."""
_LARGEST = 1_000_000
_MOST_READ = 200
"""Acceptances of a rule whose code is read."""
_MOST_REJECTED = 100
"""Rejections of a rule whose code is read."""


class Written(NamedTuple):
    """A proposed rule and its file."""

    proposal: Proposal
    file: str


def promote(memory: Memory, out: str | None = None) -> tuple[list[Written], bool]:
    """Write each new rule into the rule folder, and whether the configuration names that folder.

    Raises UsageError where the folder can't be written.
    """
    folder, named = _folder(memory, out)
    written = []
    for proposal, text in proposed(memory, list(memory.events()), folder):
        path = os.path.join(folder, f"{proposal.id}.toml")
        _write(path, text)
        written.append(Written(proposal, path))
    _remember(memory, written)
    return written, named


def proposed(memory: Memory, events: Sequence[Event], folder: str | None = None) -> Iterator[tuple[Proposal, str]]:
    """Each rule that the log speaks for, holds in today's files and was never proposed, with the text of its file."""
    signals = counting(events)
    known = {str(one.get("proposal")) for one in events if one.kind == "learned"}
    folder = folder or _folder(memory, None)[0]
    for proposal in proposals(_accepted(memory, signals), _rejected(signals)):
        if proposal.id in known or os.path.exists(os.path.join(folder, f"{proposal.id}.toml")):
            continue
        text = rule_file(proposal, **_like(proposal.base))
        if _holds(memory, proposal, text, signals):
            yield proposal, text


def rollback(memory: Memory, name: str | None = None) -> str:
    """Take back the rule that was promoted last, or the one called `name`; its id. Raises UsageError where none is."""
    left = [one for one in in_force(list(memory.events())) if name in (None, one.get("proposal"))]
    if not left:
        raise UsageError(
            "no promoted rule is there to take back", where="memory rollback", remedy="see `memory promote`"
        )
    last = max(left, key=lambda one: (one.ts, one.id))
    path = file_of(memory, last)
    if path is not None:
        _delete(path)
    _append(memory, [{"kind": "decision", "decided": "rollback", "proposal": last.get("proposal")}])
    return str(last.get("proposal"))


def in_force(events: Sequence[Event]) -> list[Event]:
    """The rules that were promoted and not taken back, as the log says."""
    undone = {one.get("proposal") for one in events if one.kind == "decision" and one.get("decided") == "rollback"}
    learned = (one for one in events if one.kind == "learned" and one.get("proposal"))
    return [one for one in learned if one.get("proposal") not in undone]


def file_of(memory: Memory, learned: Event) -> str | None:
    """The file of a promoted rule; None where the log, which many write, names anything but a file of such a name."""
    root = os.path.realpath(memory.repository.work_tree())
    path = os.path.realpath(os.path.join(root, str(learned.get("file") or "")))
    ours = path.startswith(root + os.sep) and os.path.basename(path) == f"{learned.get('proposal')}.toml"
    return path if ours else None


def _delete(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"can't be deleted: {error.strerror}", where=path, remedy="delete it yourself") from error


def _folder(memory: Memory, out: str | None) -> tuple[str, bool]:
    """Where proposed rules go: `out`, else the first folder that the configuration names, else the usual one."""
    root = memory.repository.root or memory.repository.cwd
    if out is not None:
        return os.path.abspath(out), True
    folders = [path for path in memory.loaded.rule_paths() if os.path.isdir(path)]
    return (folders[0], True) if folders else (os.path.join(root, _USUAL), False)


def _write(path: str, text: str) -> None:
    from review_bot.stores.atomic import replace

    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace(path, text.encode())
    except OSError as error:
        raise UsageError(
            f"can't be written: {error.strerror}", where=path, remedy="name another folder: --out"
        ) from error


def _remember(memory: Memory, written: Sequence[Written]) -> None:
    root = memory.repository.root or memory.repository.cwd
    files = ((one.proposal, os.path.relpath(one.file, root)) for one in written)
    said = [{"kind": "learned", "proposal": each.id, "rule": each.base, "file": file} for each, file in files]
    if said:
        _append(memory, said)


def _append(memory: Memory, said: Sequence[dict[str, Any]]) -> None:
    from review_bot.bootstrap.memory import append, context
    from review_bot.memory.complete import complete

    desk = context(memory)
    append(memory, [complete(one, desk) for one in said])


def _rejected(signals: Sequence[Event]) -> list[tuple[str, str]]:
    return [(str(one.get("rule")), str(one.get("key"))) for one in signals if one.get("y") == 0]


def _accepted(memory: Memory, signals: Sequence[Event]) -> Iterator[Accepted]:
    """What was accepted. Code is read only where enough people accepted enough, and of the latest of a rule."""
    groups: dict[tuple[str, str], list[Event]] = {}
    for one in signals:
        if one.get("y") == 1 and one.get("rule"):
            groups.setdefault((str(one.get("rule")), str(one.get("lang") or "")), []).append(one)
    for (rule, language), some in groups.items():
        some.sort(key=lambda one: (-one.ts, one.id))
        enough = len(some) >= LEAST_ACCEPTED and len({one.get("actor") for one in some}) >= LEAST_PEOPLE
        for number, one in enumerate(some if enough else ()):
            yield Accepted(
                rule, str(one.get("key")), language, str(one.get("actor")), str(one.change), str(one.get("finding")),
                pair(memory.repository.cwd, one) if number < _MOST_READ else None,
            )  # fmt: skip


def _like(base: str) -> dict[str, str]:
    """Category and severity of the rule whose findings were accepted."""
    from review_bot.bootstrap import rules_of
    from review_bot.domain.finding import CATEGORIES

    for entry in rules_of()[1].entries():
        if entry.id == base:
            return {"category": entry.category, "severity": entry.rule.severity}
    named = base.rpartition(".")[2]
    return {"category": named if named in CATEGORIES else "correctness", "severity": "warning"}


def rejected_code(memory: Memory, signals: Sequence[Event], rules: Sequence[str], since: int = 0) -> Iterator[str]:
    """Code on which people rejected one of the rules, the surest and latest first, as far as it can be read."""
    found = [one for one in signals if one.get("y") == 0 and one.get("rule") in rules and one.ts >= since]
    found.sort(key=lambda one: (one.get("eps"), -one.ts, one.id))
    cwd = memory.repository.cwd
    yield from dict.fromkeys(code for one in found[:_MOST_REJECTED] if (code := flagged(cwd, one)))


def _holds(memory: Memory, proposal: Proposal, text: str, signals: Sequence[Event]) -> bool:
    """Whether the rule finds all that was mended and hardly anything else: in the log, today's files and the past."""
    from review_bot.errors import RuleError
    from review_bot.memory.promote import keywords
    from review_bot.pipeline.examples import failures
    from review_bot.rules.loader import parse_rule_file

    every = "".join(example("bad", one.before) + example("ok", one.after) for one in proposal.pairs)
    try:
        if any(failures(parse_rule_file(f"{proposal.id}.toml", (text + every).encode()))):
            return False
        refused = "".join(example("ok", code) for code in rejected_code(memory, signals, (proposal.base,)))
        wrong = sum(1 for _ in failures(parse_rule_file(f"{proposal.id}.toml", (text + refused).encode())))
        if wrong * 5 > proposal.accepted:
            return False
    except RuleError:
        return False
    words = keywords(proposal.template.pattern)
    return _places(memory, proposal, words) <= _TOO_COMMON and _left(memory, proposal, words) <= _TOO_COMMON


def _left(memory: Memory, proposal: Proposal, words: Sequence[str]) -> int:
    """How often people wrote what the rule finds and did not take it out again, also where the file is gone since."""
    from review_bot.bootstrap.past import past_of

    past = past_of(memory.repository.cwd, proposal.template.pattern, proposal.language, words[0])
    return past.written - past.mended


def example(kind: str, code: str) -> str:
    """A further example of a rule file's last rule: `bad` or `ok`."""
    import json

    return f"\n[[rule.test]]\n{kind} = {json.dumps(code)}\n"


def _places(memory: Memory, proposal: Proposal, words: Sequence[str]) -> int:
    """At how many places of today's files the pattern stands."""
    from review_bot.domain.language import grammar_of, language_of
    from review_bot.rules.binding import root_of
    from review_bot.sources.process import run

    grammar = grammar_of(proposal.language, "")
    if grammar is None or not words:
        return _TOO_COMMON + 1
    done = run(["grep", "-l", "-z", "-i", "-F", "-e", words[0]], cwd=memory.repository.cwd)
    count = 0
    for name in done.output.decode("utf-8", "surrogateescape").split("\0"):
        path = os.path.join(memory.repository.cwd, name)
        if (
            name
            and language_of(name) == proposal.language
            and os.path.isfile(path)
            and os.path.getsize(path) < _LARGEST
        ):
            with open(path, encoding="utf-8", errors="replace") as stream:
                count += len(root_of(stream.read(), grammar).find_all(pattern=proposal.template.pattern))
    return count
