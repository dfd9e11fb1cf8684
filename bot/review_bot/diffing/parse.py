"""From the bytes of a diff to its files, wherever it comes from: git, mails, quilt, plain diff, the GitHub API."""

from __future__ import annotations

import gc

from review_bot.diffing import names
from review_bot.diffing.hunks import MAKE_IT_AGAIN, coloured, is_header, line_number, named, read_hunks
from review_bot.domain.diff import FileDiff
from review_bot.errors import DiffError
from review_bot.patterns import compiled, escaped, lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from review_bot.domain.diff import Hunk, Status

    Reader = Callable[[bytes, int], tuple[FileDiff | None, int]]

_STARTS = (b"diff --", b"--- ", b"@@", b"Binary files ", b"* Unmerged path ", b"Submodule ", b"Index: ", b"\x1b[")
_NEXT_START = lazy(rb"\n(?:" + b"|".join(escaped(start.decode()).encode() for start in _STARTS) + rb")")
_LONGEST_LINE = 65536
_EXTENDED = lazy(
    rb"((?:old |new |deleted file |new file )?mode|(?:copy|rename) (?:from|to|old|new)|(?:dis)?similarity index|index"
    rb"|---|\+\+\+) ([^\n]{0,65536})(?:\n|\Z)"
)
# Patterns for what no commit hook meets stay text until somebody needs them: compiling them takes a millisecond.
_PLAIN = rb"--- ([^\n]{1,65536})\n\+\+\+ ([^\n]{1,65536})\n(?=@@ -|\x1b\[)"
_COLOURED = rb"(?:\x1b\[[0-9;]{0,40}[mK])+(?:diff --|--- |\+\+\+ |@@)"
_EPOCH = rb"1970-01-01|1969-12-31|Jan +0?1 [0-9: ]+1970|Dec 31 [0-9: ]+1969|\((?:revision 0|nonexistent)\)"
_LONGEST_DATE = 80
_SUBMODULE = (
    rb"(.+?) (?:([0-9a-f]{7,64})\.{2,3}([0-9a-f]{7,64})(?: \(([a-z ]+)\))?:?|contains (?:untracked|modified) content)$"
)
_SVN_BINARY = rb"Index: ([^\n]{1,65536})\n=+\r?\nCannot display: file marked as a binary type"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SUBMODULE_MODE = "160000"


def parse(data: bytes) -> tuple[FileDiff, ...]:
    """The files of a diff in their order; hunks stay slices of `data`.

    Text around the diff (a mail, a commit's message) is passed over; nothing but blanks is an empty diff. A file stands
    there once for every patch that changes it. Raises DiffError, without `where`, on anything that is not a diff.
    """
    if not data or data.isspace():
        return ()
    _refuse_other_formats(data)
    start = len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0
    files, seen = _files(data, start)
    if not seen:
        raise DiffError("no diff in it", remedy="give it the output of git diff, git show or diff -u")
    return tuple(files)


def parse_from(data: bytes, at: int) -> tuple[FileDiff, ...]:
    """The files of the diff that begins at `at`, if there is one; raises DiffError as `parse` does."""
    return tuple(_files(data, at)[0])


