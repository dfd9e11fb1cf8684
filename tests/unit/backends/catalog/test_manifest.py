from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from review_bot.backends.catalog import check, digests, manifest
from review_bot.backends.catalog.manifest import Manifest, Member
from review_bot.errors import ModelMissing

if TYPE_CHECKING:
    from pathlib import Path

SUM = "a" * 64


def _manifest(**changes: Any) -> bytes:
    value = {"schema": manifest.SCHEMA, "name": "tiny", "files": [{"path": "a/b.onnx", "size": 3, "sha256": SUM}]}
    return json.dumps({**value, **changes}).encode()


def test_what_is_rendered_is_read_again() -> None:
    known = Manifest("tiny", (Member("a/b.onnx", 3, SUM), Member("c", 0, SUM)))
    assert manifest.parse(known.render(), "here") == known
    assert json.loads(known.render()) == {
        "schema": "review-bot.model/1",
        "name": "tiny",
        "files": [{"path": "a/b.onnx", "size": 3, "sha256": SUM}, {"path": "c", "size": 0, "sha256": SUM}],
    }


def _file(**changes: Any) -> list[dict[str, Any]]:
    return [{"path": "a", "size": 3, "sha256": SUM, **changes}]


BAD_PATHS = (
    "", ".", "..", "../a", "/a", "a/../b", "a//b", "a/", "\\a", "a\\b", "C:a", "a\0b", "a\nb", "a.", "a ", "nul",
    "con.txt", "a:b", "manifest.json", "MANIFEST.JSON", "./a",
)  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"[" * 100_000, b"\xff", _manifest(schema="review-bot.model/2"), _manifest(name=""),
        _manifest(name="../tiny"), _manifest(name=".hidden"), _manifest(name=7), _manifest(name="con"),
        _manifest(files=[]), _manifest(files={}), _manifest(files=["a"]), _manifest(files=_file(size=-1)),
        _manifest(files=_file(size=True)), _manifest(files=_file(size=1.0)), _manifest(files=_file(sha256="A" * 64)),
        _manifest(files=_file(sha256=SUM + "a")), _manifest(files=_file(path=7)), _manifest(files=_file() * 2),
        _manifest(files=_file() + _file(path="A")), _manifest(files=_file() + _file(path="a/b")),
        *(_manifest(files=_file(path=path)) for path in BAD_PATHS),
    ],
)  # fmt: skip
def test_a_manifest_that_is_not_one_is_refused_and_named(data: bytes) -> None:
    with pytest.raises(ModelMissing, match="the manifest") as caught:
        manifest.parse(data, "here")
    assert "\n" not in str(caught.value)


def test_a_folder_is_described_without_hidden_files_and_the_manifest(tmp_path: Path) -> None:
    for name in ("b", "a/c", ".hidden", ".cache/x", "manifest.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "link").symlink_to(tmp_path / "b")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    known = manifest.of_folder(str(tmp_path), "tiny", digests.sha256)
    assert [member.path for member in known.files] == ["a/c", "b", "link"]
    assert known.files[0].size == 3


def _folder(root: Path) -> str:
    (root / "weights").write_bytes(b"12345")
    (root / "config").write_bytes(b"{}")
    known = manifest.of_folder(str(root), "tiny", digests.sha256)
    (root / manifest.NAME).write_bytes(known.render())
    return str(root)


def test_a_sound_folder_has_a_digest_that_changes_with_it(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    before = check.digest_of(folder, digests.sha256)
    os.unlink(tmp_path / manifest.NAME)
    assert check.digest_of(folder, digests.sha256) == before
    (tmp_path / "weights").write_bytes(b"12346")
    assert check.digest_of(folder, digests.sha256) != before


@pytest.mark.parametrize(
    ("change", "about"),
    [
        (lambda root: os.unlink(root / "weights"), "weights is missing"),
        (lambda root: (root / "weights").write_bytes(b"123"), "weights has 3 bytes instead of 5"),
        (lambda root: (root / "weights").write_bytes(b"12346"), "weights has another sha256"),
        (lambda root: (root / manifest.NAME).write_bytes(b"{}"), "no manifest of schema"),
    ],
)
def test_a_folder_that_is_not_what_its_manifest_says_is_refused(tmp_path: Path, change: Any, about: str) -> None:
    folder = _folder(tmp_path)
    change(tmp_path)
    with pytest.raises(ModelMissing, match=about):
        check.digest_of(folder, digests.sha256)


def test_digests_are_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    real = digests.sha256

    def counted(path: str) -> str:
        read.append(path)
        return real(path)

    monkeypatch.setattr(digests, "sha256", counted)
    memory = str(tmp_path / "cache" / "digests.json")
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    first = digests.Digests(memory).sha256(str(file))
    assert digests.Digests(memory).sha256(str(file)) == first
    assert len(read) == 1
    file.write_bytes(b"another")
    assert digests.Digests(memory).sha256(str(file)) != first
    assert len(read) == 2


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_a_damaged_memory_of_digests_only_costs_time(tmp_path: Path, damage: bytes) -> None:
    memory = tmp_path / "digests.json"
    memory.write_bytes(damage)
    (tmp_path / "weights").write_bytes(b"one")
    assert len(digests.Digests(str(memory)).sha256(str(tmp_path / "weights"))) == 64
    assert json.loads(memory.read_bytes())


def test_a_memory_of_digests_that_can_not_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no folder")
    (tmp_path / "weights").write_bytes(b"one")
    assert digests.Digests(str(tmp_path / "file" / "x.json")).sha256(str(tmp_path / "weights"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="weights"):
        digests.Digests().sha256(str(tmp_path / "weights"))
