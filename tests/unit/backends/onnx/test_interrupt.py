from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from review_bot.backends.onnx.interrupt import interruptible

if TYPE_CHECKING:
    from collections.abc import Iterator

import pytest

HOLDS_THE_INTERPRETER = """
import ctypes, os, signal, sys
sys.setswitchinterval(1000)
from review_bot.backends.onnx.interrupt import interruptible
signal.signal(signal.SIGINT, signal.default_int_handler)
with interruptible():
    print("ready", flush=True)
    ctypes.PyDLL(None).sleep(100)
"""


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_does_not_wait_for_a_call_that_holds_the_interpreter() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS_THE_INTERPRETER], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == -signal.SIGINT


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_somebody_else_is_left_alone() -> None:
    def own(number: int, frame: object) -> None:
        return

    signal.signal(signal.SIGINT, own)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is own


def test_other_threads_leave_it_alone() -> None:
    seen: list[object] = []

    def look() -> None:
        with interruptible():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
