"""Text to tokens and back: untrusted text never becomes a control token."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from review_bot.backends.onnx.layout import REMEDY, read_json
from review_bot.errors import ModelMissing, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_UNFIT = re.compile("[\0\ud800-\udfff]")
"""A NUL hides the rest of the text from some tokenizers, a lone surrogate has no UTF-8."""


class Text:
    """The tokenizer of a model folder."""

    def __init__(self, folder: str) -> None:
        self.path = f"{folder}/tokenizer.json"
        description = read_json(self.path)
        self._tokenizer = _load(self.path)
        self._tokenizer.encode_special_tokens = True
        added = description.get("added_tokens") or []
        self.control: dict[str, int] = {str(token["content"]): int(token["id"]) for token in added}
        self.strips = {str(token["content"]) for token in added if token.get("rstrip")}
        """Control tokens that swallow the blanks after them."""
        self._ids = frozenset(self.control.values())
        self._names = re.compile("|".join(map(re.escape, sorted(filter(None, self.control), key=len, reverse=True))))
        self.size: int = self._tokenizer.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> list[int]:
        """Tokens of untrusted text, none of them a control token."""
        clean = _UNFIT.sub("\ufffd", text)
        tokens = self._plain(clean)
        return tokens if self._ids.isdisjoint(tokens) else self._in_pieces(clean)

    def _plain(self, text: str) -> list[int]:
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return tokens

    def _in_pieces(self, text: str) -> list[int]:
        """Added tokens that are not `special` are found in any text: such a name is cut after its first character."""
        cuts = [0, *(found.start() + 1 for found in self._names.finditer(text)), len(text)]
        pieces = [text[start:end] for start, end in pairwise(cuts)] if len(cuts) > 2 else list(text)
        tokens = [token for piece in pieces for token in self._plain(piece)]
        return [token for token in tokens if token not in self._ids]

    def decode(self, tokens: Sequence[int]) -> str:
        """Text of `tokens`, without control tokens."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text

    def spellings(self, tokens: Iterable[int]) -> list[str]:
        """Text of each of `tokens` alone."""
        texts: list[str] = self._tokenizer.decode_batch([[token] for token in tokens], skip_special_tokens=False)
        return texts


def _load(path: str) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise missing("tokenizers", error) from error
    try:
        return Tokenizer.from_file(path)
    except Exception as error:  # the library raises plain Exception
        raise ModelMissing(f"no tokenizer that we can read: {error}", where=path, remedy=REMEDY) from error


def missing(name: str, error: ImportError) -> Unavailable:
    """The error for a library that is not installed or can't be loaded."""
    about = f"{name} can't be loaded: {error}"
    return Unavailable(about, where="onnx", remedy='pip install "review-bot-local[onnx]"')


class Decoder:
    """Text of a growing list of tokens, given out as soon as it is certain."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self.tokens: list[int] = []
        self._given = 0

    def add(self, tokens: Iterable[int]) -> str:
        """The text that `tokens` add; empty in the middle of a character."""
        self.tokens += tokens
        whole = self.whole()
        if whole.endswith("\ufffd"):
            return ""
        piece, self._given = whole[self._given :], len(whole)
        return piece

    def rest(self) -> str:
        """What was held back."""
        return self.whole()[self._given :]

    def whole(self) -> str:
        """All of the text."""
        return self._text.decode(self.tokens)
