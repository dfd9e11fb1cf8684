"""The classifier of replies: trained on one's own log, asked where no phrase says anything."""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING

import pytest

from fakes.log import signal
from memory_helpers import bot, log
from review_bot.memory.sentiment import features, parsed, written
from review_bot.memory.stance import is_silent

if TYPE_CHECKING:
    from conftest import Git
    from review_bot.domain.event import Event

GLAD = ("lovely", "neat", "wonderful", "clever", "handy", "pleasant")
SAD = ("noise", "pointless", "annoying", "tedious", "sigh", "clutter")
REST = ("this", "remark", "here", "bot", "line", "today", "really", "the", "review", "once")


@pytest.fixture
def team(git: Git) -> Git:
    git.write(".review-bot.toml", "[memory]\nstore-text = true\n")
    git.commit()
    return git


def replies(count: int) -> list[Event]:
    draw = random.Random(7)
    made = []
    for n in range(count):
        words = [*draw.sample(REST, 4), *draw.sample(GLAD if n % 2 else SAD, 2)]
        draw.shuffle(words)
        made.append(signal(n % 2, pr=str(n), note=f"{' '.join(words)} {n}"))
    return made


def trained(git: Git) -> None:
    log(git.root).append(replies(80))
    done = bot(git.root, "memory", "sentiment", "train")
    assert done.code == 0, done.err
    assert done.out.startswith("learned from 40 satisfied and 40 frustrated replies; on unseen ones AUC 1.00")


def stances(git: Git, *texts: str) -> list[tuple[str, float | None, str]]:
    done = bot(git.root, "memory", "stance", "--sentiment", "--text", "-", stdin="\n".join(texts).encode())
    assert done.code == 0, done.err
    rows = map(json.loads, done.out.splitlines())
    return [(one["stance"], one["eps"], one["sig"]) for one in rows]


def test_tone_is_read_only_where_no_phrase_is(team: Git) -> None:
    trained(team)
    said = stances(
        team, "a wonderful neat remark", "tedious annoying clutter", "false positive, clever bot", "the line"
    )
    assert said == [
        ("accept", 0.25, "sentiment"),
        ("reject", 0.25, "sentiment"),
        ("reject", 0.15, "reply"),
        ("neutral", None, "reply"),
    ]
    assert stances(team, "is this tedious annoying clutter?") == [("neutral", None, "reply")]


def test_what_was_learned_is_shown_and_stays_beside_git(team: Git) -> None:
    trained(team)
    done = bot(team.root, "memory", "sentiment", "show")
    good, bad = done.out.splitlines()[1:]
    assert any(word in good for word in GLAD)
    assert any(word in bad for word in SAD)
    assert not any(word in good for word in SAD)
    assert str(team.root / ".git" / "review-bot" / "sentiment.json") in bot(team.root, "memory", "doctor").out


def test_too_few_replies_teach_nothing(team: Git) -> None:
    log(team.root).append(replies(38))
    done = bot(team.root, "memory", "sentiment", "train")
    assert done.code == 2
    assert "19 replies to accepted findings and 19 to rejected ones" in done.err
    assert "no classifier was trained" in bot(team.root, "memory", "stance", "--sentiment", "--text", "-").err


def test_a_missing_extra_is_named(team: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    log(team.root).append(replies(80))
    done = bot(team.root, "memory", "sentiment", "train")
    assert done.code == 2
    assert "pip install 'review-bot-local[sentiment]'" in done.err


@pytest.mark.parametrize("damage", ["", "[]", '{"schema":"review-bot.sentiment/1"}', "null", "{}"])
def test_a_damaged_file_is_one_line(team: Git, damage: str) -> None:
    trained(team)
    path = team.root / ".git" / "review-bot" / "sentiment.json"
    whole = parsed(path.read_text())
    assert parsed(written(whole)) == whole
    path.write_text(damage)
    done = bot(team.root, "memory", "sentiment", "show")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_weights_must_be_numbers(team: Git) -> None:
    trained(team)
    path = team.root / ".git" / "review-bot" / "sentiment.json"
    for bad in ({"weights": {"w:a": "1"}}, {"weights": [1]}, {"bias": None}, {"bias": float("nan")}):
        path.write_text(json.dumps({**json.loads(path.read_text()), **bad}))
        assert bot(team.root, "memory", "sentiment", "show").code == 2


def test_a_reply_of_any_length_weighs_the_same() -> None:
    for text in ("neat", "neat neat remark " * 50):
        assert sum(value * value for value in features(text).values()) == pytest.approx(2)
    assert features("`code`") == {}
    assert is_silent("hm")
    assert not is_silent("won't fix")
    assert not is_silent("")
