from __future__ import annotations

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

HOLDS_THE_INTERPRETER = """
import ctypes, signal, sys, threading
from review_bot.backends.onnx.interrupt import interruptible
signal.signal(signal.SIGINT, signal.{handler})
def load():
    with interruptible():
        print("ready", flush=True)
        ctypes.PyDLL(None).sleep({seconds})
thread = threading.Thread(target=load)
thread.start()
thread.join()
print("loaded", flush=True)
try:
    print("again", flush=True)
    signal.sigtimedwait([], 60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def _child(seconds: int, handler: str = "default_int_handler") -> subprocess.Popen[str]:
    code = HOLDS_THE_INTERPRETER.format(seconds=seconds, handler=handler)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_ctrl_c_does_not_wait_for_a_thread_that_holds_the_interpreter() -> None:
    with _child(100) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == -signal.SIGINT


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    with _child(0) as child:
        assert child.stdout is not None
        assert [child.stdout.readline() for _ in range(3)] == ["ready\n", "loaded\n", "again\n"]
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 0
        assert child.stdout.read() == "interrupted\n"


def test_where_ctrl_c_is_ignored_it_stays_ignored() -> None:
    with _child(1, "SIG_IGN") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "loaded\n"
        child.kill()
