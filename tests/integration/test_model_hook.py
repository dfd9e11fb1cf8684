"""The commit hook with a model, and without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from fakes.caches import own_cache
from fakes.openai_server import OpenAiServer

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

CODE = "def last(items):\n    if not items:\n        return None\n    return items[len(items)]\n"
SAID = {
    "path": "a.py", "line": 4, "quote": "    return items[len(items)]", "category": "correctness", "severity": "error",
    "message": "items[len(items)] is past the end of items", "fix": "",
}  # fmt: skip
ANSWER = json.dumps({"thought": "t", "findings": [SAID]}, separators=(",", ":"))
HEAVY = "sqlite3 threading queue json hashlib asyncio review_bot.pipeline.graph review_bot.pipeline.stages"


def hook(git: Git, tmp_path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "review_bot", "hook", "pre-commit", *arguments],
        cwd=git.root,
        env={**os.environ, "REVIEW_BOT_CACHE_DIR": own_cache(tmp_path / "cache"), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def stage(git: Git) -> None:
    git.commit()
    git.write("a.py", CODE)
    git("add", "-A")


def test_a_hook_asks_the_model_that_it_is_told_to(git: Git, tmp_path: Path) -> None:
    stage(git)
    with OpenAiServer(answers=lambda prompt: "yes" if "Remark" in prompt else ANSWER) as server:
        done = hook(git, tmp_path, "--backend", "openai", REVIEW_BOT_MODEL_OPENAI_URL=str(server.url))
        assert (done.returncode, done.stderr) == (0, "")
        assert "a.py:4:5: error model.correctness: items[len(items)] is past the end" in done.stdout


def test_a_model_that_hangs_leaves_the_rules_within_the_deadline(git: Git, tmp_path: Path) -> None:
    stage(git)
    with OpenAiServer(faults=("hang",)) as server:
        more = {"REVIEW_BOT_MODEL_OPENAI_URL": str(server.url), "REVIEW_BOT_HOOK_DEADLINE": "8"}
        done = hook(git, tmp_path, "--backend", "openai", **more)
    assert done.returncode == 0
    assert done.stderr.startswith("degraded: backend:openai: ")
    assert "goes on unchecked" not in done.stderr


def test_a_hook_with_rules_only_loads_nothing_of_the_model(git: Git, tmp_path: Path) -> None:
    stage(git)
    script = (
        "import sys; from review_bot.cli.main import main\n"
        "main(['hook', 'pre-commit']); print(*sorted(set(sys.argv[1].split()) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, HEAVY], cwd=git.root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
