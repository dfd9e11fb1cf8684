"""Hashing what is known of code with a secret that several repositories share: comparable with it, useless without."""

from __future__ import annotations

from review_bot.memory.normalise import Shape
from review_bot.values import NamedTuple

try:
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - an interpreter without the built-in module
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST = 32
"""Characters of a secret: shapes of code can be guessed, so the secret must not be."""


class Salt(NamedTuple):
    """A shared secret, ready to hash with."""

    key: bytes

    @classmethod
    def of(cls, secret: str) -> Salt:
        """The salt that a secret makes; raises ValueError for one that is too short."""
        if len(secret) < LEAST:
            raise ValueError(f"shorter than {LEAST} characters")
        data = secret.encode("utf-8", "surrogateescape")
        return cls(blake2b(data, digest_size=32, person=b"rb patterns").digest())

    @property
    def check(self) -> str:
        """16 hex digits by which two sides see that their secrets are the same."""
        return self._hashed(b"check", 8).hex()

    def shape(self, rule: str, shape: Shape) -> Shape:
        """The shape with its key and its fingerprints hashed, for findings of `rule` only: no rule is named in it."""
        return Shape(self._hashed(b"key\0" + _bytes(shape.key), 16).hex(), self._hashes(rule, shape.fp))

    def _hashes(self, rule: str, fp: Iterable[int]) -> tuple[int, ...]:
        begin = b"fp\0" + _bytes(rule) + b"\0"
        found = (self._hashed(begin + one.to_bytes(4, "big"), 4) for one in fp)
        return tuple(sorted({int.from_bytes(one, "big") for one in found}))

    def _hashed(self, data: bytes, size: int) -> bytes:
        return blake2b(data, key=self.key, digest_size=size).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
