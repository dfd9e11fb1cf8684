from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from review_bot.errors import StoreError
from review_bot.stores import githooks
from review_bot.stores.githooks import NAMES, Launch, install, render, uninstall

if TYPE_CHECKING:
    from pathlib import Path

LAUNCH = Launch(sys.executable, "/nowhere/shim.py")
STRICT = LAUNCH._replace(strict=True)


def tree(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Mode and bytes, or target, of everything in `folder`."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted(folder.iterdir()):
        mode = stat.S_IMODE(path.lstat().st_mode)
        found[path.name] = (mode, os.readlink(path) if path.is_symlink() else path.read_bytes())
    return found


def put(folder: Path, name: str, text: str = "#!/bin/sh\nexit 0\n", mode: int = 0o755) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    folder = tmp_path / "hooks"
    folder.mkdir()
    return folder


def test_puts_four_executable_hooks_in_place(hooks: Path) -> None:
    said = install(str(hooks), LAUNCH)
    assert said == [f"{name}: installed" for name in NAMES]
    assert sorted(tree(hooks)) == sorted(NAMES)
    assert {mode for mode, _ in tree(hooks).values()} == {0o755}


def test_makes_a_missing_folder(tmp_path: Path) -> None:
    install(str(tmp_path / "a" / "hooks"), LAUNCH)
    assert sorted(tree(tmp_path / "a" / "hooks")) == sorted(NAMES)


def test_first_lines_carry_the_marker(hooks: Path) -> None:
    install(str(hooks), LAUNCH)
    assert all((hooks / name).read_text().split("\n")[1].startswith("# review-bot hook shim") for name in NAMES)


def test_twice_is_the_same_as_once(hooks: Path) -> None:
    put(hooks, "pre-commit")
    install(str(hooks), LAUNCH)
    once = tree(hooks)
    assert install(str(hooks), LAUNCH) == [f"{name}: already in place" for name in NAMES]
    assert tree(hooks) == once


def test_a_later_installation_takes_the_place_of_an_earlier_one(hooks: Path) -> None:
    put(hooks, "pre-commit")
    install(str(hooks), LAUNCH)
    install(str(hooks), STRICT)
    assert (hooks / "pre-commit").read_bytes() == render("pre-commit", STRICT)
    assert sorted(tree(hooks)) == sorted([*NAMES, "pre-commit.review-bot-chained"])


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o644, 0o4711], ids=oct)
def test_uninstall_restores_bytes_and_modes(hooks: Path, mode: int) -> None:
    put(hooks, "pre-commit", "#!/bin/sh\r\necho \xff\n", mode)
    put(hooks, "post-merge", mode=0o700)
    put(hooks, "pre-push.sample")
    before = tree(hooks)
    install(str(hooks), LAUNCH)
    uninstall(str(hooks))
    assert tree(hooks) == before


def test_uninstall_restores_a_link(hooks: Path) -> None:
    put(hooks.parent / "tools", "check.sh")
    (hooks / "commit-msg").symlink_to("../tools/check.sh")
    (hooks / "pre-push").symlink_to("../tools/gone.sh")
    before = tree(hooks)
    install(str(hooks), LAUNCH)
    assert os.readlink(hooks / "commit-msg.review-bot-chained") == "../tools/check.sh"
    uninstall(str(hooks))
    assert tree(hooks) == before


def test_uninstall_leaves_what_is_not_ours(hooks: Path) -> None:
    put(hooks, "pre-commit")
    before = tree(hooks)
    assert uninstall(str(hooks)) == []
    assert tree(hooks) == before


def test_uninstall_says_what_it_did(hooks: Path) -> None:
    put(hooks, "pre-commit")
    install(str(hooks), LAUNCH)
    assert uninstall(str(hooks))[:2] == ["pre-commit: the hook from before is back", "pre-push: removed"]


def test_uninstall_without_a_folder(tmp_path: Path) -> None:
    assert uninstall(str(tmp_path / "none")) == []


def test_a_chained_hook_comes_back_when_the_shim_was_deleted(hooks: Path) -> None:
    put(hooks, "pre-commit", "#!/bin/sh\necho mine\n")
    before = tree(hooks)
    install(str(hooks), LAUNCH)
    (hooks / "pre-commit").unlink()
    uninstall(str(hooks))
    assert tree(hooks) == before


def test_a_hook_that_is_not_executable_is_said_not_to_run(hooks: Path) -> None:
    put(hooks, "pre-commit", mode=0o644)
    assert "not executable" in install(str(hooks), LAUNCH)[0]


