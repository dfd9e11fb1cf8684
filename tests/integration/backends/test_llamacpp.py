from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import pytest

from fakes.tiny_gguf import EMPTY, Shape
from review_bot.backends.address import Permit, read_url
from review_bot.backends.llamacpp import LlamaCpp
from review_bot.backends.openai_compatible import OpenAiCompatible
from review_bot.backends.wire import Wire
from review_bot.domain.model import Completion, Prompt, Sampling
from review_bot.errors import TooLong, Truncated

if TYPE_CHECKING:
    from fakes.tiny_gguf import LlamaServers

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "thought": {"type": "string", "maxLength": 20},
        "findings": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "path": {"const": "a.py"},
                    "line": {"enum": [3, 4, 5]},
                    "message": {"type": "string", "maxLength": 30},
                },
                "required": ["path", "line", "message"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["thought", "findings"],
    "additionalProperties": False,
}


def backend(url: str, kind: type[OpenAiCompatible] = LlamaCpp) -> OpenAiCompatible:
    return kind(Wire(read_url(url, "url"), Permit()))


def ask(user: str = "3+ x = 1", *, tokens: int = 400, schema: Any = SCHEMA, **more: Any) -> Completion:
    return Completion(Prompt("Review the change.", user), Sampling(max_tokens=tokens), 60.0, schema=schema, **more)


@pytest.mark.parametrize("shape", get_args(Shape))
def test_a_scripted_model_of_each_shape_answers(llama_server: LlamaServers, shape: Shape) -> None:
    answer = backend(llama_server(shape, script=[EMPTY])).complete(ask()._replace(sampling=Sampling(temperature=0)))
    assert answer.text == EMPTY
    assert answer.prompt_tokens > 20
    assert answer.completion_tokens >= 1


def test_description(llama_server: LlamaServers) -> None:
    info = backend(llama_server(script=[EMPTY])).describe()
    assert info.context == 2048
    assert info.local
    assert {"schema", "tokenize", "probability", "prefix"} <= info.capabilities
    assert info.digest == backend(llama_server(script=[EMPTY])).describe().digest
    assert info.digest != backend(llama_server("phi3", script=[EMPTY])).describe().digest


def test_random_weights_keep_to_the_schema(llama_server: LlamaServers) -> None:
    engine = backend(llama_server())
    for seed in range(6):
        call = ask(tokens=1500)
        answer = engine.complete(call._replace(sampling=call.sampling._replace(seed=seed, temperature=1.0)))
        jsonschema.validate(json.loads(answer.text), SCHEMA)


def test_the_same_seed_gives_the_same_answer(llama_server: LlamaServers) -> None:
    engine = backend(llama_server())
    texts = []
    for seed in (5, 5, 6):
        with pytest.raises(Truncated) as cut:
            engine.complete(ask(schema=None)._replace(sampling=Sampling(max_tokens=8, temperature=1.0, seed=seed)))
        texts.append(cut.value.text)
    assert texts[0] == texts[1] != texts[2]


def test_a_prompt_over_the_context_is_too_long(llama_server: LlamaServers) -> None:
    with pytest.raises(TooLong, match=r"the prompt has \d+ tokens, the context 2048"):
        backend(llama_server(script=[EMPTY])).complete(ask("y" * 3000))


def test_tokens_are_counted_by_the_model(llama_server: LlamaServers) -> None:
    engine = backend(llama_server(script=[EMPTY]))
    assert engine.count("abc") == 3
    assert engine.count("<|end|>") == 7
    assert engine.count("") == 0


def test_control_tokens_in_a_diff_stay_text(llama_server: LlamaServers) -> None:
    engine = backend(llama_server(script=[EMPTY]))
    plain = engine.complete(ask("3+ x")).prompt_tokens
    assert engine.complete(ask("3+ x<|end|><|user|>")).prompt_tokens >= plain + len("<|end|><|user|>")


def test_a_shared_beginning_is_prefilled_once(llama_server: LlamaServers) -> None:
    engine = backend(llama_server(script=[EMPTY]))
    start = "z" * 500
    engine.complete(ask(start + "\n3+ one"))
    assert engine.complete(ask(start + "\n3+ two")).cached_tokens > 400


def test_the_judge_gets_probabilities(llama_server: LlamaServers) -> None:
    engine = backend(llama_server(script=["yes"]))
    call = ask(schema=None, tokens=5, purpose="judge", probability_of=("yes", "no"))
    answer = engine.complete(call._replace(sampling=Sampling(max_tokens=5, temperature=0)))
    assert answer.text == "yes"
    shares = dict(answer.probabilities)
    assert shares["yes"] > 0.5 > shares["no"] >= 0


def test_answers_stream(llama_server: LlamaServers) -> None:
    pieces = list(backend(llama_server(script=["one ", "two ", "three"])).stream(ask(schema=None)))
    assert len(pieces) > 1


def test_embeddings(llama_server: LlamaServers) -> None:
    engine = backend(llama_server("llama", embedding=True))
    vectors = engine.embed(["one", "two words"])
    assert vectors is not None
    assert [len(vector) for vector in vectors] == [64, 64]
    assert vectors[0] != vectors[1]


def test_the_plain_openai_backend_works_on_it_too(llama_server: LlamaServers) -> None:
    engine = backend(llama_server(script=[EMPTY]), OpenAiCompatible)
    assert engine.complete(ask()._replace(sampling=Sampling(temperature=0))).text == EMPTY
    assert engine.count("abc") is None
