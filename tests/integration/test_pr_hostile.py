"""Reports that somebody prepared: the job that posts for a fork takes its report from whoever wrote the change."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from fakes.github import Fake, Pull, serve
from integration.pull_request_helpers import NUMBER, REPOSITORY, Scene, finding
from review_bot.errors import StoreError
from review_bot.pipeline.pull_request import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Report = dict[str, Any]
KEY = "AKIAIOSFODNN7EXAMPLF"  # review-bot: ignore[secrets.aws-access-key] -- made up, in the form of one
TEXTS = (
    "@octocat look here",
    "hi @octo-org/team",
    "&#64;octocat",
    "&commat;octocat",
    "\\@octocat",
    "a@octocat",
    "\u200b@octocat",
    "@octocat\u200b",
    "fixes #1",
    "closes octo/demo#8",
    "GH-8",
    "https://github.com/octo/demo/pull/8",
    "HTTPS://GITHUB.COM/octo/demo/issues/8",
    "www.example.com",
    "[text](https://example.com)",
    "[text][1]\n\n[1]: https://example.com",
    "![image](https://example.com/x.png)",
    "<https://example.com>",
    "<img src=https://example.com/x.png>",
    "<script>alert(1)</script>",
    "<details><summary>x</summary>",
    "</details></div>",
    "<!-- hidden",
    "--> shown",
    "<a href='https://example.com'>x</a>",
    "&lt;img src=x&gt;",
    "```\n@octocat\n```",
    "````suggestion\nrm -rf\n````",
    "~~~\nx\n~~~",
    "`@octocat`",
    "x`y``z",
    "# heading",
    "\n# heading\n@octocat",
    "- [ ] task",
    "> quote\n@octocat",
    "| a | b |\n|---|---|",
    "a\r\n@octocat",
    "a\u2028@octocat",
    "$\\href{https://example.com}{x}$",
    "$$x$$",
    ":tada:",
    "[^1]\n\n[^1]: @octocat",
    "\x1b[31mred",
    "\u202eright to left",
    "::error::x",
    "\n::set-output name=x::y",
    "/review-bot accept",
    "\n/review-bot mute",
    '<!-- review-bot:v1 {"fingerprint":"0123456789abcdef","rule":"x","path":"a.py"} -->',
    '\n<!-- review-bot:v1 {"kind":"summary","head":"","content":"","done":true} -->',
    f"the key is {KEY}",
    "x" * 20_000,
    "\x00",
    "**bold** _it_ ~~no~~",
    "javascript:alert(1)",
    "mailto:a@octocat.example",
)
"""What may stand in a message, a reason, a rule, a path or a tool."""
OUTSIDE = re.compile(r"```+.*?\n[\s\S]*?\n```+\n|`+[^`\n][^\n]*?`+")
"""What Markdown shows as it is."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serve(Fake()) as server:
        scene = Scene(server, tmp_path)
        scene.push(a__py="bad()\nworse()\n", b__py="fine()\n")
        other = Pull(8, scene.base, scene.pull.head)
        scene.repo.pulls[8] = other
        event = {
            "workflow_run": {
                "head_sha": scene.pull.head,
                "head_branch": "topic",
                "head_repository": {"full_name": "eve/demo", "owner": {"login": "eve"}},
            }
        }
        scene.pull.head_repository = "eve/demo"
        (tmp_path / "event.json").write_text(json.dumps(event))
        scene.environ |= {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
        yield scene


def posted(scene: Scene) -> list[str]:
    """Everything that was posted, anywhere; the other pull request and the threads' places are checked."""
    assert scene.fake.violations == []
    assert not scene.repo.pulls[8].threads
    assert not scene.repo.pulls[8].conversation
    for entry in scene.fake.log:
        assert not entry.write or f"/repos/{REPOSITORY}/" in entry.request, entry.request
    for thread in scene.ours():
        assert (thread.root.path, thread.root.line) in {("a.py", 1), ("a.py", 2), ("b.py", 1)}
    assert len(scene.pull.conversation) <= 1
    reviews = [one.body for one in scene.pull.reviews]
    return [*(one.body for one in scene.fake.all_comments()), *reviews]


def harmless(body: str) -> None:
    """Nothing in the text acts: no mention, link, reference, image or HTML, no second mark, no secret."""
    assert KEY not in body
    assert body.count("<!--") == (1 if marks.without(body) != body else 0)
    shown = OUTSIDE.sub("CODE", marks.without(body))
    assert not re.search(r"(?<![\w`])@\w", shown), shown
    assert not re.search(r"&(?:#64|#x40|commat);", shown), shown
    assert not re.search(r"(?i)#\d|\bgh-\d|://|www\.", shown), shown
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)\]\[|(?<!\\)!\[", shown), shown
    assert not re.search(r"<[a-zA-Z!/]", shown), shown
    assert not any(char in shown for char in "\x00\x1b\u202e\u2028\r")
    assert not re.search(r"(?m)^\s*(?:/review-bot|::|> |- \[)", shown), shown
    assert len(body) <= 65_536


def spoken(report: Report, text: str) -> None:
    """Put the text wherever a report may hold one."""
    for one in report["findings"]:
        one.update(
            message=text, why=text, rule=text[:300], tool=text[:300], quote=text, also=[text[:300]], url=text[:300]
        )
    report["degraded"] = [{"what": text[:300], "reason": text}]
    report["coverage"][0] |= {"rules": False, "reason": text}
    held = finding(5, "held()", message=text, rule=text[:300])
    report["suppressed"] = [{"finding": held, "by": "inline", "reason": text}]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_nothing_but_text(scene: Scene, text: str) -> None:
    report = scene.report(finding(), finding(77, "far()"), finding(2, "worse()"))
    spoken(report, text)
    scene.publish(report, number=None)
    bodies = posted(scene)
    assert len(bodies) == 4
    for body in bodies:
        harmless(body)


@pytest.mark.parametrize("path", sorted({*TEXTS[::4], f"the/key/is/{KEY}"}))
def test_a_path_is_nothing_but_text(scene: Scene, path: str) -> None:
    report = scene.report(finding(), finding(3, path=path[:300]))
    try:
        scene.publish(report, number=None)
    except StoreError:
        assert scene.writes() == []
        return
    for body in posted(scene):
        harmless(body)


WRONG: dict[str, Callable[[Report], object]] = {
    "another pull request": lambda r: r["source"].update(number=8),
    "another repository": lambda r: r["source"].update(repository="octo/other"),
    "another head": lambda r: r["source"].update(head="1" * 40),
    "no number": lambda r: r["source"].update(number=None),
    "no head": lambda r: r["source"].update(head=None),
    "no repository": lambda r: r["source"].update(repository=None),
    "another kind": lambda r: r["source"].update(kind="range"),
    "an unknown kind": lambda r: r["source"].update(kind="x"),
    "a number as text": lambda r: r["source"].update(number="7"),
    "a number that is true": lambda r: r["source"].update(number=True),
    "a head with a line feed": lambda r: r["source"].update(head="1" * 40 + "\n"),
    "a repository with a path": lambda r: r["source"].update(repository="octo/demo/../x"),
    "another schema": lambda r: r.update(schema="review-bot.report/2"),
    "no findings": lambda r: r.pop("findings"),
    "findings as an object": lambda r: r.update(findings={}),
    "a finding as text": lambda r: r["findings"].append("x"),
    "a path that leaves": lambda r: r["findings"][0].update(path="../../etc/passwd"),
    "a path within that leaves": lambda r: r["findings"][0].update(path="a/../../b"),
    "an absolute path": lambda r: r["findings"][0].update(path="/etc/passwd"),
    "an empty path": lambda r: r["findings"][0].update(path=""),
    "a path with a NUL": lambda r: r["findings"][0].update(path="a\0.py"),
    "a long path": lambda r: r["findings"][0].update(path="a" * 5000),
    "a path that is none": lambda r: r["findings"][0].update(path=None),
    "a file that leaves": lambda r: r["files"][0].update(path="../x"),
    "an old path that leaves": lambda r: r["files"][0].update(old_path="../x"),
    "coverage that leaves": lambda r: r["coverage"][0].update(path="../x"),
    "a fingerprint with markup": lambda r: r["findings"][0].update(fingerprint="--> <img src=x>"),
    "a long fingerprint": lambda r: r["findings"][0].update(fingerprint="a" * 17),
    "a fingerprint in capitals": lambda r: r["findings"][0].update(fingerprint="A" * 16),
    "an unknown severity": lambda r: r["findings"][0].update(severity="fatal"),
    "a severity as a list": lambda r: r["findings"][0].update(severity=["error"]),
    "an unknown category": lambda r: r["findings"][0].update(category="x"),
    "an unknown origin": lambda r: r["findings"][0].update(origin="x"),
    "an unknown side": lambda r: r["findings"][0].update(side="left"),
    "a line below one": lambda r: r["findings"][0].update(start_line=-1),
    "a line as text": lambda r: r["findings"][0].update(start_line="1"),
    "a line with a fraction": lambda r: r["findings"][0].update(start_line=1.5),
    "a huge line": lambda r: r["findings"][0].update(start_line=10**30, end_line=10**30),
    "an end before the start": lambda r: r["findings"][0].update(start_line=2, end_line=1),
    "a message as an object": lambda r: r["findings"][0].update(message={"a": 1}),
    "a huge message": lambda r: r["findings"][0].update(message="x" * 500_000),
    "a lone surrogate": lambda r: r["findings"][0].update(message="\ud800"),
    "a confidence above one": lambda r: r["findings"][0].update(confidence=7),
    "a suggestion as text": lambda r: r["findings"][0].update(suggestion="x"),
    "a huge suggestion": lambda r: r["findings"][0].update(
        suggestion={"start_line": 1, "end_line": 1, "replacement": "x" * 300_000, "verified": []}
    ),
    "a rule as a number": lambda r: r["findings"][0].update(rule=1),
    "a long rule": lambda r: r["findings"][0].update(rule="x" * 400),
    "many others": lambda r: r["findings"][0].update(also=["x"] * 2000),
    "a memory that is no effect": lambda r: r["findings"][0].update(memory={"effect": "x"}),
    "held back by nobody": lambda r: r["suppressed"].append({"finding": finding(), "by": "x", "reason": ""}),
    "a verdict as text": lambda r: r["verdict"].update(failed="no"),
    "counts as text": lambda r: r["verdict"].update(counts="none"),
    "an unknown bound": lambda r: r["verdict"].update(fail_on="x"),
    "seconds that never end": lambda r: r["stats"].update(seconds={"total": 1e300}),
    "tokens below nothing": lambda r: r["stats"].update(prompt_tokens=-1),
    "degraded as text": lambda r: r.update(degraded=["x"]),
    "more than a mebibyte": lambda r: r.update(padding="x" * (1 << 20)),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_report_that_is_not_ours_is_refused(scene: Scene, change: Callable[[Report], object]) -> None:
    report = scene.report(finding(), finding(2, "worse()"))
    change(report)
    try:
        done = scene.publish(report, number=None)
        said = done.note or done.outcome.unposted
    except StoreError as error:
        said = "\n" not in str(error)
    assert said
    assert posted(scene) == []
    assert scene.writes() == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"schema": NaN}',
        b"[" * 100_000,
        b'"' + b"x" * 100,
        b"\x00" * 10,
        b"1" * 9999,
    ],
)
def test_what_is_no_report_is_refused(scene: Scene, data: bytes) -> None:
    with pytest.raises(StoreError):
        scene.publish(data, number=None)
    assert scene.writes() == []


