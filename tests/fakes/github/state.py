"""Repositories, pull requests, threads and comments of the fake."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.github.trees import MemoryTrees, Section, Trees, sections

if TYPE_CHECKING:
    from fakes.github.faults import Fault

LONGEST = 65_536
MOST_FILES = 3_000
_DIFF_FILES, _DIFF_LINES = 300, 20_000


@dataclass(frozen=True)
class User:
    """Somebody with a login as REST writes it; GraphQL leaves `[bot]` away."""

    login: str
    id: int = 0

    @property
    def bot(self) -> bool:
        return self.login.endswith("[bot]")

    @property
    def actor(self) -> str:
        return self.login.removesuffix("[bot]")


BOT = User("github-actions[bot]", 41898282)
ADA = User("ada", 1)


@dataclass
class Comment:
    """A comment in a thread of a review, or (without a path) one of the conversation."""

    number: int
    user: User
    body: str
    at: int
    path: str = ""
    line: int | None = None
    side: str = "RIGHT"
    start_line: int | None = None
    start_side: str | None = None
    commit: str = ""
    original_commit: str = ""
    reply_to: int | None = None
    review: int | None = None
    minimized: str | None = None
    minimized_by: User | None = None
    edited: int = 0
    reactions: list[tuple[int, User, str]] = field(default_factory=list)

    @property
    def node(self) -> str:
        return f"{'PRRC' if self.path else 'IC'}_{self.number}"

    @property
    def created(self) -> str:
        return stamp(self.at)


@dataclass
class Thread:
    """Comments at one place of a pull request."""

    number: int
    comments: list[Comment]
    resolved_by: User | None = None

    @property
    def node(self) -> str:
        return f"PRRT_{self.number}"

    @property
    def root(self) -> Comment:
        return self.comments[0]


@dataclass
class Review:
    """A review with its body; its comments name it."""

    number: int
    user: User
    body: str
    commit: str
    state: str = "COMMENTED"


@dataclass
class Pull:
    """A pull request."""

    number: int
    base: str
    head: str
    base_ref: str = "main"
    head_ref: str = "topic"
    head_repository: str = ""
    """`owner/name` of the fork; empty for the repository itself."""
    state: str = "open"
    author: User = ADA
    title: str = "A change"
    threads: list[Thread] = field(default_factory=list)
    conversation: list[Comment] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)


@dataclass
class Repository:
    """A repository with its history and pull requests."""

    name: str
    trees: Trees
    pulls: dict[int, Pull] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    """Permission by login: admin, write, read, none."""
    unpatched: set[str] = field(default_factory=set)
    """Files whose patch the list leaves out, as it does for large ones."""
    _sections: dict[tuple[str, str], list[Section]] = field(default_factory=dict)

    def files(self, pull: Pull) -> list[Section]:
        """All files of a pull request."""
        key = (pull.base, pull.head)
        if key not in self._sections:
            self._sections[key] = sections(self.trees.diff(*key))
        return self._sections[key]

    def too_large(self, pull: Pull) -> bool:
        """Whether the diff is refused with 406."""
        files = self.files(pull)
        lines = sum(len((file.patch or "").split("\n")) for file in files)
        return len(files) > _DIFF_FILES or lines > _DIFF_LINES


@dataclass
class Entry:
    """A request as it was answered."""

    request: str
    """`METHOD /path`, of GraphQL with the fields."""
    query: dict[str, str]
    body: Any
    write: bool
    status: int = 0


class Fake:
    """The whole state, and what the test may look at afterwards."""

    def __init__(self, viewer: User = BOT) -> None:
        self.viewer = viewer
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        self.log: list[Entry] = []
        self.violations: list[str] = []
        """Requests that the description or the schema does not allow."""
        self.read_only = False
        self.may_resolve = True
        self.dead = False
        """Nothing is answered any more, as if our process had been killed."""
        self.deleted: list[Comment] = []
        self._numbers = itertools.count(1001)
        self._clock = itertools.count()

    def repository(self, name: str = "octo/demo", trees: Trees | None = None) -> Repository:
        """The repository of that name, made where there is none."""
        if name not in self.repositories:
            self.repositories[name] = Repository(name, trees or MemoryTrees())
        return self.repositories[name]

    def number(self) -> int:
        return next(self._numbers)

    def now(self) -> int:
        return next(self._clock)

    def comment(self, user: User, body: str, **fields: Any) -> Comment:
        """A new comment that stands nowhere yet."""
        return Comment(self.number(), user, body, self.now(), **fields)

    def start_thread(self, pull: Pull, user: User, body: str, path: str, line: int, **fields: Any) -> Thread:
        """A thread of somebody's own."""
        fields.setdefault("commit", pull.head)
        fields.setdefault("original_commit", pull.head)
        comment = self.comment(user, body, path=path, line=line, **fields)
        thread = Thread(self.number(), [comment])
        pull.threads.append(thread)
        return thread

    def reply(self, thread: Thread, user: User, body: str) -> Comment:
        """Somebody's answer in a thread."""
        root = thread.root
        comment = self.comment(user, body, path=root.path, line=root.line, reply_to=root.number)
        thread.comments.append(comment)
        return comment

    def writes(self) -> list[Entry]:
        """Every request that asked for a change, refused ones included."""
        return [entry for entry in self.log if entry.write]

    def threads(self) -> list[tuple[Repository, Pull, Thread]]:
        """Every thread with where it stands."""
        return [(r, p, t) for r in self.repositories.values() for p in r.pulls.values() for t in p.threads]

    def all_comments(self) -> list[Comment]:
        """Every comment of every kind."""
        pulls = [p for r in self.repositories.values() for p in r.pulls.values()]
        found = [c for p in pulls for t in p.threads for c in t.comments]
        return found + [c for p in pulls for c in p.conversation]


def stamp(at: int) -> str:
    """Time number `at` as GitHub writes times."""
    minutes, seconds = divmod(at, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"2026-01-{1 + days % 28:02}T{hours:02}:{minutes:02}:{seconds:02}Z"
