"""An adapter of PEFT written for onnxruntime, and used by a model with inputs for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

for library in ("numpy", "tokenizers", "onnxruntime"):
    pytest.importorskip(library)

import numpy as np  # noqa: E402

from fakes.peft_files import peft_adapter, safetensors  # noqa: E402
from fakes.tiny_phi3 import NAME, RANK, Shape, tiny_phi3  # noqa: E402
from integration.backends.onnx_helpers import GREEDY, backend, call  # noqa: E402
from memory_helpers import bot  # noqa: E402
from review_bot.errors import Truncated  # noqa: E402
from review_bot.evaluation import lora  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZES = Shape()
LAYERS = {
    f"model.layers.{layer}.{name}": sizes
    for layer in range(SIZES.layers)
    for name, sizes in (("self_attn.o_proj", (64, 64)), ("mlp.up_proj", (64, 128)), ("mlp.down_proj", (128, 64)))
}
WITH = ("o", "up", "down", "gate")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model with inputs for four linear layers, one of which is not trained."""
    return tiny_phi3(tmp_path_factory.mktemp("models") / "lora", lora=WITH)


def logits(folder: str, feed: dict[str, NDArray[Any]] | None = None, adapter: str = "") -> NDArray[Any]:
    """What the model says after three tokens."""
    import onnxruntime as ort

    session = ort.InferenceSession(f"{folder}/{NAME}", providers=["CPUExecutionProvider"])
    options = ort.RunOptions()
    loaded = ort.LoraAdapter()
    if adapter:
        loaded.Load(adapter)
        options.add_active_adapter(loaded)
    empty = np.zeros((1, SIZES.kv_heads, 0, SIZES.head_size), np.float32)
    cache = {f"past_key_values.{layer}.{kind}": empty for layer in range(SIZES.layers) for kind in ("key", "value")}
    tokens = {"input_ids": np.array([[40, 50, 60]]), "attention_mask": np.ones((1, 3), np.int64)}
    (found,) = session.run(["logits"], {**tokens, **cache, **(feed or {})}, options)
    return np.asarray(found)


def converted(out: Path, folder: str) -> Any:
    return bot(out.parent, "train", "--out", str(out), "--onnx", folder)


def test_an_adapter_of_peft_does_in_the_graph_what_its_factors_say(tmp_path: Path, model: str) -> None:
    factors = peft_adapter(tmp_path / "out", LAYERS, rank=3, alpha=6)
    done = converted(tmp_path / "out", model)
    assert (done.code, done.err) == (0, "")
    assert done.out == f'onnx: model.onnx.adapters = {{ python = "{tmp_path}/out/adapter.onnx_adapter" }}\n'
    feed = {}
    for layer, (down, up) in factors.items():
        name = layer.replace("self_attn", "attn")
        wide = np.zeros((down.shape[1], RANK), np.float32)
        wide[:, :3] = down.T
        tall = np.zeros((RANK, up.shape[0]), np.float32)
        tall[:3] = 2 * up.T  # alpha / rank
        feed.update({f"{name}.lora_A.weight": wide, f"{name}.lora_B.weight": tall})
    wanted = logits(model, feed)
    assert np.abs(wanted - logits(model)).max() > 0.1
    np.testing.assert_allclose(logits(model, adapter=f"{tmp_path}/out/adapter.onnx_adapter"), wanted, rtol=1e-5)


@pytest.mark.parametrize("engine", ["genai", "plain"])
def test_the_backend_answers_otherwise_with_it(tmp_path: Path, model: str, engine: str) -> None:
    if engine == "genai":
        pytest.importorskip("onnxruntime_genai")
    peft_adapter(tmp_path / "out", LAYERS)
    assert converted(tmp_path / "out", model).code == 0
    made = backend(model, engine, {"python": f"{tmp_path}/out/adapter.onnx_adapter"})
    assert said_by(made, "python") != said_by(made, "go")