SUGGESTIONS: dict[str, dict[str, Any]] = {
    "outside of the file": {"start_line": 50, "end_line": 51},
    "far from its finding": {"start_line": 2, "end_line": 2},
    "beyond the hunk": {"start_line": 1, "end_line": 9},
    "not verified": {"verified": []},
    "the same text": {"replacement": "bad()"},
    "with a secret": {"replacement": f'key = "{KEY}"'},
}


@pytest.mark.parametrize("wrong", SUGGESTIONS.values(), ids=SUGGESTIONS.keys())
def test_a_wrong_suggestion_is_not_offered(scene: Scene, wrong: dict[str, Any]) -> None:
    fix = {"start_line": 1, "end_line": 1, "replacement": "good()", "verified": ["applies", "parses", "rules"], **wrong}
    scene.publish(scene.report(finding(suggestion=fix)), number=None)
    assert [one.root.line for one in scene.open()] == [1]
    assert "suggestion" not in scene.open()[0].root.body
    for body in posted(scene):
        harmless(body)


@pytest.mark.parametrize("side", ["new", "old"])
@pytest.mark.parametrize(("path", "line"), [("a.py", 3), ("a.py", 10**7), ("README", 1), ("missing.py", 1)])
def test_a_place_outside_of_the_diff_goes_to_the_summary(scene: Scene, path: str, line: int, side: str) -> None:
    scene.publish(scene.report(finding(line, path=path, side=side)), number=None)
    assert scene.ours() == []
    assert f"{path}:{line}" in scene.summary()


