"""That a commit was looked at before it was made: a file that is there from the pre-commit to the post-commit hook."""

from __future__ import annotations

import os

FOLDER = "review-bot"
_MARK = "checked"


def mark(git_dir: str) -> None:
    """Note that the commit that is being made was looked at; a place that can't be written costs only that."""
    folder = os.path.join(git_dir, FOLDER)
    try:
        os.makedirs(folder, exist_ok=True)
        os.close(os.open(os.path.join(folder, _MARK), os.O_WRONLY | os.O_CREAT, 0o644))
    except OSError:
        return


def take_mark(git_dir: str) -> bool:
    """Whether `mark` was called since the last commit; it counts once."""
    try:
        os.unlink(os.path.join(git_dir, FOLDER, _MARK))
    except OSError:
        return False
    return True
