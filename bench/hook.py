"""What a commit costs: targets 1 and 2, as ratios of CPU time against a bare interpreter and against peers."""

from __future__ import annotations

import os
import sys
import tempfile

from _code import module
from _measure import bot, git, peer, ratio, row

_VIEW = """

@app.route("/orders/<number>")
def show(number):
    name = request.args.get("name", "")
    row = connection.execute("SELECT body FROM orders WHERE number = ?", (number,)).fetchone()
    if row is None:
        abort(404)
    path = os.path.join(FOLDER, secure_filename(name))
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    return render_template("order.html", row=row, text=text)
"""
"""A function that reads a request, so that its values are followed."""

BARE = [sys.executable, "-c", "pass"]


def staged(folder: str, files: int = 8, added: int = 25, before: int = 100) -> list[str]:
    """A repository in which about `files * added` new lines are staged; the names of the files."""
    git(folder, "init", "-q")
    names = [f"module_{number}.py" for number in range(files)]
    for number, name in enumerate(names):
        write(folder, name, module(number, before))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "before")
    for number, name in enumerate(names):
        write(folder, name, module(number, before + added))
    git(folder, "add", "-A")
    return names


def read(folder: str, name: str) -> str:
    with open(os.path.join(folder, name), encoding="utf-8") as stream:
        return stream.read()


def write(folder: str, name: str, text: str) -> None:
    with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
        stream.write(text)


def main() -> None:
    hook = [*bot(), "hook", "pre-commit"]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        names = staged(folder)
        row("commit hook, 200 added lines in 8 files, against a bare interpreter", "<= 6", ratio(hook, BARE, folder))
        if ruff := peer("ruff"):
            command = [*ruff, "check", "--select", "ALL", "--no-cache", "--isolated", "-q", *names]
            row("the same against `ruff check --select ALL --no-cache`", "<= 2.5", ratio(hook, command, folder))
        if bandit := peer("bandit"):
            row("the same against bandit", "<= 0.2", ratio(hook, [*bandit, "-q", *names], folder, runs=10))
        if pre_commit := peer("pre-commit"):
            write(folder, ".pre-commit-config.yaml", "repos: []\n")
            row("the same against an empty pre-commit run", "<= 0.5", ratio(hook, [*pre_commit, "run"], folder))
            os.unlink(os.path.join(folder, ".pre-commit-config.yaml"))
        for name in names[:2]:
            write(folder, name, read(folder, name) + _VIEW)
        git(folder, "add", "-A")
        row("commit hook where two of the files read a request", "<= 6", ratio(hook, BARE, folder))
        staged(empty)
        git(empty, "commit", "-q", "-m", "after")
        row("commit hook with nothing staged, against a bare interpreter", "<= 2", ratio(hook, BARE, empty))
        write(empty, "picture.png", "\0png")
        git(empty, "add", "-A")
        row("commit hook with only a picture staged", "<= 2", ratio(hook, BARE, empty))


if __name__ == "__main__":
    main()
