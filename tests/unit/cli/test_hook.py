from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from review_bot.cli import hook
from review_bot.cli.hook import Options, main, parse
from review_bot.errors import SourceError, UsageError

if TYPE_CHECKING:
    from conftest import Git


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pre-commit"], Options("pre-commit")),
        (["pre-commit", "--strict"], Options("pre-commit", strict=True)),
        (["--strict", "pre-commit"], Options("pre-commit", strict=True)),
        (["pre-push", "origin", "git@host:a/b"], Options("pre-push", ("origin", "git@host:a/b"))),
        (["commit-msg", "--strict", "FILE"], Options("commit-msg", ("FILE",), strict=True)),
        (["commit-msg", "--", "--strict"], Options("commit-msg", ("--strict",))),
        (["pre-commit", "--config", "a b.toml"], Options("pre-commit", config="a b.toml")),
        (["pre-commit", "--config=x=y.toml"], Options("pre-commit", config="x=y.toml")),
        (["pre-commit", "--fail-on=info", "-q", "-v"], Options("pre-commit", quiet=True, verbose=True, fail_on="info")),
        (["pre-push", "--backend", "auto"], Options("pre-push", backend="auto")),
    ],
    ids=str,
)
def test_command_line(words: list[str], expected: Options) -> None:
    assert parse(words) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no hook is named"),
        (["post-merge"], "unknown hook post-merge"),
        (["pre-commit", "--nonsense=1"], "unknown option --nonsense"),
        (["pre-commit", "--strict=yes"], "unknown option --strict"),
        (["pre-commit", "--config"], "--config needs a value"),
        (["commit-msg"], "commit-msg takes one file"),
        (["commit-msg", "a", "b"], "commit-msg takes one file"),
    ],
    ids=str,
)
def test_wrong_command_lines(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=f"^hook: {said}"):
        main(words)


def test_help_names_every_option_and_hook(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in [*hook._FLAGS, *hook._VALUES, *hook._HOOKS])


def fail(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Options) -> int:
        raise error

    monkeypatch.setitem(hook._HOOKS, "post-commit", broken)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceError("no\nrepository", remedy="do that"), r"no\nrepository; do that"),
        (ValueError("a\nb"), r"a bug of ours, ValueError('a\nb')"),
        (hook._DeadlinePassed(), "the deadline passed; raise hook.deadline in the configuration"),
        (RecursionError("deep"), "a bug of ours, RecursionError('deep')"),
    ],
    ids=str,
)
def test_a_failure_is_one_line_and_git_goes_on(
    error: BaseException, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail(error, monkeypatch)
    assert main(["post-commit"]) == 0
    assert capsys.readouterr() == ("", f"review-bot: post-commit: {said}; git goes on unchecked\n")


@pytest.mark.parametrize("error", [SourceError("broken"), ValueError("a bug")], ids=str)
def test_a_failure_is_raised_when_strict(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(error, monkeypatch)
    with pytest.raises(type(error)):
        main(["post-commit", "--strict"])


def test_an_interrupt_is_not_ours_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    fail(KeyboardInterrupt(), monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        main(["post-commit"])


def test_the_clock_stops_a_hook_that_hangs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def hang(_: Options) -> int:
        hook._start_clock(0.01)
        while True:
            signal.pause()

    monkeypatch.setitem(hook._HOOKS, "post-commit", hang)
    assert main(["post-commit"]) == 0
    assert "the deadline passed" in capsys.readouterr().err
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_post_commit_says_nothing(
    git: Git, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git.commit()
    monkeypatch.chdir(git.root)
    assert main(["post-commit"]) == 0
    assert capsys.readouterr() == ("", "")