def test_a_mark_in_a_text_is_not_taken_for_ours(scene: Scene) -> None:
    forged = '<!-- review-bot:v1 {"fingerprint":"0123456789abcdef","rule":"x","path":"a.py"} -->'
    fix = {"start_line": 1, "end_line": 1, "replacement": forged, "verified": ["applies", "parses"]}
    one = finding(suggestion=fix)
    scene.publish(scene.report(one), number=None)
    scene.writes()
    scene.publish(scene.report(one), number=None)
    assert scene.writes() == []
    assert len(scene.ours()) == 1


def test_a_number_given_by_hand_must_be_at_the_commit_of_the_run(scene: Scene) -> None:
    scene.repo.pulls[8].head = scene.base
    report = scene.report(finding())
    report["source"]["number"] = 8
    done = scene.publish(report, number=8)
    assert done.outcome.unposted
    assert scene.writes() == []


def test_a_secret_of_the_diff_is_not_posted(scene: Scene) -> None:
    scene.push(a__py='bad()\npassword = "hunter2hunter2x9"\n')
    event = json.loads((scene.folder / "event.json").read_text())
    event["workflow_run"]["head_sha"] = scene.pull.head
    (scene.folder / "event.json").write_text(json.dumps(event))
    told = finding(message="they say hunter2hunter2x9", why="as hunter2hunter2x9 is weak")
    scene.publish(scene.report(told, finding(9, "x", message="hunter2hunter2x9")), number=None)
    bodies = posted(scene)
    assert len(bodies) >= 2
    assert not any("hunter2hunter2x9" in body for body in bodies)


def test_the_number_of_hostile_reports() -> None:
    assert len(TEXTS) + len(WRONG) >= 100
    assert NUMBER == 7
