"""After a commit: what became of the findings that were shown before it, put into the memory."""

from __future__ import annotations

from review_bot.errors import SourceError
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from review_bot.bootstrap import Scan
    from review_bot.bootstrap.memory import Memory
    from review_bot.config import Loaded
    from review_bot.memory.aftermath import After, Outcome
    from review_bot.sources.repository import Repository
    from review_bot.stores.last_scan import LastScan, Seen


_MOST_LINES = 20
"""Of what flagged code became: more is other code."""


class _Commit(NamedTuple):
    """The commit that was just made, and what the work stood on before."""

    id: str
    base: str
    """Commit that the scan compared with; empty for the first commit."""


def record(repository: Repository, loaded: Loaded) -> int:
    """Record what the last commit says of the findings shown before it; how many signals that were.

    Where nothing was shown it costs a look at two files. Raises SourceError and StoreError.
    """
    from review_bot.stores import last_scan
    from review_bot.stores.commit_mark import take_mark

    checked = take_mark(repository.git_dir)
    last = last_scan.load(repository.git_dir)
    shown = [] if last is None else [one for one in (*last.seen, *last.earlier) if not one.held]
    if not shown and checked:
        return 0
    commit = _commit(repository, last)
    said = [] if last is None or commit is None else list(_said(repository, loaded, last, shown, commit))
    if not checked and _is_installed(repository):
        said = [{**one, "sig": "no-verify", "y": None} if one.get("sig") == "unchanged" else one for one in said]
        if not any(one.get("sig") == "no-verify" for one in said):
            said.append({"kind": "signal", "sig": "no-verify", "y": None, "pr": _head(repository)})
    if said:
        _append(repository, loaded, said)
    if last is not None and commit is not None:
        last_scan.forget_earlier(repository.git_dir)
    return sum(one["kind"] == "signal" for one in said)


def _head(repository: Repository) -> str:
    from review_bot.sources.repository import head_commit

    return head_commit(repository) or ""


def _commit(repository: Repository, last: LastScan | None) -> _Commit | None:
    """The new commit, where it was made on what the scan stood on; None after a merge, or where HEAD went elsewhere."""
    head = _head(repository)
    if last is None or not head:
        return None
    said = _git(repository, "rev-list", "--parents", "-n", "1", head).split()
    before = _git(repository, "rev-parse", "-q", "--verify", "HEAD@{1}").strip()
    if len(said) > 2 or last.head not in (said[1] if len(said) > 1 else "", before):
        return None
    return _Commit(head, last.head)


def _said(
    repository: Repository, loaded: Loaded, last: LastScan, shown: list[Seen], commit: _Commit
) -> Iterator[dict[str, Any]]:
    """That each finding in a file of the commit was shown, and what the commit says of it; once for each finding."""
    from review_bot.memory.aftermath import outcome

    done, store_text = _reviewed(repository, loaded, commit), loaded.config.memory.store_text
    touched = {file.before for file in done.change.files} | {file.path for file in done.change.files}
    told = _told(repository, loaded, {one.finding.fingerprint for one in shown})
    before = {each.finding.fingerprint for each in (*last.seen, *last.earlier)}
    for one in shown:
        finding = one.finding
        if finding.path not in touched:
            continue
        if finding.fingerprint not in told.shown:
            yield _shown(one, commit)
        said = None if finding.fingerprint in told.judged else outcome(_after(one, done, before))
        if said is not None:
            yield {**_fields(one, said, commit), **(_became(one, done) if said.y and store_text else {})}


def _reviewed(repository: Repository, loaded: Loaded, commit: _Commit) -> Scan:
    """The commit, reviewed by the rules alone."""
    from review_bot import bootstrap
    from review_bot.sources.git import RangeSource
    from review_bot.sources.repository import empty_tree

    base = commit.base or empty_tree(repository)
    source = RangeSource(repository, f"{base}..{commit.id}")
    return bootstrap.scan(
        bootstrap.Request("range", source=source, loaded=loaded, deadline=loaded.config.hook.deadline)
    )


