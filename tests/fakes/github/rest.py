"""What the fake does on each REST request, by the templates of the description."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

from fakes.github import answers
from fakes.github.state import LONGEST, MOST_FILES, Review, Thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.github.state import Comment, Fake, Pull, Repository
    from fakes.github.trees import Section

_REPO = "/repos/{owner}/{repo}"
_PULL = _REPO + "/pulls/{pull_number}"


class Answer(NamedTuple):
    """An answer before it is put on the wire."""

    status: int
    data: Any
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


class Failed(Exception):
    """An answer other than the ordinary one."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"message": message, **more, "status": str(status)})


class Ask(NamedTuple):
    """A request that the description allows."""

    fake: Fake
    base: str
    url: str
    parameters: dict[str, str]
    query: dict[str, str]
    body: Any
    accept: str

    @property
    def repo(self) -> Repository:
        name = f"{self.parameters['owner']}/{self.parameters['repo']}"
        for known, repo in self.fake.repositories.items():
            if known.lower() == name.lower():
                return repo
        raise Failed(404, "Not Found")

    @property
    def pull(self) -> Pull:
        number = int(self.parameters.get("pull_number") or self.parameters["issue_number"])
        if number not in self.repo.pulls:
            raise Failed(404, "Not Found")
        return self.repo.pulls[number]


def page(ask: Ask, rows: list[Any]) -> Answer:
    """One page of `rows` with the header that names the next one."""
    size = max(1, min(int(ask.query.get("per_page", "30")), 100))
    number = max(int(ask.query.get("page", "1")), 1)
    part = rows[(number - 1) * size : number * size]
    if number * size >= len(rows):
        return Answer(200, part)
    rest = {**ask.query, "page": str(number + 1)}
    query = "&".join(f"{key}={value}" for key, value in rest.items())
    return Answer(200, part, {"Link": f'<{ask.url}?{query}>; rel="next"'})


def get_user(ask: Ask) -> Answer:
    if ask.fake.viewer.bot:  # the token of a workflow belongs to nobody
        raise Failed(403, "Resource not accessible by integration")
    return Answer(200, answers.user(ask.fake.viewer))


def get_repository(ask: Ask) -> Answer:
    push = not ask.fake.read_only
    rights = {"admin": False, "push": push, "pull": True}
    return Answer(200, {**answers.repository(ask.base, ask.repo.name), "permissions": rights})


def get_permission(ask: Ask) -> Answer:
    login = ask.parameters["username"]
    role = ask.repo.roles.get(login, "none")
    legacy = {"maintain": "write", "triage": "read"}.get(role, role)
    return Answer(200, {"permission": legacy, "role_name": role, "user": {"login": login, "type": "User"}})


def list_pulls(ask: Ask) -> Answer:
    state, head, ref = ask.query.get("state", "open"), ask.query.get("head"), ask.query.get("base")
    rows = []
    for pull in ask.repo.pulls.values():
        shown = answers.pull(ask.base, ask.repo, pull)
        if state in ("all", pull.state) and head in (None, shown["head"]["label"]) and ref in (None, pull.base_ref):
            rows.append(shown)
    return page(ask, rows)


def get_pull(ask: Ask) -> Answer:
    if "diff" in ask.accept:
        if ask.repo.too_large(ask.pull):
            raise Failed(406, "Sorry, the diff exceeded the maximum number of lines (20000)")
        return Answer(200, ask.repo.trees.diff(ask.pull.base, ask.pull.head))
    return Answer(200, answers.pull(ask.base, ask.repo, ask.pull))


def list_files(ask: Ask) -> Answer:
    files = ask.repo.files(ask.pull)[:MOST_FILES]
    return page(ask, [answers.file(one, patch=one.path not in ask.repo.unpatched) for one in files])


def list_commits(ask: Ask) -> Answer:
    commits = ask.pull.commits or [ask.pull.head]
    return page(ask, [_commit(ask, sha) for sha in commits])


def _commit(ask: Ask, sha: str) -> dict[str, Any]:
    message = ask.repo.trees.message(sha)
    return {"sha": sha, "commit": {"message": message, "author": {"name": "Ada"}}, "parents": [], "author": None}


