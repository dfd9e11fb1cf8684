"""`review-bot models` as a user types it."""

from __future__ import annotations

import json
import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from fakes.hub import Hub
from review_bot.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


class Said:
    """Exit code and output of one command."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def is_refused(self, *words: str) -> bool:
        """Whether it is one line on standard error with exit code 2, and the words in it."""
        return self.code == 2 and self.err.count("\n") == 1 and all(word in self.err for word in words)


class Shelf:
    """The command with a shelf of its own."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys

    def __call__(self, *arguments: str) -> Said:
        code = main(["models", *arguments])
        out, err = self._capsys.readouterr()
        return Said(code, out, err)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shelf:
    monkeypatch.setenv("REVIEW_BOT_MODEL_DIR", str(tmp_path / "shelf"))
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("HF_ENDPOINT", "HF_TOKEN", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    return Shelf(tmp_path / "shelf", capsys)


def test_without_models_it_is_said_how_to_get_one(shelf: Shelf) -> None:
    for command in ("list", "verify"):
        said = shelf(command)
        assert (said.code, said.out) == (0, "")
        assert "models pull" in said.err
    assert json.loads(shelf("list", "--format", "json").out) == []


def test_a_model_goes_from_one_machine_to_another(shelf: Shelf, tmp_path: Path, tiny_model: str) -> None:
    file = str(tmp_path / "tiny.tar")
    assert shelf("export", tiny_model, file).code == 0
    said = shelf("import", file)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("tiny-phi3: 5 files, ")
    (row,) = json.loads(shelf("list", "--format", "json").out)
    assert row["name"] == "tiny-phi3"
    assert row["folder"] == str(shelf.root / "tiny-phi3")
    assert shelf("list").out.split()[0] == "tiny-phi3"
    assert shelf("verify", "tiny-phi3").out == "tiny-phi3: ok\n"
    shown = shelf("show", "tiny-phi3").out
    assert "phi3, context of 4096 tokens" in shown
    assert "genai_config.json" in shown
    assert shelf("import", file, "--name", "second").code == 0
    assert shelf("export", "second", str(tmp_path / "second.tar")).code == 0
    assert shelf("verify").out == "second: ok\ntiny-phi3: ok\n"


def test_damage_is_found_and_the_file_named(shelf: Shelf, tmp_path: Path, tiny_model: str) -> None:
    shelf("export", tiny_model, str(tmp_path / "tiny.tar"))
    shelf("import", str(tmp_path / "tiny.tar"))
    weights = next((shelf.root / "tiny-phi3").glob("*.data"))
    state = weights.stat()
    with open(weights, "r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert shelf("verify").is_refused(weights.name)
    assert shelf("verify", "tiny-phi3").is_refused(weights.name)
    assert shelf("export", "tiny-phi3", str(tmp_path / "again.tar")).code == 2
    assert not (tmp_path / "again.tar").exists()


def test_a_damaged_file_leaves_nothing_behind(shelf: Shelf, tmp_path: Path, tiny_model: str) -> None:
    file = tmp_path / "tiny.tar"
    shelf("export", tiny_model, str(file))
    data = file.read_bytes()
    for bad in (data[:-4000], data[:20_000], data[:100_000] + b"x" + data[100_001:], b"", b"no tar" * 200):
        file.write_bytes(bad)
        assert shelf("import", str(file)).is_refused(str(file))
        assert not shelf.root.exists()


@pytest.mark.parametrize("command", [("show",), ("verify",), ("export", "x.tar")])
def test_a_model_that_is_not_there_is_named(shelf: Shelf, tmp_path: Path, command: tuple[str, ...]) -> None:
    assert shelf(command[0], "nowhere", *command[1:]).is_refused("nowhere")


def test_a_folder_without_a_manifest_is_shown_as_what_it_is(shelf: Shelf, tiny_model: str, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, shelf.root / "own")
    assert "damage of the files would go unnoticed" in shelf("show", "own").out
    assert shelf("verify", "own").out == "own: ok\n"
    os.unlink(shelf.root / "own" / "tokenizer.json")
    assert shelf("verify", "own").is_refused("tokenizer.json")
    assert "tokenizer.json" in shelf("show", "own").out


def test_a_model_is_pulled_from_the_hub_of_the_environment(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub({"genai_config.json": b"{}", "model.onnx": bytes(5000)}) as hub:
        hub.token = "hf_secret"
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        assert shelf("pull", "org/tiny").is_refused("HF_TOKEN")
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        monkeypatch.setenv("REVIEW_BOT_OFFLINE", "1")
        said = shelf("pull", "org/tiny", "--name", "mine")
        assert (said.code, said.err) == (0, "")
        assert said.out == f"mine: 2 files, 5.0 KB, in {shelf.root / 'mine'}\n"
        assert shelf("verify").out == "mine: ok\n"
        assert shelf("pull", "org/other").is_refused("org/other")


@pytest.mark.parametrize("how", ["flag", "environment"])
def test_offline_refuses_a_hub_elsewhere(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "environment":
        monkeypatch.setenv("REVIEW_BOT_OFFLINE", "1")
    flags = ["--offline"] if how == "flag" else []
    assert shelf("pull", "org/tiny", *flags).is_refused("offline")
    assert shelf("pull", "ollama:tiny", *flags).is_refused("offline")


class _Ollama(BaseHTTPRequestHandler):
    lines: tuple[dict[str, Any], ...] = ()
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200 if self.lines else 500)
        self.end_headers()
        for line in self.lines:
            self.wfile.write(json.dumps(line).encode() + b"\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return


PULLED = ({"status": "pulling manifest"}, {"status": "pulling", "total": 9, "completed": 3}, {"status": "success"})


@pytest.mark.parametrize(
    ("name", "lines", "code", "about"),
    [
        ("ollama:org/tiny", PULLED, 0, "Ollama has it"),
        ("tiny:1b", PULLED, 0, "Ollama has it"),
        ("tiny", ({"error": "file does not exist"},), 2, "file does not exist"),
        ("tiny", PULLED[:2], 2, "cut off"),
        ("tiny", (), 2, "500"),
        ("tiny:1b-cloud", PULLED, 2, "other machines"),
    ],
)  # fmt: skip
def test_ollama_is_asked_to_pull(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, name: str, lines: Any, code: int, about: str
) -> None:
    handler = type("Handler", (_Ollama,), {"lines": lines, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.server_port}")
    said = shelf("pull", name)
    server.shutdown()
    server.server_close()
    assert said.code == code
    assert about in said.out + said.err
    assert [one["model"] for one in handler.asked] in ([], [name.removeprefix("ollama:")])  # type: ignore[attr-defined]


def test_progress_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    from review_bot.cli.models import _Progress

    with _Progress() as quiet:
        quiet.see("model.onnx", 1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with _Progress() as live:
        live.see("model\x1b.onnx", 1, 2)
        live.see("model\x1b.onnx", 1, 2)
    assert capsys.readouterr().err == "\r\x1b[K############------------  50% of 2 B  model\\x1b.onnx\r\x1b[K"
