"""The native hooks with the real command: what git does with them at a commit and at a push."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Git

KEY = "AKIA" + "Q3EGRPXZ7TLM2WVB"
PLANTED = f'key = "{KEY}"\n'
RULE = "secrets.aws-access-key-id"


class Run:
    """How a command ended."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()


def call(git: Git, *words: str, stdin: str = "", **environment: str) -> Run:
    """Run a command in the repository."""
    env = {**os.environ, **environment}
    return Run(subprocess.run(words, cwd=git.root, input=stdin.encode(), env=env, capture_output=True, check=False))


def review_bot(git: Git, *words: str, stdin: str = "", **environment: str) -> Run:
    return call(git, sys.executable, "-m", "review_bot", *words, stdin=stdin, **environment)


def commit(git: Git, *words: str, **environment: str) -> Run:
    return call(git, "git", "commit", "-q", *(words or ("-m", "Change a thing")), **environment)


@pytest.fixture
def hooked(git: Git) -> Git:
    """A repository with one commit, our hooks, and nothing planted."""
    git.write("clean.py", "one = 1\ntwo = 2\n")
    git.commit("Start")
    assert review_bot(git, "install").code == 0
    return git


def stage(git: Git, name: str, text: str) -> None:
    git.write(name, text)
    git("add", name)


def blocked(done: Run, name: str = "a.py", line: int = 1) -> bool:
    said = done.out + done.err  # git lets the output of pre-push through, and puts that of the others on stderr
    return done.code == 1 and f"{name}:{line}:" in said and RULE in said and KEY not in said


