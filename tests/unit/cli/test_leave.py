from __future__ import annotations

import subprocess
import sys

import pytest


def ended(lines: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", lines], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("print('shown', end='')", "shown"),
        ("import atexit; atexit.register(print, 'told', end='')", "told"),
        ("import threading; threading.Thread(target=print, args=['done'], kwargs={'end': ''}).start()", "done"),
    ],
    ids=["output", "atexit", "thread"],
)
def test_nothing_is_lost_at_the_end(before: str, said: str) -> None:
    assert ended(f"{before}\nfrom review_bot.cli.main import leave\nleave(3)") == (3, said)
