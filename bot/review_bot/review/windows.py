"""From a change to windows and prompts: cutting, routing, risk, notes and packing in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.diffing import windows as packing
from review_bot.diffing.parts import as_it_is, parts_of
from review_bot.diffing.tokens import at_least, estimate, fit
from review_bot.errors import ConfigError
from review_bot.prompts.compress import shortened
from review_bot.prompts.prompt import prompt_of
from review_bot.prompts.schema import answer_schema
from review_bot.prompts.templates import filled
from review_bot.review.notes import Extras, notes
from review_bot.review.risk import Signs, risk_of
from review_bot.review.router import Router, speaks_of
from review_bot.review.signatures import Signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from review_bot.diffing.rows import Clean
    from review_bot.domain.model import Prompt
    from review_bot.domain.window import Part, Uncovered, Window
    from review_bot.ports import Change
    from review_bot.prompts.prompt import Form
    from review_bot.prompts.templates import Prompts

_TEMPLATE = 24
"""Tokens of a chat template around system and user text; those of Phi-3, Llama, Qwen and Mistral take fewer."""
_FENCES = 37
"""Tokens of the marks around the window: 24 hex digits at worst one each, and signs."""
_ERROR = 30
"""Tokens of what is said of a wrong answer."""
_LEAST_LIMIT = 400
_LEAST_ROOM, _LEAST_ANSWER = 96, 128
_SECURITY = "security"


class Builder:
    """Makes the windows of one change for a context of `window` tokens."""

    def __init__(self, prompts: Prompts, window: int, answer_tokens: int) -> None:
        """Keep `answer_tokens` for the answer, fewer in a small window; raises ConfigError where it is too small."""
        self.prompts = prompts
        self.route = Router(prompts)
        self.frame = _frame(prompts, window, answer_tokens)
        self._signatures: Signatures | None = None
        self._security = next((one for one in prompts.specialists if one.name == _SECURITY), None)

    @property
    def limit(self) -> int:
        """Tokens of a part with its heading: a third of the room, so that windows fill up whatever the parts are."""
        room = self.frame.least_room
        return min(room, max(room // 3, _LEAST_LIMIT))

    def parts_of(
        self,
        change: Change,
        *,
        skipped: Mapping[str, str] | None = None,
        clean: Clean = as_it_is,
        signs: Signs | None = None,
    ) -> tuple[tuple[Part, ...], tuple[Uncovered, ...]]:
        """The parts of a change with their risk, and what no part shows; each part is the unit of caching."""
        parts, uncovered = parts_of(change, self.limit, skipped=skipped, clean=clean, shorten=shortened)
        self._signatures = Signatures(change)
        known = signs if signs is not None else Signs()
        return tuple(part._replace(risk=self._risk(part, known)) for part in parts), uncovered

    def pack(self, parts: Sequence[Part], extras: Extras | None = None) -> tuple[Window, ...]:
        """The fewest windows that show `parts`, the riskiest first, with what else there is room for."""
        return packing.pack(parts, self.frame, self.route, self._notes(extras))

    def split(self, window: Window, extras: Extras | None = None) -> tuple[Window, ...]:
        """Two smaller windows, for one that was too long or its answer cut; empty where nothing is left to cut."""
        return packing.split(window, self.frame, self.route, self._notes(extras))

    def prompt(self, window: Window, *, form: Form = "json", error: str = "") -> Prompt:
        """What the model reads."""
        error = " ".join(error.split())
        return prompt_of(window, self.prompts, form=form, error=error[: fit(error, _ERROR)])

    def schema(self, window: Window) -> Mapping[str, Any]:
        """What the answer must look like."""
        return answer_schema(window.parts, self.prompts.of(window.specialist).categories)

    def fits(self, window: Window, count: Callable[[str], int | None]) -> bool:
        """Whether a window is within the budget by an engine's own tokenizer, asked where it is over 80 % full."""
        room = self.frame.window - self.frame.answer_tokens
        if window.prompt_tokens <= 0.8 * room:
            return True
        prompt = self.prompt(window)
        counted = count(prompt.system + prompt.user)
        return counted is None or counted + _TEMPLATE <= room

    def _notes(self, extras: Extras | None) -> packing.Notes | None:
        if extras is None:
            return None
        if extras.signatures is None and self._signatures is not None:
            extras = extras._replace(signatures=self._signatures)
        said = extras
        return lambda parts, room: notes(parts, room, said)

    def _risk(self, part: Part, signs: Signs) -> float:
        security = self._security is not None and speaks_of(self._security, part)
        return risk_of(part, signs, security=security)


def _frame(prompts: Prompts, window: int, answer_tokens: int) -> packing.Frame:
    """The frame of a window, its answer shortened where that leaves room for some code."""
    prefixes = {one.name: max(estimate(one.system), estimate(one.lines)) for one in prompts.specialists}
    again = estimate(filled(prompts.again, {"error": ""}) + "\n") + _ERROR
    around = _FENCES + again + _TEMPLATE
    left = window - max(prefixes.values()) - around - _LEAST_ROOM
    if left < _LEAST_ANSWER:
        least = window - left + _LEAST_ANSWER
        raise ConfigError(
            f"a window of {window} tokens has no room for instructions, code and an answer",
            where="model.window",
            remedy=f"give it {least} or more",
        )
    answer = min(answer_tokens, max(left - window // 8, _LEAST_ANSWER))
    return packing.Frame(window, answer, prefixes, around, {x.name: at_least(x.system) for x in prompts.specialists})
