"""The engines send nothing and write nothing to the home folder: looked at from outside of the process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("tokenizers")

if TYPE_CHECKING:
    from pathlib import Path

_GUARD = """
import ctypes, os, struct, sys
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
call = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
# socket(domain) with any domain but AF_UNIX kills the process, whoever calls it.
rows = [(0x20, 0, 0, 0), (0x15, 0, 3, call), (0x20, 0, 0, 16), (0x15, 1, 0, 1), (6, 0, 0, 1 << 31),
        (6, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in rows))
program = Program(len(rows), ctypes.addressof(code))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0, ctypes.get_errno()
"""
_OURS = """
from review_bot.backends.onnx.backend import OnnxBackend
from review_bot.domain.model import Completion, Prompt, Sampling
for engine in sys.argv[2:]:
    model = OnnxBackend(sys.argv[1], digest_of=lambda folder: "", engine=engine)
    print(model.complete(Completion(Prompt("a", "b"), Sampling(), 60, None, "judge", None, ("yes", "no"))).text)
import time
time.sleep(0.5)
"""

linux = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in ("x86_64", "aarch64"), reason="the guard is Linux's seccomp"
)


def _run(code: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_")) and name != "HOME"
    }
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**environment, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@linux
def test_a_review_opens_no_socket_and_leaves_nothing_at_home(tiny_model: str, tmp_path: Path) -> None:
    import importlib.util

    engines = ["genai", "plain"] if importlib.util.find_spec("onnxruntime_genai") else ["plain"]
    done = _run(_GUARD + _OURS, tmp_path, tiny_model, *engines)
    assert done.returncode == 0, done.stderr
    assert [line in ("yes", "no") for line in done.stdout.split()] == [True] * len(engines)
    assert list(tmp_path.rglob("*")) == []


@linux
def test_the_guard_sees_a_socket(tmp_path: Path) -> None:
    done = _run(_GUARD + "import socket\nsocket.socket(socket.AF_INET)", tmp_path)
    assert done.returncode != 0


@linux
def test_without_our_variable_there_would_be_something_to_see(tiny_model: str, tmp_path: Path) -> None:
    from importlib import metadata

    if tuple(map(int, metadata.version("onnxruntime").split(".")[:2])) < (1, 29):
        pytest.skip("this onnxruntime sends nothing by itself")
    code = "import sys, time, onnxruntime\nonnxruntime.InferenceSession(sys.argv[1])\ntime.sleep(0.5)"
    from fakes.tiny_phi3 import NAME

    done = _run(code, tmp_path, os.path.join(tiny_model, NAME))
    assert done.returncode == 0, done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()]


def test_no_module_imports_an_engine_without_passing_the_variable() -> None:
    import re

    import review_bot

    root = os.path.dirname(review_bot.__file__)
    importing = []
    for folder, _, names in os.walk(root):
        for name in filter(lambda name: name.endswith(".py"), names):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                if re.search(r"^\s*(import|from) onnxruntime", file.read(), re.MULTILINE):
                    importing.append(os.path.relpath(os.path.join(folder, name), root))
    # The variable is set by the package that they all stand in.
    assert {os.path.dirname(path) for path in importing} == {os.path.join("backends", "onnx")}, importing
