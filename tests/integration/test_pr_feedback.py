"""What people do in a pull request becomes events, and what they ask gets one answer."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.github import BOT, Fake, User, serve
from integration.pull_request_helpers import NUMBER, Scene, finding
from review_bot.bootstrap.feedback import Collected, ModelChoice, collect
from review_bot.diffing.tokens import estimate
from review_bot.domain.event import parse
from review_bot.domain.talk import Conversation, Said, Talk
from review_bot.domain.threads import Mark, Thread
from review_bot.memory.sentiment import Sentiment, written
from review_bot.pipeline.pull_request.commands import Command, commands
from review_bot.pipeline.pull_request.conversation import question
from review_bot.pipeline.pull_request.feedback import Asks, heard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA, EVE = User("ada", 1), User("eve", 2)


class Talked(Scene):
    """A pull request with one comment of ours, and runs of `pr feedback`."""

    def feedback(self, name: str = "events.jsonl") -> Collected:
        """Collect into a file."""
        done = collect(str(self.folder / name), NUMBER, self.environ, sleep=lambda _: None)
        assert self.fake.violations == []
        return done

    def events(self, name: str = "events.jsonl") -> list[dict[str, Any]]:
        """The events of the file, each of which must be one."""
        lines = (self.folder / name).read_bytes().splitlines()
        return [dict(parse(line).fields) for line in lines]

    def said(self) -> list[tuple[str, int]]:
        """Signals and their outcome."""
        return [(one["sig"], one["y"]) for one in self.events() if one["kind"] == "signal"]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talked]:
    monkeypatch.chdir(tmp_path)
    with serve(Fake()) as server:
        made = Talked(server, tmp_path)
        made.repo.roles.update(ada="write", eve="read")
        made.push(a__py="bad()\n")
        made.review(finding())
        yield made


def test_somebody_with_write_access_accepts(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "I see.\n\n  /Review-Bot   ACCEPT  ")
    done = scene.feedback()
    assert (done.recorded, done.answered) == (1, 1)
    (event,) = scene.events()
    assert (event["sig"], event["y"], event["eps"], event["pr"]) == ("command", 1, 0.03, NUMBER)
    assert event["finding"] == finding()["fingerprint"]
    assert event["rule"] == "py.bad"
    assert event["key"].startswith("py.bad:")
    assert event["at"][2:] == ["a.py", 1, 1]
    answer = scene.ours()[0].comments[-1]
    assert (answer.user, answer.body.splitlines()[0]) == (BOT, "Noted: the finding was right.")


def test_a_second_run_says_nothing_twice(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "/review-bot reject")
    scene.feedback()
    (scene.folder / "events.jsonl.state").unlink()
    again = scene.feedback()
    assert (again.recorded, again.answered) == (0, 0)
    assert len(scene.events()) == 1


def test_an_event_has_the_same_id_on_every_run(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "/review-bot reject")
    scene.feedback()
    scene.feedback("other.jsonl")
    assert scene.events() == scene.events("other.jsonl")


def test_files_and_commits_are_asked_for_once(scene: Talked) -> None:
    """Two findings in one file that one commit mends, and a push after it, so that the commit has to be asked for."""
    scene.push(a__py="bad()\nworse()\n")
    scene.review(finding(), finding(2, "worse()"))
    scene.push(a__py="good()\n")
    scene.review()
    scene.push(a__py="better()\n")
    scene.review()
    scene.fake.log.clear()
    scene.feedback()
    asked = [
        (entry.request, *entry.query.items())
        for entry in scene.fake.log
        if "/contents/" in entry.request or "/commits/" in entry.request
    ]
    assert len(scene.said()) == 2
    assert len(asked) == len(set(asked)) > 1


def test_a_push_makes_no_event_another(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "/review-bot accept")
    scene.feedback()
    gone = scene.push(a__py="good()\n")
    scene.review()
    scene.feedback()
    scene.push(a__py="better()\n")
    scene.review()
    assert scene.feedback().recorded == 0
    accepted, fixed = scene.events()
    assert (accepted["sig"], accepted["at"][1]) == ("command", None)
    assert (fixed["sig"], fixed["at"][1]) == ("fixed", gone)
    (scene.folder / "events.jsonl.state").unlink()
    assert scene.feedback().recorded == 0


def test_others_are_thanked_and_not_obeyed(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], EVE, "/review-bot mute")
    done = scene.feedback()
    assert (done.recorded, done.answered) == (0, 1)
    assert scene.ours()[0].comments[-1].body.startswith("Thank you.")


@pytest.mark.parametrize("word", ["explain", "why"])
def test_explanations_are_for_all(scene: Talked, word: str) -> None:
    scene.push(a__py="import pickle\n")
    scene.review(finding(1, "import pickle", rule="py.command.shell-true"))
    thread = scene.open()[0]
    scene.fake.reply(thread, EVE, f"/review-bot {word}")
    scene.feedback()
    assert "py.command.shell-true" in thread.comments[-1].body


def test_a_mute_carries_its_reason_and_author(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "/review-bot mute too noisy here")
    scene.feedback()
    (event,) = scene.events()
    assert event["kind"] == "mute"
    assert event["scope"] == {"rule": "py.bad", "key": None, "path": None}
    assert (event["reason"], len(event["actor"])) == ("too noisy here", 16)


def test_rescan_is_handed_on(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "/review-bot rescan")
    assert scene.feedback().rescan


def test_reactions_and_words(scene: Talked) -> None:
    thread = scene.ours()[0]
    thread.root.reactions.append((1, ADA, "+1"))
    thread.root.reactions.append((2, EVE, "eyes"))
    scene.fake.reply(thread, EVE, "This is a false positive.")
    scene.fake.reply(thread, EVE, "Why?")
    scene.feedback()
    assert sorted(scene.said()) == [("reaction", 1), ("reply", 0)]


def test_the_tone_of_a_reply_is_a_weak_signal_where_it_was_learned_here(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], EVE, "tedious annoying clutter")
    scene.feedback("untrained.jsonl")
    assert scene.events("untrained.jsonl") == []
    subprocess.run(["git", "init", "-q"], cwd=scene.folder, check=True)
    path = scene.folder / ".git" / "review-bot" / "sentiment.json"
    path.parent.mkdir()
    path.write_text(written(Sentiment(-9.0, {}, 20, 20, 1.0, 1.0)))
    assert scene.feedback().degraded == ()
    assert [(one["sig"], one["y"], one["eps"]) for one in scene.events()] == [("sentiment", 0, 0.25)]
    path.write_text("{")
    (damaged,) = scene.feedback("damaged.jsonl").degraded
    assert damaged.what == "sentiment"


def test_a_mended_line_was_right(scene: Talked) -> None:
    scene.push(a__py="good()\n")
    scene.review()
    scene.feedback()
    assert scene.said() == [("fixed", 1)]


def test_a_suggestion_that_was_taken(scene: Talked) -> None:
    suggestion = {"start_line": 1, "end_line": 1, "replacement": "good()", "verified": ["applies", "parses", "rules"]}
    scene.push(b__py="worse()\n")
    scene.review(finding(1, "worse()", path="b.py", suggestion=suggestion))
    scene.push(b__py="good()\n")
    scene.review()
    scene.feedback()
    assert ("suggestion", 1) in scene.said()


def test_a_deleted_comment_was_not_wanted(scene: Talked) -> None:
    scene.feedback()
    scene.pull.threads.clear()
    scene.feedback()
    assert scene.said() == [("deleted", 0)]
    scene.feedback()
    assert len(scene.events()) == 1


def test_a_comment_that_a_person_hid(scene: Talked) -> None:
    scene.ours()[0].root.minimized = "off_topic"
    scene.feedback()
    assert scene.said() == [("deleted", 0)]


@pytest.mark.parametrize(
    ("state", "merged_at", "signals"),
    [
        ({}, None, []),
        ({}, 9, [("merged", 0, 0.4, 9)]),
        ({"resolved": True}, 9, [("resolved", 0, 0.15, 9)]),
        ({"resolved": True}, None, []),
        ({"resolved": True, "resolved_by_us": True}, 9, [("merged", 0, 0.4, 9)]),
    ],
)
def test_a_merge_says_what_became_of_a_thread(
    state: dict[str, Any], merged_at: int | None, signals: list[tuple[str, int, float, int]]
) -> None:
    thread = Thread("t", "c", 1, "body", Mark("0" * 16, "py.bad", "a.py"), **state)
    talk = Conversation("1" * 40, merged_at, 10, (Talk(thread, "a.py", 1, 1, "0" * 40, 0),))
    asks = Asks(lambda _: False, lambda _talk, _word: "", lambda _: "bad()", lambda _name, now: now)
    found = heard(talk, {1: "0" * 16}, asks)
    assert [(one["sig"], one["y"], one["eps"], one["ts"]) for one in found.events] == signals


def test_a_read_only_token_still_collects(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "/review-bot accept")
    scene.fake.read_only = True
    done = scene.feedback()
    assert (done.recorded, done.answered) == (1, 0)
    assert done.degraded


def test_what_can_not_be_written_is_one_error(scene: Talked) -> None:
    from review_bot.errors import StoreError

    with pytest.raises(StoreError):
        collect(str(scene.folder / "no" / "events"), NUMBER, scene.environ, sleep=lambda _: None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/review-bot accept", [Command("accept", "")]),
        ("text\r\n   /REVIEW-BOT\tMute  because\r\n", [Command("mute", "because")]),
        ("please /review-bot accept", []),
        ("> /review-bot accept", []),
        ("```\n/review-bot accept\n```\n/review-bot why", [Command("why", "")]),
        ("~~~\n/review-bot accept", []),
        ("    /review-bot accept", []),
        ("`/review-bot accept`", []),
        ("/review-bot", []),
        ("/review-botaccept", []),
        ("/review-bot accept\n/review-bot mute", [Command("accept", ""), Command("mute", "")]),
    ],
)
def test_commands(body: str, expected: list[Command]) -> None:
    assert list(commands(body)) == expected


def _asked(scene: Talked, answer: str, match: str) -> str:
    """Ask why, of a scripted model that answers where `match` stands in its prompt; what was said back."""
    script = scene.folder / "answers.jsonl"
    script.write_text(json.dumps({"match": match, "answer": answer}) + "\n")
    thread = scene.ours()[0]
    scene.fake.reply(thread, EVE, "The list is never empty, is it?")
    scene.fake.reply(thread, EVE, "/review-bot why is that so")
    model = ModelChoice("scripted", str(script))
    done = collect(str(scene.folder / "e.jsonl"), NUMBER, scene.environ, model=model, sleep=lambda _: None)
    assert not done.degraded
    return thread.comments[-1].body


def test_a_model_that_is_asked_sees_the_thread_so_far(scene: Talked) -> None:
    said = _asked(scene, "Because @ada wrote <b>bad</b>.", "eve: The list is never empty, is it?")
    assert "having read the thread: Because @\u200bada wrote &lt;b&gt;bad&lt;/b&gt;." in said


def test_the_code_and_the_remark_are_seen_as_well(scene: Talked) -> None:
    assert "Yes." in _asked(scene, "Yes.", "# The code of a.py\nbad()")


def test_a_model_that_is_missing_leaves_the_rules_words(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], EVE, "/review-bot why")
    model = ModelChoice("scripted", str(scene.folder / "none.jsonl"))
    done = collect(str(scene.folder / "e.jsonl"), NUMBER, scene.environ, model=model, sleep=lambda _: None)
    assert done.answered == 1
    assert [one.what for one in done.degraded] == ["backend:scripted"]


@given(st.lists(st.text(max_size=400), min_size=1, max_size=12), st.integers(700, 2000))
def test_a_question_fits_the_window(words: list[str], window: int) -> None:
    thread = Thread("t", "c", 1, "body " * 50, Mark("0" * 16, "py.bad", "a.py"))
    replies = tuple(Said(number, "eve", False, text, number) for number, text in enumerate(words, 1))
    talk = Talk(thread, "a.py", 1, 1, "0" * 40, 0, (), replies)
    prompt = question(talk, replies[-1], "x = 1\n" * 40, window=window, answer_tokens=256, clean=lambda text: text)
    assert estimate(prompt.system) + estimate(prompt.user) + 256 <= window


def test_lines_are_json_with_sorted_keys(scene: Talked) -> None:
    scene.fake.reply(scene.ours()[0], ADA, "/review-bot accept")
    scene.feedback()
    line = (scene.folder / "events.jsonl").read_text().rstrip("\n")
    assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == line