def _files(data: bytes, at: int) -> tuple[list[FileDiff], bool]:
    """The files, and whether there was any header at all.

    The collector rests meanwhile: there are no cycles here, and to look for some takes a fifth of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        return _collected(data, at)
    finally:
        if enabled:
            gc.enable()


def _collected(data: bytes, at: int) -> tuple[list[FileDiff], bool]:
    files: list[FileDiff] = []
    seen, end_of_last = False, -1
    for file, begin, end in _sections(data, at):
        seen = True
        if file is None:
            continue
        # Behind the headers of a binary file its patch may stand, which is passed over as other text is.
        adjacent = bool(files) and (begin == end_of_last or files[-1].status == "binary")
        if adjacent and (joined := _joined(files[-1], file)):
            files[-1] = joined
        else:
            files.append(file)
        end_of_last = end
    return files, seen


def parse_hunks(
    patch: bytes, path: str, *, status: Status = "modified", old_path: str | None = None, mode: str = ""
) -> FileDiff:
    """The file at `path` from hunks without a header, such as the field `patch` of the GitHub API."""
    hunks, end = read_hunks(patch, 0, path)
    if not patch[end : end + 1].isspace() and end < len(patch):
        raise DiffError(f"no hunk of {named(path)} in line {line_number(patch, end)}", remedy=MAKE_IT_AGAIN)
    added, removed = _counts(hunks)
    new, gone = status == "added", status == "deleted"
    modes = ("" if new else mode, "" if gone else mode)
    return FileDiff(path, old_path, status, tuple(hunks), added, removed, *modes, new_file=new, deleted=gone)


def _refuse_other_formats(data: bytes) -> None:
    head = data[:1024].lstrip(_BYTE_ORDER_MARK + b" \t\r\n\f").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise DiffError("looks like HTML, not a diff", remedy="fetch the raw diff")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DiffError("is UTF-16 text, not a diff", remedy="use git diff --output=FILE, a shell's > may convert it")


def _sections(data: bytes, at: int) -> Iterator[tuple[FileDiff | None, int, int]]:
    """Every part that speaks of a file (None where it says nothing of it), with its begin and end."""
    while at >= 0:
        if data.startswith(_STARTS, at):
            file, end = _READERS[data[at : at + 1]](data, at)
            if end > at:
                yield file, at, end
                at = end
                continue
        found = _NEXT_START.search(data, at)
        at = found.start() + 1 if found else -1


def _read_git(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    """A section that begins with `diff --git`, `diff --cc` or `diff --combined`."""
    first, after = _line(data, at)
    keyword, _, rest = first[len(b"diff --") :].partition(b" ")
    if keyword not in (b"git", b"cc", b"combined"):
        return None, at
    headers, after = _extended_headers(data, after)
    pair = _git_names(headers, rest, combined=keyword != b"git")
    if pair is None:
        return None, at
    return _git_file(data, after, headers, pair)


def _extended_headers(data: bytes, at: int) -> tuple[dict[bytes, bytes], int]:
    """The lines between `diff --git` and the first hunk by their keyword."""
    headers: dict[bytes, bytes] = {}
    while b"+++" not in headers:
        found = _EXTENDED.match(data, at)
        if found is None or (found[1] == b"+++" and b"---" not in headers):
            break
        headers[found[1]] = found[2][:-1] if found[2].endswith(b"\r") else found[2]
        at = found.end()
    return headers, at


def _git_names(headers: dict[bytes, bytes], rest: bytes, *, combined: bool) -> tuple[str, str] | None:
    """Path before and after; None where the header names none."""
    for verb in (b"rename", b"copy"):
        old = headers.get(verb + b" from", headers.get(verb + b" old"))
        new = headers.get(verb + b" to", headers.get(verb + b" new"))
        if old and new:
            return _path(names.unquoted(old)), _path(names.unquoted(new))
    same = names.unquoted(rest) if combined else names.of_git_line(rest)
    if same:
        return _path(same), _path(same)
    pair = _names_of_sides(headers) or names.of_git_pair(rest)
    return (_path(pair[0]), _path(pair[1])) if pair and all(pair) else None


def _names_of_sides(headers: dict[bytes, bytes]) -> tuple[bytes, bytes] | None:
    if b"+++" not in headers:
        return None
    old, new = names.without_prefixes(names.of_header(headers[b"---"]), names.of_header(headers[b"+++"]))
    if new == names.NULL:
        return old, old
    return (new if old == names.NULL else old), new


def _path(name: bytes) -> str:
    if b"\0" in name:
        raise DiffError(f"the name {named(names.as_text(name))} has a NUL byte in it", remedy=MAKE_IT_AGAIN)
    return names.as_text(name)


def _git_file(data: bytes, at: int, headers: dict[bytes, bytes], pair: tuple[str, str]) -> tuple[FileDiff | None, int]:
    before, path = pair
    hunks: list[Hunk] = []
    binary = data.startswith((b"Binary files ", b"GIT binary patch"), at)
    if binary:
        at = _line(data, at)[1]
    else:
        hunks, at = _hunks_of(data, at, path, promised=b"---" in headers)
    if not (headers or hunks or binary):
        return None, at
    old_mode, new_mode = _modes(headers)
    new_file = b"new file mode" in headers or headers.get(b"---") == names.NULL
    deleted = b"deleted file mode" in headers or headers.get(b"+++") == names.NULL
    moved = _moved(headers)
    status = status_of(
        modes=(old_mode, new_mode), binary=binary, new=new_file, deleted=deleted, moved=moved, content=bool(hunks)
    )  # fmt: skip
    added, removed = _counts(hunks)
    old_path = before if moved else None
    return FileDiff(
        path, old_path, status, tuple(hunks), added, removed, old_mode, new_mode, new_file and not deleted, deleted
    ), at


def _hunks_of(data: bytes, at: int, path: str, *, promised: bool) -> tuple[list[Hunk], int]:
    """The hunks at `at`; where the header promised some and there are none, the diff is cut."""
    hunks, end = read_hunks(data, at, path) if data.startswith(b"@@", at) else ([], at)
    if not hunks and data.startswith(b"\x1b", at) and compiled(_COLOURED).match(data, at):
        raise coloured(data, at)
    if promised and not hunks:
        raise DiffError(
            f"the diff ends before the first hunk of {named(path)}, in line {line_number(data, at)} of the input",
            remedy=MAKE_IT_AGAIN,
        )
    return hunks, end


def _modes(headers: dict[bytes, bytes]) -> tuple[str, str]:
    """Mode before and after, each empty where there is none or the header is silent; the first parent's of several."""
    old = headers.get(b"old mode", headers.get(b"deleted file mode", b""))
    new = headers.get(b"new mode", headers.get(b"new file mode", b""))
    if b"mode" in headers:
        old, _, new = headers[b"mode"].partition(b"..")
    elif not (old or new):
        old = new = headers.get(b"index", b"").partition(b" ")[2]
    return _octal(old.partition(b",")[0]), _octal(new)


