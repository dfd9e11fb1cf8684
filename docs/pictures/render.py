"""Pictures of what stands in a pull request: review.png and summary.png, beside this file.

    python docs/pictures/render.py [CHROMIUM]

reviews a change of its own on the fake GitHub of the tests, by `pr analyse` and `pr publish`, and takes the comments as
the fake keeps them. A headless Chromium (default: `chromium`) draws them on a page that looks like GitHub's.
"""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from markdown_it import MarkdownIt  # noqa: E402
from markdown_it.renderer import RendererHTML  # noqa: E402

from fakes.github import BOT, Fake, GitTrees, Pull, serve  # noqa: E402 - the path is that of the tests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

    from fakes.github import Thread

NAME, NUMBER = "octo/shop", 7
BEFORE = {
    ".review-bot.toml": "github.write-interval = 0.0\n",
    "shop/orders.py": """import logging
import sqlite3

logger = logging.getLogger(__name__)


def by_customer(connection: sqlite3.Connection, customer: str) -> list[tuple[str, int]]:
    return connection.execute("SELECT name, price FROM orders WHERE customer = ?", (customer,)).fetchall()
""",
    "tests/test_orders.py": "def test_by_customer() -> None:\n    pass\n",
}
AFTER = {
    "shop/orders.py": """import logging
import sqlite3

import requests
import yaml

logger = logging.getLogger(__name__)


def by_customer(connection: sqlite3.Connection, customer: str) -> list[tuple[str, int]]:
    return connection.execute(f"SELECT name, price FROM orders WHERE customer = '{customer}'").fetchall()


def settings(path: str) -> dict[str, str]:
    with open(path, encoding="utf-8") as stream:
        return yaml.load(stream)


def send(orders: list[tuple[str, int]], to: str, seen=[]) -> None:
    if seen == None:
        return
    requests.post(to, json=orders, timeout=10, verify=False).raise_for_status()
""",
}
STYLE = """
* { box-sizing: border-box }
body { margin: 0; padding: 20px; background: #fff; color: #1f2328; width: 900px;
       font: 14px/1.5 "Liberation Sans", Arial, sans-serif }
.box { border: 1px solid #d1d9e0; border-radius: 6px; margin-bottom: 16px; overflow: hidden }
.file { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; font-weight: 600 }
.line { background: #dafbe1; font: 12px/20px "DejaVu Sans Mono", monospace; white-space: pre; padding: 0 16px 0 0;
        overflow: hidden }
.line b { display: inline-block; width: 48px; padding-right: 12px; margin-right: 12px; background: #aceebb;
          color: #59636e; text-align: right; font-weight: 400 }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; margin: 10px 16px 14px 16px }
.alone { margin: 0 }
.who { padding: 6px 16px; color: #59636e; background: #f6f8fa; border-bottom: 1px solid #d1d9e0 }
.who b { color: #1f2328 } .who i { font-style: normal; border: 1px solid #d1d9e0; border-radius: 1em; padding: 0 7px }
.body { padding: 4px 16px }
h2 { font-size: 1.5em; border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; margin: 12px 0 } h3 { margin: 12px 0 }
p, ul, table, details { margin: 10px 0 } a { color: #0969da }
code { background: #eff1f3; border-radius: 6px; padding: .2em .4em; font: 85% "DejaVu Sans Mono", monospace }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px; overflow: hidden }
pre code { padding: 0; background: none }
table { border-collapse: collapse } td, th { border: 1px solid #d1d9e0; padding: 5px 12px; text-align: left }
.suggestion { border: 1px solid #d1d9e0; border-radius: 6px; margin: 10px 0; overflow: hidden }
.suggestion div { font: 12px/20px "DejaVu Sans Mono", monospace; white-space: pre; padding: 0 12px; overflow: hidden }
.suggestion .title { font: 12px/28px "Liberation Sans", Arial; background: #f6f8fa; border-bottom: 1px solid #d1d9e0 }
.gone { background: #ffebe9 } .gone::before { content: "- " }
.new { background: #dafbe1 } .new::before { content: "+ " }
"""
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def main(browser: str) -> None:
    """Make both pictures."""
    with tempfile.TemporaryDirectory() as folder, serve(Fake()) as server:
        root = repository(Path(folder) / "shop")
        base, head = (git(root, "rev-parse", name) for name in ("main", "topic"))
        pull = Pull(NUMBER, base, head)
        server.fake.repository(NAME, GitTrees(root)).pulls[NUMBER] = pull
        publish(root, server.url, Path(folder))
        if server.fake.violations:
            raise SystemExit(f"off the schema: {server.fake.violations}")
        lines = AFTER["shop/orders.py"].split("\n")
        shown = sorted(pull.threads, key=lambda one: one.root.line or 0)
        review = "".join(file_box(one, lines) for one in shown)
        draw(browser, review, HERE / "review.png", Path(folder))
        summary = next(one.body for one in pull.conversation if one.user == BOT)
        draw(browser, comment(rendered(summary), "alone"), HERE / "summary.png", Path(folder))