def test_a_clean_commit_passes_in_silence(hooked: Git) -> None:
    stage(hooked, "a.py", "three = 3\n")
    done = commit(hooked)
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_finding_blocks_the_commit(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    assert blocked(commit(hooked))
    assert hooked("rev-list", "--count", "HEAD") == "1"


def test_no_verify_lets_it_pass(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    assert commit(hooked, "--no-verify", "-m", "Add").code == 0


def test_the_first_commit_of_a_repository(git: Git) -> None:
    review_bot(git, "install")
    stage(git, "a.py", PLANTED)
    assert blocked(commit(git))
    stage(git, "a.py", "x = 1\n")
    assert commit(git).code == 0


def test_only_the_staged_text_counts(hooked: Git) -> None:
    stage(hooked, "a.py", "one = 1\n")
    hooked.write("a.py", "one = 1\n" + PLANTED)
    assert commit(hooked).code == 0
    assert commit(hooked, "-a", "-m", "All").code == 1


def test_what_is_staged_counts_though_the_file_is_mended(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    hooked.write("a.py", "one = 1\n")
    assert blocked(commit(hooked))


def test_one_of_two_hunks_staged(hooked: Git) -> None:
    numbers = [f"n{number} = {number}\n" for number in range(40)]
    stage(hooked, "a.py", "".join(numbers))
    commit(hooked)
    hooked.write("a.py", "".join(["first = 1\n", *numbers, PLANTED]))
    first, second = (choose_hunk(hooked, answers) for answers in ("y\nn\n", "y\n"))
    assert (first.code, second.code) == (0, 1)
    assert "a.py:42:" in second.err


def choose_hunk(git: Git, answers: str) -> Run:
    assert call(git, "git", "add", "-p", "a.py", stdin=answers).code == 0
    return commit(git)


def test_commit_all(hooked: Git) -> None:
    hooked.write("clean.py", PLANTED)
    assert blocked(commit(hooked, "-a", "-m", "All"), "clean.py")
    hooked.write("clean.py", "one = 2\n")
    assert commit(hooked, "-a", "-m", "All").code == 0


def test_commit_with_paths(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    hooked.write("clean.py", "one = 2\n")
    assert commit(hooked, "-m", "Only this", "--", "clean.py").code == 0
    assert blocked(commit(hooked, "-m", "Only that", "--", "a.py"))


def test_amend(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    assert blocked(commit(hooked, "--amend", "--no-edit"))


def test_from_a_folder_below(hooked: Git) -> None:
    stage(hooked, "deep/down/a.py", PLANTED)
    assert blocked(call(hooked, "git", "-C", "deep/down", "commit", "-q", "-m", "Add"), "deep/down/a.py")


def test_in_a_linked_worktree(hooked: Git) -> None:
    hooked("worktree", "add", "-q", "-b", "side", "../side")
    hooked.write("../side/a.py", PLANTED)
    call(hooked, "git", "-C", "../side", "add", "a.py")
    assert blocked(call(hooked, "git", "-C", "../side", "commit", "-q", "-m", "Add"))


def test_hooks_from_a_folder_in_the_work_tree(git: Git) -> None:
    git("config", "core.hooksPath", ".githooks")
    review_bot(git, "install")
    stage(git, "a.py", PLANTED)
    assert blocked(commit(git))


def test_a_module_in_the_repository_is_never_imported(hooked: Git) -> None:
    for name in ("re", "typing", "review_bot", "tomli", "signal"):
        stage(hooked, f"{name}.py", "raise SystemExit('imported')\n")
    done = commit(hooked)
    assert (done.code, done.err) == (0, "")


def test_rules_of_the_repository_and_its_bound(hooked: Git) -> None:
    own = "'''forbidden'''\n[[rule.test]]\nbad = \"forbidden\"\n[[rule.test]]\nok = \"fine\"\n"
    head = 'id = "own.word"\ncategory = "conventions"\nseverity = "warning"\nconfidence = "high"\nlanguages = ["*"]\n'
    hooked.write("own.toml", f'schema = 1\n[[rule]]\n{head}message = "no"\nwhy = "so"\nregex = {own}')
    hooked.write(".review-bot.toml", 'rule-paths = ["own.toml"]\n')
    stage(hooked, "a.py", "forbidden = 1\n")
    warned = commit(hooked)
    assert warned.code == 0
    assert "a.py:1:1: warning own.word: no" in warned.err
    stage(hooked, "a.py", "forbidden = 2\n")
    assert commit(hooked, REVIEW_BOT_FAIL_ON="warning").code == 1


def test_fail_on_at_the_command_line(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    assert review_bot(hooked, "hook", "pre-commit", "--fail-on", "none").code == 0
    assert review_bot(hooked, "hook", "pre-commit", "--fail-on=info").code == 1


def test_verbose_speaks_of_a_clean_change(hooked: Git) -> None:
    stage(hooked, "a.py", "x = 1\n")
    assert "1 added line" in review_bot(hooked, "hook", "pre-commit", "-v").out


def test_a_model_that_is_asked_for_and_not_there_is_said(hooked: Git) -> None:
    stage(hooked, "a.py", "x = 1\n")
    done = review_bot(hooked, "hook", "pre-commit", "--backend", "ollama")
    assert (done.code, done.err.startswith("degraded: backend:ollama: ")) == (0, True)


BROKEN = {"toml": "a = [", "key": "nonsense = 1\n", "type": "fail-on = 3\n", "rules": 'rule-paths = ["gone.toml"]\n'}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_configuration_is_one_line_and_git_goes_on(hooked: Git, text: str) -> None:
    hooked.write(".review-bot.toml", text)
    stage(hooked, "a.py", PLANTED)
    done = review_bot(hooked, "hook", "pre-commit")
    assert (done.code, done.out, done.err.count("\n")) == (0, "", 1)
    assert done.err.startswith("review-bot: pre-commit: ")
    assert commit(hooked).code == 0


def test_strict_blocks_on_a_broken_configuration(hooked: Git) -> None:
    hooked.write(".review-bot.toml", "a = [")
    stage(hooked, "a.py", "x = 1\n")
    done = review_bot(hooked, "hook", "pre-commit", "--strict")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    review_bot(hooked, "install", "--strict")
    assert commit(hooked).code == 1


def test_outside_of_a_repository(git: Git) -> None:
    done = review_bot(git, "hook", "pre-commit", GIT_DIR="/nowhere")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert review_bot(git, "hook", "pre-commit", "--strict", GIT_DIR="/nowhere").code == 2


def test_an_unknown_hook_is_wrong_usage(git: Git) -> None:
    done = review_bot(git, "hook", "pre-comit")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_no_git(hooked: Git) -> None:
    stage(hooked, "a.py", "x = 1\n")
    done = review_bot(hooked, "hook", "pre-commit", PATH="/nowhere")
    assert (done.code, done.err.count("\n")) == (0, 1)


def test_no_home_and_nowhere_to_cache(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    env = {"PATH": os.environ["PATH"], "REVIEW_BOT_CACHE_DIR": "/dev/null/cache", "GIT_CONFIG_NOSYSTEM": "1"}
    command = [sys.executable, "-m", "review_bot", "hook", "pre-commit"]
    done = Run(subprocess.run(command, cwd=hooked.root, env=env, capture_output=True, check=False))
    assert (done.code, done.err) == (1, "")


@pytest.mark.parametrize("closing", [">&-", "> /dev/full", ">&- 2>&-", "<&- >&-"])
def test_the_verdict_stands_where_nobody_can_read_it(hooked: Git, closing: str) -> None:
    stage(hooked, "a.py", PLANTED)
    script = f'"$0" -m review_bot hook pre-commit {closing}'
    done = call(hooked, "sh", "-c", script, sys.executable)
    assert done.code == 1
    assert done.err.count("\n") == (0 if "2>" in closing else 1)


def test_a_closed_pipe(hooked: Git) -> None:
    for number in range(400):
        hooked.write(f"{number}.py", PLANTED)
    hooked("add", "-A")
    script = '("$0" -m review_bot hook pre-commit; echo "code $?" >&2) | true'
    done = call(hooked, "sh", "-c", script, sys.executable)
    assert done.err.splitlines()[-1] == "code 1"
    assert "Traceback" not in done.err


def test_deletions_only(hooked: Git) -> None:
    hooked("rm", "-q", "clean.py")
    assert commit(hooked).code == 0


def test_nothing_staged(hooked: Git) -> None:
    done = review_bot(hooked, "hook", "pre-commit")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_merge_in_progress(hooked: Git) -> None:
    hooked("switch", "-q", "-c", "topic")
    stage(hooked, "a.py", "x = 1\n")
    commit(hooked)
    hooked("switch", "-q", "main")
    stage(hooked, "b.py", "x = 1\n")
    commit(hooked)
    hooked("merge", "-q", "--no-commit", "topic")
    stage(hooked, "c.py", PLANTED)
    assert blocked(commit(hooked), "c.py")


@pytest.fixture
def pushing(hooked: Git) -> Git:
    """A repository with our hooks and a remote that has its first commit."""
    subprocess.run(["git", "init", "-q", "--bare", str(hooked.root.parent / "remote.git")], check=True)
    hooked("remote", "add", "origin", "../remote.git")
    hooked("push", "-q", "origin", "main")
    return hooked


def add_unchecked(git: Git, name: str, text: str) -> None:
    stage(git, name, text)
    git("commit", "-q", "--no-verify", "-m", f"Add {name}")


def push(git: Git, *words: str) -> Run:
    return call(git, "git", "push", "-q", "origin", *(words or ("main",)))


def test_a_clean_push_passes(pushing: Git) -> None:
    add_unchecked(pushing, "a.py", "x = 1\n")
    done = push(pushing)
    assert (done.code, done.err) == (0, "")


def test_a_finding_blocks_the_push(pushing: Git) -> None:
    add_unchecked(pushing, "a.py", PLANTED)
    add_unchecked(pushing, "b.py", "x = 1\n")
    done = push(pushing)
    assert blocked(done)
    assert pushing("ls-remote", "origin", "main").startswith(pushing("rev-parse", "HEAD~2"))


def test_the_first_push_of_a_branch(pushing: Git) -> None:
    pushing("switch", "-q", "-c", "topic")
    add_unchecked(pushing, "a.py", PLANTED)
    assert blocked(push(pushing, "topic"))


def test_the_first_push_of_everything(hooked: Git) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(hooked.root.parent / "remote.git")], check=True)
    hooked("remote", "add", "origin", "../remote.git")
    add_unchecked(hooked, "a.py", PLANTED)
    assert blocked(push(hooked))


def test_what_the_remote_has_is_not_looked_at_again(pushing: Git) -> None:
    add_unchecked(pushing, "a.py", PLANTED)
    pushing("push", "-q", "--no-verify", "origin", "main")
    add_unchecked(pushing, "b.py", "x = 1\n")
    assert push(pushing, "main", "HEAD:refs/heads/other").code == 0


def test_a_deletion_passes(pushing: Git) -> None:
    pushing("push", "-q", "origin", "main:topic")
    add_unchecked(pushing, "a.py", PLANTED)
    assert push(pushing, "--delete", "topic").code == 0


def test_a_force_push_is_charged_with_what_is_new(pushing: Git) -> None:
    add_unchecked(pushing, "b.py", "x = 1\n")
    assert push(pushing).code == 0
    pushing.write("a.py", PLANTED)
    pushing("add", "a.py")
    pushing("commit", "-q", "--no-verify", "--amend", "--no-edit")
    assert blocked(push(pushing, "--force", "main"))


def test_tags_are_looked_at(pushing: Git) -> None:
    add_unchecked(pushing, "a.py", PLANTED)
    pushing("tag", "-a", "-m", "One", "v1")
    assert blocked(push(pushing, "v1"))


def test_input_that_is_not_gits(pushing: Git) -> None:
    done = review_bot(pushing, "hook", "pre-push", "origin", "url", stdin="what\n")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert review_bot(pushing, "hook", "pre-push", "--strict", "origin", "url", stdin="what\n").code == 2


def test_a_push_of_nothing(pushing: Git) -> None:
    done = review_bot(pushing, "hook", "pre-push", "origin", "url")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_secret_in_the_message(hooked: Git) -> None:
    done = commit(hooked, "--allow-empty", "-m", "Use another key", "-m", f"It is {KEY} now")
    assert blocked(done, "COMMIT_EDITMSG", 3)


def test_the_form_of_a_message_is_a_warning(hooked: Git) -> None:
    done = commit(hooked, "--allow-empty", "-m", "x" * 80 + "\nbody at once")
    assert done.code == 0
    assert done.err.splitlines() == [
        "COMMIT_EDITMSG:1:73: warning commit.subject-length: the subject has 80 characters, more than 72",
        "COMMIT_EDITMSG:2:1: warning commit.second-line: the line after the subject must be blank",
    ]


@pytest.mark.parametrize("message", ["fixup! Start", "WIP", "squash! Start"])
def test_leftovers_are_refused_on_a_protected_branch_only(hooked: Git, message: str) -> None:
    assert commit(hooked, "--allow-empty", "-m", message).code == 1
    hooked("switch", "-q", "-c", "topic")
    assert commit(hooked, "--allow-empty", "-m", message).code == 0
    hooked("switch", "-q", "--detach")
    assert commit(hooked, "--allow-empty", "-m", message).code == 0


def test_protected_branches_are_configured(hooked: Git) -> None:
    hooked.write(".review-bot.toml", '[hook]\nprotected = ["release/*"]\n')
    assert commit(hooked, "--allow-empty", "-m", "WIP").code == 0
    hooked("switch", "-q", "-c", "release/1")
    done = commit(hooked, "--allow-empty", "-m", "WIP")
    assert (done.code, "WIP must not stay on release/1" in done.err) == (1, True)


def test_conventional_commits_are_configured(hooked: Git) -> None:
    assert commit(hooked, "--allow-empty", "-m", "Add a thing").code == 0
    hooked.write(".review-bot.toml", "[hook]\nconventional = true\n")
    assert commit(hooked, "--allow-empty", "-m", "Add a thing").code == 1
    assert commit(hooked, "--allow-empty", "-m", "feat: add a thing").code == 0


def test_a_merge_is_exempt(hooked: Git) -> None:
    hooked.write(".review-bot.toml", "[hook]\nconventional = true\nsubject-length = 10\n")
    hooked("switch", "-q", "-c", "topic")
    commit(hooked, "--allow-empty", "-m", "fix: it")
    hooked("switch", "-q", "main")
    done = call(hooked, "git", "merge", "-q", "--no-ff", "-m", "Bring the topic in", "topic")
    assert (done.code, done.err) == (0, "")


def test_a_revert_is_exempt(hooked: Git) -> None:
    hooked.write(".review-bot.toml", "[hook]\nconventional = true\n")
    add_unchecked(hooked, "a.py", "x = 1\n")
    assert call(hooked, "git", "revert", "--no-edit", "HEAD").code == 0


def edit(git: Git, text: str, *words: str) -> Run:
    """Commit with an editor that puts `text` before what git wrote."""
    git.write(".git/text", text)
    editor = 'f() { cat .git/text "$1" > .git/whole && cp .git/whole "$1"; }; f'
    return commit(git, "--allow-empty", *words, GIT_EDITOR=editor)


def test_comments_and_the_verbose_diff_are_not_the_message(hooked: Git) -> None:
    stage(hooked, "a.py", PLANTED)
    hooked("commit", "-q", "--no-verify", "-m", "Add")
    stage(hooked, "a.py", PLANTED + "x = 1\n")
    done = edit(hooked, f"Mention it\n# {KEY}\n\nBody\n", "-v")
    assert (done.code, done.err) == (0, "")
    assert hooked("log", "-1", "--format=%B").strip() == "Mention it\n\nBody"


def test_a_secret_typed_into_the_editor(hooked: Git) -> None:
    assert blocked(edit(hooked, f"Mention it\n\n{KEY}\n", "-v"), "COMMIT_EDITMSG", 3)


def test_another_comment_character(hooked: Git) -> None:
    hooked("config", "core.commentChar", ";")
    assert edit(hooked, f"Mention it\n; {KEY}\n").code == 0
    assert edit(hooked, f"Mention it\n\n# {KEY}\n").code == 1


def test_what_looks_like_a_comment_counts_where_nobody_edits(hooked: Git) -> None:
    assert commit(hooked, "--allow-empty", "-m", "Mention it", "-m", f"# {KEY}").code == 1
    hooked("config", "commit.cleanup", "strip")
    assert commit(hooked, "--allow-empty", "-m", "Mention it", "-m", f"# {KEY}").code == 0


def test_an_empty_message_is_left_to_git(hooked: Git) -> None:
    done = commit(hooked, "--allow-empty", "-m", "")
    assert (done.code, done.err) == (1, "Aborting commit due to empty commit message.\n")


def test_a_message_that_can_not_be_read(hooked: Git) -> None:
    done = review_bot(hooked, "hook", "commit-msg", "gone\nfile")
    assert (done.code, done.out, done.err.count("\n")) == (0, "", 1)
    assert review_bot(hooked, "hook", "commit-msg", "--strict", "gone").code == 2


def test_a_message_that_is_not_utf_8(hooked: Git) -> None:
    path = hooked.write("message", b"Caf\xe9 \xff\x00 " + b"x" * 10)
    done = review_bot(hooked, "hook", "commit-msg", str(path))
    assert (done.code, done.err) == (0, "")


def test_a_message_outside_of_a_repository(git: Git) -> None:
    path = git.write("../message", f"Mention {KEY}\n")
    done = Run(
        subprocess.run(
            [sys.executable, "-m", "review_bot", "hook", "commit-msg", path.name],
            cwd=git.root.parent,
            capture_output=True,
            check=False,
        )
    )
    assert (done.code, RULE in done.out) == (1, True)


_SLOW = frozenset(
    ("re", "enum", "functools", "collections", "contextlib", "signal", "typing", "json", "subprocess", "sqlite3")
)
"""Modules each of which takes longer to load than the rest of a hook with little to do."""


@pytest.mark.parametrize("staged", [{}, {"a.py": "x = 1\n", "b.txt": "text\n"}], ids=["nothing", "two files"])
def test_a_second_commit_loads_nothing_slow(hooked: Git, staged: dict[str, str]) -> None:
    for path, text in staged.items():
        stage(hooked, path, text)
    lines = "import sys; from review_bot.cli.hook import main; main(['pre-commit']); print(*sys.modules)"
    untouched = {"REVIEW_BOT_MODEL_BACKEND": "", "REVIEW_BOT_HOOK_DEADLINE": ""}
    first, second = (call(hooked, sys.executable, "-c", lines, **untouched) for _ in range(2))
    before = set(call(hooked, sys.executable, "-c", "import sys; print(*sys.modules)").out.split())
    assert first.code == second.code == 0
    assert set(second.out.split()) & _SLOW - before == set()