def _octal(mode: bytes) -> str:
    return mode.decode() if len(mode) == 6 and mode.isdigit() else ""


def _moved(headers: dict[bytes, bytes]) -> Status | None:
    if b"rename to" in headers or b"rename new" in headers:
        return "renamed"
    return "copied" if b"copy to" in headers else None


def status_of(
    *, modes: tuple[str, str], binary: bool, new: bool, deleted: bool, moved: Status | None, content: bool
) -> Status:
    """The one state of a file that a report shows: submodule and binary before all others, a pure mode change last."""
    if _SUBMODULE_MODE in modes:
        return "submodule"
    if binary:
        return "binary"
    if new or deleted:
        return "deleted" if deleted else "added"
    if moved:
        return moved
    return "mode" if not content and all(modes) and modes[0] != modes[1] else "modified"


def _counts(hunks: list[Hunk]) -> tuple[int, int]:
    return sum(hunk.added for hunk in hunks), sum(hunk.removed for hunk in hunks)


def _read_plain(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    """A section that begins with `--- ` and `+++ ` alone, as of `diff -u` and quilt."""
    found = compiled(_PLAIN).match(data, at)
    if found is None:
        return None, at
    old, new = found[1].rstrip(b"\r"), found[2].rstrip(b"\r")
    old_name, new_name = names.without_prefixes(names.of_header(old, dated=True), names.of_header(new, dated=True))
    name = old_name if new_name in (names.NULL, b"") else new_name
    if name in (names.NULL, b""):
        return None, at
    hunks, end = _hunks_of(data, found.end(), _path(name), promised=True)
    added, gone = _is_none(old, hunks[0].old_count), _is_none(new, hunks[0].new_count)
    return _plain_file(_path(name), hunks, new=added, deleted=gone and not added), end


def _plain_file(path: str, hunks: list[Hunk], *, new: bool, deleted: bool) -> FileDiff:
    status: Status = "added" if new else "deleted" if deleted else "modified"
    added, removed = _counts(hunks)
    return FileDiff(path, None, status, tuple(hunks), added, removed, new_file=new, deleted=deleted)


def _is_none(side: bytes, count: int) -> bool:
    """True when a side of a plain diff says that there is no file: `/dev/null`, or the first second of time."""
    if count or names.of_header(side, dated=True) == names.NULL:
        return not count
    return bool(compiled(_EPOCH).search(side.partition(b"\t")[2][:_LONGEST_DATE]))


def _read_orphan(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    """A hunk that no header stands before: refused, unless it only looks like one."""
    if is_header(data, at):
        raise DiffError(
            f"a hunk without a file in line {line_number(data, at)} of the input",
            remedy="keep the lines --- and +++ before it",
        )
    return None, at


def _read_binary(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    """The line `Binary files A and B differ`, as of `diff -r`."""
    line, after = _line(data, at)
    pair = line[len(b"Binary files ") :]
    if not pair.endswith(b" differ"):
        return None, at
    old, new = _either_side(pair[: -len(b" differ")])
    name = old if new in (names.NULL, b"") else new
    if name in (names.NULL, b""):
        return None, at
    added, gone = old == names.NULL, new == names.NULL
    return FileDiff(_path(name), None, "binary", new_file=added, deleted=gone), after


def _either_side(pair: bytes) -> tuple[bytes, bytes]:
    """The names on both sides of ` and `, split where they agree but for the first folder, else at the first."""
    parts = pair.split(b" and ", 50)
    splits = [(b" and ".join(parts[:i]), b" and ".join(parts[i:])) for i in range(1, len(parts))] or [(pair, b"")]
    agreeing = (s for s in splits if s[0].partition(b"/")[2] == s[1].partition(b"/")[2] != b"")
    old, new = next(agreeing, splits[0])
    return names.without_prefixes(names.unquoted(old), names.unquoted(new))


def _read_unmerged(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    """The line `* Unmerged path X`: a conflict, which has no content of its own."""
    line, after = _line(data, at)
    name = names.unquoted(line[len(b"* Unmerged path ") :])
    return (FileDiff(_path(name), None, "modified"), after) if name else (None, at)


def _read_submodule(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    """The line `Submodule X A..B:`, as of `git diff --submodule`; counted as the line that it stands for."""
    line, after = _line(data, at)
    found = compiled(_SUBMODULE).match(line, len(b"Submodule "))
    if found is None:
        return None, at
    old, new, note = found[2] or b"1", found[3] or b"1", found[4] or b""
    added, gone = not old.strip(b"0") or b"new" in note, not new.strip(b"0") or b"deleted" in note
    modes = ("" if added else _SUBMODULE_MODE, "" if gone else _SUBMODULE_MODE)
    path = _path(names.unquoted(found[1]))
    return FileDiff(path, None, "submodule", (), int(not gone), int(not added), *modes, added, gone), after


def _read_svn_binary(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    """A binary file of `svn diff`; every other `Index: ` line is followed by the names that count."""
    found = compiled(_SVN_BINARY).match(data, at)
    if found is None:
        return None, at
    return FileDiff(_path(found[1].rstrip(b"\r")), None, "binary"), found.end()


def _refuse_colour(data: bytes, at: int) -> tuple[FileDiff | None, int]:
    if compiled(_COLOURED).match(data, at):
        raise coloured(data, at)
    return None, at


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    """The line at `at` without its end, empty where it is longer than any name, and where the next one begins."""
    stop = data.find(b"\n", at)
    stop = len(data) if stop < 0 else stop
    line = data[at:stop] if stop - at <= _LONGEST_LINE else b""
    return (line[:-1] if line.endswith(b"\r") else line), min(stop + 1, len(data))


def _joined(first: FileDiff, second: FileDiff) -> FileDiff | None:
    """The one file of two sections without anything in between; None where they are two.

    A file that turned into a link or a submodule, or back, has two sections; a submodule with both new commits and
    changed content has two lines under `--submodule=log`.
    """
    if first == second and first.status == "submodule" and not first.hunks:
        return first
    if first.path != second.path or not (first.deleted and second.new_file):
        return None
    return _of_new_type(first, second) if first.old_mode[:3] != second.new_mode[:3] else None


def _of_new_type(first: FileDiff, second: FileDiff) -> FileDiff:
    modes = (first.old_mode, second.new_mode)
    binary = "binary" in (first.status, second.status)
    status = status_of(modes=modes, binary=binary, new=False, deleted=False, moved=None, content=True)
    added, removed = (0, 0) if status == "binary" else (first.added + second.added, first.removed + second.removed)
    return FileDiff(first.path, None, status, first.hunks + second.hunks, added, removed, *modes)


_READERS: dict[bytes, Reader] = {
    b"d": _read_git,
    b"-": _read_plain,
    b"@": _read_orphan,
    b"B": _read_binary,
    b"*": _read_unmerged,
    b"S": _read_submodule,
    b"I": _read_svn_binary,
    b"\x1b": _refuse_colour,
}