def _after(one: Seen, done: Scan, before: set[str]) -> After:
    from review_bot.memory.aftermath import After

    finding = one.finding
    found = {each.fingerprint for each in done.review.findings}
    held = {each.finding.fingerprint: each.by for each in done.review.suppressed}
    again = any(
        each.rule == finding.rule and each.path == finding.path and each.fingerprint not in before
        for each in done.review.findings
    )
    ignored = held.get(finding.fingerprint) == "inline"
    in_commit = finding.fingerprint in found or (finding.fingerprint in held and not ignored)
    committed, work = _lines(done, finding.path), _on_disk(done, finding.path)
    return After(finding, one.flagged, committed, work, in_commit, ignored, again)


def _became(one: Seen, done: Scan) -> dict[str, str]:
    """What the flagged lines became in the commit, without secrets."""
    from review_bot.bootstrap.code import moved, scrubber

    now = _lines(done, one.finding.path)
    if now is None or not one.flagged:
        return {}
    first = one.finding.start_line - one.first
    start, end = moved(one.text.split("\n"), now, first, first + len(one.flagged))
    after = "\n".join(now[start:end])
    return {"after": scrubber()(after)} if after.strip() and end - start <= _MOST_LINES else {}


def _lines(done: Scan, path: str) -> tuple[str, ...] | None:
    """Lines of the file as committed; of one that was renamed under its new name."""
    for file in done.change.files:
        if path in (file.path, file.before) and not file.deleted:
            data = done.change.contents.new(file)
            return None if data is None else tuple(data.decode("utf-8", "replace").splitlines())
    return None


def _on_disk(done: Scan, path: str) -> tuple[str, ...] | None:
    import os

    try:
        with open(os.path.join(done.change.root or "", path), "rb") as stream:
            return tuple(stream.read().decode("utf-8", "replace").splitlines())
    except OSError:
        return None


def _fields(one: Seen, said: Outcome, commit: _Commit) -> dict[str, Any]:
    return {"kind": "signal", "sig": said.sig, "y": said.y, **_place(one, commit)}


def _shown(one: Seen, commit: _Commit) -> dict[str, Any]:
    effect = one.finding.memory
    return {"kind": "shown", "effect": "none" if effect is None else effect.effect, **_place(one, commit)}


def _place(one: Seen, commit: _Commit) -> dict[str, Any]:
    finding = one.finding
    at = [commit.base or None, commit.id, finding.path, finding.start_line, finding.end_line]
    return {"pr": commit.id, "finding": finding.fingerprint, "at": at}


class _Told(NamedTuple):
    """Fingerprints that earlier commits have spoken of; an amended one says nothing new."""

    shown: set[str]
    judged: set[str]


def _told(repository: Repository, loaded: Loaded, findings: set[str]) -> _Told:
    """What earlier commits said of these findings."""
    from review_bot.domain.event import parse_all
    from review_bot.domain.forget import live
    from review_bot.memory.aftermath import SIGNALS
    from review_bot.stores.batches import about

    log = _memory(repository, loaded).log
    told = _Told(set(), set())
    for one in live(parse_all(line for batch in log.read() for line in about(batch.lines, findings))):
        if len(one.change or "") < 40:  # names no commit
            continue
        if one.kind == "shown":
            told.shown.add(one.get("finding"))
        elif one.get("sig") in SIGNALS:
            told.judged.add(one.get("finding"))
    return told


def _append(repository: Repository, loaded: Loaded, signals: Iterable[dict[str, Any]]) -> None:
    from review_bot.bootstrap.memory import append, context
    from review_bot.memory.complete import complete

    memory = _memory(repository, loaded)
    desk = context(memory)
    made = [complete(said, desk) for said in signals]
    if loaded.config.memory.url.startswith("file:"):
        append(memory, made)
    else:  # a server that is away would hold up the commit
        memory.log.append(made)


def _memory(repository: Repository, loaded: Loaded) -> Memory:
    from review_bot.bootstrap.memory import Memory, open_log

    return Memory(repository, loaded, open_log(repository, loaded))


def _is_installed(repository: Repository) -> bool:
    """Whether our pre-commit hook is in place, so that its silence means `--no-verify`."""
    import os

    from review_bot.sources.hooks_folder import locate

    try:
        with open(os.path.join(locate().path, "pre-commit"), "rb") as stream:
            return b"review-bot" in stream.read(4096)
    except (OSError, SourceError):
        return False


def _git(repository: Repository, *arguments: str) -> str:
    from review_bot.sources.process import run

    done = run(arguments, cwd=repository.cwd)
    return done.output.decode("utf-8", "replace") if done.status == 0 else ""
