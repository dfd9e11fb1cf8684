"""Finding the repository, without a git process in the ordinary case."""

from __future__ import annotations

import os

from review_bot.errors import SourceError
from review_bot.sources.process import git, no_repository, no_work_tree, run
from review_bot.values import NamedTuple

_ASK_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES")


class Repository(NamedTuple):
    """A repository, as seen from the folder where the user stands."""

    cwd: str
    """Where git is run: relative GIT_DIR and GIT_INDEX_FILE count from here."""
    root: str | None
    """Absolute path of the work tree; None for a bare repository."""
    git_dir: str
    """Absolute path of the repository itself, in a linked worktree of the part that is its own."""

    def work_tree(self) -> str:
        """Absolute path of the work tree; raises SourceError where there is none."""
        if self.root is None:
            raise no_work_tree(self.cwd)
        return self.root


def find_root(cwd: str | None = None) -> Repository:
    """The repository that contains `cwd`, by default the current folder; raises SourceError where none does."""
    here = os.path.abspath(cwd) if cwd is not None else _current_folder()
    if any(name in os.environ for name in _ASK_GIT):
        return _same_by_environment(here) or _asked(here)
    folder = here
    while True:
        git_dir = os.path.join(folder, ".git")
        if os.path.lexists(git_dir):
            return _ordinary(here, folder) or _asked(here)
        if _looks_bare(folder):
            return _asked(here)
        parent = os.path.dirname(folder)
        if parent == folder:
            raise no_repository(here)
        folder = parent


def head_commit(repository: Repository) -> str | None:
    """Full id of HEAD's commit; None before the first commit."""
    known = _head_by_files(repository)
    return _head_by_git(repository) if known is None else known or None


def empty_tree(repository: Repository) -> str:
    """Id of the tree without files, in the repository's own hash."""
    return git(["hash-object", "-t", "tree", "--stdin"], cwd=repository.cwd).decode("ascii").strip()


def _current_folder() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise SourceError("the current folder is gone", remedy="change to one that exists") from error


def _same_by_environment(here: str) -> Repository | None:
    """Without a process where GIT_DIR, as git sets it for hooks, only says what lies in `here` anyway."""
    if "GIT_WORK_TREE" in os.environ or not os.environ.get("GIT_DIR"):
        return None
    found = _ordinary(here, here)
    named = os.path.join(here, os.environ["GIT_DIR"])
    return found if found and os.path.realpath(found.git_dir) == os.path.realpath(named) else None


def _ordinary(here: str, folder: str) -> Repository | None:
    """The repository whose `.git` lies in `folder`, or None where only git can tell."""
    git_dir = os.path.join(folder, ".git")
    if not os.path.isdir(git_dir):
        git_dir = _linked(folder, git_dir)
    if not git_dir or not os.path.lexists(os.path.join(git_dir, "HEAD")):
        return None
    # A linked worktree shares a configuration that speaks of the main one.
    linked = os.path.exists(os.path.join(git_dir, "commondir"))
    names = ("config.worktree",) if linked else ("config", "config.worktree")
    if any(_unusual(_read(os.path.join(git_dir, name))) for name in names):
        return None
    return Repository(here, folder, git_dir)


def _unusual(configuration: bytes) -> bool:
    """True for settings that move the work tree or may say that there is none; git follows no includes for them."""
    for line in configuration.lower().split(b"\n"):
        name, _, value = line.rpartition(b"]")[2].partition(b"=")
        if name.strip() == b"worktree" or (name.strip() == b"bare" and value.strip() != b"false"):
            return True
    return False


def _linked(folder: str, path: str) -> str:
    """Where a `.git` file points to; empty where it is not one."""
    said = _read(path)
    if not said.startswith(b"gitdir: "):
        return ""
    return os.path.normpath(os.path.join(folder, os.fsdecode(said[8:].rstrip(b"\r\n"))))


def _looks_bare(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, "HEAD")) and os.path.isdir(os.path.join(folder, "objects"))


def _asked(here: str) -> Repository:
    git_dir = _line(git(["rev-parse", "--absolute-git-dir"], cwd=here))
    top = run(["rev-parse", "--show-toplevel"], cwd=here)
    root = _line(top.output) if top.status == 0 else ""
    return Repository(here, os.path.normpath(root) if root else None, git_dir)


def _line(output: bytes) -> str:
    """A path as `git rev-parse` prints it; it may itself end in a line feed."""
    return os.fsdecode(output[:-1] if output.endswith(b"\n") else output)


def _head_by_files(repository: Repository) -> str | None:
    """HEAD's commit as plain files tell it; empty before the first commit, None where only git can tell."""
    said = _read(os.path.join(repository.git_dir, "HEAD")).strip()
    if said.startswith(b"ref: refs/heads/") and said != b"ref: refs/heads/.invalid":  # so with the reftable format
        common = _read(os.path.join(repository.git_dir, "commondir")).strip()
        said = _branch(os.path.join(repository.git_dir, os.fsdecode(common)), said[5:])
    return said.decode("ascii") if not said or _is_id(said) else None


def _is_id(text: bytes) -> bool:
    return len(text) in {40, 64} and not text.strip(b"0123456789abcdef")


def _branch(git_dir: str, name: bytes) -> bytes:
    loose = _read(os.path.join(git_dir, os.fsdecode(name))).strip()
    if loose:
        return loose
    packed = _read(os.path.join(git_dir, "packed-refs"))
    end = packed.find(b" " + name + b"\n")
    return packed[packed.rfind(b"\n", 0, end) + 1 : end] if end >= 0 else b""


def _head_by_git(repository: Repository) -> str | None:
    found = run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], cwd=repository.cwd)
    return found.output.decode("ascii").strip() if found.status == 0 else None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return b""
