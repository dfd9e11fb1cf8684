"""Fetching models from a hub on loopback, with everything that can go wrong on the way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes.hub import Hub
from review_bot.backends.catalog import check, digests, hub, manifest, staging
from review_bot.backends.catalog.pull import Watch, pull
from review_bot.backends.catalog.web import Web
from review_bot.errors import ModelMissing, NotLocal, RateLimited, ReviewBotError, StoreError, Unavailable, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {
    "genai_config.json": b'{"model": {}}',
    "model.onnx": bytes(range(256)) * 5,
    "model.onnx.data": bytes(reversed(range(256))) * 50,
    "tokenizer.json": b"{}",
    "empty.txt": b"",
    ".gitattributes": b"hidden",
    "manifest.json": b"of somebody else",
}
PLACES = {f"cpu_and_mobile/cpu-int4/{name}": data for name, data in FILES.items()} | {"README.md": b"# Tiny\n"}


@pytest.fixture
def server() -> Iterator[Hub]:
    with Hub(dict(FILES)) as running:
        yield running


class _Waits:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def _pull(server: Hub, root: Path, source: str = "org/tiny", name: str | None = None, token: str = "") -> str:
    waits = _Waits()
    return pull(Web(server.endpoint, token), hub.read_source(source), str(root), name, Watch(wait=waits))


def _tree(folder: str) -> dict[str, bytes]:
    return {path: (Path(folder) / path).read_bytes() for path in manifest.walk(folder)}


VISIBLE = {name: data for name, data in FILES.items() if name not in (".gitattributes", "manifest.json")}


def test_a_model_comes_whole_and_with_a_manifest(server: Hub, tmp_path: Path) -> None:
    folder = _pull(server, tmp_path)
    assert folder == str(tmp_path / "tiny")
    assert _tree(folder) == VISIBLE
    known = manifest.read(folder)
    assert known is not None
    assert known.name == "tiny"
    assert list(check.problems(folder, known, digests.sha256)) == []
    assert os.listdir(tmp_path) == ["tiny"]


def test_the_folder_of_a_model_is_found_or_named(server: Hub, tmp_path: Path) -> None:
    server.files = dict(PLACES)
    for number, source in enumerate(
        ("org/tiny", "org/tiny:cpu_and_mobile/cpu-int4", "org/tiny:cpu_and_mobile/cpu-int4/")
    ):
        assert _tree(_pull(server, tmp_path, source, f"model-{number}")) == VISIBLE


def test_one_of_several_models_for_a_cpu_is_taken_and_others_must_be_named(server: Hub, tmp_path: Path) -> None:
    server.files = {**PLACES, "cuda/int4/genai_config.json": b"{}", "cuda/int4/model.onnx": b"x"}
    assert _tree(_pull(server, tmp_path)) == VISIBLE
    server.files["cpu_and_mobile/other/genai_config.json"] = b"{}"
    with pytest.raises(UsageError, match="org/tiny:cpu_and_mobile/other"):
        _pull(server, tmp_path, name="more")


def test_a_model_at_the_root_comes_without_those_in_folders(server: Hub, tmp_path: Path) -> None:
    server.files["cuda/genai_config.json"] = b"{}"
    server.files["extra/note.txt"] = b"text"
    assert _tree(_pull(server, tmp_path)) == {**VISIBLE, "extra/note.txt": b"text"}


def test_a_hub_without_a_tree_tells_its_files_on_the_model_page(server: Hub, tmp_path: Path) -> None:
    server.tree = False
    assert _tree(_pull(server, tmp_path)) == VISIBLE


def test_a_second_pull_asks_for_no_file(server: Hub, tmp_path: Path) -> None:
    folder = _pull(server, tmp_path)
    server.requests.clear()
    assert _pull(server, tmp_path) == folder
    assert [path for path, _, _ in server.requests if "/tree/" not in path] == []


def test_a_new_version_takes_the_place_of_the_old_one(server: Hub, tmp_path: Path) -> None:
    folder = _pull(server, tmp_path)
    server.files["tokenizer.json"] = b'{"new": 1}'
    del server.files["empty.txt"]
    assert _pull(server, tmp_path) == folder
    assert (Path(folder) / "tokenizer.json").read_bytes() == b'{"new": 1}'
    assert not (Path(folder) / "empty.txt").exists()
    assert os.listdir(tmp_path) == ["tiny"]


def test_another_model_of_the_same_name_is_kept(server: Hub, tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "own").write_bytes(b"mine")
    with pytest.raises(UsageError, match="--name"):
        _pull(server, tmp_path)
    assert os.listdir(tmp_path / "tiny") == ["own"]


def test_a_cut_transfer_goes_on_where_it_was_cut(server: Hub, tmp_path: Path) -> None:
    server.cut = 500
    folder = _pull(server, tmp_path)
    assert _tree(folder) == VISIBLE
    asked = [given for path, given, _ in server.requests if path == "/store/model.onnx.data"]
    assert asked[:3] == ["", "bytes=500-", "bytes=1000-"]


def test_a_pull_that_failed_goes_on_at_the_next_one(server: Hub, tmp_path: Path) -> None:
    server.cut = 400
    seen: list[tuple[str, int, int]] = []

    def interrupted(path: str, done: int, whole: int) -> None:
        seen.append((path, done, whole))
        if path == "model.onnx.data":
            raise KeyboardInterrupt

    web, source = Web(server.endpoint), hub.read_source("org/tiny")
    with pytest.raises(KeyboardInterrupt):
        pull(web, source, str(tmp_path), None, Watch(interrupted, _Waits()))
    assert not (tmp_path / "tiny").exists()
    server.cut = 0
    server.requests.clear()
    assert _tree(_pull(server, tmp_path)) == VISIBLE
    files = [(path, given) for path, given, _ in server.requests if "/store/" in path]
    assert files == [("/store/model.onnx.data", "bytes=400-")]
    assert os.listdir(tmp_path) == ["tiny"]
    assert seen[-1][2] == sum(map(len, VISIBLE.values()))


def test_a_server_without_ranges_begins_anew(server: Hub, tmp_path: Path) -> None:
    server.ranges = False
    web, source = Web(server.endpoint), hub.read_source("org/tiny")

    def interrupted(path: str, done: int, whole: int) -> None:
        if path == "model.onnx.data":
            raise KeyboardInterrupt

    server.cut = 2000
    with pytest.raises(KeyboardInterrupt):
        pull(web, source, str(tmp_path), None, Watch(interrupted, _Waits()))
    server.cut = 0
    assert _tree(_pull(server, tmp_path)) == VISIBLE


def test_a_transfer_that_never_gets_further_is_given_up(server: Hub, tmp_path: Path) -> None:
    server.ranges = False
    server.cut = 400
    with pytest.raises(Unavailable, match="cut off") as caught:
        _pull(server, tmp_path)
    assert "model.onnx" in str(caught.value)
    assert not (tmp_path / "tiny").exists()


def test_a_passing_failure_is_waited_for(server: Hub, tmp_path: Path) -> None:
    web, source, waits = Web(server.endpoint), hub.read_source("org/tiny"), _Waits()
    list(hub.files(web, source))
    calls = 0

    def see(path: str, done: int, whole: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            server.failures = [503, 429]

    assert _tree(pull(web, source, str(tmp_path), None, Watch(see, waits))) == VISIBLE
    assert 3.0 in waits.seconds


@pytest.mark.parametrize(
    ("status", "kind"), [(401, ModelMissing), (404, ModelMissing), (429, RateLimited), (500, Unavailable)]
)
def test_a_refusal_is_told_in_one_line(server: Hub, tmp_path: Path, status: int, kind: type[ReviewBotError]) -> None:
    server.failures = [status] * 2
    with pytest.raises(kind) as caught:
        _pull(server, tmp_path)
    assert "\n" not in str(caught.value)
    assert "org/tiny" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_not_there_is_named(server: Hub, tmp_path: Path) -> None:
    for source in ("org/other", "org/tiny:nowhere"):
        with pytest.raises(ModelMissing, match=source):
            _pull(server, tmp_path, source)


def test_a_closed_model_needs_a_token_that_only_the_hub_sees(server: Hub, tmp_path: Path) -> None:
    server.token = "hf_secret"
    with pytest.raises(ModelMissing, match="HF_TOKEN"):
        _pull(server, tmp_path)
    server.requests.clear()
    assert _tree(_pull(server, tmp_path, token="hf_secret")) == VISIBLE
    given = {path.startswith("/store/"): authorization for path, _, authorization in server.requests}
    assert given == {False: "Bearer hf_secret", True: ""}


@pytest.mark.parametrize("name", ["model.onnx.data", "tokenizer.json"])
@pytest.mark.parametrize("how", ["other", "longer"])
def test_bytes_that_are_not_what_the_hub_says_are_refused(server: Hub, tmp_path: Path, name: str, how: str) -> None:
    data = FILES[name]
    server.broken[name] = bytes([data[0] ^ 1]) + data[1:] if how == "other" else data + b"x"
    with pytest.raises(ModelMissing, match=name.replace(".", r"\.")):
        _pull(server, tmp_path)
    assert not (tmp_path / "tiny").exists()
    server.broken.clear()
    assert _tree(_pull(server, tmp_path)) == VISIBLE


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "a\\b"])
def test_a_file_that_would_leave_the_folder_is_refused(server: Hub, tmp_path: Path, name: str) -> None:
    server.files[name] = b"evil"
    with pytest.raises(ModelMissing, match="can't be a file of a model"):
        _pull(server, tmp_path / "shelf")
    assert not list(tmp_path.rglob("evil"))


def test_a_full_disk_is_told_before_anything_is_fetched(
    server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MARGIN", 1 << 60)
    with pytest.raises(StoreError, match="are free"):
        _pull(server, tmp_path)
    assert [path for path, _, _ in server.requests if "/resolve/" in path] == []


def test_offline_reaches_loopback_and_nothing_else(server: Hub, tmp_path: Path) -> None:
    web = Web(server.endpoint, offline=True)
    assert pull(web, hub.read_source("org/tiny"), str(tmp_path))
    with pytest.raises(NotLocal, match="offline"):
        pull(Web("https://hub.example.com", offline=True), hub.read_source("org/tiny"), str(tmp_path))


@pytest.mark.parametrize(
    "endpoint", ["", "ftp://127.0.0.1", "file:///etc", "http://", "http://a:b", "http://u:p@127.0.0.1"]
)
def test_an_address_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(UsageError, match="HF_ENDPOINT"):
        Web(endpoint)


@pytest.mark.parametrize(
    "source", ["tiny", "/tiny", "org/", "org/tiny/more", "../tiny", "org/..", "org/tiny:../x", "org/tiny:/.."]
)
def test_a_source_that_is_none_is_refused(source: str) -> None:
    with pytest.raises(UsageError, match="ORG/NAME"):
        hub.read_source(source)


def test_a_redirect_to_a_file_of_this_machine_is_not_followed(
    server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "store", "file:///etc/passwd#")
    with pytest.raises(Unavailable, match="no address"):
        _pull(server, tmp_path)


def test_a_token_is_not_sent_without_encryption_to_another_machine() -> None:
    sent: list[str | None] = []

    class Spied(Web):
        def _open(self, request: object, *, local: bool) -> object:
            sent.append(request.get_header("Authorization"))  # type: ignore[attr-defined]
            raise OSError("not sent")

    for endpoint in ("http://192.0.2.1", "https://192.0.2.1"):
        with pytest.raises(Unavailable):
            Spied(endpoint, "hf_secret").get(f"{endpoint}/x")
    assert sent == [None, "Bearer hf_secret"]
