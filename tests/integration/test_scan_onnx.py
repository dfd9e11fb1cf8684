"""A review by an ONNX model from beginning to end: imported from a file, found by name, asked, judged."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

for _library in ("numpy", "tokenizers", "onnxruntime"):
    pytest.importorskip(_library)

from fakes.tiny_phi3 import NAME, Shape, scripted_phi3, tiny_phi3  # noqa: E402
from review_bot.cli.main import main  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

KEY = "AKIA" + "QX7M2NPL4KJ3HGF5"
FINDING = {
    "path": "a.py", "line": 2, "quote": "    y = x + 1", "category": "correctness", "severity": "warning",
    "message": "`x + 1` counts one element too many.", "fix": "",
}  # fmt: skip


def _answer(*findings: dict[str, Any]) -> str:
    return json.dumps({"thought": "one too many", "findings": findings}, separators=(",", ":"))


@pytest.fixture
def change(git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Git:
    monkeypatch.setenv("REVIEW_BOT_MODEL_DIR", str(tmp_path / "shelf"))
    git.write("a.py", "def f(x):\n    return x\n")
    git.commit()
    git.write("a.py", "def f(x):\n    y = x + 1\n    return y\n")
    git.write("key.txt", f"aws_access_key_id = {KEY}\n")
    monkeypatch.chdir(git.root)
    return git


def _scan(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    code = main(["scan", "--backend", "onnx", "--no-cache", "--format", "json", *arguments])
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else {}, err


def test_a_machine_without_network_imports_a_model_and_reviews_with_it(
    change: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scripted_phi3(tmp_path / "scripted", _answer(FINDING))
    assert main(["models", "export", folder, str(tmp_path / "model.tar")]) == 0
    assert main(["models", "import", str(tmp_path / "model.tar"), "--name", "tiny"]) == 0
    capsys.readouterr()
    code, report, _ = _scan(capsys, "--model", "tiny", "--offline")
    found = [(one["rule"], one["start_line"]) for one in report["findings"] if one["origin"] == "model"]
    assert found == [("model.correctness", 2)]
    assert (code, report["degraded"]) == (1, [])
    assert report["stats"]["prompt_tokens"] > 0


@pytest.mark.parametrize("damage", ["missing", "half", "checksum", "small"])
def test_a_model_that_can_not_be_used_leaves_the_rules_alone(
    change: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    model = tmp_path / "shelf" / "tiny"
    made = tiny_phi3(tmp_path / "made", shape=Shape(context=128 if damage == "small" else 4096))
    assert main(["models", "export", made, str(tmp_path / "model.tar")]) == 0
    assert main(["models", "import", str(tmp_path / "model.tar"), "--name", "tiny"]) == 0
    capsys.readouterr()
    weights = model / (NAME + ".data")
    if damage == "missing":
        weights.unlink()
    elif damage == "half":
        os.truncate(weights, 100_000)
    elif damage == "checksum":
        weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    code, report, err = _scan(capsys, "--model", "tiny")
    assert [one["path"] for one in report["findings"]] == ["key.txt"]
    assert code == 1
    assert report["degraded"]
    assert [line for line in err.splitlines() if line.startswith("degraded: ")]
    assert {row["model"] for row in report["coverage"]} <= {"failed", "skipped", "off"}
    if damage == "small":  # there is a model, and a smaller window might fit
        return
    code, _, err = _scan(capsys, "--model", "tiny", "--require-model")
    assert code == 2
    assert err.splitlines()[-1].startswith("review-bot: ")
