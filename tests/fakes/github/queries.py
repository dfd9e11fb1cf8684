"""GraphQL of the fake: queries are held to GitHub's schema and run by graphql-core over plain dicts."""

from __future__ import annotations

import gzip
from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, build_schema, execute, parse, validate

from fakes.github.openapi import DATA
from fakes.github.state import LONGEST

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLSchema

    from fakes.github.state import Comment, Fake, Pull, Repository, Thread, User

_READ_ONLY = "Resource not accessible by integration"
_MUTATIONS = (
    "minimizeComment", "unminimizeComment", "resolveReviewThread", "unresolveReviewThread",
    "updatePullRequestReviewComment", "addPullRequestReviewThreadReply",
)  # fmt: skip


@cache
def schema() -> GraphQLSchema:
    """GitHub's schema; building it takes a second, once a process."""
    text = gzip.decompress((DATA / "schema.graphql.gz").read_bytes()).decode()
    return build_schema(text, assume_valid=True)


@cache
def checked(query: str) -> tuple[DocumentNode | None, tuple[str, ...]]:
    """The parsed query, and what is wrong with it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (str(error),)
    return document, tuple(str(error) for error in validate(schema(), document))


def fields(document: DocumentNode) -> list[str]:
    """Names of the fields that an operation asks for first, and of those right below."""
    found = []
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            found += [getattr(one, "name").value for one in operation.selection_set.selections]  # noqa: B009
    return found


def mutates(document: DocumentNode) -> bool:
    """Whether it changes anything."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return any(one.operation is OperationType.MUTATION for one in operations)


def run(fake: Fake, document: DocumentNode, variables: dict[str, Any]) -> dict[str, Any]:
    """The answer, with `errors` as GitHub writes them."""
    root: dict[str, Any] = {
        "viewer": _user(fake.viewer, plain=False),
        "repository": lambda _info, owner, name, **_: _repository(fake, f"{owner}/{name}"),
        "node": lambda _info, id: _node(fake, id),  # noqa: A006
    }
    for name in _MUTATIONS:
        root[name] = _mutation(fake, name)
    done: Any = execute(schema(), document, root_value=root, variable_values=variables)
    found: dict[str, Any] = {"data": done.data}
    if done.errors:
        found["errors"] = [_error(one) for one in done.errors]
    return found


def _error(error: GraphQLError) -> dict[str, Any]:
    kind = (error.extensions or {}).get("type")
    return {**({"type": kind} if kind else {}), "path": error.path, "message": error.message}


