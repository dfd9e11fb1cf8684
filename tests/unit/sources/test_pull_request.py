"""The change of a pull request by GitHub's interface, where no checkout has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.errors import ForgeRejected
from review_bot.sources.event import PullRequest
from review_bot.sources.github import PullRequestSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.ports import ApiReply


class Listing:
    """An interface that refuses the diff, and lists as many files as it is told to."""

    def __init__(self, files: int) -> None:
        self.files = files

    def get(self, path: str, *, accept: str | None = None, **query: str) -> ApiReply:
        raise ForgeRejected("too large", status=406)

    def pages(self, path: str, **query: str) -> Iterator[Any]:
        for number in range(self.files):
            patch = "@@ -1,1 +1,1 @@\n-a\n+b"
            yield {"filename": f"{number}.py", "status": "modified", "patch": patch, "additions": 1, "deletions": 1}


def told(listed: int, changed: int) -> list[str]:
    target = PullRequest("octo/demo", 7, "1" * 40, "2" * 40, changed_files=changed)
    source = PullRequestSource(target, Listing(listed))
    assert len(source.read().files) == listed
    return [one.reason for one in source.degraded if one.what == "diff"]


def test_what_a_list_does_not_reach_is_said() -> None:
    assert "list of files was read instead" in told(3, 3)[0]
    assert told(3000, 3100)[1:] == ["GitHub lists 3000 files of 3100; the others were not seen"]
    assert told(2999, 2999)[1:] == []
