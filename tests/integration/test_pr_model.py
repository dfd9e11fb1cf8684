"""Random sequences of pushes, faults, kills and what people do: the threads are what a small model says.

`PULL_REQUEST_SEQUENCES=500` runs that many; bench/pull_requests.py does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fakes.github import Fake, serve
from integration.pull_request_model import sequence

if TYPE_CHECKING:
    from pathlib import Path

COUNT = int(os.environ.get("PULL_REQUEST_SEQUENCES", "16"))


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_random_sequence(seed: int, tmp_path: Path) -> None:
    with serve(Fake()) as server:
        sequence(server, tmp_path, seed)
