"""What a `git push` is about to add to a remote, from the lines that git gives its pre-push hook."""

from __future__ import annotations

from review_bot.errors import SourceError
from review_bot.sources.process import Done, git, run
from review_bot.values import NamedTuple


class Update(NamedTuple):
    """One line of git's: a ref here and its counterpart on the remote."""

    local_ref: str
    local: str
    """Full commit or tag id; only zeros when the ref is deleted."""
    remote_ref: str
    remote: str
    """Full id that the remote has now; only zeros when the ref is new there."""


class Pushed(NamedTuple):
    """New on the remote: what lies between two commits."""

    base: str | None
    """None where the remote has nothing of this history: then everything is new."""
    head: str


def updates(text: str) -> list[Update]:
    """The lines of `text`, as in githooks(5); raises SourceError for one that is not of this form."""
    found = []
    for line in text.splitlines():
        # The local ref is what the user wrote, blanks included: main@{1 day ago}.
        fields = line.rsplit(maxsplit=3)
        if len(fields) != 4 or not all(_is_id(fields[index]) for index in (1, 3)):
            raise SourceError("standard input is not what git gives a pre-push hook", where="pre-push")
        found.append(Update(*fields))
    return found


def changes(pushed: list[Update], remote: str) -> list[Pushed]:
    """The change behind each of `pushed`, each once; nothing for deletions and what `remote` has already."""
    found: list[Pushed] = []
    for update in pushed:
        heads = tuple(change.head for change in found)
        change = None if _is_zero(update.local) else _change(update.local, update.remote, remote, heads)
        if change and change.head not in heads:
            found.append(change)
    return found


def first_push(head: str, remote: str) -> Pushed | None:
    """What `head` has beyond the branches known of `remote`; None where they have it all. Raises SourceError."""
    return _beyond(_commit(head) or head, (), remote)


def _change(local: str, before: str, remote: str, heads: tuple[str, ...]) -> Pushed | None:
    """The change behind one ref; `heads` = commits that the same push brings and that are looked at already."""
    head = _commit(local)
    if head is None:
        return None  # A tag of a file or a folder: no history to review.
    known = None if _is_zero(before) else _commit(before)
    if known is None:
        return _beyond(head, heads, remote)
    if known == head:
        return None
    if _run("merge-base", "--is-ancestor", known, head).status == 0:
        return Pushed(known, head)
    return _beyond(head, (known, *heads), remote)


def _beyond(head: str, known: tuple[str, ...], remote: str) -> Pushed | None:
    """What `head` has that neither `known` nor the branches known of `remote` have.

    The commits at the edge are asked for instead of a plain merge base with the old commit, so that a branch that was
    rebased onto a newer upstream is not charged with what upstream did.
    """
    arguments = ["rev-list", "--boundary", head, "--not", *known, f"--remotes={_literal(remote)}", "--"]
    commits = _text(git(arguments, cwd=".")).split()
    edge = [commit[1:] for commit in commits if commit.startswith("-")]
    if len(edge) == len(commits):
        return None
    return Pushed(_nearest(head, edge), head)


def _nearest(head: str, edge: list[str]) -> str | None:
    if len(edge) < 2:
        return edge[0] if edge else None
    return _text(_run("merge-base", head, *edge[:1000]).output).partition("\n")[0] or edge[0]


def _commit(name: str) -> str | None:
    """Full id of the commit that `name` is or points to; None where this repository has none."""
    found = _run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return _text(found.output).strip() or None


def _literal(remote: str) -> str:
    """`remote` as a pattern that matches nothing but itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in remote)


def _is_id(text: str) -> bool:
    return len(text) in (40, 64) and not text.strip("0123456789abcdef")


def _is_zero(identifier: str) -> bool:
    return not identifier.strip("0")


def _run(*arguments: str) -> Done:
    return run(arguments, cwd=".")


def _text(output: bytes) -> str:
    return output.decode("ascii", "replace")
