"""`pr publish` against the fake GitHub: what stands in the pull request afterwards, and by how many requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.github import BOT, Fake, Fault, User, serve
from fakes.github.faults import READ_ONLY, secondary
from integration.pull_request_helpers import Scene, finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA = User("ada", 1)
PASSWORD = "AKIA" + "Z7QK4TJWN2LMB3XY"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serve(Fake()) as server:
        yield Scene(server, tmp_path)


def test_a_finding_becomes_one_comment_and_a_summary(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    done = scene.review(finding())
    assert [(one.root.path, one.root.line) for one in scene.open()] == [("a.py", 1)]
    assert "py.bad" in scene.open()[0].root.body
    assert "**Failed**" in scene.summary()
    assert not done.outcome.unposted
    assert done.review.verdict.failed


def test_nothing_to_say_and_nothing_there_is_no_comment(scene: Scene) -> None:
    scene.push(a__py="fine()\n")
    scene.review()
    assert scene.writes() == []
    assert not scene.pull.conversation


def test_an_unchanged_pull_request_is_not_written_to(scene: Scene) -> None:
    scene.push(a__py="bad()\nworse()\n")
    found = [finding(), finding(2, "worse()")]
    scene.review(*found)
    scene.fake.log.clear()
    scene.publish(scene.report(*found, stats={"seconds": {"total": 9.0}, "model_calls": 7}))
    assert len(scene.fake.log) <= 8
    assert scene.writes() == []


def test_a_gone_finding_is_minimised_with_its_commit(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding())
    head = scene.push(a__py="good()\n")
    scene.review()
    root = scene.ours()[0].root
    assert root.minimized == "outdated"
    assert head[:7] in root.body
    assert "no findings" in scene.summary()


def test_a_finding_that_comes_back_opens_its_old_thread(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding())
    scene.push(a__py="good()\n")
    scene.review()
    scene.push(a__py="good()\nbad()\n")
    scene.review(finding(2))
    assert len(scene.ours()) == 1
    assert len(scene.open()) == 1


def test_a_moved_line_keeps_its_thread(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding())
    scene.push(a__py="x\nbad()\n")
    scene.review(finding(2))
    assert len(scene.ours()) == 1
    assert len(scene.open()) == 1


def test_the_same_line_in_two_files_is_two_findings(scene: Scene) -> None:
    scene.push(a__py="bad()\n", b__py="bad()\n")
    scene.review(finding(), finding(path="b.py"))
    assert sorted(one.root.path for one in scene.open()) == ["a.py", "b.py"]


def test_a_renamed_file_keeps_its_thread(scene: Scene) -> None:
    scene.push(a__py="bad()\nx\ny\n")
    scene.review(finding())
    scene.push(b__py="bad()\nx\ny\n")
    scene.review(finding(path="b.py"))
    assert [one.root.path for one in scene.open()] == ["a.py"]
    assert len(scene.ours()) == 1
    scene.writes()
    scene.review(finding(path="b.py"))
    assert scene.writes() == []


def test_a_path_that_is_only_unchanged_again_gives_its_thread_to_nobody(scene: Scene) -> None:
    scene.trees.commits[scene.base]["a.py"] = "x\n"
    scene.push(a__py="x\nbad()\n")
    scene.review(finding(2))
    scene.push(b__py="bad()\n")
    scene.review(finding(path="b.py"))
    assert [one.root.path for one in scene.open()] == ["b.py"]


def test_a_thread_resolved_by_a_person_is_left_alone(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding())
    scene.ours()[0].resolved_by = ADA
    scene.push(a__py="bad()\nx\n")
    scene.review(finding())
    thread = scene.ours()[0]
    assert (len(scene.ours()), thread.resolved_by, thread.root.minimized) == (1, ADA, None)


def test_a_deleted_comment_is_not_posted_again(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding())
    scene.pull.threads.clear()
    scene.review(finding())
    assert scene.ours() == []
    assert "deleted" in scene.summary()


def test_max_comments_bounds_the_open_ones_most_severe_first(scene: Scene) -> None:
    scene.push(a__py="".join(f"bad{n}()\n" for n in range(6)))
    found = [finding(n + 1, f"bad{n}()", severity="error" if n == 4 else "warning") for n in range(6)]
    scene.review(*found, max_comments=2)
    assert 5 in {one.root.line for one in scene.open()}
    assert len(scene.open()) == 2
    assert scene.summary().count("a.py:") == 4


def test_what_is_more_severe_takes_the_place_of_what_is_less(scene: Scene) -> None:
    scene.push(a__py="bad0()\nbad1()\n")
    minor = [finding(1, "bad0()", severity="info"), finding(2, "bad1()", severity="warning")]
    scene.review(*minor, max_comments=2)
    scene.push(a__py="bad0()\nbad1()\nbad2()\n")
    scene.review(*minor, finding(3, "bad2()"), max_comments=2)
    assert sorted(one.root.line or 0 for one in scene.open()) == [2, 3]
    (aside,) = (one.root for one in scene.ours() if one.root.minimized)
    assert aside.body.startswith("**In the summary** as of ")
    assert "a.py:1" in scene.summary()
    scene.writes()
    scene.review(*minor, finding(3, "bad2()"), max_comments=2)
    assert scene.writes() == []
    scene.push(a__py="bad0()\nbad1()\n")
    scene.review(*minor, max_comments=2)
    assert sorted(one.root.line or 0 for one in scene.open()) == [1, 2]
    assert len(scene.ours()) == 3


def test_a_thread_that_people_talk_in_keeps_its_place(scene: Scene) -> None:
    scene.push(a__py="bad0()\n")
    scene.review(finding(1, "bad0()", severity="info"), max_comments=1)
    scene.fake.reply(scene.ours()[0], ADA, "hm")
    scene.push(a__py="bad0()\nbad1()\n")
    scene.review(finding(1, "bad0()", severity="info"), finding(2, "bad1()"), max_comments=1)
    assert [one.root.line for one in scene.open()] == [1]


def test_what_made_room_and_is_mended_is_gone(scene: Scene) -> None:
    scene.push(a__py="bad0()\n")
    scene.review(finding(1, "bad0()", severity="info"), max_comments=1)
    scene.push(a__py="bad0()\nbad1()\n")
    scene.review(finding(1, "bad0()", severity="info"), finding(2, "bad1()"), max_comments=1)
    head = scene.push(a__py="bad1()\n")
    scene.review(finding(1, "bad1()"), max_comments=1)
    (gone,) = (one.root for one in scene.ours() if one.root.minimized)
    assert gone.body.startswith(f"**Gone** as of {head[:7]}")


def test_threads_and_marks_of_others_are_never_touched(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding())
    body = scene.ours()[0].root.body
    theirs = scene.fake.start_thread(scene.pull, ADA, body, "a.py", 1)
    scene.push(a__py="good()\n")
    scene.review()
    assert (theirs.root.body, theirs.root.minimized) == (body, None)


def test_lines_outside_of_the_diff_go_to_the_summary(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding(), finding(40, "other()"))
    assert len(scene.open()) == 1
    assert "a.py:40" in scene.summary()
    scene.writes()
    scene.review(finding(), finding(40, "other()"))
    assert scene.writes() == []


@pytest.mark.parametrize(("effect", "lines"), [("fold", [2]), ("raise", [1, 2]), ("none", [1, 2])])
def test_what_the_memory_makes_of_a_finding_is_said_with_its_reason(
    scene: Scene, effect: str, lines: list[int]
) -> None:
    scene.push(a__py="bad()\nworse()\n")
    why = f"6 times by 3 people, {PASSWORD}"
    memory = {"effect": effect, "score": -3.1, "signals": 6, "people": 3, "changes": 6, "reason": why}
    scene.review({**finding(), "memory": memory}, finding(2, "worse()"))
    assert [one.root.line for one in scene.open()] == lines
    texts = {"comment": scene.open()[0].root.body, "folded": scene.summary().partition("Folded, as people rejected")[2]}
    where = {"fold": ["folded"], "raise": ["comment"], "none": []}[effect]
    assert [name for name, text in texts.items() if "6 times by 3 people" in text] == where
    assert PASSWORD not in "".join(texts.values())


def test_a_moved_head_gets_nothing(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    report = scene.report(finding())
    scene.push(a__py="bad()\nx\n")
    done = scene.publish(report)
    assert scene.writes() == []
    assert done.outcome.unposted
    assert done.review.verdict.failed


def test_a_head_that_moves_meanwhile_gets_nothing(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.fake.faults.append(Fault("/files", call=lambda: scene.push(a__py="x\n")))
    done = scene.review(finding())
    assert scene.writes() == []
    assert done.outcome.unposted


def test_a_read_only_token_is_noticed_at_the_first_write(scene: Scene) -> None:
    scene.fake.read_only = True
    scene.push(a__py="bad()\n")
    done = scene.review(finding())
    assert done.outcome.unposted
    assert done.outcome.degraded
    assert len(scene.writes()) == 1


def test_a_502_after_the_write_doubles_nothing(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.fake.faults += [
        Fault("POST .*/reviews", status=502, after=True),
        Fault("POST .*/issues/7/comments", status=502, after=True),
    ]
    done = scene.review(finding())
    assert len(scene.ours()) == 1
    assert scene.summary()
    assert not done.outcome.unposted


def test_a_502_before_the_write_is_tried_again(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.fake.faults += [Fault("POST .*/reviews", status=502), Fault("POST .*/issues/7/comments", drop=True)]
    done = scene.review(finding())
    assert len(scene.ours()) == 1
    assert scene.summary()
    assert not done.outcome.unposted


def test_a_secondary_limit_is_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.push(a__py="bad()\n")
    scene.fake.faults += [secondary("POST .*/reviews", after=0), secondary("PATCH|issues/7/comments", after=0)]
    assert not scene.review(finding()).outcome.unposted
    assert len(scene.ours()) == 1


def test_a_secondary_limit_beyond_the_deadline_loses_nothing(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.fake.faults += [secondary("POST .*/reviews", after=900)]
    done = scene.review(finding())
    assert done.outcome.unposted
    assert "900" in done.outcome.degraded[0].reason


def test_one_refused_comment_is_found_and_the_others_are_posted(scene: Scene) -> None:
    scene.push(a__py="".join(f"bad{n}()\n" for n in range(8)))
    found = [finding(n + 1, f"bad{n}()") for n in range(8)]
    report = scene.report(*found)
    section = scene.repo.files(scene.pull)[0]
    lines = frozenset(section.right[0] - {6})
    scene.repo._sections[scene.pull.base, scene.pull.head] = [section._replace(right=(lines,))]
    scene.publish(report)
    assert {one.root.line for one in scene.open()} == {1, 2, 3, 4, 5, 7, 8}
    assert "a.py:6" in scene.summary()
    assert len(scene.writes()) <= 15
    scene.publish(report)
    assert scene.writes() == []


def test_a_403_half_way_keeps_everything(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.fake.faults.append(Fault("issues/7/comments", status=403, message=READ_ONLY, skip=1, times=9))
    done = scene.review(finding())
    assert done.outcome.unposted
    assert len(scene.ours()) == 1


def test_resolving_where_it_is_wanted_and_allowed(scene: Scene) -> None:
    scene.config("write-interval = 0.0", "resolve = true")
    scene.push(a__py="bad()\n")
    scene.review(finding())
    scene.push(a__py="good()\n")
    scene.review()
    assert scene.ours()[0].resolved_by == BOT
    scene.push(a__py="bad()\n")
    scene.review(finding())
    assert scene.ours()[0].resolved_by is None


def test_resolving_where_it_is_forbidden_minimises(scene: Scene) -> None:
    scene.config("write-interval = 0.0", "resolve = true")
    scene.fake.may_resolve = False
    scene.push(a__py="bad()\n")
    scene.review(finding())
    scene.push(a__py="good()\n")
    scene.review()
    assert scene.ours()[0].root.minimized == "outdated"


def test_a_finding_that_nobody_looked_for_is_not_gone(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    scene.review(finding())
    scene.push(a__py="bad()\nx\n")
    report = scene.report()
    report["coverage"][0] |= {"rules": False, "reason": "out of time"}
    scene.publish(report)
    assert len(scene.open()) == 1


def test_without_a_summary_the_rest_is_not_lost(scene: Scene) -> None:
    scene.config("write-interval = 0.0", "summary = false", "max-comments = 1")
    scene.push(a__py="bad()\nworse()\n")
    done = scene.review(finding(), finding(2, "worse()"))
    assert scene.summary() == ""
    assert done.outcome.unposted


@pytest.mark.parametrize("fix", ["```\nx", "good()", "a\n````\nb"])
def test_a_suggestion_cannot_leave_its_block(scene: Scene, fix: str) -> None:
    scene.push(a__py="bad()\n")
    suggestion = {"start_line": 1, "end_line": 1, "replacement": fix, "verified": ["applies", "parses", "rules"]}
    scene.review(finding(suggestion=suggestion))
    body = scene.open()[0].root.body
    fence = "`" * (body.split("suggestion\n")[0].count("`", body.find("```")))
    start = body.index(f"{fence}suggestion\n")
    assert body[start:].split("\n" + fence + "\n")[0] == f"{fence}suggestion\n{fix}"


def test_an_unverified_fix_is_not_suggested(scene: Scene) -> None:
    scene.push(a__py="bad()\n")
    suggestion = {"start_line": 1, "end_line": 1, "replacement": "x", "verified": ["applies"]}
    scene.review(finding(suggestion=suggestion))
    assert "suggestion" not in scene.open()[0].root.body
