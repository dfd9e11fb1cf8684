from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from review_bot.backends.scripted import Scripted
from review_bot.domain.model import Answer, Completion, Prompt, Purpose, Sampling
from review_bot.errors import ModelMissing

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

EMPTY = '{"thought":"","findings":[]}'


def script(folder: Path, *lines: tuple[str, str]) -> str:
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps({"match": match, "answer": answer}) + "\n" for match, answer in lines))
    return str(path)


def ask(path: str, user: str, purpose: Purpose = "review", system: str = "Review this.") -> Answer:
    return Scripted(path).complete(Completion(Prompt(system, user), Sampling(), 10.0, purpose=purpose))


def test_first_match_wins(tmp_path: Path) -> None:
    path = script(tmp_path, ("other", "a"), ("eval", "b"), ("eval(x)", "c"))
    assert ask(path, "4+ eval(x)").text == "b"


def test_match_may_stand_in_the_instructions(tmp_path: Path) -> None:
    assert ask(script(tmp_path, ("Review", "a")), "1+ x").text == "a"


def test_empty_match_matches_everything(tmp_path: Path) -> None:
    assert ask(script(tmp_path, ("", "a")), "1+ x").text == "a"


@pytest.mark.parametrize(("purpose", "answer"), [("review", EMPTY), ("judge", "yes"), ("reply", "")])
def test_without_a_match(tmp_path: Path, purpose: Purpose, answer: str) -> None:
    assert ask(script(tmp_path, ("nowhere", "no")), "1+ x", purpose).text == answer


def test_judge_is_not_answered_with_findings(tmp_path: Path) -> None:
    path = script(tmp_path, ("eval", '{"thought":"","findings":[1]}'))
    assert ask(path, "1+ eval(x)", "judge").text == "yes"
    path = script(tmp_path, ("eval", '{"thought":"","findings":[1]}'), ("eval", "no"))
    assert ask(path, "1+ eval(x)", "judge").text == "no"


def test_stream_gives_the_answer_in_pieces(tmp_path: Path) -> None:
    backend = Scripted(script(tmp_path, ("x", "é" * 100)))
    answers: list[Answer] = []

    def run() -> Generator[str, None, None]:
        answers.append((yield from backend.stream(Completion(Prompt("", "x"), Sampling(), 10.0))))

    pieces = list(run())
    assert len(pieces) > 1
    assert "".join(pieces) == answers[0].text == "é" * 100
    assert answers[0].completion_tokens == 25


def test_digest_follows_the_content(tmp_path: Path) -> None:
    before = Scripted(script(tmp_path, ("x", "a"))).describe()
    after = Scripted(script(tmp_path, ("x", "b"))).describe()
    assert before.backend == "scripted"
    assert before.local
    assert before.digest != after.digest


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"match":"a","answer":"b"}\nnonsense\n', 'answers.jsonl:2: is no line of JSON; write {"match"'),
        (b"[1]\n", "answers.jsonl:1: is no JSON object"),
        (b'\n{"match":"a"}\n', "answers.jsonl:2: has no text `answer`"),
        (b'{"match":1,"answer":"b"}\n', "answers.jsonl:1: has no text `match`"),
        (b"\xff\xfe", "answers.jsonl: the file of answers is not UTF-8"),
        (b"[" * 100_000, "answers.jsonl:1: is no line of JSON"),
    ],
)
def test_bad_file_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(content)
    with pytest.raises(ModelMissing) as caught:
        Scripted(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="can't be read: No such file"):
        Scripted(str(tmp_path / "none"))
    with pytest.raises(ModelMissing, match="can't be read: Is a directory"):
        Scripted(str(tmp_path))
    with pytest.raises(ModelMissing, match="--model FILE"):
        Scripted("")


def test_blank_lines_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\r\n{"match":"x","answer":"a"}\r\n\r\n')
    assert ask(str(path), "x").text == "a"
