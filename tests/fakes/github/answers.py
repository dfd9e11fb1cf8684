"""JSON of the fake's objects, as GitHub's REST interface writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakes.github.state import Comment, Pull, Repository, Review, User
    from fakes.github.trees import Section


def user(one: User) -> dict[str, Any]:
    return {"login": one.login, "id": one.id, "type": "Bot" if one.bot else "User", "node_id": f"U_{one.login}"}


def repository(base: str, name: str) -> dict[str, Any]:
    owner, short = name.split("/")
    return {
        "id": abs(hash(name)) % 10**6,
        "name": short,
        "full_name": name,
        "owner": {"login": owner, "type": "User"},
        "private": False,
        "default_branch": "main",
        "url": f"{base}/repos/{name}",
    }


def pull(base: str, repo: Repository, one: Pull) -> dict[str, Any]:
    head_name = one.head_repository or repo.name
    files = repo.files(one)
    return {
        "number": one.number,
        "id": one.number,
        "node_id": f"PR_{one.number}",
        "url": f"{base}/repos/{repo.name}/pulls/{one.number}",
        "html_url": f"https://github.com/{repo.name}/pull/{one.number}",
        "state": one.state,
        "title": one.title,
        "user": user(one.author),
        "draft": False,
        "merged": False,
        "changed_files": len(files),
        "additions": sum(file.added for file in files),
        "deletions": sum(file.removed for file in files),
        "commits": max(len(one.commits), 1),
        "head": _side(base, head_name, one.head_ref, one.head),
        "base": _side(base, repo.name, one.base_ref, one.base),
    }


def _side(base: str, name: str, ref: str, sha: str) -> dict[str, Any]:
    owner = name.split("/", maxsplit=1)[0]
    return {
        "ref": ref,
        "sha": sha,
        "label": f"{owner}:{ref}",
        "user": {"login": owner},
        "repo": repository(base, name),
    }


def file(one: Section, *, patch: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "sha": "0" * 40,
        "filename": one.path,
        "status": one.status,
        "additions": one.added,
        "deletions": one.removed,
        "changes": one.added + one.removed,
    }
    if one.previous:
        found["previous_filename"] = one.previous
    if patch and one.patch is not None:
        found["patch"] = one.patch
    return found


def comment(base: str, repo: Repository, number: int, one: Comment) -> dict[str, Any]:
    """A comment of a thread or of the conversation."""
    kind = "pulls" if one.path else "issues"
    found: dict[str, Any] = {
        "id": one.number,
        "node_id": one.node,
        "url": f"{base}/repos/{repo.name}/{kind}/comments/{one.number}",
        "html_url": f"https://github.com/{repo.name}/pull/{number}#discussion_r{one.number}",
        "user": user(one.user),
        "body": one.body,
        "created_at": one.created,
        "updated_at": one.created,
        "author_association": "NONE",
        "reactions": reactions(one),
    }
    if one.path:
        found |= {
            "path": one.path,
            "line": one.line,
            "original_line": one.line,
            "side": one.side,
            "start_line": one.start_line,
            "start_side": one.start_side,
            "commit_id": one.commit,
            "original_commit_id": one.original_commit,
            "pull_request_review_id": one.review,
            "pull_request_url": f"{base}/repos/{repo.name}/pulls/{number}",
            "diff_hunk": "@@",
        }
        if one.reply_to:
            found["in_reply_to_id"] = one.reply_to
    return found


_CONTENTS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def reactions(one: Comment) -> dict[str, Any]:
    counts = {content: sum(kind == content for _, _, kind in one.reactions) for content in _CONTENTS}
    return {**counts, "total_count": len(one.reactions)}


def reaction(one: tuple[int, User, str]) -> dict[str, Any]:
    number, who, content = one
    return {"id": number, "node_id": f"RE_{number}", "user": user(who), "content": content}


def review(repo: Repository, number: int, one: Review) -> dict[str, Any]:
    return {
        "id": one.number,
        "node_id": f"PRR_{one.number}",
        "user": user(one.user),
        "body": one.body,
        "state": one.state,
        "commit_id": one.commit,
        "html_url": f"https://github.com/{repo.name}/pull/{number}#pullrequestreview-{one.number}",
    }