def repository(root: Path) -> Path:
    """A repository with the change on the branch topic."""
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, BEFORE)
    git(root, "switch", "-q", "-c", "topic")
    commit(root, AFTER)
    git(root, "update-ref", f"refs/pull/{NUMBER}/head", "HEAD")
    return root


def commit(root: Path, files: dict[str, str]) -> None:
    """Write and commit files."""
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    git(root, "add", "-A")
    git(root, "-c", "user.name=ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "Send orders")


def git(root: Path, *arguments: str) -> str:
    """What git prints."""
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def publish(root: Path, url: str, folder: Path) -> None:
    """Analyse and publish, as the action does."""
    environment = {
        **os.environ,
        "GITHUB_API_URL": url,
        "GITHUB_TOKEN": "token",
        "GITHUB_REPOSITORY": NAME,
        "REVIEW_BOT_CACHE_DIR": str(folder / "cache"),
    }
    bot = [sys.executable, "-m", "review_bot", "pr"]
    number = ["--pr", str(NUMBER)]
    subprocess.run([*bot, "analyse", *number, "--backend", "none", "-q"], cwd=root, env=environment, check=False)
    subprocess.run([*bot, "publish", *number, "--max-comments", "3"], cwd=root, env=environment, check=False)


def file_box(thread: Thread, lines: list[str]) -> str:
    """A comment below the lines that it speaks of."""
    line = thread.root.line or 1
    code = "".join(
        f'<div class="line"><b>{number}</b>{html.escape(lines[number - 1])}</div>'
        for number in range(max(1, line - 2), line + 1)
    )
    body = rendered(thread.root.body, lines[line - 1])
    return f'<div class="box"><div class="file">{thread.root.path}</div>{code}{comment(body)}</div>'


def comment(body: str, more: str = "") -> str:
    """A comment with its author."""
    who = f"<b>{BOT.actor}</b> <i>bot</i> commented"
    return f'<div class="comment {more}"><div class="who">{who}</div><div class="body">{body}</div></div>'


def rendered(markdown: str, flagged: str = "") -> str:
    """Markdown as GitHub shows it; a suggestion stands as the change of the flagged line."""
    renderer = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    html_renderer = RendererHTML()

    def fence(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        if token.info.strip() != "suggestion":
            return html_renderer.fence(tokens, index, options, env)
        new = "".join(f'<div class="new">{html.escape(one)}</div>' for one in token.content.splitlines())
        old = f'<div class="gone">{html.escape(flagged)}</div>'
        return f'<div class="suggestion"><div class="title">Suggested change</div>{old}{new}</div>'

    renderer.add_render_rule("fence", fence)
    return str(renderer.render(markdown))


def draw(browser: str, body: str, picture: Path, folder: Path) -> None:
    """Take the picture, once for the height and once at that height."""
    page = folder / "page.html"
    measure = "<script>document.title = document.body.offsetHeight</script>"
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body>{body}{measure}', encoding="utf-8"
    )
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", *QUIET, f"--user-data-dir={profile}", "--window-size=900,400"]
        text = subprocess.run(
            [*command, "--dump-dom", page.as_uri()], check=True, capture_output=True, text=True
        ).stdout
        height = int(text.partition("<title>")[2].partition("</title>")[0])
        command[-1] = f"--window-size=900,{height}"
        subprocess.run([*command, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium") or "chromium")
