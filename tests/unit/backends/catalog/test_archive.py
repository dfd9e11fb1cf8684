"""Files of models: what is written is read again, and nothing that is wrong with one gets past."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from review_bot.backends.catalog import archive, digests, manifest, staging
from review_bot.errors import ModelMissing, OutputError, ReviewBotError, StoreError, UsageError

FILES = {"config.json": b"{}", "onnx/weights.data": bytes(range(256)) * 9, "empty": b""}


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "source"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return str(folder)


@pytest.fixture
def packed(model: str, tmp_path: Path) -> Path:
    file = tmp_path / "tiny.tar"
    archive.export(model, "tiny", str(file), digests.sha256)
    return file


def _tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_is_exported_is_imported(packed: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    folder = archive.load(str(packed), str(tmp_path / "shelf"), see=lambda done, whole: seen.append((done, whole)))
    assert folder == str(tmp_path / "shelf" / "tiny")
    files = _tree(Path(folder))
    text = files.pop("manifest.json")
    assert files == FILES
    assert json.loads(text)["name"] == "tiny"
    assert seen[-1] == (2306, 2306)
    assert os.listdir(tmp_path / "shelf") == ["tiny"]


def test_the_file_is_a_plain_tar_with_the_manifest_first(packed: Path) -> None:
    with tarfile.open(packed, "r:") as tar:
        assert tar.getnames() == ["manifest.json", "config.json", "empty", "onnx/weights.data"]
        text = tar.extractfile("manifest.json")
        assert text is not None
        known = json.load(text)
    assert list(known) == ["schema", "name", "files"]
    assert known["files"][0] == {"path": "config.json", "size": 2, "sha256": known["files"][0]["sha256"]}


def test_the_same_model_gives_the_same_bytes(model: str, packed: Path, tmp_path: Path) -> None:
    os.utime(Path(model) / "empty", (1, 1))
    archive.export(model, "tiny", str(tmp_path / "again.tar"), digests.sha256)
    assert (tmp_path / "again.tar").read_bytes() == packed.read_bytes()


def test_another_name_may_be_given(packed: Path, tmp_path: Path) -> None:
    folder = archive.load(str(packed), str(tmp_path / "shelf"), "mine")
    known = manifest.read(folder)
    assert known is not None
    assert (os.path.basename(folder), known.name) == ("mine", "mine")
    for name in ("../mine", "", "a/b", "."):
        if name:
            with pytest.raises(UsageError, match="name of a model"):
                archive.load(str(packed), str(tmp_path / "shelf"), name)


def test_a_model_of_the_same_name_is_kept(model: str, packed: Path, tmp_path: Path) -> None:
    folder = Path(archive.load(str(packed), str(tmp_path / "shelf")))
    assert archive.load(str(packed), str(tmp_path / "shelf")) == str(folder)
    (Path(model) / "config.json").write_bytes(b"[]")
    archive.export(model, "tiny", str(tmp_path / "other.tar"), digests.sha256)
    with pytest.raises(UsageError, match="--name"):
        archive.load(str(tmp_path / "other.tar"), str(tmp_path / "shelf"))
    assert (folder / "config.json").read_bytes() == b"{}"


def test_a_second_import_mends_a_damaged_model(packed: Path, tmp_path: Path) -> None:
    folder = Path(archive.load(str(packed), str(tmp_path / "shelf")))
    (folder / "config.json").write_bytes(b"damage")
    archive.load(str(packed), str(tmp_path / "shelf"))
    assert (folder / "config.json").read_bytes() == b"{}"
    assert os.listdir(tmp_path / "shelf") == ["tiny"]


def test_every_single_flipped_byte_is_noticed(packed: Path, tmp_path: Path) -> None:
    data = packed.read_bytes()
    places = random.Random(7).sample(range(len(data)), 150)
    heads = [data.index(name) for name in (b"manifest.json", b"config.json", b"onnx/weights.data")]
    inside = data.index(b'"name"') + 10
    bad = tmp_path / "bad.tar"
    for place in [*places, *heads, *(head + 257 for head in heads), inside, len(data) - 1]:
        bad.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(ReviewBotError) as caught:
            archive.load(str(bad), str(tmp_path / "shelf"))
        assert str(bad) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "shelf").exists()


def test_every_cut_is_noticed(packed: Path, tmp_path: Path) -> None:
    data = packed.read_bytes()
    end = data.rindex(bytes([255])) + 1
    cuts = [0, 1, 511, 512, 513, 1024, 1500, *range(1536, end, 700), end, end + 1023, end + 1024]
    bad = tmp_path / "bad.tar"
    for cut in cuts:
        bad.write_bytes(data[:cut])
        with pytest.raises(ModelMissing):
            archive.load(str(bad), str(tmp_path / "shelf"))
        assert not (tmp_path / "shelf").exists()


Change = Callable[[tarfile.TarFile, dict[str, Any]], object]


def _tar(path: Path, change: Change, *, first: bool = False) -> None:
    """A tar as ours, with one thing more or otherwise."""
    rows = [
        {"path": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in FILES.items()
    ]
    value: dict[str, Any] = {"schema": manifest.SCHEMA, "name": "tiny", "files": rows}
    with tarfile.open(path, "w") as tar:
        if first:
            change(tar, value)
        text = json.dumps(value).encode()
        _add(tar, "manifest.json", text)
        if not first:
            change(tar, value)
        for name, data in FILES.items():
            if name not in value.get("left out", ()):
                _add(tar, name, data)


def _add(tar: tarfile.TarFile, name: str, data: bytes, kind: bytes = tarfile.REGTYPE, target: str = "") -> None:
    header = tarfile.TarInfo(name)
    header.size, header.type, header.linkname = len(data), kind, target
    tar.addfile(header, io.BytesIO(data))


def test_a_tar_of_another_maker_is_read(tmp_path: Path) -> None:
    _tar(tmp_path / "theirs.tar", lambda tar, value: None)
    assert archive.load(str(tmp_path / "theirs.tar"), str(tmp_path / "shelf"))


BAD: dict[str, tuple[Change, str]] = {
    "not in the manifest": (lambda tar, value: _add(tar, "more", b"x"), "more"),
    "upwards": (lambda tar, value: _add(tar, "../../evil", b"x"), "evil"),
    "absolute": (lambda tar, value: _add(tar, "/tmp/evil", b"x"), "evil"),
    "twice": (lambda tar, value: _add(tar, "config.json", b"{}"), "config.json is twice there"),
    "manifest twice": (lambda tar, value: _add(tar, "manifest.json", b"{}"), "manifest.json"),
    "a link": (lambda tar, value: _add(tar, "config.json", b"", tarfile.SYMTYPE, "/etc/passwd"), "no plain file"),
    "a hard link": (
        lambda tar, value: _add(tar, "config.json", b"", tarfile.LNKTYPE, "manifest.json"),
        "no plain file",
    ),
    "a device": (lambda tar, value: _add(tar, "config.json", b"", tarfile.CHRTYPE), "no plain file"),
    "a pipe": (lambda tar, value: _add(tar, "config.json", b"", tarfile.FIFOTYPE), "no plain file"),
    "a folder": (lambda tar, value: _add(tar, "onnx", b"", tarfile.DIRTYPE), "no plain file"),
    "another size": (lambda tar, value: _add(tar, "config.json", b"{ }"), "has 3 bytes instead of 2"),
    "another content": (lambda tar, value: _add(tar, "config.json", b"[]"), "its sha256 is not"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_member_that_should_not_be_there_is_named(tmp_path: Path, name: str) -> None:
    change, about = BAD[name]
    _tar(tmp_path / "bad.tar", change)
    with pytest.raises(ModelMissing, match=about) as caught:
        archive.load(str(tmp_path / "bad.tar"), str(tmp_path / "shelf" / "inner"))
    assert "bad.tar" in str(caught.value)
    assert not (tmp_path / "shelf").exists()
    assert not (tmp_path / "evil").exists()


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "a file that is not there": lambda value: value["files"].append({"path": "z", "size": 0, "sha256": "a" * 64}),
    "a path upwards": lambda value: value["files"][0].update(path="../config.json"),
    "an absolute path": lambda value: value["files"][0].update(path="/config.json"),
    "a name upwards": lambda value: value.update(name="../../evil"),
    "another schema": lambda value: value.update(schema="review-bot.model/9"),
    "a huge size": lambda value: value["files"][0].update(size=1 << 60),
    "another digest": lambda value: value["files"][1].update(sha256="a" * 64),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, name: str) -> None:
    _tar(tmp_path / "bad.tar", lambda tar, value: WRONG[name](value) and None, first=True)
    with pytest.raises(ModelMissing):
        archive.load(str(tmp_path / "bad.tar"), str(tmp_path / "shelf"))
    assert not (tmp_path / "shelf").exists()


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_tar_is_refused(packed: Path, tmp_path: Path, mode: Any) -> None:
    with tarfile.open(tmp_path / "bad.tar", mode) as tar:
        tar.add(packed, "manifest.json")
    with pytest.raises(ModelMissing, match="no tar"):
        archive.load(str(tmp_path / "bad.tar"), str(tmp_path / "shelf"))


def test_a_tar_without_a_manifest_in_front_is_refused(tmp_path: Path) -> None:
    _tar(tmp_path / "bad.tar", lambda tar, value: _add(tar, "config.json", b"{}"), first=True)
    with pytest.raises(ModelMissing, match="does not begin with"):
        archive.load(str(tmp_path / "bad.tar"), str(tmp_path / "shelf"))


@pytest.mark.parametrize("path", ["nowhere.tar", "."])
def test_a_file_that_can_not_be_read_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(ModelMissing, match="can't be read"):
        archive.load(str(tmp_path / path), str(tmp_path / "shelf"))


def test_an_interrupt_leaves_nothing_behind(packed: Path, tmp_path: Path) -> None:
    def interrupted(done: int, whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.load(str(packed), str(tmp_path / "shelf"), see=interrupted)
    assert not (tmp_path / "shelf").exists()


def test_a_full_disk_is_told_before_anything_is_written(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MARGIN", 1 << 60)
    with pytest.raises(StoreError, match="are free"):
        archive.load(str(packed), str(tmp_path / "shelf"))
    assert not (tmp_path / "shelf").exists()


def test_a_shelf_that_can_not_be_written_to_is_named(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="REVIEW_BOT_MODEL_DIR"):
        archive.load(str(packed), str(tmp_path / "file"))


def test_damage_is_not_passed_on(packed: Path, tmp_path: Path) -> None:
    folder = Path(archive.load(str(packed), str(tmp_path / "shelf")))
    (folder / "config.json").write_bytes(b"[]")
    with pytest.raises(ModelMissing, match=r"config\.json is not what"):
        archive.export(str(folder), "tiny", str(tmp_path / "again.tar"), digests.sha256)
    assert not (tmp_path / "again.tar").exists()


def test_a_file_that_changes_while_it_is_packed_is_noticed(model: str, tmp_path: Path) -> None:
    known = {str(Path(model) / name): "a" * 64 for name in FILES}
    with pytest.raises(OutputError, match="changes while it is read"):
        archive.export(model, "tiny", str(tmp_path / "bad.tar"), known.__getitem__)
    assert sorted(os.listdir(tmp_path)) == ["source"]


def test_a_place_that_can_not_be_written_to_is_named(model: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't be written"):
        archive.export(model, "tiny", str(tmp_path / "nowhere" / "tiny.tar"), digests.sha256)
