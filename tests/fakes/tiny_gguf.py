"""Tiny models in GGUF, and the real llama.cpp server on them.

`write` makes a model of a few hundred kilobytes: with random weights, or scripted. A scripted one answers every prompt
with the same pieces, each of which is one token: its weights say which token follows which. `LlamaServer` runs the
server of the `xllamacpp` wheel in a child process; use the fixture `llama_server`, which
keeps them for the session.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Shape = Literal["phi3", "llama", "qwen2"]

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
CONTROL = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>")
EMPTY = '{"thought":"","findings":[]}'

_WIDTH, _HEADS, _INNER, _LAYERS = 64, 4, 96, 2
_UNKNOWN, _NORMAL, _CONTROL, _BYTE = 2, 1, 3, 6


def missing() -> str | None:
    """Why the engine can't be run here; None where it can."""
    from importlib.util import find_spec

    gone = [name for name in ("numpy", "gguf", "xllamacpp") if find_spec(name) is None]
    return f"not installed: {', '.join(gone)}" if gone else None


def write(
    path: Path, shape: Shape = "llama", *, script: Sequence[str] = (), context: int = 4096, seed: int = 1
) -> Path:
    """Write a model to `path`."""
    from gguf import GGUFWriter

    tokens, kinds = _vocabulary(script)
    writer = GGUFWriter(str(path), shape)
    writer.add_name(f"tiny {shape}")
    writer.add_context_length(context)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    if shape == "phi3":
        writer.add_rope_scaling_orig_ctx_len(context)
        writer.add_sliding_window(context)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token.encode() for token in tokens])
    writer.add_token_scores([-float(number) for number in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(tokens.index("<|end|>"))
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    for name, values in _weights(shape, tokens, script, seed).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _vocabulary(script: Sequence[str]) -> tuple[list[str], list[int]]:
    """Bytes, printable characters, control tokens of the template, and the pieces of the script."""
    plain = ["▁", *(chr(code) for code in range(33, 127))]
    assert len(set(script)) == len(script), "the pieces of a script must differ"
    own = [piece.replace(" ", "▁") for piece in script]
    rows = [
        ("<unk>", _UNKNOWN),
        ("<s>", _CONTROL),
        ("</s>", _CONTROL),
        *((f"<0x{byte:02X}>", _BYTE) for byte in range(256)),
        *((text, _CONTROL) for text in CONTROL),
        *((text, _NORMAL) for text in plain),
        *((text, _NORMAL) for text in own if text not in plain),
    ]
    return [text for text, _ in rows], [kind for _, kind in rows]


def _weights(shape: Shape, tokens: Sequence[str], script: Sequence[str], seed: int) -> dict[str, Any]:
    import numpy as np

    dice = np.random.default_rng(seed)

    def matrix(*sizes: int) -> Any:
        scale = 0.0 if script else 0.3
        return (dice.standard_normal(sizes) * scale).astype(np.float32)

    embedding = dice.standard_normal((len(tokens), _WIDTH)).astype(np.float32)
    output = dice.standard_normal((len(tokens), _WIDTH)).astype(np.float32) * (0.01 if script else 1.0)
    output[3 + 0x80 : 3 + 0x100] = 0  # else most answers were no UTF-8, which no real model writes
    ones = np.ones(_WIDTH, np.float32)
    # The template ends with a line feed; from there on each piece leads to the next, the last to <|end|>.
    chain = ["<0x0A>", *(piece.replace(" ", "▁") for piece in script), "<|end|>"] if script else []
    for here, following in pairwise(chain):
        output[tokens.index(following)] += embedding[tokens.index(here)]
    weights = {"token_embd.weight": embedding, "output_norm.weight": ones, "output.weight": output}
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        weights |= {block + "attn_norm.weight": ones, block + "ffn_norm.weight": ones}
        weights |= {
            block + "attn_output.weight": matrix(_WIDTH, _WIDTH),
            block + "ffn_down.weight": matrix(_WIDTH, _INNER),
        }
        if shape == "phi3":
            weights |= {block + "attn_qkv.weight": matrix(3 * _WIDTH, _WIDTH)}
            weights |= {block + "ffn_up.weight": matrix(2 * _INNER, _WIDTH)}
            continue
        weights |= {block + "ffn_up.weight": matrix(_INNER, _WIDTH), block + "ffn_gate.weight": matrix(_INNER, _WIDTH)}
        for part in "qkv":
            weights[f"{block}attn_{part}.weight"] = matrix(_WIDTH, _WIDTH)
            if shape == "qwen2":
                weights[f"{block}attn_{part}.bias"] = np.zeros(_WIDTH, np.float32)
    return weights


_CHILD = """
import os, sys, threading, time
import xllamacpp as x
path, context, parallel, embedding = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1"
p = x.CommonParams()
p.model.path = path
p.n_ctx, p.n_parallel, p.n_batch, p.n_ubatch = context * parallel, parallel, 256, 256
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.port, p.embedding, p.warmup, p.use_jinja = 0, embedding, False, True
p.kv_unified = False
if embedding: p.pooling_type = x.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
server = x.Server(p)
print("listening", server.listening_address, flush=True)
sys.stdin.read()
os._exit(0)
"""


class LlamaServer:
    """The real server in a child process that ends with this one."""

    def __init__(self, model: Path, *, context: int = 2048, parallel: int = 1, embedding: bool = False) -> None:
        self.model = model
        self._log = model.with_suffix(f".{os.urandom(3).hex()}.log")
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-c", _CHILD, str(model), str(context), str(parallel), str(int(embedding))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.url = self._wait()

    def _wait(self) -> str:
        assert self._child.stdout is not None
        until = time.monotonic() + 60
        for line in self._child.stdout:
            if line.startswith(b"listening "):
                return line.split()[1].decode()
            if time.monotonic() > until:
                break
        self.stop()
        raise AssertionError(f"the llama.cpp server did not start: {self._log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End it."""
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


class LlamaServers:
    """Servers by model, each started when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[tuple[object, ...], LlamaServer] = {}

    def __call__(
        self,
        shape: Shape = "llama",
        *,
        script: Sequence[str] = (),
        context: int = 2048,
        parallel: int = 1,
        embedding: bool = False,
    ) -> str:
        """The address of a server on such a model."""
        key = (shape, tuple(script), context, parallel, embedding)
        if key not in self._running:
            model = write(self._folder / f"{shape}-{len(self._running)}.gguf", shape, script=script)
            self._running[key] = LlamaServer(model, context=context, parallel=parallel, embedding=embedding)
        return self._running[key].url

    def stop(self) -> None:
        for server in self._running.values():
            server.stop()
