"""Remembering what a scan showed, where the memory is on."""

from __future__ import annotations

import time

from review_bot.errors import SourceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.bootstrap import Scan
    from review_bot.stores.last_scan import LastScan, Seen

_AROUND = 8
"""Lines kept before and after the flagged ones: the window of a pattern has eight at most."""


def remember(done: Scan) -> None:
    """Keep the findings of `done` beside the repository; what stands in the way costs only the memory of it."""
    if not done.loaded.config.memory.enabled or done.change.root is None:
        return
    from review_bot.sources.repository import find_root, head_commit
    from review_bot.stores import last_scan

    try:
        repository = find_root(done.change.root)
        source = done.review.source
        head = head_commit(repository) or ""
        seen = tuple(_seen(done))
        scan = last_scan.LastScan(source.kind, int(time.time()), head, source.base or "", seen)
        last_scan.save(repository.git_dir, scan)
    except (OSError, SourceError):
        return


def recall(cwd: str | None = None) -> LastScan | None:
    """The last scan of the work tree that contains `cwd`; None where nothing was scanned yet."""
    from review_bot.sources.repository import find_root
    from review_bot.stores import last_scan

    try:
        return last_scan.load(find_root(cwd).git_dir)
    except SourceError:
        return None


def _seen(done: Scan) -> Iterator[Seen]:
    from review_bot.bootstrap import source_lines
    from review_bot.domain.language import language_of
    from review_bot.stores.last_scan import MOST, Seen

    line = source_lines(done)
    shown = [(finding, "") for finding in done.review.findings]
    held = [(one.finding, one.by) for one in done.review.suppressed if one.by != "filter"]
    for finding, by in (*shown, *held)[:MOST]:
        first = max(finding.start_line - _AROUND, 1)
        numbers = range(first, min(finding.end_line, finding.start_line + _AROUND) + _AROUND + 1)
        flagged = line(finding.path, finding.side, finding.start_line)
        texts = [line(finding.path, finding.side, number) for number in numbers] if flagged is not None else []
        text = "\n".join(one or "" for one in texts).rstrip("\n")
        yield Seen(finding, language_of(finding.path) or "", first, text, by)