@pytest.mark.parametrize("action", ["install", "uninstall"])
def test_an_edited_shim_is_refused(hooks: Path, action: str) -> None:
    install(str(hooks), LAUNCH)
    (hooks / "commit-msg").write_bytes((hooks / "commit-msg").read_bytes() + b"echo more\n")
    before = tree(hooks)
    with pytest.raises(StoreError, match=r"commit-msg: this hook of ours was edited; .*--force"):
        install(str(hooks), STRICT) if action == "install" else uninstall(str(hooks))
    assert tree(hooks) == before


def test_force_overwrites_an_edited_shim(hooks: Path) -> None:
    install(str(hooks), LAUNCH)
    put(hooks, "commit-msg", (hooks / "commit-msg").read_text() + "echo more\n")
    install(str(hooks), LAUNCH, force=True)
    assert (hooks / "commit-msg").read_bytes() == render("commit-msg", LAUNCH)


def test_a_copied_template_counts_as_ours(hooks: Path) -> None:
    put(hooks, "pre-commit", githooks._template("pre-commit").decode())
    install(str(hooks), LAUNCH)
    uninstall(str(hooks))
    assert tree(hooks) == {}


def test_two_foreign_hooks_are_refused(hooks: Path) -> None:
    put(hooks, "pre-commit")
    put(hooks, "pre-commit.review-bot-chained")
    before = tree(hooks)
    with pytest.raises(StoreError, match="move one of the two away"):
        install(str(hooks), LAUNCH)
    assert tree(hooks) == before


def test_a_folder_in_the_place_of_a_hook_is_refused(hooks: Path) -> None:
    (hooks / "post-commit").mkdir()
    with pytest.raises(StoreError, match="a folder stands where the hook belongs"):
        install(str(hooks), LAUNCH)
    assert [path.name for path in hooks.iterdir()] == ["post-commit"]


def test_a_shim_that_the_pre_commit_framework_runs_is_renewed_where_it_is(hooks: Path) -> None:
    put(hooks, "pre-commit", "#!/bin/sh\n# the user's\n")
    before = tree(hooks)
    install(str(hooks), LAUNCH)
    (hooks / "pre-commit").rename(hooks / "pre-commit.legacy")
    put(hooks, "pre-commit", "#!/bin/sh\n# the framework's\n")
    install(str(hooks), STRICT)
    assert (hooks / "pre-commit.legacy").read_bytes() == render("pre-commit", STRICT)
    assert (hooks / "pre-commit").read_text() == "#!/bin/sh\n# the framework's\n"
    uninstall(str(hooks))
    assert tree(hooks)["pre-commit.legacy"] == before["pre-commit"]


@pytest.mark.parametrize("action", ["install", "uninstall"])
@pytest.mark.parametrize("failing", [0, 1, 3, 5])
def test_all_or_nothing(hooks: Path, monkeypatch: pytest.MonkeyPatch, action: str, failing: int) -> None:
    for name in NAMES:
        put(hooks, name, f"#!/bin/sh\necho {name}\n", 0o711)
    if action == "uninstall":
        install(str(hooks), LAUNCH)
    before = tree(hooks)
    fail_at(monkeypatch, failing)
    with pytest.raises(StoreError, match=f"nothing was {action}ed"):
        install(str(hooks), LAUNCH) if action == "install" else uninstall(str(hooks))
    assert tree(hooks) == before


def fail_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the rename `number` fail as on a file system that just became read-only; later ones work."""
    real, calls = os.rename, iter(range(1000))

    def rename(source: str, target: str) -> None:
        if next(calls) == number:
            raise OSError(30, "Read-only file system", source)
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)


def test_a_folder_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Not a directory; nothing was installed; make the hooks folder writable"):
        install(str(tmp_path / "file" / "hooks"), LAUNCH)


@pytest.mark.parametrize("python", ["/opt/my python's/bin/py $HOME `x`", '/a"b\\n', "/\udcff/python", "/new\nline"])
def test_paths_are_quoted(python: str) -> None:
    import subprocess

    shim = render("pre-commit", Launch(python, "/e"))
    line = shim[shim.index(b"python=") : shim.index(b" entry=")]
    done = subprocess.run(["sh", "-c", line + b'; printf %s "$python"'], capture_output=True, check=True)
    assert done.stdout == os.fsencode(python)


def test_no_carriage_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = tmp_path / "hooks"
    windows.mkdir()
    for name in NAMES:
        (windows / name).write_bytes(githooks._template(name).replace(b"\n", b"\r\n"))
    monkeypatch.setattr("review_bot.resources.folder", lambda _: str(windows))
    assert all(b"\r" not in render(name, LAUNCH) for name in NAMES)
