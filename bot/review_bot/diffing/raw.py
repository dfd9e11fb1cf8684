"""The output of `git diff --raw -z -p`: names and states from the raw records, content from the patch behind them."""

from __future__ import annotations

from review_bot.diffing.names import as_text
from review_bot.diffing.parse import parse_from, status_of
from review_bot.domain.diff import FileDiff
from review_bot.errors import DiffError
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.diff import Status

_NO_MODE = "000000"
_RETRY = "run it again; git's output was cut or is of a version unknown to us"


class _Record(NamedTuple):
    """One raw record: `:OLD_MODE NEW_MODE OLD_ID NEW_ID STATE`, then one name, or two."""

    state: str
    old_mode: str
    new_mode: str
    before: str
    path: str


def parse_git(output: bytes) -> tuple[FileDiff, ...]:
    """The files of what `git diff --raw -z -p --src-prefix=a/ --dst-prefix=b/` wrote, one a path.

    A file that only git's index takes for changed has a record and no section: it is left out, as `--numstat` does.
    Raises DiffError where records and sections do not belong together.
    """
    records, at = _records(output)
    sections = list(reversed(parse_from(output, at)))
    files = []
    for record in records:
        section = None
        if sections and (sections[-1].before, sections[-1].path) == (record.before, record.path):
            section = sections.pop()
        file = _file(record, section)
        if file is not None:
            files.append(file)
    if sections:
        raise DiffError("git's list of files and its patch do not agree", remedy=_RETRY)
    return _without_doubled(files, records)


def _records(output: bytes) -> tuple[list[_Record], int]:
    """The records, and where the patch begins."""
    records, at = [], 0
    while output.startswith(b":", at):
        record, at = _record(output, at)
        records.append(record)
    if records and output.startswith(b"\0", at):
        at += 1
    return records, at


def _record(output: bytes, at: int) -> tuple[_Record, int]:
    meta, at = _field(output, at)
    parents = len(meta) - len(meta.lstrip(":"))
    fields = meta[parents:].split(" ")
    if len(fields) != 2 * (parents + 1) + 1 or not fields[-1]:
        raise DiffError("git's list of files can't be read", remedy=_RETRY)
    # Of several parents (a conflict in the work tree) git 2.39 lists the file without a patch.
    state = fields[-1][0] if parents == 1 else "U"
    path, at = _field(output, at)
    before = path
    if state in "RC":
        path, at = _field(output, at)
    return _Record(state, fields[0], fields[parents], before, path), at


def _field(output: bytes, at: int) -> tuple[str, int]:
    stop = output.find(b"\0", at)
    if stop < 0:
        raise DiffError("git's list of files ends too early", remedy=_RETRY)
    return as_text(output[at:stop]), stop + 1


def _file(record: _Record, section: FileDiff | None) -> FileDiff | None:
    modes = (_mode(record.old_mode), _mode(record.new_mode))
    if record.state == "U":
        return section or FileDiff(record.path, None, "modified")
    moved: Status | None = {"R": "renamed", "C": "copied"}.get(record.state)  # type: ignore[assignment]
    if section is None:
        if record.state == "M" and modes[0] == modes[1]:
            return None
        section = FileDiff(record.path, None, "modified")
    new, gone = record.state == "A", record.state == "D"
    status = status_of(
        modes=modes,
        binary=section.status == "binary",
        new=new,
        deleted=gone,
        moved=moved,
        content=bool(section.hunks) or record.state == "T",
    )
    return section._replace(
        old_path=record.before if moved else None,
        status=status,
        old_mode=modes[0],
        new_mode=modes[1],
        new_file=new,
        deleted=gone,
    )


def _mode(mode: str) -> str:
    return "" if mode == _NO_MODE else mode


def _without_doubled(files: list[FileDiff], records: list[_Record]) -> tuple[FileDiff, ...]:
    """Without the empty entry of a conflict where git lists the same file with content as well."""
    unmerged = {record.path for record in records if record.state == "U"}
    if not unmerged:
        return tuple(files)
    full = {file.path for file in files if file.hunks}
    return tuple(file for file in files if file.hunks or file.path not in unmerged & full)
