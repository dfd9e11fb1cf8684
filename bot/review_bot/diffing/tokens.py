"""How many tokens a text has at most, without the model's tokenizer.

A sum over pieces, each priced by its class of characters, so that estimates of whole lines add up exactly. The prices
were fitted to the vocabularies of Mistral (32k, digit by digit) and Qwen (150k) and to byte-level ones of 8k and 16k
learned from other code, over hunks, lock files, hashes, base64, SVG and CJK; what is not ASCII counts a token a byte.
"""

from __future__ import annotations

import re
from math import ceil

_PIECES = re.compile(
    r"(?:[A-Za-z0-9+/=]{20,})|[0-9]| ?\n| +|[^\x00-\x7f]+|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|_+|[^\w\s]+|.", re.DOTALL
)
_INSIDE = re.compile(r"[0-9]|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|[+/=]+")
_MOST_KEPT = 50_000
_LONG_WORD = 20
_RULERS = "-=*#~"
"""Signs that people draw lines with: vocabularies have long runs of them."""
_USUAL = 4
"""Letters of a word that is one token in most vocabularies."""


class _Prices(dict[str, float]):
    """Price of each piece seen so far: the same ones come again and again."""

    def __missing__(self, piece: str) -> float:
        if len(self) > _MOST_KEPT:
            self.clear()
        price = self[piece] = _price(piece)
        return price


def estimate(text: str) -> int:
    """Tokens of `text`, without those of a chat template: no real tokenizer should count more."""
    return ceil(weigh(text))


def at_least(text: str) -> int:
    """Tokens of English prose and code that no vocabulary in use stays below: 4.5 characters each."""
    return 2 * len(text) // 9


def weigh(text: str) -> float:
    """As `estimate`, not rounded: weights of texts that end in a line feed add up to that of the texts joined."""
    return sum(map(_PRICES.__getitem__, _PIECES.findall(text)))


def fit(text: str, tokens: float) -> int:
    """How many characters of `text`, from its start, weigh no more than `tokens`."""
    total = 0.0
    for piece in _PIECES.finditer(text):
        total += _PRICES[piece.group()]
        if total > tokens:
            return piece.start() + _fit_inside(piece.group(), tokens - total + _PRICES[piece.group()])
    return len(text)


def _fit_inside(piece: str, tokens: float) -> int:
    """A long word can be cut anywhere; 1.4 tokens a character are on the safe side of every price."""
    kept = 0
    for character in piece:
        tokens -= max(len(character.encode("utf-8", "surrogatepass")), 1.4)
        if tokens < 0:
            break
        kept += 1
    return kept


def _price(piece: str) -> float:
    first, length = piece[0], len(piece)
    if not piece.isascii():
        return float(len(piece.encode("utf-8", "surrogatepass")))
    if length >= _LONG_WORD and first not in " _" and (piece.isalnum() or first.isalnum() or first in "+/="):
        return _long(piece)
    if first == "\n":
        return 0.9
    return _blanks(piece) if first == " " else _plain(piece)


def _plain(piece: str) -> float:
    first, length = piece[0], len(piece)
    if first.isalpha():
        return _word(piece)
    if first.isdigit():
        return 1.0
    if first == "_":
        return 1.0 + (length - 1) * 0.5
    return _signs(piece)


def _blanks(piece: str) -> float:
    if piece.endswith("\n"):
        return 2.0
    return 0.1 if len(piece) == 1 else 1.35 + len(piece) / 20


def _word(piece: str) -> float:
    length = len(piece)
    if piece.isupper():
        return 1.35 if length == 1 else 2.05 + 0.65 * max(0, length - _USUAL)
    return (1.35 if length == 1 else 1.1) + 0.15 * max(0, length - _USUAL) + 0.6 * max(0, length - 10)


def _signs(piece: str) -> float:
    """Operators and brackets: the usual pairs are one token, a run of one sign a few, a jumble one each."""
    first, length = piece[0], len(piece)
    if length <= 3:
        return 1.12 + (length - 1) * 0.35
    return 2.0 + (length - 3) * (0.95 if len(set(piece)) > 3 else 0.3 if first in _RULERS else 0.6)


def _long(piece: str) -> float:
    """A run without a blank: hashes and base64 change between cases and digits all the time, names seldom."""
    inside = _INSIDE.findall(piece)
    price = sum(map(_plain, inside))
    return max(price, 0.93 * len(piece)) if len(inside) * 4 > len(piece) else price


_PRICES = _Prices()
