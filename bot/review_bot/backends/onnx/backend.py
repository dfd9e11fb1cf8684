"""The backend `onnx`: a model folder, read once, asked many times."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from review_bot.backends.onnx.answering import Answering
from review_bot.backends.onnx.chat import Chat
from review_bot.backends.onnx.engine import load
from review_bot.backends.onnx.interrupt import interruptible
from review_bot.backends.onnx.layout import Layout, read_json, read_layout
from review_bot.backends.onnx.reader import Clock, Question, Reader
from review_bot.backends.onnx.text import Text
from review_bot.backends.onnx.validate import keeps_to
from review_bot.backends.streaming import drain
from review_bot.domain.model import Answer, ModelInfo
from review_bot.errors import BadAnswer, ModelMissing, TimedOut, TooLong

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from review_bot.backends.onnx.engine import Engine
    from review_bot.backends.onnx.guide import Guide, Guides
    from review_bot.backends.onnx.words import Starts, Words
    from review_bot.domain.model import Capability, Completion

_SLACK = 8
"""Room beside prompt and answer for tokens that a schema forces at the very end."""


class OnnxBackend:
    """One model; calls wait for each other, since an engine reads one prompt at a time.

    `digest_of` gives the digest of the files in a folder, checked against its manifest where there is one; it raises
    ModelMissing. `adapters` are LoRA files by language. `engine` is `genai`, `plain`, or empty for the first that runs.
    """

    def __init__(
        self,
        folder: str,
        *,
        digest_of: Callable[[str], str],
        threads: int = 0,
        adapters: Mapping[str, str] | None = None,
        engine: str = "",
    ) -> None:
        self.folder = folder
        self._digest_of = digest_of
        self._threads = threads
        self._adapters = dict(adapters or {})
        self._choice = engine
        self._lock = threading.Lock()
        self._info: ModelInfo | None = None
        self._loaded: Loaded | None = None
        self._text: Text | None = None

    def describe(self) -> ModelInfo:
        """The model at hand, its files checked; loads nothing yet."""
        if self._info is None:
            layout = read_layout(self.folder)
            _check_libraries(self._choice)
            digest = self._digest_of(self.folder)
            self._info = ModelInfo(
                "onnx", _name(self.folder), digest, layout.context, self._capabilities(), self.folder
            )
        return self._info

    def _capabilities(self) -> frozenset[Capability]:
        import importlib.util

        always: set[Capability] = {"tokenize", "probability", "prefix"}
        if self._adapters:
            always.add("adapters")
        if importlib.util.find_spec("llguidance"):
            always |= {"schema", "json"}
        return frozenset(always)

    def count(self, text: str) -> int | None:
        """Exact number of tokens."""
        if self._text is None:
            self._text = Text(read_layout(self.folder).folder)
        return len(self._text.encode(text))

    def complete(self, call: Completion) -> Answer:
        """The whole answer at once."""
        return drain(self.stream(call))

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """Pieces of the answer as they come."""
        clock = Clock(call.timeout)
        if not self._lock.acquire(timeout=min(call.timeout, threading.TIMEOUT_MAX)):
            raise TimedOut(f"another call has kept the model busy for {call.timeout:g} s", where="onnx")
        try:
            loaded = self._load()
            return (yield from loaded.answer(call, clock))
        finally:
            self._lock.release()

    def _load(self) -> Loaded:
        if self._loaded is None:
            self.describe()
            self._loaded = Loaded(read_layout(self.folder), self._threads, self._adapters, self._choice)
        return self._loaded

    @property
    def engine(self) -> str:
        """Which engine runs the model; loads it."""
        with self._lock:
            return self._load().engine.name

    @property
    def prefilled(self) -> int:
        """Tokens of prompts that were really read so far."""
        return self._loaded.reader.prefilled if self._loaded else 0

    def forget(self) -> None:
        """Give up what is shared with the next prompt; for measurements."""
        if self._loaded:
            self._loaded.reader.forget()

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """None: these models make no vectors."""
        return None

    def close(self) -> None:
        """Let go of the model's memory."""
        self._loaded = self._text = None