def get_commit(ask: Ask) -> Answer:
    """By its id, or the first digits of it."""
    named = ask.parameters["ref"]
    known = [one for pull in ask.repo.pulls.values() for one in pull.commits]
    sha = next((one for one in known if len(named) >= 7 and one.startswith(named)), named)
    if not ask.repo.trees.has(sha):
        raise Failed(404, f"No commit found for SHA: {sha}")
    return Answer(200, _commit(ask, sha))


def list_history(ask: Ask) -> Answer:
    sha = ask.query.get("sha", "")
    if not ask.repo.trees.has(sha):
        raise Failed(404, "Not Found")
    found = page(ask, [_commit(ask, one) for one in ask.repo.trees.history(sha)])
    size = int(ask.query.get("per_page", "30"))
    last = -(-len(ask.repo.trees.history(sha)) // size)
    if found.headers:
        query = "&".join(f"{key}={value}" for key, value in {**ask.query, "page": str(last)}.items())
        return found._replace(headers={"Link": f'{found.headers["Link"]}, <{ask.url}?{query}>; rel="last"'})
    return found


def get_git_commit(ask: Ask) -> Answer:
    sha = ask.parameters["commit_sha"]
    if not ask.repo.trees.has(sha):
        raise Failed(404, "Not Found")
    return Answer(200, {"sha": sha, "message": ask.repo.trees.message(sha), "parents": [], "tree": {"sha": sha}})


def commit_pulls(ask: Ask) -> Answer:
    sha = ask.parameters["commit_sha"]
    pulls = [one for one in ask.repo.pulls.values() if one.head == sha and not one.head_repository]
    return page(ask, [answers.pull(ask.base, ask.repo, one) for one in pulls])


def compare(ask: Ask) -> Answer:
    parts = ask.parameters
    base, head = (parts["base"], parts["head"]) if "base" in parts else parts["basehead"].split("...", 1)
    head = head.rpartition(":")[2]
    trees = ask.repo.trees
    if not (trees.has(base) and trees.has(head)):
        raise Failed(404, "Not Found")
    if "diff" in ask.accept:
        return Answer(200, trees.diff(base, head))
    merge = trees.merge_base(base, head)
    return Answer(200, {"merge_base_commit": {"sha": merge}, "status": "ahead", "commits": [], "files": []})


def contents(ask: Ask) -> Answer:
    path, ref = ask.parameters["path"].rstrip("/"), ask.query.get("ref", "HEAD")
    if ref != "HEAD" and not ask.repo.trees.has(ref):
        raise Failed(404, f"No commit found for the ref {ref}")
    data = ask.repo.trees.read(ref, path)
    if data is None:
        return _folder(ask, ref, path)
    if "raw" in ask.accept:
        return Answer(200, data)
    encoded = base64.b64encode(data).decode() if len(data) <= 1 << 20 else ""
    encoding = "base64" if len(data) <= 1 << 20 else "none"
    found = {"type": "file", "path": path, "name": path.split("/")[-1], "size": len(data), "sha": "0" * 40}
    return Answer(200, {**found, "content": encoded, "encoding": encoding})


def _folder(ask: Ask, ref: str, path: str) -> Answer:
    rows = []
    for name in ask.repo.trees.folder(ref, path):
        kind = "dir" if name.endswith("/") else "file"
        rows.append({"type": kind, "path": name.rstrip("/"), "name": name.rstrip("/").split("/")[-1], "size": 1})
    if not rows:
        raise Failed(404, "Not Found")
    return Answer(200, rows)


def _long(body: str | None) -> str:
    if body is not None and len(body) > LONGEST:
        raise Failed(422, "Validation Failed", errors=["Body is too long (maximum is 65536 characters)"])
    return body or ""


def list_reviews(ask: Ask) -> Answer:
    return page(ask, [answers.review(ask.repo, ask.pull.number, one) for one in ask.pull.reviews])


def create_review(ask: Ask) -> Answer:
    fake, repo, pull, body = ask.fake, ask.repo, ask.pull, ask.body or {}
    comments, text = body.get("comments", []), _long(body.get("body"))
    if body.get("event") != "COMMENT" or not (comments or text):
        raise Failed(422, "Unprocessable Entity", errors=["Body can't be blank"])
    if body.get("commit_id", pull.head) not in (pull.head, *pull.commits):
        raise Failed(422, "Unprocessable Entity", errors=["No commit found"])
    for one in comments:
        _refuse(one, repo.files(pull))
    review = Review(fake.number(), fake.viewer, text, body.get("commit_id", pull.head))
    pull.reviews.append(review)
    for one in comments:
        _start(ask, pull, review, one)
    return Answer(200, answers.review(repo, pull.number, review))


def _start(ask: Ask, pull: Pull, review: Review, one: dict[str, Any]) -> None:
    fields = {key: one[key] for key in ("side", "start_line", "start_side") if key in one}
    thread = ask.fake.start_thread(pull, ask.fake.viewer, one["body"], one["path"], one["line"], **fields)
    thread.root.review = review.number


def _refuse(one: dict[str, Any], files: list[Section]) -> None:
    """The rules of a review's comments; one that breaks them takes the whole review along, and is not named."""
    _long(one["body"])
    file = next((file for file in files if file.path == one["path"]), None)
    side = one.get("side", "RIGHT")
    if file is None or "line" not in one or side not in ("RIGHT", "LEFT") or not one["body"].strip():
        raise Failed(422, "Unprocessable Entity", errors=["Path could not be resolved"])
    hunk = _hunk(file, side, one["line"])
    if hunk is None:
        raise Failed(422, "Unprocessable Entity", errors=["Line could not be resolved"])
    if "start_line" in one:
        start_side = one.get("start_side", side)
        if start_side == side and one["start_line"] >= one["line"]:
            raise Failed(422, "Unprocessable Entity", errors=["start_line must precede the end line."])
        if _hunk(file, start_side, one["start_line"]) != hunk:
            raise Failed(422, "Unprocessable Entity", errors=["start_line must be part of the same hunk as the line."])


def _hunk(file: Section, side: str, line: int) -> int | None:
    hunks = file.right if side == "RIGHT" else file.left
    return next((at for at, lines in enumerate(hunks) if line in lines), None)


def pull_comments(ask: Ask) -> Answer:
    comments = [one for thread in ask.pull.threads for one in thread.comments]
    return page(ask, [answers.comment(ask.base, ask.repo, ask.pull.number, one) for one in comments])


def create_pull_comment(ask: Ask) -> Answer:
    body = ask.body
    _refuse(body, ask.repo.files(ask.pull))
    fields = {key: body[key] for key in ("side", "start_line", "start_side") if key in body}
    thread = ask.fake.start_thread(ask.pull, ask.fake.viewer, body["body"], body["path"], body["line"], **fields)
    return Answer(201, answers.comment(ask.base, ask.repo, ask.pull.number, thread.root))


def reply(ask: Ask) -> Answer:
    number = int(ask.parameters["comment_id"])
    for thread in ask.pull.threads:
        if thread.root.number == number:
            comment = ask.fake.reply(thread, ask.fake.viewer, _long(ask.body["body"]))
            return Answer(201, answers.comment(ask.base, ask.repo, ask.pull.number, comment))
    raise Failed(404, "Not Found")


def _found(ask: Ask) -> tuple[Pull, Comment, Thread | None]:
    number = int(ask.parameters["comment_id"])
    of_threads = "/pulls/" in ask.url
    for pull in ask.repo.pulls.values():
        for thread in pull.threads if of_threads else ():
            for comment in thread.comments:
                if comment.number == number:
                    return pull, comment, thread
        for comment in () if of_threads else pull.conversation:
            if comment.number == number:
                return pull, comment, None
    raise Failed(404, "Not Found")


def get_comment(ask: Ask) -> Answer:
    pull, comment, _ = _found(ask)
    return Answer(200, answers.comment(ask.base, ask.repo, pull.number, comment))


def edit_comment(ask: Ask) -> Answer:
    pull, comment, _ = _found(ask)
    comment.body = _long(ask.body["body"])
    comment.edited += 1
    return Answer(200, answers.comment(ask.base, ask.repo, pull.number, comment))


def delete_comment(ask: Ask) -> Answer:
    pull, comment, thread = _found(ask)
    ask.fake.deleted.append(comment)
    if thread is None:
        pull.conversation.remove(comment)
    else:
        thread.comments.remove(comment)
        pull.threads[:] = [one for one in pull.threads if one.comments]
    return Answer(204, None)


def list_reactions(ask: Ask) -> Answer:
    return page(ask, [answers.reaction(one) for one in _found(ask)[1].reactions])


def create_reaction(ask: Ask) -> Answer:
    comment = _found(ask)[1]
    for known in comment.reactions:
        if known[1:] == (ask.fake.viewer, ask.body["content"]):
            return Answer(200, answers.reaction(known))
    comment.reactions.append((ask.fake.number(), ask.fake.viewer, ask.body["content"]))
    return Answer(201, answers.reaction(comment.reactions[-1]))


def delete_reaction(ask: Ask) -> Answer:
    comment, number = _found(ask)[1], int(ask.parameters["reaction_id"])
    comment.reactions = [one for one in comment.reactions if one[0] != number]
    return Answer(204, None)


def issue_comments(ask: Ask) -> Answer:
    rows = [answers.comment(ask.base, ask.repo, ask.pull.number, one) for one in ask.pull.conversation]
    return page(ask, rows)


def create_issue_comment(ask: Ask) -> Answer:
    text = _long(ask.body["body"])
    if not text.strip():
        raise Failed(422, "Validation Failed", errors=["Body can't be blank"])
    comment = ask.fake.comment(ask.fake.viewer, text)
    ask.pull.conversation.append(comment)
    return Answer(201, answers.comment(ask.base, ask.repo, ask.pull.number, comment))


def rate_limit(ask: Ask) -> Answer:
    del ask
    core = {"limit": 1000, "remaining": 900, "reset": 0, "used": 100}
    return Answer(200, {"resources": {"core": core}, "rate": core})


HANDLERS: dict[tuple[str, str], Callable[[Ask], Answer]] = {
    ("get", "/user"): get_user,
    ("get", "/rate_limit"): rate_limit,
    ("get", _REPO): get_repository,
    ("get", _REPO + "/collaborators/{username}/permission"): get_permission,
    ("get", _REPO + "/pulls"): list_pulls,
    ("get", _PULL): get_pull,
    ("get", _PULL + "/files"): list_files,
    ("get", _PULL + "/commits"): list_commits,
    ("get", _REPO + "/commits"): list_history,
    ("get", _REPO + "/commits/{ref}"): get_commit,
    ("get", _REPO + "/git/commits/{commit_sha}"): get_git_commit,
    ("get", _REPO + "/commits/{commit_sha}/pulls"): commit_pulls,
    ("get", _REPO + "/compare/{base}...{head}"): compare,
    ("get", _REPO + "/compare/{basehead}"): compare,
    ("get", _REPO + "/contents/{path}"): contents,
    ("get", _PULL + "/reviews"): list_reviews,
    ("post", _PULL + "/reviews"): create_review,
    ("get", _PULL + "/comments"): pull_comments,
    ("post", _PULL + "/comments"): create_pull_comment,
    ("post", _PULL + "/comments/{comment_id}/replies"): reply,
    ("get", _REPO + "/issues/{issue_number}/comments"): issue_comments,
    ("post", _REPO + "/issues/{issue_number}/comments"): create_issue_comment,
}
for _kind in ("pulls", "issues"):
    _one = f"{_REPO}/{_kind}/comments/{{comment_id}}"
    HANDLERS |= {
        ("get", _one): get_comment,
        ("patch", _one): edit_comment,
        ("delete", _one): delete_comment,
        ("get", _one + "/reactions"): list_reactions,
        ("post", _one + "/reactions"): create_reaction,
        ("delete", _one + "/reactions/{reaction_id}"): delete_reaction,
    }