def _fail(message: str, kind: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


def _connection(rows: list[dict[str, Any]], **given: Any) -> dict[str, Any]:
    first, last, after, before = (given.get(name) for name in ("first", "last", "after", "before"))
    if first is None and last is None:
        raise _fail("You must provide a `first` or `last` value to properly paginate.", "MISSING_PAGINATION_BOUNDARIES")
    if max(first or 0, last or 0) > 100:
        raise _fail("Requesting more than 100 records exceeds the limit.", "EXCESSIVE_PAGINATION")
    start = int(after) if after else 0
    end = int(before) if before else len(rows)
    if first is not None:
        end = min(end, start + first)
    else:
        start = max(start, end - (last or 0))
    part = rows[start:end]
    info = {
        "hasNextPage": end < len(rows),
        "hasPreviousPage": start > 0,
        "endCursor": str(end) if part else None,
        "startCursor": str(start) if part else None,
    }
    edges = [{"node": one, "cursor": str(start + at + 1)} for at, one in enumerate(part)]
    return {"nodes": part, "edges": edges, "pageInfo": info, "totalCount": len(rows)}


def _pages(rows: list[dict[str, Any]]) -> Any:
    return lambda _info, **given: _connection(rows, **given)


def _user(user: User, *, plain: bool = True) -> dict[str, Any]:
    kind = "Bot" if user.bot and plain else "User"
    return {"__typename": kind, "login": user.actor if plain else user.login, "databaseId": user.id}


def _repository(fake: Fake, name: str) -> dict[str, Any]:
    repo = next((r for known, r in fake.repositories.items() if known.lower() == name.lower()), None)
    if repo is None:
        raise _fail(f"Could not resolve to a Repository with the name '{name}'.", "NOT_FOUND")
    return {
        "__typename": "Repository",
        "nameWithOwner": repo.name,
        "pullRequest": lambda _info, number: _pull_of(fake, repo, number),
    }


def _pull_of(fake: Fake, repo: Repository, number: int) -> dict[str, Any]:
    if number not in repo.pulls:
        raise _fail(f"Could not resolve to a PullRequest with the number of {number}.", "NOT_FOUND")
    return _pull(fake, repo, repo.pulls[number])


def _pull(fake: Fake, repo: Repository, pull: Pull) -> dict[str, Any]:
    return {
        "__typename": "PullRequest",
        "id": f"PR_{pull.number}",
        "number": pull.number,
        "state": pull.state.upper(),
        "headRefOid": pull.head,
        "baseRefOid": pull.base,
        "baseRefName": pull.base_ref,
        "headRefName": pull.head_ref,
        "isCrossRepository": bool(pull.head_repository),
        "author": _user(pull.author),
        "url": f"https://github.com/{repo.name}/pull/{pull.number}",
        "reviewThreads": _pages([_thread(fake, repo, pull, one) for one in pull.threads]),
        "comments": _pages([_comment(fake, repo, pull, one) for one in pull.conversation]),
    }


def _thread(fake: Fake, repo: Repository, pull: Pull, thread: Thread) -> dict[str, Any]:
    outdated = _outdated(repo, pull, thread)
    return {
        "__typename": "PullRequestReviewThread",
        "id": thread.node,
        "path": thread.root.path,
        "line": None if outdated else thread.root.line,
        "originalLine": thread.root.line,
        "startLine": thread.root.start_line,
        "diffSide": thread.root.side,
        "isOutdated": outdated,
        "isResolved": thread.resolved_by is not None,
        "isCollapsed": thread.resolved_by is not None,
        "resolvedBy": _user(thread.resolved_by, plain=False) if thread.resolved_by else None,
        "viewerCanResolve": fake.may_resolve,
        "viewerCanUnresolve": fake.may_resolve,
        "viewerCanReply": not fake.read_only,
        "comments": _pages([_comment(fake, repo, pull, one) for one in thread.comments]),
    }


def _outdated(repo: Repository, pull: Pull, thread: Thread) -> bool:
    root = thread.root
    file = next((one for one in repo.files(pull) if one.path == root.path), None)
    hunks = () if file is None else file.right if root.side == "RIGHT" else file.left
    return not any(root.line in lines for lines in hunks)


def _comment(fake: Fake, repo: Repository, pull: Pull, comment: Comment) -> dict[str, Any]:
    return {
        "__typename": "PullRequestReviewComment" if comment.path else "IssueComment",
        "id": comment.node,
        "databaseId": comment.number,
        "fullDatabaseId": str(comment.number),
        "author": _user(comment.user),
        "viewerDidAuthor": comment.user == fake.viewer,
        "body": comment.body,
        "path": comment.path,
        "line": comment.line,
        "isMinimized": comment.minimized is not None,
        "minimizedReason": comment.minimized,
        "createdAt": comment.created,
        "authorAssociation": "NONE",
        "url": f"https://github.com/{repo.name}/pull/{pull.number}#discussion_r{comment.number}",
        "reactions": _pages(
            [{"content": content.upper(), "user": _user(who, plain=False)} for _, who, content in comment.reactions]
        ),
    }


def _found(fake: Fake, node: str) -> tuple[Repository, Pull, Thread | None, Comment | None]:
    for repo in fake.repositories.values():
        for pull in repo.pulls.values():
            for thread in pull.threads:
                if thread.node == node:
                    return repo, pull, thread, None
                for comment in thread.comments:
                    if comment.node == node:
                        return repo, pull, thread, comment
            for comment in pull.conversation:
                if comment.node == node:
                    return repo, pull, None, comment
    raise _fail(f"Could not resolve to a node with the global id of '{node}'", "NOT_FOUND")


def _node(fake: Fake, node: str) -> dict[str, Any]:
    repo, pull, thread, comment = _found(fake, node)
    if comment is not None:
        return _comment(fake, repo, pull, comment)
    assert thread is not None
    return _thread(fake, repo, pull, thread)


def _mutation(fake: Fake, name: str) -> Any:
    def perform(_info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        if fake.read_only:
            raise _fail(_READ_ONLY, "FORBIDDEN")
        if "Thread" in name and "Resolve" in name.replace("resolve", "Resolve") and not fake.may_resolve:
            raise _fail(_READ_ONLY, "FORBIDDEN")
        keys = ("subjectId", "threadId", "pullRequestReviewCommentId", "pullRequestReviewThreadId")
        return _perform(fake, name, next(input[key] for key in keys if key in input), input)

    return perform


def _perform(fake: Fake, name: str, node: str, given: dict[str, Any]) -> dict[str, Any]:
    repo, pull, thread, comment = _found(fake, node)
    if name == "minimizeComment":
        assert comment is not None
        comment.minimized, comment.minimized_by = given["classifier"].lower(), fake.viewer
        return {"minimizedComment": _comment(fake, repo, pull, comment)}
    if name == "unminimizeComment":
        assert comment is not None
        comment.minimized = comment.minimized_by = None
        return {"unminimizedComment": _comment(fake, repo, pull, comment)}
    if name == "updatePullRequestReviewComment":
        assert comment is not None
        if len(given["body"]) > LONGEST:
            raise _fail("Body is too long (maximum is 65536 characters)", "UNPROCESSABLE")
        comment.body = given["body"]
        comment.edited += 1
        return {"pullRequestReviewComment": _comment(fake, repo, pull, comment)}
    assert thread is not None
    if name == "addPullRequestReviewThreadReply":
        answer = fake.reply(thread, fake.viewer, given["body"])
        return {"comment": _comment(fake, repo, pull, answer)}
    thread.resolved_by = fake.viewer if name == "resolveReviewThread" else None
    return {"thread": _thread(fake, repo, pull, thread)}
