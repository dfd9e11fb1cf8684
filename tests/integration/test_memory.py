"""`review-bot memory …`, as people and workflows use it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from fakes.rule_files import rule
from integration.cli_helpers import one_line, use
from memory_helpers import BOB, REF, bot, clone, hub, signal

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

Fields = dict[str, Any]


def events(where: Path) -> list[Fields]:
    done = bot(where, "memory", "export", "--format", "events")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def status(where: Path) -> Fields:
    done = bot(where, "memory", "status", "--format", "json")
    assert done.code == 0, done.err
    read: Fields = json.loads(done.out)
    return read


def record(where: Path, *lines: Fields | str, **environment: str) -> Fields:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    done = bot(where, "memory", "record", "--events", "-", stdin=text.encode(), **environment)
    assert done.code == 0, done.err
    read: Fields = json.loads(done.out)
    return read


def fine(where: Path, *arguments: str) -> str:
    done = bot(where, "memory", *arguments)
    assert (done.code, done.err) == (0, "")
    return done.out


@pytest.fixture
def scanned(git: Git) -> str:
    """Fingerprint of a finding of the last scan."""
    git("config", "user.email", "ada@example.com")
    use(git, rule())
    git.write("src/a.py", "x = 1\ny = oops(x)\nz = 2\n")
    (one,) = json.loads(bot(git.root, "scan", "--format", "json").out)["findings"]
    fingerprint: str = one["fingerprint"]
    return fingerprint


def test_accept_says_what_was_accepted_and_no_code(git: Git, scanned: str) -> None:
    assert fine(git.root, "accept", scanned) == f"accepted {scanned} (own.oops)\n"
    (one,) = events(git.root)
    names = ("kind", "sig", "y", "eps", "finding", "rule", "sev", "lang", "dir", "src")
    assert {name: one[name] for name in names} == {
        "kind": "signal", "sig": "command", "y": 1, "eps": 0.03, "finding": scanned, "rule": "own.oops",
        "sev": "error", "lang": "python", "dir": "src", "src": "rule",
    }  # fmt: skip
    assert one["pr"] == git("rev-parse", "HEAD")
    assert one["at"] == [None, None, "src/a.py", 2, 2]
    assert one["key"].startswith("own.oops")
    assert one["fp"]
    assert "oops(x)" not in json.dumps(one)
    body = {name: value for name, value in one.items() if name != "id"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert one["id"] == hashlib.blake2b(text, digest_size=16).hexdigest()


def test_reject_by_another_person_in_another_change(git: Git, scanned: str) -> None:
    fine(git.root, "accept", scanned)
    fine(git.root, "reject", scanned, "--actor", "Bob", "--change", "7")
    fine(git.root, "reject", scanned, "--actor", BOB, "--change", "8")
    by_change = {one["pr"]: one for one in events(git.root)}
    assert (by_change["7"]["y"], by_change["8"]["actor"]) == (0, BOB)
    assert len({one["actor"] for one in events(git.root)}) == 3


def test_finding_of_the_log_can_be_judged_without_a_scan(git: Git, scanned: str) -> None:
    fine(git.root, "accept", scanned)
    (git.root / ".git/review-bot/last-scan").unlink()
    fine(git.root, "reject", scanned)
    first, second = events(git.root)
    assert first["key"] == second["key"]


def test_finding_that_nobody_knows_is_refused(git: Git, scanned: str) -> None:
    for name in ("0" * 16, "nonsense", ""):
        assert "no finding has the fingerprint" in one_line(bot(git.root, "memory", "accept", name))
    assert "no rule is called own.oop;" in one_line(bot(git.root, "memory", "mute", "own.oop", "--reason", "x"))
    assert events(git.root) == []


def test_mute_needs_a_reason_and_keeps_its_scope(git: Git, scanned: str) -> None:
    assert "--reason" in one_line(bot(git.root, "memory", "mute", "own.oops"))
    assert "--reason" in one_line(bot(git.root, "memory", "mute", "own.oops", "--reason", " "))
    fine(git.root, "mute", "own.oops", "--reason", "noisy", "--path", "src/**")
    fine(git.root, "mute", scanned, "--reason", "here it is fine")
    wide, narrow = events(git.root) if events(git.root)[0]["reason"] == "noisy" else reversed(events(git.root))
    assert wide["scope"] == {"rule": "own.oops", "key": None, "path": "src/**"}
    assert narrow["scope"]["rule"] == "own.oops"
    assert narrow["scope"]["key"].startswith("own.oops")


def test_unmute_takes_back_what_can_be_seen_whatever_the_clocks_say(git: Git, scanned: str) -> None:
    late = {"v": 1, "ts": 2**40, "kind": "mute", "scope": {"rule": "own.oops"}, "reason": "x", "actor": BOB}
    other = {**late, "scope": {"rule": "own.other"}}
    record(git.root, late, other)
    fine(git.root, "reject", scanned)
    seen = {one["id"] for one in events(git.root) if (one.get("scope") or {}).get("rule") != "own.other"}
    assert fine(git.root, "unmute", "own.oops") == "took back 1 mute and 1 signal\n"
    (undo,) = [one for one in events(git.root) if one["kind"] == "unmute"]
    assert set(undo["undoes"]) == seen
    assert fine(git.root, "unmute", "own.oops") == "nothing to take back for own.oops\n"


def test_record_completes_what_the_last_scan_knows(git: Git, scanned: str) -> None:
    said = {"kind": "signal", "sig": "reply", "y": 0, "finding": scanned, "actor": "Bob", "note": "not here"}
    assert record(git.root, said) == {"recorded": 1, "refused": 0}
    (one,) = events(git.root)
    assert (one["rule"], one["eps"], one["lang"], one["dir"]) == ("own.oops", 0.15, "python", "src")
    assert one["key"]
    assert len(one["actor"]) == 16
    assert "note" not in one


def test_record_makes_key_and_hashes_of_text(git: Git) -> None:
    git.commit()
    said = {"kind": "signal", "sig": "command", "y": 1, "rule": "r.x", "ts": 5, "lang": "python", "actor": BOB}
    record(git.root, {**said, "text": "call(a, 'b', 1)\n"}, {**said, "ts": 6, "before": "call(z, 'q', 2)\n"})
    first, second = events(git.root)
    assert first["key"] == second["key"]
    assert not {"text", "before"} & (first.keys() | second.keys())


def test_record_keeps_text_where_that_is_allowed(git: Git) -> None:
    git.commit()
    said = {"kind": "signal", "sig": "command", "y": 1, "rule": "r.x", "text": "a()", "after": "b()", "note": "n"}
    record(git.root, said, REVIEW_BOT_MEMORY_STORE_TEXT="true")
    (one,) = events(git.root)
    assert (one["before"], one["after"], one["note"]) == ("a()", "b()", "n")


def test_record_takes_whole_events_as_they_are_and_once(git: Git) -> None:
    git.commit()
    one, two = signal(1, odd={"x": 1}), signal(2)
    lines = (one.line, two.line, two.line, one.line.replace("r.x", "r.y"), "rubbish", "[]", '{"kind":"signal"}')
    assert record(git.root, *lines) == {"recorded": 2, "refused": 4}
    assert record(git.root, one.line) == {"recorded": 0, "refused": 0}
    assert events(git.root) == [dict(one.fields), dict(two.fields)]
    assert status(git.root) == {"events": 2, "skipped": 0, "pending": 0}


def test_names_are_keyed_by_a_secret_where_one_is_named(git: Git) -> None:
    git.commit()
    said = {"kind": "mute", "scope": {"rule": "r"}, "actor": "ada", "ts": 1}
    for secret in ("", "one", "two"):
        named = {"REVIEW_BOT_MEMORY_ACTOR_KEY_ENV": "SECRET", "SECRET": secret} if secret else {}
        record(git.root, said, **named)
    assert len({one["actor"] for one in events(git.root)}) == 3
    done = bot(git.root, "memory", "record", "--events", "-", REVIEW_BOT_MEMORY_ACTOR_KEY_ENV="SECRET")
    assert "SECRET is not set" in one_line(done)


def test_bad_lines_in_the_ref_are_skipped_and_counted(git: Git) -> None:
    git.commit()
    record(git.root, signal(1).line)
    git.write("x", "x" * 3_000_000 + '\n{"v":2}\n\n' + signal(2).line + "\n")
    git("update-ref", REF, _commit(git, git("hash-object", "-w", "x")))
    assert status(git.root) == {"events": 1, "skipped": 2, "pending": 0}
    assert events(git.root) == [dict(signal(2).fields)]


def _commit(git: Git, blob: str) -> str:
    done = subprocess.run(
        ["git", "mktree"],
        cwd=git.root,
        input=f"100644 blob {blob}\tdeep.jsonl\n".encode(),
        capture_output=True,
        check=True,
    )
    return git("commit-tree", "-m", "x", done.stdout.decode().strip())


def test_forget_then_compact_really_forgets(git: Git) -> None:
    git.commit()
    finding = {"finding": "f" * 16}
    record(
        git.root,
        *(signal(n, note=f"words {n}", **more).line for n, more in enumerate([{}, finding, {"actor": BOB}, {}])),
    )
    assert fine(git.root, "forget", "--id", signal(0, note="words 0").id).startswith("1 event forgotten")
    assert fine(git.root, "forget", "--finding", "f" * 16).startswith("1 event forgotten")
    assert fine(git.root, "forget", "--actor", BOB).startswith("1 event forgotten")
    assert [one["note"] for one in events(git.root) if one["kind"] == "signal"] == ["words 3"]
    fine(git.root, "compact")
    contents = git("cat-file", "--batch-all-objects", "--batch", "--unordered")
    assert [f"words {n}" in contents for n in range(4)] == [False, False, False, True]
    assert record(git.root, signal(0, note="words 0").line)["refused"] == 0
    assert [one["note"] for one in events(git.root) if one["kind"] == "signal"] == ["words 3"]


def test_sync_without_a_remote_is_fine(git: Git) -> None:
    git.commit()
    record(git.root, signal(1).line)
    assert "nobody shares this log" in fine(git.root, "sync")
    done = bot(git.root, "memory", "sync", REVIEW_BOT_MEMORY_REMOTE="upstream")
    assert "there is no remote upstream" in one_line(done)


def test_sync_shares_events_and_says_what_waits(git: Git) -> None:
    origin = hub(git.root.parent / "hub.git")
    a, b = (clone(git, origin, name) for name in "ab")
    record(a, signal(1).line)
    assert status(a) == {"events": 1, "skipped": 0, "pending": 1}
    hook = origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert "refuses refs/review-bot/memory" in one_line(bot(a, "memory", "sync"))
    assert status(a)["pending"] == 1
    waiting = bot(a, "memory", "export", "--format", "events", "--pending").out
    assert waiting == signal(1).line + "\n"
    hook.unlink()
    assert fine(a, "sync") == "1 event sent, 0 received\n"
    assert fine(b, "sync") == "0 events sent, 1 received\n"
    assert events(a) == events(b) == [dict(signal(1).fields)]
    assert status(a)["pending"] == 0


def test_offline_lets_events_wait(git: Git) -> None:
    git.commit()
    git("remote", "add", "origin", "https://example.invalid/x.git")
    record(git.root, signal(1).line)
    assert "offline" in one_line(bot(git.root, "memory", "sync", REVIEW_BOT_OFFLINE="1"))
    assert status(git.root)["pending"] == 1


def test_doctor_says_what_is_kept_where(git: Git, scanned: str) -> None:
    fine(git.root, "accept", scanned)
    text = fine(git.root, "doctor")
    assert REF in text
    assert "no event holds code or a reply" in text
    assert "pseudonyms" in text
    assert "last-scan" in text
    read = json.loads(fine(git.root, "doctor", "--format", "json"))
    assert {one["what"] for one in read["places"]} >= {"log", "text", "people", "shared", "file"}


def test_memory_that_is_switched_off_says_so(git: Git) -> None:
    done = bot(git.root, "memory", "status", REVIEW_BOT_MEMORY_ENABLED="false")
    assert "switched off" in one_line(done)


def test_repository_that_takes_nothing_keeps_scanning(git: Git, scanned: str) -> None:
    folder = git.root / ".git" / "review-bot"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    git.write(".git/review-bot", "in the way")
    assert scanned in bot(git.root, "scan", "--format", "json").out
    assert "no finding" in one_line(bot(git.root, "memory", "accept", scanned))
    done = bot(git.root, "memory", "mute", "own.oops", "--reason", "x")
    assert "nothing was recorded" in one_line(done)


def test_outside_of_a_repository_is_one_line(tmp_path: Path) -> None:
    assert "not a git repository" in one_line(bot(tmp_path, "memory", "status"))


def test_folder_is_written_to_at_once_and_read_by_sync(git: Git, tmp_path: Path) -> None:
    git.commit()
    a = git.root
    git("clone", "-q", ".", "../b")
    b = git.root.parent / "b"
    url: Fields = {"REVIEW_BOT_MEMORY_URL": f"file://{tmp_path}/shared"}
    record(a, signal(1).line, **url)
    (path,) = (tmp_path / "shared" / git("rev-parse", "HEAD")).rglob("*.jsonl")
    assert path.read_text() == signal(1).line + "\n"
    assert bot(b, "memory", "sync", **url).out == "0 events sent, 1 received\n"
    assert events(b) == [dict(signal(1).fields)]
    assert REF not in git("for-each-ref", "--format=%(refname)", "refs/remotes")


def test_store_that_is_away_is_one_line_and_events_wait(git: Git, tmp_path: Path) -> None:
    git.commit()
    url: Fields = {"REVIEW_BOT_MEMORY_URL": f"postgresql://u:secret@/x?host={tmp_path}"}
    done = bot(git.root, "memory", "record", "--events", "-", stdin=signal(1).line.encode(), **url)
    assert (done.code, json.loads(done.out)) == (0, {"recorded": 1, "refused": 0})
    assert done.err.count("\n") == 1
    assert "events wait" in done.err
    assert "secret" not in done.err
    assert "can't be used" in one_line(bot(git.root, "memory", "sync", **url))
    waiting = json.loads(bot(git.root, "memory", "status", "--format", "json", **url).out)
    assert waiting == {"events": 1, "skipped": 0, "pending": 1}


@pytest.mark.parametrize("url", ["mysql://x/y", "folder", "file:here", "postgresql://[x/y"])
def test_url_of_no_store_is_refused(git: Git, url: str) -> None:
    git.commit()
    assert "memory.url" in one_line(bot(git.root, "memory", "sync", REVIEW_BOT_MEMORY_URL=url))
