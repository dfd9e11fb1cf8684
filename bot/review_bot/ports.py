"""What the core asks of the outside world; the adapters behind it are wired in `bootstrap`."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
    from typing import Any, Protocol

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.event import Event
    from review_bot.domain.model import Answer, Completion, ModelInfo
    from review_bot.domain.review import SourceInfo
    from review_bot.domain.threads import Draft, SummaryComment, Threads
else:
    Protocol = object  # what a protocol is at run time costs the commit hook the import of typing


class Contents(Protocol):
    """Whole files of both versions, where the source has them."""

    def new(self, file: FileDiff) -> bytes | None:
        """The file as after the change; None where it is gone or not to be had (a patch without a work tree)."""

    def old(self, file: FileDiff) -> bytes | None:
        """The file as before the change; None where there was none or it is not to be had."""


class Hit(NamedTuple):
    """A line of the tree that holds a name."""

    path: str
    line: int
    text: str


class Tree(Protocol):
    """All files as after the change, for what a change means elsewhere; asked only when a check needs it."""

    def grep(self, names: Sequence[str]) -> Iterable[Hit]:
        """Every line that holds one of the names as a whole word."""

    def paths(self) -> Iterable[str]:
        """Every path."""

    def read(self, path: str) -> bytes | None:
        """The file at `path`, or None where there is none."""


class Change(NamedTuple):
    """What a source delivers: the files of a change, and a way to their whole text."""

    info: SourceInfo
    files: tuple[FileDiff, ...]
    contents: Contents
    root: str | None = None
    """Absolute path of the work tree, or None without one."""
    writable: bool = False
    """True where the new version is the work tree itself, so that `--fix` may change it."""
    tree: Tree | None = None
    """The files around the change; None where only a patch is at hand."""


class DiffSource(Protocol):
    """A place that a change comes from."""

    def read(self) -> Change:
        """Read the change; raises SourceError."""


class Backend(Protocol):
    """A model engine. Every failure is one of the subclasses of errors.BackendError, never the library's own."""

    def describe(self) -> ModelInfo:
        """The model at hand; the first call may load it. Raises Unavailable, TimedOut, ModelMissing, NotLocal."""

    def count(self, text: str) -> int | None:
        """Exact number of tokens of `text`, without those of the chat template; None where the engine can't tell."""

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """Pieces of the answer as they come; the whole Answer is the generator's return value."""

    def complete(self, call: Completion) -> Answer:
        """The whole answer at once."""

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """A vector for each text, of one length; None where the model makes none."""

    def close(self) -> None:
        """Let go of connections, threads and memory; may be called twice."""


class Batch(NamedTuple):
    """Events that were written at once; what a name stands for never changes."""

    name: str
    lines: Iterable[bytes]
    """To be read once, before the next batch is asked for. Unchecked: see domain.event.parse_all."""


class EventStore(Protocol):
    """An append-only log of one repository's events. Everything raises StoreError where the store can't be used.

    The log is the set of events in all batches: an id counts once, and `domain.forget.live` drops what is forgotten.
    """

    def head(self) -> str:
        """A cheap token that differs when anything was added or taken away; empty for a log without events."""

    def names(self) -> frozenset[str]:
        """The names of all batches; one that is gone was compacted or rewritten."""

    def read(self, known: Collection[str] = ()) -> Iterator[Batch]:
        """Every batch but those whose name is `known`."""

    def append(self, events: Sequence[Event]) -> None:
        """Add the events durably; the same ones again change nothing."""

    def compact(self) -> int:
        """Rewrite the log as few batches of live events, each once; how many events it has then."""


class Synced(NamedTuple):
    """What an exchange with the shared log did."""

    sent: int
    received: int
    pending: int
    """Events that are still waiting to be sent."""
    note: str = ""
    """One line where something is worth telling."""


class EventLog(EventStore, Protocol):
    """The log as one clone has it: complete without a network, and exchanged with others by `sync`."""

    def pending(self) -> int:
        """Events that others can't see yet; 0 where nobody shares the log."""

    def sync(self) -> Synced:
        """Send and receive; raises StoreError where the other side refuses or can't be reached, and nothing is lost."""


class ApiReply(Protocol):
    """What an interface over HTTP answered."""

    @property
    def text(self) -> str:
        """The body."""

    def json(self) -> Any:
        """The body as JSON."""


class Api(Protocol):
    """The reading half of GitHub's interface; every failure is a subclass of errors.ForgeError."""

    def get(self, path: str, *, accept: str | None = None, **query: str) -> ApiReply:
        """What is at a path."""

    def pages(self, path: str, **query: str) -> Iterator[Any]:
        """Every row of a list."""


class Forge(Protocol):
    """The pull request of a review, where its comments stand. Every failure is a subclass of errors.ForgeError.

    Comments that are not ours are neither shown nor touched by any of these.
    """

    def head(self) -> str:
        """The commit that the pull request ends at now; empty where it is closed."""

    def threads(self) -> Threads:
        """Our threads and our summary as they are now."""

    def files(self) -> Sequence[FileDiff]:
        """The files of the pull request as the forge sees them; without hunks where it leaves them out."""

    def exists(self, path: str, commit: str) -> bool:
        """Whether the file is there in that commit."""

    def review(self, commit: str, body: str, drafts: Sequence[Draft]) -> str:
        """Post one review with all the comments, or none of it; its address, which may be empty."""

    def edit(self, comment: int, body: str) -> None:
        """Change a comment in one of our threads."""

    def hide(self, comments: Sequence[str]) -> None:
        """Minimise comments as outdated."""

    def show(self, comments: Sequence[str]) -> None:
        """Take that back."""

    def resolve(self, threads: Sequence[str]) -> None:
        """Resolve threads; raises ForgeRefused where the token may not."""

    def reopen(self, threads: Sequence[str]) -> None:
        """Take that back."""

    def summarise(self, known: SummaryComment | None, body: str) -> str:
        """Make `body` our summary, in place of the known one; its address, which may be empty."""

    def writes_left(self) -> int:
        """How many more changes this run may make."""
