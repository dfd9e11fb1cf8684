"""Every test runs with a home folder of its own and without the network settings of the machine."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from review_bot import network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.tiny_gguf import LlamaServers

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before anything imports onnxruntime


settings.register_profile("review-bot", deadline=None)  # how long an example takes says how busy the machine is
# What the wheel is tried for is that nothing is missing in it: properties were tried on the checkout.
settings.register_profile("wheel", deadline=None, max_examples=20)
settings.load_profile("wheel" if os.environ.get("REVIEW_BOT_TEST_WHEEL") else "review-bot")


class Git:
    """A real repository in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *arguments: str, check: bool = True, **environment: str) -> str:
        """Run git with `arguments` in the repository; its standard output without the last line feed."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"git {arguments}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file below the root, making its folders."""
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return target

    def commit(self, message: str = "change") -> str:
        """Commit everything; the new commit's id."""
        self("add", "-A")
        self("commit", "-q", "--allow-empty", "-m", message)
        return self("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the developer's home folder, git configuration or our own variables."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "REVIEW_BOT_", "GITHUB_", "XDG_", "PRE_COMMIT")) or name in {"CI", "NO_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    # No test asks a model that happens to run on this machine; one that wants a model names it by --backend.
    monkeypatch.setenv("REVIEW_BOT_MODEL_BACKEND", "none")
    # A busy machine must not cut a hook's review short.
    monkeypatch.setenv("REVIEW_BOT_HOOK_DEADLINE", "600")
    # The guard of --offline can't be taken down: in the tests' own process it is only noted that it would be up.
    # tests/unit/test_network.py tries it in processes of its own.
    monkeypatch.setattr(network, "_guarded", False)
    monkeypatch.setattr(network, "go_offline", lambda: monkeypatch.setattr(network, "_guarded", True))
    # Parsed rules are shared by all tests: reading every rule file anew would be most of their time.
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(tmp_path_factory.getbasetemp().parent / "review-bot-cache"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a tiny Phi-3 with random weights; see fakes.tiny_phi3 for scripted ones. Not to be written to."""
    for library in ("numpy", "tokenizers", "onnxruntime"):
        pytest.importorskip(library)
    from fakes.tiny_phi3 import tiny_phi3

    return tiny_phi3(tmp_path_factory.mktemp("models") / "tiny-phi3", seed=3)


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """An empty repository on branch `main`."""
    root = tmp_path / "repo"
    root.mkdir()
    repository = Git(root)
    repository("init", "-q", "-b", "main")
    repository("config", "core.autocrlf", "false")
    return repository


@pytest.fixture(scope="session")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServers]:
    """The real llama.cpp server on tiny models: `llama_server("phi3", script=["…"])` is its address."""
    from fakes.tiny_gguf import LlamaServers, missing

    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    servers = LlamaServers(tmp_path_factory.mktemp("gguf"))
    yield servers
    servers.stop()
