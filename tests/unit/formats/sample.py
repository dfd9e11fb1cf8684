"""One review with something of everything, and findings to vary."""

from __future__ import annotations

from typing import Any

from review_bot.domain.diff import FileDiff, Hunk
from review_bot.domain.finding import Finding, Suggestion, Suppressed
from review_bot.domain.review import Coverage, Degraded, Review, SourceInfo, Stats, Verdict
from review_bot.formats import RenderOptions, render

OPTIONS = RenderOptions(version="1.2.3")

SHELL = Finding(
    fingerprint="1111111111111111",
    rule="py.command.shell-true",
    origin="rule",
    category="injection-command",
    severity="error",
    confidence=0.9,
    path="a.py",
    side="new",
    start_line=2,
    end_line=2,
    start_column=2,
    end_column=28,
    message="shell=True runs cmd through a shell",
    why="Whoever controls a part of the command controls the machine.",
    cwe=(78,),
    url="https://example.org/shell",
    quote="run(cmd, shell=True, x='日')",
    suggestion=Suggestion(2, 2, "\trun(cmd, x='日')", ("applies", "parses")),
    also=("py.other",),
)
KEY = Finding(
    fingerprint="2222222222222222",
    rule="secrets.aws",
    origin="rule",
    category="secrets",
    severity="error",
    confidence=0.9,
    path="a.py",
    side="new",
    start_line=3,
    end_line=3,
    start_column=8,
    end_column=28,
    message="an AWS key",
    quote="AKIA…",
)
GUARD = Finding(
    fingerprint="3333333333333333",
    rule="diff.guard-removed",
    origin="rule",
    category="access-control",
    severity="warning",
    confidence=0.6,
    path="a.py",
    side="old",
    start_line=2,
    end_line=2,
    start_column=1,
    end_column=8,
    message="a guard is gone",
    quote="guard()",
)
MODEL = Finding(
    fingerprint="4444444444444444",
    rule="model.correctness",
    origin="model",
    category="correctness",
    severity="info",
    confidence=0.5,
    path="b.py",
    side="new",
    start_line=1,
    end_line=4,
    start_column=1,
    end_column=5,
    message="never true",
    quote="if a:\n  b\n  c\n  d",
)
SECRET = "AKIA" + "ABCDEFGHIJKLMNOP"  # in two parts, so that nobody's scanner takes it for a real one
_BODY = f" import os\n-guard()\n+\trun(cmd, shell=True, x='日')\n+key = '{SECRET}'\n".encode()
_HUNK = Hunk(1, 2, 1, 3, 2, 1, _BODY, 0, len(_BODY))
FILES = (
    FileDiff("a.py", None, "modified", (_HUNK,), 2, 1),
    FileDiff("b.py", "old b.py", "renamed"),
    FileDiff("logo.png", None, "binary"),
    FileDiff("vendor/x.js", None, "modified", (), 3, 0),
)


def review(*findings: Finding, suppressed: tuple[Suppressed, ...] = (), files: tuple[FileDiff, ...] = FILES) -> Review:
    """A review of FILES with these findings."""
    return Review(
        source=SourceInfo("worktree"),
        files=files,
        findings=findings,
        suppressed=suppressed,
        coverage=(
            Coverage("a.py", 2, 3, 2, rules=True),
            Coverage("vendor/x.js", 1, 3, 3, rules=False, reason="excluded"),
        ),
        degraded=(),
        stats=Stats(added_lines=5, rules=118, seconds=(("total", 0.25),)),
        verdict=Verdict("error", bool(findings), (("error", 2), ("warning", 1))),
    )


FULL = review(
    SHELL, KEY, GUARD, MODEL, suppressed=(Suppressed(SHELL._replace(start_line=9, end_line=9), "baseline", "known"),)
)._replace(degraded=(Degraded("rule:slow", "stopped after 2 s"),))
EMPTY = Review(SourceInfo("staged"), (), (), (), (), (), Stats(), Verdict("error", False, ()))
CLEAN = review()

HOSTILE = (
    "\x1b[31m\u202e]]>--%0A@user #1 <img src=x> `` | & \"'\u2028\ud800\udcff\x00\ufffe\n::error::forged ##[error]x"
)


def hostile(**changes: Any) -> Finding:
    """A finding whose every free text is an attack."""
    texts = dict.fromkeys(("rule", "message", "why", "url", "quote", "tool"), HOSTILE)
    attack: dict[str, Any] = {
        **texts,
        "path": "::error::\udcff\n\x1b.py",
        "also": (HOSTILE,),
        "start_line": 7,
        "end_line": 7,
    }
    return SHELL._replace(**attack, suggestion=Suggestion(7, 7, HOSTILE, (HOSTILE,)))._replace(**changes)


def shown(name: str, what: Review, **options: Any) -> str:
    """`what` in the format `name`."""
    return render(name, what, options=OPTIONS._replace(**options))
