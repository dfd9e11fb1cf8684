"""Opening what the memory of a repository knows, without a cost where there is none."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from review_bot.config import Loaded
    from review_bot.config.model import Memory
    from review_bot.domain.diff import Side
    from review_bot.domain.event import Event
    from review_bot.domain.finding import Finding
    from review_bot.memory.normalise import Shape
    from review_bot.memory.salt import Salt
    from review_bot.ports import Batch
    from review_bot.sources.repository import Repository
    from review_bot.stores.beside import Beside
    from review_bot.stores.index import Index
    from review_bot.stores.log import Log

FOLDER = "review-bot"
_INDEX = "memory.db"
_AROUND = 8
"""Lines on either side of the flagged ones that a window may reach."""


def is_there(repository: Repository, memory: Memory) -> bool:
    """True where something was ever recorded: asked at every commit, hence by looking at names of files only."""
    common, ref = common_dir(repository.git_dir), memory.ref
    folder = _beside(repository, common, memory.url, lambda _: None)
    if folder is not None and folder.state():
        return True
    if os.path.lexists(os.path.join(common, ref)):
        return True
    try:
        if os.listdir(os.path.join(common, FOLDER, "spool")):
            return True
    except OSError:
        pass
    if os.path.isdir(os.path.join(common, "reftable")):  # only git can tell
        return True
    try:
        with open(os.path.join(common, "packed-refs"), "rb") as stream:
            return f" {ref}\n".encode() in stream.read()
    except OSError:
        return False


def common_dir(git_dir: str) -> str:
    """What all work trees of a repository share."""
    try:
        with open(os.path.join(git_dir, "commondir"), "rb") as stream:
            return os.path.normpath(os.path.join(git_dir, os.fsdecode(stream.read().rstrip(b"\r\n"))))
    except OSError:
        return git_dir


def opened(repository: Repository, loaded: Loaded, say: Callable[[str], None] = lambda _: None) -> Index:
    """The index of the repository's log, and of a shared folder beside it, to be closed.

    `say` hears why the folder is left out. Raises StoreError where the log can't be read.
    """
    from review_bot.stores.index import open_index

    common, memory = common_dir(repository.git_dir), loaded.config.memory
    log = _Log(repository.cwd, common, memory, _beside(repository, common, memory.url, say))
    return open_index(os.path.join(common, FOLDER, _INDEX), log)


def _beside(repository: Repository, common: str, url: str, say: Callable[[str], None]) -> Beside | None:
    """The shared folder that the configuration names, once it is known what stands for the repository in it."""
    if not url.startswith("file:"):
        return None
    identity = _commit(os.path.join(common, FOLDER, "first-commit")) or _first_commit(repository, common)
    if not identity:
        return None
    from review_bot.stores.beside import beside

    return beside(url, identity, say)


def _first_commit(repository: Repository, common: str) -> str:
    """What stands for the repository; empty where it can't be told, as in a clone that would have to ask its remote."""
    if os.path.exists(os.path.join(common, "shallow")):
        return ""
    from review_bot.errors import ReviewBotError
    from review_bot.sources.first_commit import first_commit

    try:
        return first_commit(repository)
    except ReviewBotError:
        return ""


class _Log:
    """The log of a repository; what reads more than its head is loaded only where the index is behind."""

    def __init__(self, cwd: str, common: str, memory: Memory, beside: Beside | None = None) -> None:
        self._cwd, self._common, self._ref, self._url = cwd, common, memory.ref, memory.url
        self._beside = beside
        self._log: Log | None = None

    def head(self) -> str:
        """That of the clone's log, and the state of what is read beside it."""
        state = self._beside.state() if self._beside is not None else ""
        return f"{self._local_head()} beside {state}" if state else self._local_head()

    def _local_head(self) -> str:
        """As `stores.log.Log` says it, without loading that where a plain file tells the commit."""
        commit = _commit(os.path.join(self._common, self._ref))
        if not commit:
            return self._whole().head()
        try:
            names = os.listdir(os.path.join(self._common, FOLDER, "spool"))
        except OSError:
            names = []
        return " ".join([commit, *sorted(one for one in names if one.endswith(".jsonl") and one[0] != ".")])

    def names(self) -> frozenset[str]:
        """The names of all batches."""
        log = self._whole()
        if self._beside is None or not self._beside.state():
            return log.names()
        return log.names() | self._beside.names(self._taken_in(log))

    def read(self, known: Collection[str] = ()) -> Iterator[Batch]:
        """Every batch but the known ones."""
        log = self._whole()
        yield from log.read(known)
        if self._beside is not None and self._beside.state():
            yield from self._beside.read(known, self._taken_in(log))

    def _taken_in(self, log: Log) -> frozenset[str]:
        """Names of the batches beside it that the log has."""
        from review_bot.stores.store_exchange import taken_in

        return log.paths() | taken_in(log.local, self._url)

    def append(self, events: Sequence[Event]) -> None:
        """Add events."""
        self._whole().append(events)

    def compact(self) -> int:
        """Rewrite the log."""
        return self._whole().compact()

    def _whole(self) -> Log:
        from review_bot.stores.git_process import Git
        from review_bot.stores.gitref import GitRef
        from review_bot.stores.log import Log

        if self._log is None:
            self._log = Log(GitRef(Git(self._cwd), self._common, self._ref))
        return self._log


def _commit(path: str) -> str:
    """The commit that a file of a ref names; empty where it names none."""
    try:
        with open(path, "rb") as stream:
            said = stream.read(65).strip()
    except OSError:
        return ""
    return said.decode("ascii") if len(said) in {40, 64} and not said.strip(b"0123456789abcdef") else ""


def salt_of(loaded: Loaded) -> Salt | None:
    """The salt that imported patterns are compared under; None where none is named or this machine lacks it."""
    name = loaded.config.memory.salt_env
    secret = os.environ.get(name) if name else None
    if not secret:
        return None
    from review_bot.memory.salt import Salt

    try:
        return Salt.of(secret)
    except ValueError:
        return None


def shape_of(finding: Finding, line: Callable[[str, Side, int], str | None]) -> Shape | None:
    """Shape of the code that a finding is about; None where its lines are not to be had, as those of a secret.

    `line` gives the text of a line by path, side and number.
    """
    from review_bot.domain.language import language_of
    from review_bot.memory.normalise import shape_at

    if line(finding.path, finding.side, finding.start_line) is None:
        return None
    last = min(finding.end_line, finding.start_line + _AROUND) + _AROUND
    numbers = range(max(finding.start_line - _AROUND, 1), last + 1)
    texts = [line(finding.path, finding.side, number) or "" for number in numbers]
    while texts and not texts[-1]:
        texts.pop()
    lines = dict(zip(numbers, texts, strict=False))
    return shape_at(finding.rule, lines, finding.start_line, finding.end_line, language_of(finding.path))
