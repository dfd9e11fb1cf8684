"""What the tests of pull requests share: a fake GitHub with one pull request, reports, and runs of `pr publish`."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from fakes.github import BOT, Fake, MemoryTrees, Pull, Server
from review_bot.bootstrap import pull_request
from review_bot.domain.finding import fingerprint
from review_bot.pipeline.pull_request import marks

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.github import Thread
    from review_bot.bootstrap.pull_request import Published

# Read once, not for each of some hundred runs.
vars(pull_request)["load_rules"] = functools.cache(vars(pull_request)["load_rules"])
REPOSITORY = "octo/demo"
NUMBER = 7


class Scene:
    """A pull request whose files are lines of text, and the runs over it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.fake: Fake = server.fake
        self.folder = folder
        self.trees = MemoryTrees()
        self.repo = self.fake.repository(REPOSITORY, self.trees)
        self.base = self.trees.commit({"README": "read me\n"})
        self.pull = Pull(NUMBER, self.base, self.base)
        self.repo.pulls[NUMBER] = self.pull
        self.environ = {
            "GITHUB_API_URL": server.url,
            "GITHUB_TOKEN": "token",
            "GITHUB_REPOSITORY": REPOSITORY,
        }
        self.slept: list[float] = []
        self.config("write-interval = 0.0")

    def config(self, *lines: str) -> None:
        """What the base commit says of pull requests."""
        text = "[github]\n" + "\n".join(lines) + "\n"
        self.trees.commits[self.base][".review-bot.toml"] = text

    def push(self, renames: dict[str, str] | None = None, **files: str) -> str:
        """A new head with these files beside those of the base; `_` in a name stands for `/`, `__` for a dot."""
        named = {name.replace("__", ".").replace("_", "/"): text for name, text in files.items()}
        return self.push_files(named, renames)

    def push_files(self, files: dict[str, str], renames: dict[str, str] | None = None) -> str:
        """A new head with these files beside those of the base."""
        kept = {
            name: text for name, text in self.trees.commits[self.base].items() if name not in (renames or {}).values()
        }
        self.pull.head = self.trees.commit({**kept, **files}, self.pull.head, renames)
        self.pull.commits.append(self.pull.head)
        return self.pull.head

    def report(self, *findings: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A report on the current head."""
        files = self.repo.files(self.pull)
        failed = any(one["severity"] == "error" for one in findings)
        counts = {name: sum(one["severity"] == name for one in findings) for name in ("error", "warning", "info")}
        whole: dict[str, Any] = {
            "schema": "review-bot.report/1",
            "version": "0",
            "source": {
                "kind": "pull-request",
                "base": self.base,
                "head": self.pull.head,
                "repository": REPOSITORY,
                "number": NUMBER,
            },
            "files": [
                {
                    "path": one.path,
                    "old_path": one.previous,
                    "status": {"removed": "deleted"}.get(one.status, one.status),
                    "language": None,
                    "added": one.added,
                    "removed": one.removed,
                    "hunks": len(one.right),
                }
                for one in files
            ],
            "findings": list(findings),
            "suppressed": [],
            "coverage": [
                {
                    "path": one.path,
                    "start_line": 1,
                    "end_line": max(max(lines, default=1) for lines in one.right),
                    "added": one.added,
                    "rules": True,
                    "model": "off",
                    "reason": None,
                }
                for one in files
                if one.added
            ],
            "degraded": [],
            "stats": {"added_lines": sum(one.added for one in files), "rules": 9, "seconds": {"total": 1.5}},
            "verdict": {"fail_on": "error", "failed": failed, "counts": counts},
        }
        whole.update(changes)
        return whole

    def publish(self, report: dict[str, Any] | bytes, *, number: int | None = NUMBER, **request: Any) -> Published:
        """Run `pr publish` in this process."""
        place = self.folder / "review-bot.json"
        place.write_bytes(report if isinstance(report, bytes) else json.dumps(report).encode())
        asked = pull_request.PublishRequest(str(place), number, **request)
        return pull_request.publish_report(asked, self.environ, sleep=self.slept.append)

    def review(self, *findings: dict[str, Any], **request: Any) -> Published:
        """Publish a report on these findings."""
        done = self.publish(self.report(*findings), **request)
        assert self.fake.violations == []
        return done

    def ours(self) -> list[Thread]:
        """Our threads."""
        return [one for one in self.pull.threads if one.root.user == BOT]

    def open(self) -> list[Thread]:
        """Our threads that a reader sees open."""
        return [one for one in self.ours() if one.root.minimized is None and one.resolved_by is None]

    def summary(self) -> str:
        """The text of our only comment in the conversation; empty without one."""
        found = [one.body for one in self.pull.conversation if marks.read_summary(one.body) and one.user == BOT]
        assert len(found) <= 1
        return found[0] if found else ""

    def writes(self) -> list[str]:
        """Every request so far that asked for a change; then forgets them."""
        found = [entry.request for entry in self.fake.log if entry.write]
        self.fake.log.clear()
        return found


def finding(
    line: int = 1, text: str = "bad()", *, path: str = "a.py", severity: str = "error", **more: Any
) -> dict[str, Any]:
    """A finding of a rule at a line that reads `text`."""
    rule = more.pop("rule", "py.bad")
    ordinal = more.pop("ordinal", 0)
    found: dict[str, Any] = {
        "fingerprint": fingerprint(rule, path, text, ordinal),
        "rule": rule,
        "origin": "rule",
        "tool": None,
        "category": "correctness",
        "severity": severity,
        "confidence": 0.9,
        "path": path,
        "side": "new",
        "start_line": line,
        "end_line": line,
        "start_column": 1,
        "end_column": 5,
        "message": f"{text} is bad",
        "why": "because",
        "cwe": [],
        "url": None,
        "quote": text,
        "suggestion": None,
        "also": [],
        "memory": None,
    }
    return {**found, **more}
