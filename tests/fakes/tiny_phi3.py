"""Small Phi-3 models for onnxruntime-genai, written with numpy alone: random weights, or a given answer.

`tiny_phi3(folder, seed=…)` writes random weights; `scripted_phi3(folder, text=…)` writes a model that answers every
prompt with `text` and `<|end|>`, in greedy decoding as in sampling, whatever tokens the text is cut into: two more
attention layers sum up the bytes since the last `<|assistant|>`, and a table says what follows at each of them.
The folder looks like Phi-3-mini-4k-instruct-onnx: genai_config.json, NAME.onnx, NAME.onnx.data, tokenizer.json,
tokenizer_config.json.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import numpy as np

from fakes import protobuf as pb

Array = np.ndarray[Any, Any]
NAME = "phi3-tiny-cpu-int4-rtn-block-32-acc-level-4.onnx"
BLOCK = 32
RANK = 4
"""Of the inputs for an adapter."""
LORA = {
    "lm_head": "lm_head",
    "qkv": "model.layers.{}.attn.qkv_proj",
    "o": "model.layers.{}.attn.o_proj",
    "gate": "model.layers.{}.mlp.gate_proj",
    "up": "model.layers.{}.mlp.up_proj",
    "down": "model.layers.{}.mlp.down_proj",
}
"""Linear layers by our names, as onnxruntime-genai's builder calls them."""
SPECIAL = (
    "<|endoftext|>", "<|assistant|>", "<|placeholder1|>", "<|placeholder2|>", "<|placeholder3|>", "<|placeholder4|>",
    "<|system|>", "<|end|>", "<|placeholder5|>", "<|placeholder6|>", "<|user|>",
)  # fmt: skip
CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
LLAMA3 = ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}"
    "{% endfor %}{{ '<|assistant|>\n' }}"
)
_WORDS = """
def return import from class self None True False raise except with while lambda yield async await "thought":"
"findings":[ {"path":" "line": "quote":" "category":" "severity":" "message":" "fix":" correctness warning error
function const let var null undefined this new typeof export default err nil func string int bool the and not
that when line file value name code test data check user key list text number added removed of in is for if to
a be an on or it as at by elif else
""".split()  # noqa: SIM905


class Shape(NamedTuple):
    """How large a model is."""

    hidden: int = 64
    heads: int = 4
    kv_heads: int = 4
    head_size: int = 16
    layers: int = 2
    inner: int = 128
    context: int = 4096
    vocabulary: int = 0
    """At least so many tokens; 0 for as many as the tokenizer has."""


PHI3_MINI = Shape(3072, 32, 32, 96, 32, 8192, 4096, 32064)


def tiny_phi3(
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    shape: Shape | None = None,
    lora: bool | tuple[str, ...] = False,
    special: tuple[str, ...] = SPECIAL,
    tokenizer: dict[str, Any] | None = None,
) -> str:
    """Write a model with random weights; `lora` gives it inputs for adapters, by default at its head. The folder.

    `tokenizer` is a tokenizer.json with the control tokens of `special` in place of ours.
    """
    known = tokenizer or tokenizer_json(special)
    return _write(os.fspath(folder), shape or Shape(), seed, None, known, lora=lora, special=special)


def scripted_phi3(
    folder: str | os.PathLike[str],
    text: str,
    *,
    shape: Shape | None = None,
    special: tuple[str, ...] = SPECIAL,
    end: bool = True,
) -> str:
    """Write a model that answers `text`, then `<|end|>`; without `end` it says the text over and over. The folder."""
    script = (text, end)
    known = tokenizer_json(special)
    return _write(os.fspath(folder), shape or Shape(context=32_768), 0, script, known, lora=False, special=special)


