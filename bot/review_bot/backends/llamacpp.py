"""A llama.cpp server: OpenAI's interface, and what it says of its context, tokens and model beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.backends.openai_compatible import _ASK, Model, OpenAiCompatible, _get, _lasting, digest_of
from review_bot.domain.model import ModelInfo

if TYPE_CHECKING:
    from review_bot.domain.model import Capability, Completion


class LlamaCpp(OpenAiCompatible):
    """A backend for one llama.cpp server."""

    name = "llamacpp"
    _thinks = False

    def count(self, text: str) -> int | None:
        """By the model's own tokenizer; control tokens are counted as the text that they are sent as."""
        body = {"content": text, "add_special": False, "parse_special": False}
        reply = self._wire.post("/tokenize", body, timeout=_ASK)
        tokens = _get(reply.json(), "tokens") if reply.status == 200 else None
        return len(tokens) if isinstance(tokens, list) else None

    def _describe(self) -> ModelInfo:
        local = not self._wire.look_up()
        models = self._models()
        model = self._chosen(models) if models else Model(self._model or "default", 0, {})
        reply = self._wire.get("/props", timeout=_ASK)
        props = reply.json() if reply.status == 200 else None
        self._thinks = "enable_thinking" in str(_get(props, "chat_template") or "")
        size = _get(_get(props, "default_generation_settings"), "n_ctx")
        context = size if isinstance(size, int) and size > 0 else model.context
        told = [_get(props, name) for name in ("model_path", "chat_template", "build_info")]
        where = str(self._wire.address)
        digest = digest_of([self._group, model.name, _lasting(model.entry), told])
        capabilities: set[Capability] = {"schema", "json", "tokenize", "probability", "prefix"}
        if self._thinks:
            capabilities.add("thinking")
        return ModelInfo(self.name, model.name, digest, context, frozenset(capabilities), where, local)

    def _extra(self, call: Completion) -> dict[str, Any]:
        extra: dict[str, Any] = {"repeat_penalty": call.sampling.repeat_penalty, "cache_prompt": True}
        return {**extra, "chat_template_kwargs": {"enable_thinking": False}} if self._thinks else extra
