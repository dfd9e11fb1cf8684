"""What the README shows is what a reader sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Git

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
BEFORE = """import sqlite3


def find(connection: sqlite3.Connection, name: str) -> list[tuple[str]]:
    return connection.execute("SELECT mail FROM person WHERE name = ?", (name,)).fetchall()
"""
AFTER = """import sqlite3

import requests


def find(connection: sqlite3.Connection, name: str) -> list[tuple[str]]:
    return connection.execute(f"SELECT mail FROM person WHERE name = '{name}'").fetchall()


def publish(report: dict[str, str], to=[]) -> None:
    for address in to:
        requests.post(address, json=report, timeout=10, verify=False).raise_for_status()
"""


NO_MODEL = {
    "OLLAMA_HOST": "127.0.0.1:1",
    "REVIEW_BOT_MODEL_LLAMACPP_URL": "http://127.0.0.1:1",
    "REVIEW_BOT_MODEL_BACKEND": "auto",
}
"""A machine where nobody answers, as a reader's may be."""


def test_the_first_example(git: Git, tmp_path: Path) -> None:
    git.write("app.py", BEFORE)
    git.commit()
    git.write("app.py", AFTER)
    git("add", "-A")
    command = [sys.executable, "-m", "review_bot", "scan", "--staged"]
    environment = {**os.environ, **NO_MODEL, "REVIEW_BOT_MODEL_DIR": str(tmp_path / "models")}
    done = subprocess.run(command, cwd=git.root, env=environment, capture_output=True, text=True, check=False)
    shown = README.partition("$ review-bot scan --staged\n")[2].partition("```")[0]
    count = re.compile(r"\d+ rules")
    assert count.sub("N rules", done.stdout) == count.sub("N rules", shown)
    assert done.returncode == 1
