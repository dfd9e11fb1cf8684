"""The fake is strict: what GitHub does not describe is refused and remembered."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from fakes.github import Fake, MemoryTrees, Pull, Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

REVIEWS = "/repos/octo/demo/pulls/7/reviews"


@pytest.fixture
def server() -> Iterator[Server]:
    fake = Fake()
    trees = MemoryTrees()
    head = trees.commit({"a.py": "".join(f"line {n}\n" for n in range(5)), "b.py": "x\n"}, trees.root)
    fake.repository("octo/demo", trees).pulls[7] = Pull(7, trees.root, head)
    with serve(fake) as server:
        yield server


def ask(server: Server, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, {"Authorization": "token x"}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def comment(**changes: Any) -> dict[str, Any]:
    return {"path": "a.py", "line": 2, "side": "RIGHT", "body": "x", **changes}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/repos/octo/demo/nothing", None),
        ("DELETE", "/repos/octo/demo/pulls/7", None),
        ("GET", "/repos/octo/demo/pulls/7/files?page=1&perpage=5", None),
        ("GET", "/repos/octo/demo/pulls/7/files?page=x", None),
        ("GET", "/repos/octo/demo/pulls?state=opened", None),
        ("GET", "/repos/octo/demo/pulls/seven", None),
        ("POST", REVIEWS, {"event": "COMMENT", "body": "x", "bdy": "x"}),
        ("POST", REVIEWS, {"event": "COMMENTED", "body": "x"}),
        ("POST", REVIEWS, {"event": "COMMENT", "comments": [comment(lin=3)]}),
        ("POST", REVIEWS, {"event": "COMMENT", "comments": [{"path": "a.py"}]}),
        ("POST", "/repos/octo/demo/issues/7/comments", {"body": 1}),
        ("POST", "/repos/octo/demo/issues/7/comments", None),
        ("POST", "/graphql", {"query": "query { viewer { logn } }"}),
        ("POST", "/graphql", {"query": "query {"}),
        ("POST", "/graphql", {"query": "query { viewer { login } }", "variable": {}}),
    ],
)
def test_what_is_off_the_description_is_refused(server: Server, method: str, path: str, body: Any) -> None:
    assert ask(server, method, path, body)[0] == 400
    assert server.fake.violations


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": 99}, {"path": "c.py"}, {"start_line": 2}, {"start_line": 3}, {"side": "LEFT"}, {"body": " "},
        {"body": "x" * 65_537},
    ],
)  # fmt: skip
def test_one_wrong_comment_takes_the_review_along(server: Server, wrong: dict[str, Any]) -> None:
    body = {"event": "COMMENT", "body": "x", "comments": [comment(line=1), comment(**wrong)]}
    assert ask(server, "POST", REVIEWS, body)[0] == 422
    assert server.fake.threads() == []
    assert server.fake.violations == []


def test_a_right_one_is_taken(server: Server) -> None:
    body = {"event": "COMMENT", "body": "x", "comments": [comment(), comment(start_line=1, line=3)]}
    assert ask(server, "POST", REVIEWS, body)[0] == 200
    assert len(server.fake.threads()) == 2


def test_the_token_of_a_workflow_is_nobody(server: Server) -> None:
    assert ask(server, "GET", "/user")[0] == 403
    status, found = ask(server, "POST", "/graphql", {"query": "query { viewer { login } }"})
    assert (status, found["data"]["viewer"]["login"]) == (200, "github-actions[bot]")


def test_reading_only(server: Server) -> None:
    server.fake.read_only = True
    assert ask(server, "POST", REVIEWS, {"event": "COMMENT", "body": "x"})[0] == 403
    text = 'mutation { minimizeComment(input: {subjectId: "x", classifier: OUTDATED}) { clientMutationId } }'
    assert ask(server, "POST", "/graphql", {"query": text})[1]["errors"][0]["type"] == "FORBIDDEN"


def test_a_role_reads_as_a_permission(server: Server) -> None:
    server.fake.repository().roles["ada"] = "maintain"
    assert ask(server, "GET", "/repos/octo/demo/collaborators/ada/permission")[1]["permission"] == "write"


def test_a_connection_wants_a_bound(server: Server) -> None:
    text = 'query { repository(owner:"octo",name:"demo"){ pullRequest(number:7){ comments{ totalCount } } } }'
    assert ask(server, "POST", "/graphql", {"query": text})[1]["errors"]