def write_adapter(path: str | os.PathLike[str], folder: str, *, seed: int = 1, rank: int = 4) -> None:
    """Write a LoRA adapter with random weights for a model made with `lora`."""
    import onnxruntime as ort

    with open(os.path.join(folder, "genai_config.json"), encoding="utf-8") as file:
        model = json.load(file)["model"]
    random = np.random.default_rng(seed)
    hidden, vocabulary = model["decoder"]["hidden_size"], model["vocab_size"]
    weights = {
        "lm_head.lora_A.weight": random.standard_normal((hidden, rank)).astype(np.float32),
        "lm_head.lora_B.weight": random.standard_normal((rank, vocabulary)).astype(np.float32),
    }
    adapter = ort.AdapterFormat()
    adapter.set_adapter_version(1)
    adapter.set_model_version(1)
    adapter.set_parameters({name: ort.OrtValue.ortvalue_from_numpy(array) for name, array in weights.items()})
    adapter.export_adapter(os.fspath(path))


# --- the tokenizer


def _alphabet() -> list[str]:
    """The character that stands for each byte in a byte-level BPE vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


def _vocabulary() -> tuple[list[str], list[str]]:
    """Tokens, and the merges that make those beyond single bytes."""
    alphabet = _alphabet()
    tokens, merges = list(alphabet), []
    words = [*_WORDS, *(" " + word for word in _WORDS), "    ", "        ", "return ", "):", "()", '"}', '},{"']
    for word in words:
        spelled = "".join(alphabet[byte] for byte in word.encode())
        for cut in range(1, len(spelled)):
            if spelled[: cut + 1] not in tokens:
                tokens.append(spelled[: cut + 1])
                merges.append(f"{spelled[:cut]} {spelled[cut]}")
    return tokens, merges


def tokenizer_json(special: tuple[str, ...] = SPECIAL) -> dict[str, Any]:
    """A byte-level BPE tokenizer with control tokens behind the vocabulary."""
    tokens, merges = _vocabulary()
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "fuse_unk": False,
        "end_of_word_suffix": None, "byte_fallback": False, "vocab": {token: i for i, token in enumerate(tokens)},
        "merges": merges,
    }  # fmt: skip
    value: dict[str, Any] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level, "model": model,
    }  # fmt: skip
    return with_control_tokens(value, special)


def with_control_tokens(tokenizer: dict[str, Any], special: tuple[str, ...] = SPECIAL) -> dict[str, Any]:
    """`tokenizer` with control tokens behind its vocabulary."""
    tokens = tokenizer["model"]["vocab"]
    added = [
        {"id": len(tokens) + number, "content": content, "single_word": False, "lstrip": False,
         "rstrip": special == SPECIAL, "normalized": False, "special": True}
        for number, content in enumerate(special)
    ]  # fmt: skip
    return {**tokenizer, "added_tokens": added}


# --- the graph


class _Graph:
    """Nodes and constants while a model is written; the constants' bytes go to the file beside it at once."""

    def __init__(self, folder: str, shape: Shape, vocabulary: int, seed: int) -> None:
        self.shape, self.vocabulary = shape, vocabulary
        self.random = np.random.default_rng(seed)
        self.nodes: list[bytes] = []
        self.constants: list[bytes] = []
        self.inputs: list[bytes] = []
        self.lora: tuple[str, ...] = ()
        """Linear layers with inputs for an adapter: keys of `LORA`."""
        self.file = NAME + ".data"
        self.data = open(os.path.join(folder, self.file), "wb")  # noqa: SIM115

    def add(self, kind: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(pb.node(kind, inputs, outputs, domain, **attributes))
        return outputs[0]

    def constant(self, name: str, array: Array) -> str:
        self.constants.append(pb.tensor(name, array, (self.file, self.data.tell()) if array.nbytes > 64 else None))
        if array.nbytes > 64:
            array.tofile(self.data)
            self.data.write(b"\0" * (-array.nbytes % 64))
        return name

    def scale(self, name: str, size: int) -> str:
        return self.constant(name, np.ones(size, np.float32))

    def matmul(self, name: str, source: str, inner: int, outer: int) -> str:
        """`source` times random int4 weights in blocks of 32."""
        groups = inner // BLOCK
        weights = self.random.integers(0, 256, (outer, groups, BLOCK // 2), np.uint8)
        scales = np.full(outer * groups, 0.25 / inner**0.5, np.float32)
        inputs = [source, self.constant(name + ".qweight", weights), self.constant(name + ".scales", scales)]
        out = self.add(
            "MatMulNBits", inputs, name + ".out", domain="com.microsoft",
            K=inner, N=outer, bits=4, block_size=BLOCK, accuracy_level=4,
        )  # fmt: skip
        kind, _, layer = name.partition(".")
        return self._adapted(LORA[kind].format(layer), source, out, (inner, outer)) if kind in self.lora else out

    def _adapted(self, name: str, source: str, out: str, sizes: tuple[int, int]) -> str:
        """`out` and what an adapter adds to it: nothing, as long as there is none."""
        factors = [f"{name}.lora_A.weight", f"{name}.lora_B.weight"]
        for factor, size in zip(factors, ((sizes[0], RANK), (RANK, sizes[1])), strict=True):
            self.constants.append(pb.tensor(factor, np.zeros(size, np.float32)))
            self.inputs.append(pb.value_info(factor, pb.FLOAT, size))
        self.add("MatMul", [source, factors[0]], f"{name}.down")
        self.add("MatMul", [f"{name}.down", factors[1]], f"{name}.up")
        return self.add("Add", [out, f"{name}.up"], f"{name}.adapted")

    def attention(self, name: str, layer: int, query: str, key: str, value: str, **attributes: Any) -> str:
        caches = ["cos_cache", "sin_cache"] if attributes.get("do_rotary") else []
        past = [f"past_key_values.{layer}.key", f"past_key_values.{layer}.value"]
        present = [f"present.{layer}.key", f"present.{layer}.value"]
        return self.add(
            "GroupQueryAttention", [query, key, value, *past, "seqlens_k", "total_length", *caches], name, *present,
            domain="com.microsoft", num_heads=self.shape.heads, kv_num_heads=self.shape.kv_heads, **attributes,
        )  # fmt: skip


def _write(
    folder: str,
    shape: Shape,
    seed: int,
    script: tuple[str, bool] | None,
    tokenizer: dict[str, Any],
    *,
    lora: bool | tuple[str, ...],
    special: tuple[str, ...],
) -> str:
    os.makedirs(folder, exist_ok=True)
    vocabulary = max(len(tokenizer["model"]["vocab"]) + len(special), shape.vocabulary)
    graph = _Graph(folder, shape, vocabulary, seed)
    graph.lora = lora if isinstance(lora, tuple) else ("lm_head",) * lora
    _lengths(graph)
    hidden = _layers(graph)
    logits = graph.matmul("lm_head", hidden, graph.shape.hidden, graph.vocabulary)
    layers = shape.layers
    if script:
        layers += 2
        logits = _scripted(graph, logits, tokenizer, script)
    graph.add("Identity", [logits], "logits")
    graph.data.close()
    with open(os.path.join(folder, NAME), "wb") as file:
        file.write(
            pb.model(graph.nodes, graph.constants, [*_inputs(graph, layers), *graph.inputs], _outputs(graph, layers))
        )
    _json(folder, "tokenizer.json", tokenizer)
    _json(folder, "tokenizer_config.json", _tokenizer_config(tokenizer, special))
    _json(folder, "genai_config.json", _genai_config(shape, layers, vocabulary, tokenizer))
    return folder


def _json(folder: str, name: str, value: object) -> None:
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file)


def _inputs(graph: _Graph, layers: int) -> list[bytes]:
    cache: list[int | str] = ["batch_size", graph.shape.kv_heads, "past_sequence_length", graph.shape.head_size]
    names = [f"past_key_values.{layer}.{kind}" for layer in range(layers) for kind in ("key", "value")]
    return [
        pb.value_info("input_ids", pb.INT64, ["batch_size", "sequence_length"]),
        pb.value_info("attention_mask", pb.INT64, ["batch_size", "total_sequence_length"]),
        *(pb.value_info(name, pb.FLOAT, cache) for name in names),
    ]


def _outputs(graph: _Graph, layers: int) -> list[bytes]:
    cache: list[int | str] = ["batch_size", graph.shape.kv_heads, "total_sequence_length", graph.shape.head_size]
    names = [f"present.{layer}.{kind}" for layer in range(layers) for kind in ("key", "value")]
    logits = pb.value_info("logits", pb.FLOAT, ["batch_size", "sequence_length", graph.vocabulary])
    return [logits, *(pb.value_info(name, pb.FLOAT, cache) for name in names)]


def _lengths(graph: _Graph) -> None:
    """What attention asks for beside keys and values: lengths, and the caches of the rotation."""
    graph.constant("axis_1", np.array([1], np.int64))
    graph.constant("one_64", np.array([1], np.int64))
    graph.add("ReduceSum", ["attention_mask", "axis_1"], "mask_sum", keepdims=0)
    graph.add("Sub", ["mask_sum", "one_64"], "last")
    graph.add("Cast", ["last"], "seqlens_k", to=pb.INT32)
    graph.constant("one_scalar", np.array(1, np.int64))
    graph.add("Shape", ["attention_mask"], "mask_shape")
    graph.add("Gather", ["mask_shape", "one_scalar"], "total_64", axis=0)
    graph.add("Cast", ["total_64"], "total_length", to=pb.INT32)
    half = graph.shape.head_size // 2
    angles = np.outer(np.arange(graph.shape.context), 10_000.0 ** (-np.arange(half) / half))
    graph.constant("cos_cache", np.cos(angles).astype(np.float32))
    graph.constant("sin_cache", np.sin(angles).astype(np.float32))


def _layers(graph: _Graph) -> str:
    shape = graph.shape
    table = graph.random.standard_normal((graph.vocabulary, shape.hidden), np.float32)
    graph.add("Gather", [graph.constant("embed_tokens.weight", table), "input_ids"], "embedded", axis=0)
    norm = graph.add(
        "SimplifiedLayerNormalization", ["embedded", graph.scale("first_norm", shape.hidden)], "norm.0", axis=-1,
        epsilon=1e-5, stash_type=1,
    )  # fmt: skip
    residual = "embedded"
    for layer in range(shape.layers):
        attended = _attend(graph, norm, layer)
        norm, residual = _add_and_norm(graph, residual, attended, f"post.{layer}")
        mixed = _mix(graph, norm, layer)
        norm, residual = _add_and_norm(graph, residual, mixed, f"input.{layer + 1}")
    return norm


def _attend(graph: _Graph, norm: str, layer: int) -> str:
    shape = graph.shape
    width = (shape.heads + 2 * shape.kv_heads) * shape.head_size
    packed = graph.matmul(f"qkv.{layer}", norm, shape.hidden, width)
    out = graph.attention(f"attention.{layer}", layer, packed, "", "", do_rotary=1, scale=shape.head_size**-0.5)
    return graph.matmul(f"o.{layer}", out, shape.heads * shape.head_size, shape.hidden)


def _mix(graph: _Graph, norm: str, layer: int) -> str:
    inner = graph.shape.inner
    gate = graph.matmul(f"gate.{layer}", norm, graph.shape.hidden, inner)
    up = graph.matmul(f"up.{layer}", norm, graph.shape.hidden, inner)
    graph.add("Sigmoid", [gate], f"sigmoid.{layer}")
    graph.add("Mul", [gate, f"sigmoid.{layer}"], f"silu.{layer}")
    graph.add("Mul", [f"silu.{layer}", up], f"mixed.{layer}")
    return graph.matmul(f"down.{layer}", f"mixed.{layer}", inner, graph.shape.hidden)


def _add_and_norm(graph: _Graph, residual: str, added: str, name: str) -> tuple[str, str]:
    scale = graph.scale(f"{name}.scale", graph.shape.hidden)
    outputs = [f"{name}.norm", "", "", f"{name}.residual"]
    graph.add(
        "SkipSimplifiedLayerNormalization", [residual, added, scale], *outputs, domain="com.microsoft", epsilon=1e-5
    )
    return outputs[0], outputs[3]


def _scripted(graph: _Graph, logits: str, tokenizer: dict[str, Any], script: tuple[str, bool]) -> str:
    """Count the bytes since the last `<|assistant|>`, and look up what follows."""
    shape, layer = graph.shape, graph.shape.layers
    width = shape.kv_heads * shape.head_size
    ids = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    opening = ids.get("<|assistant|>", ids.get("<|im_start|>", ids.get("<|end_header_id|>")))
    assert opening is not None
    lengths = np.zeros((graph.vocabulary, width), np.float32)
    for token, number in tokenizer["model"]["vocab"].items():
        lengths[number, 0] = len(token)
    keys = np.full((graph.vocabulary, 1), -1e9, np.float32)
    keys[opening] = 0
    first = np.zeros((1, 1, width), np.float32)
    first[0, 0, 0] = 1
    graph.constant("first", first)
    graph.constant("no_key", np.zeros((graph.vocabulary, width), np.float32))
    query = np.zeros((graph.vocabulary, shape.heads * shape.head_size), np.float32)
    query[:, 0] = 1
    graph.add("Gather", [graph.constant("lengths", lengths), "input_ids"], "length", axis=0)
    graph.add("Gather", ["no_key", "input_ids"], "key.none", axis=0)
    graph.add("Gather", [graph.constant("query", query), "input_ids"], "query.first", axis=0)
    mean = graph.attention("mean", layer, "query.first", "key.none", "length", scale=1.0)
    _positions(graph)
    total = graph.add("Mul", [_channel(graph, mean, "mean"), "position_1"], "total")
    graph.add("Gather", [graph.constant("opening", keys), "input_ids"], "opens", axis=0)
    graph.add("Mul", ["position_1", graph.constant("hundred", np.array(100, np.float32))], "late")
    graph.add("Add", ["opens", "late"], "key.last")
    graph.add("Mul", ["key.last", "first"], "key.wide")
    graph.add("Mul", [total, "first"], "value.wide")
    start = graph.attention("start", layer + 1, "query.first", "key.wide", "value.wide", scale=1.0)
    graph.add("Sub", [total, _channel(graph, start, "start")], "offset")
    table = _table(script, tokenizer, ids)
    graph.add("Round", ["offset"], "rounded")
    low, high = graph.constant("low", np.array(0, np.float32)), np.array(len(table) - 1, np.float32)
    if script[1]:
        graph.add("Clip", ["rounded", low, graph.constant("high", high)], "bounded")
    else:
        graph.add("Mod", ["rounded", graph.constant("cycle", high)], "bounded", fmod=1)
        graph.add("Abs", ["bounded"], "unsigned")
    graph.add("Cast", ["bounded" if script[1] else "unsigned"], "index", to=pb.INT64)
    graph.constant("last_axis", np.array([2], np.int64))
    graph.add("Squeeze", ["index", "last_axis"], "flat")
    graph.add("Gather", [graph.constant("script", np.array(table, np.int64)), "flat"], "next", axis=0)
    graph.constant("depth", np.array(graph.vocabulary, np.int64))
    graph.constant("marks", np.array([0, 100], np.float32))
    graph.add("OneHot", ["next", "depth", "marks"], "marked", axis=-1)
    return graph.add("Add", [logits, "marked"], "logits.scripted")


def _positions(graph: _Graph) -> None:
    """`position_1`: the place of each token, counted from 1, as batch x sequence x 1."""
    graph.add("Shape", ["input_ids"], "ids_shape")
    graph.add("Gather", ["ids_shape", "one_scalar"], "length_64", axis=0)
    graph.constant("zero_scalar", np.array(0, np.int64))
    graph.add("Range", ["zero_scalar", "length_64", "one_scalar"], "steps")
    graph.add("Sub", ["mask_sum", "length_64"], "before")
    graph.add("Add", ["steps", "before"], "place")
    graph.add("Add", ["place", "one_64"], "place_1")
    graph.constant("column", np.array([1, -1, 1], np.int64))
    graph.add("Reshape", ["place_1", "column"], "place_column")
    graph.add("Cast", ["place_column"], "position_1", to=pb.FLOAT)


def _channel(graph: _Graph, source: str, name: str) -> str:
    for part, value in (("starts", 0), ("ends", 1), ("axes", 2)):
        graph.constant(f"{name}.{part}", np.array([value], np.int64))
    return graph.add("Slice", [source, f"{name}.starts", f"{name}.ends", f"{name}.axes"], f"{name}.channel")


_ROLE = {"<|im_end|>": len("assistant\n"), "<|eot_id|>": len("\n\n")}
"""Bytes of the template between the control token that is looked for and the answer."""


def _table(script: tuple[str, bool], tokenizer: dict[str, Any], ids: dict[str, int]) -> list[int]:
    """The token that follows at each byte of the text, and at its end."""
    alphabet = _alphabet()
    vocabulary = tokenizer["model"]["vocab"]
    spelled = "".join(alphabet[byte] for byte in script[0].encode())
    longest = max(map(len, vocabulary))
    table = []
    for start in range(len(spelled)):
        sizes = range(min(longest, len(spelled) - start), 0, -1)
        table.append(
            next(vocabulary[spelled[start : start + n]] for n in sizes if spelled[start : start + n] in vocabulary)
        )
    end_name = next(name for name in ("<|end|>", "<|im_end|>", "<|eot_id|>") if name in ids)
    end = ids[end_name]
    return [0] * _ROLE.get(end_name, 0) + [*table, end]


# --- the other files


def _tokenizer_config(tokenizer: dict[str, Any], special: tuple[str, ...]) -> dict[str, Any]:
    return {
        "added_tokens_decoder": {str(token["id"]): token for token in tokenizer["added_tokens"]},
        "bos_token": special[0],
        "eos_token": special[0],
        "pad_token": special[0],
        "model_max_length": 4096,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": TEMPLATE if special == SPECIAL else None,
    }


def _genai_config(shape: Shape, layers: int, vocabulary: int, tokenizer: dict[str, Any]) -> dict[str, Any]:
    ids = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    ends = ("<|endoftext|>", "<|assistant|>", "<|end|>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>")
    eos = [ids[name] for name in ends if name in ids]
    decoder = {
        "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
        "filename": NAME,
        "head_size": shape.head_size,
        "hidden_size": shape.hidden,
        "inputs": {
            "input_ids": "input_ids",
            "attention_mask": "attention_mask",
            "past_key_names": "past_key_values.%d.key",
            "past_value_names": "past_key_values.%d.value",
        },
        "outputs": {
            "logits": "logits",
            "present_key_names": "present.%d.key",
            "present_value_names": "present.%d.value",
        },
        "num_attention_heads": shape.heads,
        "num_hidden_layers": layers,
        "num_key_value_heads": shape.kv_heads,
    }
    model = {
        "bos_token_id": eos[0],
        "context_length": shape.context,
        "decoder": decoder,
        "eos_token_id": eos,
        "pad_token_id": eos[0],
        "type": "phi3",
        "vocab_size": vocabulary,
    }
    search = {
        "do_sample": False, "max_length": shape.context, "min_length": 0, "num_beams": 1, "num_return_sequences": 1,
        "past_present_share_buffer": True, "repetition_penalty": 1.0, "temperature": 1.0, "top_k": 1, "top_p": 1.0,
    }  # fmt: skip
    return {"model": model, "search": search}
