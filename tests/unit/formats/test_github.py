from __future__ import annotations

import re

import pytest

from unit.formats.sample import CLEAN, GUARD, MODEL, SHELL, hostile, review, shown


def test_the_whole_output() -> None:
    assert shown("github", review(GUARD, MODEL, SHELL)) == (
        "::error file=a.py,line=2,endLine=2,col=2,endColumn=28,title=py.command.shell-true"
        "::shell=True runs cmd through a shell%0AWhoever controls a part of the command controls the machine.\n"
        "::warning file=a.py,title=diff.guard-removed::removed line 2: a guard is gone\n"
        "::notice file=b.py,line=1,endLine=4,title=model.correctness::never true\n"
    )


def test_nothing_is_printed_without_findings() -> None:
    assert shown("github", CLEAN) == ""


def test_hostile_text_is_one_command() -> None:
    (line,) = shown("github", review(hostile(severity="error"))).splitlines()
    command = re.fullmatch(r"::error ([^:]*)::(.*)", line)
    assert command is not None
    assert line.isprintable()
    names = [part.split("=", 1)[0] for part in command[1].split(",")]
    assert names == ["file", "line", "endLine", "col", "endColumn", "title"]


def test_properties_are_escaped() -> None:
    finding = GUARD._replace(path="a,b:c%\n.py", rule="x:y,z")
    assert "file=a%2Cb%3Ac%25%0A.py,title=x%3Ay%2Cz::" in shown("github", review(finding))


@pytest.mark.parametrize("char", ["a", "%", "日"])
@pytest.mark.parametrize("length", [4095, 4096, 4097, 9000, 90_000])
def test_a_message_is_at_most_4096_characters(char: str, length: int) -> None:
    (line,) = shown("github", review(MODEL._replace(message=char * length))).splitlines()
    message = line.split("::", 2)[2]
    assert len(message) <= 4096
    assert re.fullmatch(r"(?:%25|[^%])*", message)


def test_a_message_that_fits_is_left_alone() -> None:
    (line,) = shown("github", review(MODEL._replace(message="a" * 4095))).splitlines()
    assert line.endswith("::" + "a" * 4095)


def test_ten_of_a_type_need_no_notice() -> None:
    lines = shown("github", review(*[GUARD] * 10, *[MODEL] * 10)).splitlines()
    assert len(lines) == 20


def test_the_others_are_counted_and_stand_in_the_log() -> None:
    lines = shown("github", review(*[GUARD] * 12, *[MODEL] * 10)).splitlines()
    assert [line.split(" ")[0] for line in lines[:20]] == ["::warning"] * 10 + ["::notice"] * 10
    assert lines[19] == "::notice title=review-bot::3 more findings in the log: 2 warnings, 1 info"
    stop = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", lines[20])
    assert stop is not None
    assert lines[21:] == [
        "a.py:2:1: warning diff.guard-removed: a guard is gone",
        "a.py:2:1: warning diff.guard-removed: a guard is gone",
        "b.py:1:1: info model.correctness: never true",
        f"::{stop[1]}::",
    ]


def test_the_token_is_another_one_each_time() -> None:
    outputs = {shown("github", review(*[GUARD] * 11)) for _ in range(3)}
    assert len(outputs) == 3


def test_the_log_lines_of_hostile_findings_obey_too() -> None:
    lines = shown("github", review(*[hostile()] * 11)).splitlines()
    assert lines[-2].startswith("./::error::")
    assert "##[" not in lines[-2]