def said_by(made: Any, language: str) -> str:
    """The first words of an answer, however it ends."""
    try:
        return str(made.complete(call(language=language, sampling=GREEDY._replace(max_tokens=12))).text)
    except Truncated as error:
        return error.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layers": {"model.layers.0.self_attn.q_proj": (64, 64)}}, "no input for 1 of the trained layers, such as "
                                                                    "layers.0.attn.q_proj"),
        ({"layers": {"model.layers.0.mlp.up_proj": (64, 96)}}, "up_proj.lora_B.weight takes (4, 128)"),
        ({"rank": 8}, "takes rank 4, and the adapter has 8; train with --rank 4"),
        ({"use_dora": True}, "use_dora is not known here"),
        ({"peft_type": "IA3"}, "no LoRA adapter of PEFT (IA3 is not known here)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line(tmp_path: Path, model: str, change: dict[str, Any], said: str) -> None:
    peft_adapter(tmp_path / "out", **{"layers": LAYERS, **change})
    done = converted(tmp_path / "out", model)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err
    assert not (tmp_path / "out" / "adapter.onnx_adapter").exists()


@pytest.mark.parametrize("weights", [b"", b"\xff" * 40, b"\2\0\0\0\0\0\0\0{}", safetensors({"x": np.zeros(2, "f4")})])
def test_a_damaged_adapter_is_one_line(tmp_path: Path, model: str, weights: bytes) -> None:
    peft_adapter(tmp_path / "out", LAYERS)
    (tmp_path / "out" / "adapter_model.safetensors").write_bytes(weights)
    done = converted(tmp_path / "out", model)
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_a_model_without_inputs_for_an_adapter_is_refused_before_anything_is_learned(
    tmp_path: Path, tiny_model: str, model: str
) -> None:
    (tmp_path / "manifest.json").write_text('{"format": "sft"}')
    command = ("train", "--data", str(tmp_path), "--base", "b", "--out", str(tmp_path / "out"))
    assert "no inputs for an adapter; export it with LoRA inputs" in bot(tmp_path, *command, "--onnx", tiny_model).err
    assert "rank 4 at most; train with --rank 4" in bot(tmp_path, *command, "--onnx", model).err
    assert "no such folder" in bot(tmp_path, *command, "--onnx", str(tmp_path / "none")).err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", [("--data", "d"), ("--base", "b"), ()])
def test_half_of_what_is_needed_is_too_little(tmp_path: Path, given: tuple[str, ...]) -> None:
    done = bot(tmp_path, "train", "--out", "o", *given)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "is missing" in done.err


def product(factors: Any, layer: str, scale: float = 1.0) -> NDArray[Any]:
    """What an adapter adds to the matrix of a layer that multiplies from the right."""
    down, up = factors[layer]
    return np.asarray(scale * (up @ down).T)


@pytest.mark.parametrize("packed", [True, False])
def test_layers_in_one_piece_or_apart(tmp_path: Path, packed: bool) -> None:
    """The base has them as the graph has not; what is added to the layers is the same."""
    apart = {"q_proj": 6, "k_proj": 2, "v_proj": 2}
    base = {"l.self_attn.qkv_proj": (4, 10)} if packed else {f"l.self_attn.{name}": (4, n) for name, n in apart.items()}
    factors = peft_adapter(tmp_path / "out", base, rank=2, alpha=2)
    given = apart if packed else {"qkv_proj": 10}
    inputs = {}
    for name, size in given.items():
        inputs[f"l.attn.{name}.lora_A.weight"] = lora.Input((4, 8), "tensor(float)")
        inputs[f"l.attn.{name}.lora_B.weight"] = lora.Input((8, size), "tensor(float)")
    config, weights = (
        (tmp_path / "out" / name).read_bytes() for name in ("adapter_config.json", "adapter_model.safetensors")
    )
    made = lora.for_graph(lora.read(config, weights, where="x"), inputs, where="x")
    added = [made[f"l.attn.{name}.lora_A.weight"] @ made[f"l.attn.{name}.lora_B.weight"] for name in given]
    wanted = [product(factors, layer) for layer in base]
    np.testing.assert_allclose(np.hstack(added), np.hstack(wanted), rtol=1e-5)


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight",
        "base_model.model.model.layers.3.self_attn.q_proj.lora_A.default.weight",
        "model.layers.3.attn.q_proj.lora_A.weight",
        "model.layers.3.attn.q_proj.lora_A.MatMul.weight",
        "/model/layers.3/attn/q_proj/lora_A/MatMul.weight",
    ],
)
def test_one_layer_has_many_names(name: str) -> None:
    assert lora.name_of(name) == (("layers", "3", "attn", "q_proj"), "A")


def test_brain_floats_and_graphs_of_half_precision() -> None:
    brain = np.array([[0x3F80, 0x4000], [0xC000, 0x0000]], np.uint16)  # 1, 2, -2, 0
    config = json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "use_rslora": True}).encode()
    arrays = {f"m.lora_{part}.weight": brain for part in "AB"}
    adapter = lora.read(config, safetensors(arrays), where="x")
    inputs = {f"m.lora_{part}.weight": lora.Input((2, None), "tensor(float16)") for part in "AB"}
    made = lora.for_graph(adapter, inputs, where="x")
    assert {one.dtype.name for one in made.values()} == {"float16"}
    np.testing.assert_allclose(made["m.lora_A.weight"], [[1, -2], [2, 0]])
    np.testing.assert_allclose(made["m.lora_B.weight"], np.array([[1, -2], [2, 0]]) * 4 / 2**0.5, rtol=1e-3)
