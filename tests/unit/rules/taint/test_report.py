"""Where a taint rule reports, and which sources and sanitisers count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.domain.review import SourceInfo
from review_bot.pipeline.examples import diff_of
from review_bot.ports import Change
from review_bot.rules.engine import Engine
from review_bot.rules.model import Rule

if TYPE_CHECKING:
    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import Finding


class Texts:
    """Both versions of one file; `known` False is a patch without a work tree."""

    def __init__(self, before: str, after: str, *, known: bool) -> None:
        self.before, self.after, self.known = before, after, known

    def new(self, _file: FileDiff) -> bytes | None:
        return self.after.encode() if self.known else None

    def old(self, _file: FileDiff) -> bytes | None:
        return self.before.encode() if self.known else None


def rule(body: dict[str, Any], **fields: Any) -> Rule:
    given: dict[str, Any] = {
        "id": "my.taint",
        "category": "injection-command",
        "severity": "error",
        "confidence": "high",
        "languages": ("python",),
        "message": "{X} holds {SOURCE} of line {LINE}",
        "why": "because",
        "kind": "taint",
        "body": body,
    }
    return Rule(**given | fields)


RUN = {"sinks": ["run($X)"]}


def findings(one: Rule, after: str, before: str = "", path: str = "a.py", *, known: bool = True) -> list[Finding]:
    contents = Texts(before, after, known=known)
    change = Change(SourceInfo("diff"), (diff_of(path, before, after),), contents)
    return [finding for outcome in Engine([one]).run(change) for finding in outcome.findings]


def lines(one: Rule, after: str, before: str = "", path: str = "a.py") -> list[int]:
    return [finding.start_line for finding in findings(one, after, before, path)]


FLOW = "from flask import request\ndef f():\n    x = request.args.get('a')\n    y = 'b' + x\n    run(y)\n"


def test_the_message_names_both_ends() -> None:
    (found,) = findings(rule(RUN), FLOW)
    assert found.message == "y holds request.args.get('a') of line 3"
    assert (found.start_line, found.start_column, found.end_column) == (5, 5, 11)


def test_at_the_sink_when_that_is_new() -> None:
    assert lines(rule(RUN), FLOW, FLOW.replace("    run(y)\n", "")) == [5]


def test_at_the_way_when_only_that_is_new() -> None:
    assert lines(rule(RUN), FLOW, FLOW.replace("'b' + x", "'b'")) == [4]


def test_at_the_source_when_only_that_is_new() -> None:
    assert lines(rule(RUN), FLOW, FLOW.replace("request.args.get('a')", "'a'")) == [3]


def test_nothing_when_the_flow_is_old() -> None:
    assert lines(rule(RUN), FLOW + "z = 1\n", FLOW) == []


def test_at_the_call_when_only_that_is_new() -> None:
    old = "from flask import request\ndef f(a):\n    run(a)\n"
    assert lines(rule(RUN), old + "def g():\n    f(request.args['a'])\n", old) == [5]


def test_a_patch_without_a_work_tree() -> None:
    assert [one.start_line for one in findings(rule(RUN), FLOW, known=False)] == [5]


def test_only_the_named_place() -> None:
    text = "from flask import request\nrun(1, request.args['a'])\nrun(request.args['a'], 1)\n"
    assert lines(rule({"sinks": ["run($A, $X)"]}), text) == [2]


def test_an_option_has_to_be_named() -> None:
    text = "from flask import request\nrun(timeout=request.args['a'])\nrun(command=request.args['a'])\n"
    assert lines(rule({"sinks": ["run($X)", "run(command=$X)"]}), text) == [3]


def test_any_of_several() -> None:
    text = "from flask import request\nrun(1, request.args['a'], 2)\nrun(1, 2)\n"
    assert lines(rule({"sinks": ["run($$$X)"]}), text) == [2]


def test_own_sources_beside_the_shipped() -> None:
    text = "from flask import request\nrun(read_mail())\nrun(request.args['a'])\nx = read_mail().body\nrun(x)\n"
    assert lines(rule(RUN | {"sources": ["read_mail()"]}), text) == [2, 3, 5]


def test_own_sanitisers() -> None:
    text = "from flask import request\nx = request.args['a']\nrun(wash(x))\nrun(polish(x) + x)\n"
    assert lines(rule(RUN | {"sanitisers": ["wash($X)"]}), text) == [4]


def test_a_sanitiser_is_for_some_categories() -> None:
    text = "import shlex\nfrom flask import request\nrun(shlex.quote(request.args['a']))\n"
    assert lines(rule(RUN), text) == []
    assert lines(rule(RUN, category="xss"), text) == [3]


def test_a_fixed_host_ends_ssrf_alone() -> None:
    text = "from flask import request\nrun('https://example.com/' + request.args['a'])\n"
    assert lines(rule(RUN, category="ssrf"), text) == []
    assert lines(rule(RUN, category="injection-sql"), text) == [2]


def test_an_open_host() -> None:
    text = "from flask import request\nrun('https://' + request.args['a'])\nrun(request.args['a'] + '/b')\n"
    assert lines(rule(RUN, category="ssrf"), text) == [2, 3]


def test_what_the_user_types_is_theirs() -> None:
    text = "import sys\nrun(sys.argv[1])\n"
    assert lines(rule(RUN, category="path-traversal"), text) == []
    assert lines(rule(RUN, category="injection-command"), text) == [2]
    assert lines(rule(RUN, category="path-traversal", shipped=False), text) == [2]


def test_groups_of_sources() -> None:
    text = "import sys\nfrom flask import request\nrun(sys.argv[1])\nrun(request.args['a'])\n"
    assert lines(rule(RUN | {"from": ["request"]}), text) == [4]
    assert lines(rule(RUN | {"from": ["local"]}), text) == [3]


def test_parameters_that_become_part_of_a_text() -> None:
    text = "def f(a):\n    run(a)\n    run('x' + a)\n"
    assert lines(rule(RUN | {"from": ["parameter"]}), text) == [2, 3]
    assert lines(rule(RUN | {"from": ["parameter"], "built": ["parameter"]}), text) == [3]


def test_texts_that_look_like_something() -> None:
    text = "from flask import request\na = 'SELECT ' + request.args['a']\nb = 'hello ' + request.args['a']\n"
    assert lines(rule({"strings": "^SELECT "}), text) == [2]


def test_a_text_that_arrives_is_reported_once() -> None:
    text = "from flask import request\na = 'SELECT ' + request.args['a']\nrun(a)\n"
    assert lines(rule(RUN | {"strings": "^SELECT "}), text) == [3]


def test_a_text_that_is_washed_at_once() -> None:
    text = "from flask import request\na = escape('<b>' + request.args['a'])\nb = show('<b>' + request.args['a'])\n"
    assert lines(rule({"strings": "<b>"}, category="xss"), text) == [3]


def test_an_object_is_no_page() -> None:
    text = "from flask import request\nrun({'a': request.args['a']})\n"
    assert lines(rule(RUN, category="xss"), text) == []
    assert lines(rule(RUN), text) == [2]


def test_languages_without_a_grammar_for_it() -> None:
    assert lines(rule(RUN, languages=("*",)), "fn main() { run(request.args) }\n", path="a.rs") == []