class Loaded:
    """A model in memory with all that belongs to it."""

    def __init__(self, layout: Layout, threads: int, adapters: Mapping[str, str], choice: str) -> None:
        self.layout = layout
        self.text = Text(layout.folder)
        configuration = _tokenizer_config(layout.folder)
        self.chat = Chat(self.text, configuration)
        self.ends = frozenset(layout.eos) | self.chat.ends
        self._adapters = frozenset(adapters)
        with interruptible():
            self.engine: Engine = load(layout, threads, adapters, choice)
        self.reader = Reader(self.engine)
        self._guides: Guides | None = None
        self._starts: Starts | None = None

    def answer(self, call: Completion, clock: Clock) -> Generator[str, None, Answer]:
        """Pieces of the answer, and the whole of it."""
        prompt, prefix = self.chat.tokens(call.prompt)
        self._check_length(len(prompt), call)
        guide, words = self._guide(call), self._words(call)
        before = self.reader.prefilled
        adapter = call.language if call.language in self._adapters else None
        question = Question(prompt, prefix, call.sampling.max_tokens + _SLACK, adapter)
        logits = self.reader.read(question, self.layout.context, clock)
        cached = len(prompt) - (self.reader.prefilled - before)
        answering = Answering(self.reader, self.text, self.ends, call, clock)
        whole = yield from answering.run(logits, guide, words)
        if call.schema is not None and guide is None and not keeps_to(whole, call.schema):
            raise BadAnswer("the answer does not keep to its schema", where="onnx", text=whole)
        chances = words.probabilities if words else ()
        return Answer(whole, len(prompt), cached, answering.length, clock.passed(), chances)

    def _check_length(self, prompt: int, call: Completion) -> None:
        """The libraries would notice in the middle of the answer."""
        answer, context = call.sampling.max_tokens + _SLACK, self.layout.context
        if prompt + answer > context:
            about = f"the prompt has {prompt} tokens and the answer may have {answer}, the context {context}"
            raise TooLong(about, where=self.layout.folder, remedy="use a smaller window or a model with more context")

    def _guide(self, call: Completion) -> Guide | None:
        if call.schema is None and not call.probability_of:
            return None
        if self._guides is None:
            from review_bot.backends.onnx.guide import Guides

            self._guides = Guides(self.text, self.layout.vocabulary, sorted(self.ends))
        if call.schema is None:
            return self._guides.of_words(call.probability_of)
        return self._guides.of_schema(call.schema)

    def _words(self, call: Completion) -> Words | None:
        if not call.probability_of:
            return None
        from review_bot.backends.onnx.words import Starts, Words

        if self._starts is None:
            self._starts = Starts(self.text, self.layout.vocabulary)
        return Words(call.probability_of, self._starts)


def _check_libraries(choice: str) -> None:
    """Raise Unavailable where what the engine needs is not installed; importing it would take a second."""
    import importlib.util

    from review_bot.backends.onnx.text import missing

    engine = "onnxruntime_genai" if choice == "genai" else "onnxruntime"
    for name in ("numpy", "tokenizers", engine):
        if importlib.util.find_spec(name) is None:
            raise missing(name, ImportError("it is not installed"))


def _tokenizer_config(folder: str) -> dict[str, object]:
    import os

    path = os.path.join(folder, "tokenizer_config.json")
    configuration = read_json(path) if os.path.lexists(path) else {}
    template = os.path.join(folder, "chat_template.jinja")
    if not configuration.get("chat_template") and os.path.isfile(template):
        try:
            with open(template, encoding="utf-8") as file:
                configuration["chat_template"] = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise ModelMissing("can't be read", where=template) from error
    return configuration


def _name(folder: str) -> str:
    import os

    return os.path.basename(os.path.abspath(folder))
