"""How a finding is recognised again."""

from __future__ import annotations

import hashlib

from review_bot.domain.finding import fingerprint


def test_the_fingerprint_is_the_start_of_a_sha256_as_the_interface_says() -> None:
    body = "\0".join(("py.x", "a.py", "a = 1", "0"))
    assert fingerprint("py.x", "a.py", "  a =  1", 0) == hashlib.sha256(body.encode()).hexdigest()[:16]
