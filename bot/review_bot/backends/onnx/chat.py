"""Chat templates as token ids: which one a model knows is told by the control tokens of its tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.errors import ModelMissing
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from review_bot.backends.onnx.text import Text
    from review_bot.domain.model import Prompt


class Piece(NamedTuple):
    """Trusted text, or the name of a control token."""

    text: str
    control: bool = False


class Form(NamedTuple):
    """The pieces around the two parts of a prompt."""

    before: tuple[Piece, ...]
    between: tuple[Piece, ...]
    after: tuple[Piece, ...]
    ends: tuple[str, ...]
    """Control tokens that end an answer, beside those of the configuration."""


class Chat:
    """Prompts of one model as tokens."""

    def __init__(self, text: Text, configuration: Mapping[str, object]) -> None:
        self._text = text
        form = _form(text, configuration)
        self._before, self._between, self._after = map(self._ids, (form.before, form.between, form.after))
        self.ends = frozenset(text.control[name] for name in form.ends if name in text.control)

    def _ids(self, pieces: tuple[Piece, ...]) -> list[int]:
        text = self._text
        return [
            token
            for piece in pieces
            for token in ([text.control[piece.text]] if piece.control else text.encode(piece.text))
        ]

    def tokens(self, prompt: Prompt) -> tuple[list[int], int]:
        """The whole prompt, up to where the answer begins, and how many tokens of it come before the user's text."""
        system = [*self._before, *self._text.encode(prompt.system), *self._between]
        return [*system, *self._text.encode(prompt.user), *self._after], len(system)


def _form(text: Text, configuration: Mapping[str, object]) -> Form:
    template = str(configuration.get("chat_template") or "")
    for names, make in _FORMS:
        if all(name in text.control for name in names):
            form = make(text, template)
            start = _bos(text, configuration, template)
            return form._replace(before=(*start, *form.before))
    raise ModelMissing(
        "its control tokens belong to no chat template that we know",
        where=text.path,
        remedy="use a model with Phi-3's, ChatML's, Llama 3's or Gemma's template",
    )


def _bos(text: Text, configuration: Mapping[str, object], template: str) -> tuple[Piece, ...]:
    """The token that opens a text, where the tokenizer or the template puts one."""
    token = configuration.get("bos_token")
    name = token.get("content") if isinstance(token, dict) else token
    wanted = configuration.get("add_bos_token") is True or "bos_token" in template
    return (Piece(name, control=True),) if wanted and isinstance(name, str) and name in text.control else ()


def _phi3(text: Text, template: str) -> Form:
    """`<|system|>…<|end|><|user|>…<|end|><|assistant|>`, with line feeds where the template has them."""
    broken = "<|user|>" not in text.strips and ("|>\\n" in template or "|>\n" in template)
    gap = (Piece("\n"),) if broken else ()
    end = (Piece("<|end|>", control=True), *gap)
    user, answer = Piece("<|user|>", control=True), Piece("<|assistant|>", control=True)
    ends = ("<|end|>", "<|endoftext|>")
    if "<|system|>" not in text.control:
        return Form((user, *gap), (Piece("\n\n"),), (*end, answer, *gap), ends)
    return Form((Piece("<|system|>", control=True), *gap), (*end, user, *gap), (*end, answer, *gap), ends)


def _chatml(text: Text, template: str) -> Form:
    """`<|im_start|>system … <|im_end|>`; Phi-4 puts `<|im_sep|>` where others have a line feed."""
    start, end = Piece("<|im_start|>", control=True), Piece("<|im_end|>", control=True)
    separated = "<|im_sep|>" in text.control
    gap = Piece("<|im_sep|>", control=True) if separated else Piece("\n")
    feed = () if separated else (Piece("\n"),)
    return Form(
        (start, Piece("system"), gap),
        (end, *feed, start, Piece("user"), gap),
        (end, *feed, start, Piece("assistant"), gap),
        ("<|im_end|>", "<|endoftext|>"),
    )


def _llama3(text: Text, template: str) -> Form:
    def head(role: str) -> tuple[Piece, ...]:
        opening, closing = Piece("<|start_header_id|>", control=True), Piece("<|end_header_id|>", control=True)
        return opening, Piece(role), closing, Piece("\n\n")

    end = Piece("<|eot_id|>", control=True)
    ends = ("<|eot_id|>", "<|end_of_text|>", "<|eom_id|>")
    return Form(head("system"), (end, *head("user")), (end, *head("assistant")), ends)


def _gemma(text: Text, template: str) -> Form:
    """Gemma knows no system role: the instructions open the user's turn."""
    start, end = Piece("<start_of_turn>", control=True), Piece("<end_of_turn>", control=True)
    return Form(
        (start, Piece("user\n")), (Piece("\n\n"),), (end, Piece("\n"), start, Piece("model\n")), ("<end_of_turn>",)
    )


_FORMS: tuple[tuple[tuple[str, ...], Callable[[Text, str], Form]], ...] = (
    (("<|user|>", "<|assistant|>", "<|end|>"), _phi3),
    (("<|im_start|>", "<|im_end|>"), _chatml),
    (("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"), _llama3),
    (("<start_of_turn>", "<end_of_turn>"), _gemma),
)
