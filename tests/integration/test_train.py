"""An adapter trained on rows of `memory export`, for a model of two layers that is made here."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from memory_helpers import bot

if TYPE_CHECKING:
    from pathlib import Path

MISSING = [name for name in ("torch", "transformers", "peft") if find_spec(name) is None]
trainable = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (extra `train`)")
ROWS: dict[str, list[dict[str, Any]]] = {
    "sft": [{"prompt": f"look at x{n}", "completion": "a bug"} for n in range(8)],
    "kto": [
        {"prompt": f"look at x{n}", "completion": "a bug" if n % 2 else "fine", "label": n % 2 == 1} for n in range(8)
    ],
    "dpo": [{"prompt": f"look at x{n}", "chosen": "a bug", "rejected": "fine"} for n in range(8)],
}  # fmt: skip


def exported(folder: Path, form: str, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"format": form, "counts": {}}))
    for name, some in (("train", rows[:-2]), ("test", rows[-2:])):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in some))
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model with random weights and a tokenizer of bytes."""
    import tokenizers
    import torch
    import transformers

    torch.manual_seed(1)
    bytewise = tokenizers.pre_tokenizers.ByteLevel
    vocabulary = {one: at for at, one in enumerate(["<end>", *sorted(bytewise.alphabet())])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = bytewise(add_prefix_space=False)
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>").save_pretrained(
        tmp_path / "base"
    )
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4
    )
    transformers.LlamaForCausalLM(config).save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@trainable
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["sft", "kto", "dpo"])
def test_an_adapter_makes_unseen_rows_likelier(tmp_path: Path, base: Path, form: str) -> None:
    import peft
    import torch
    import transformers

    data, out = exported(tmp_path / "data", form, ROWS[form]), tmp_path / "out"
    options = ("--epochs", "6", "--rate", "0.02", "--batch", "2", "--rank", "4")
    done = bot(tmp_path, "train", "--data", str(data), "--base", str(base), "--out", str(out), *options)
    assert done.code == 0, done.err
    assert "learned from 6 rows in 18 steps\n" in done.out
    before, after = done.out.splitlines()[1].removeprefix("loss on unseen rows ").split(" -> ")
    assert float(after) < float(before) - 0.005
    assert (out / "adapter_model.safetensors").stat().st_size > 1000
    assert json.loads((out / "adapter_config.json").read_text())["peft_type"] == "LORA"
    assert (out / "Modelfile").read_text() == f"FROM {base}\nADAPTER ./\n"
    plain = transformers.AutoModelForCausalLM.from_pretrained(base)
    tokens = torch.tensor([[40, 50, 60]])
    usual = plain(tokens).logits.detach()
    assert not torch.allclose(peft.PeftModel.from_pretrained(plain, out)(tokens).logits, usual)


@trainable
@pytest.mark.filterwarnings("ignore")
def test_what_was_trained_is_used_by_an_onnx_model(tmp_path: Path, base: Path) -> None:
    """From rows to an answer of the backend: one base, as transformers keeps it and as a graph of the same sizes."""
    pytest.importorskip("onnxruntime")
    from fakes.tiny_phi3 import Shape, tiny_phi3
    from integration.test_train_onnx import logits

    shape = Shape(hidden=64, heads=4, kv_heads=4, head_size=16, inner=128)
    graph = tiny_phi3(tmp_path / "graph", shape=shape, lora=("qkv", "o", "gate", "up", "down"))
    data = exported(tmp_path / "data", "sft", ROWS["sft"])
    out = tmp_path / "out"
    options = ("--rank", "1", "--rate", "0.02", "--epochs", "4", "--onnx", graph)
    done = bot(tmp_path, "train", "--data", str(data), "--base", str(base), "--out", str(out), *options)
    assert done.code == 0, done.err
    assert f'onnx: model.onnx.adapters = {{ python = "{out}/adapter.onnx_adapter" }}\n' in done.out
    usual, tuned = logits(graph), logits(graph, adapter=str(out / "adapter.onnx_adapter"))
    assert abs(tuned - usual).max() > 1e-3
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["r"] == 1


@trainable
@pytest.mark.filterwarnings("ignore")
def test_rows_that_are_too_long_are_left_out_and_said(tmp_path: Path, base: Path) -> None:
    rows = [*ROWS["sft"][:3], {"prompt": "x" * 300, "completion": "y"}, *ROWS["sft"][:2]]
    data = exported(tmp_path / "data", "sft", rows)
    command = ("train", "--data", str(data), "--base", str(base), "--out", str(tmp_path / "out"), "--epochs", "1")
    assert "3 rows in 1 steps, 1 too long" in bot(tmp_path, *command, "--max-tokens", "200").out
    assert "no row is short enough" in bot(tmp_path, *command, "--max-tokens", "2").err


@pytest.mark.skipif(not MISSING, reason="the extra `train` is installed")
def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    data = exported(tmp_path / "data", "sft", ROWS["sft"])
    (tmp_path / "config.json").write_text("{}")
    done = bot(tmp_path, "train", "--data", str(data), "--base", str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.code == 2
    assert "pip install 'review-bot-local[train]'" in done.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"manifest.json": "{}"}, "no manifest of exported rows"),
        ({"manifest.json": '{"format": "ppo"}'}, "the format 'ppo' is unknown"),
        ({"manifest.json": '{"format": ["sft"]}'}, "no manifest of exported rows"),
        ({"train.jsonl": "{"}, "can't be read as JSON lines"),
        ({"train.jsonl": ""}, "no rows to learn from"),
        ({"train.jsonl": '{"prompt": "x"}\n'}, "row 1 is no sft row"),
        ({"test.jsonl": '{"prompt": "x", "completion": 1}\n'}, "row 1 is no sft row"),
        ({}, "no config.json in it"),
    ],
)
def test_data_that_is_none_is_one_line(tmp_path: Path, change: dict[str, str], said: str) -> None:
    data = exported(tmp_path / "data", "sft", ROWS["sft"])
    for name, text in change.items():
        (data / name).write_text(text)
    done = bot(tmp_path, "train", "--data", str(data), "--base", str(tmp_path), "--out", str(tmp_path / "out"))
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert said in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--epochs", "--rate", "--rank", "--batch", "--max-tokens", "--beta"])
def test_numbers_must_be_more_than_nothing(tmp_path: Path, option: str) -> None:
    done = bot(tmp_path, "train", "--data", "d", "--base", "b", "--out", "o", option, "0")
    assert (done.code, done.err) == (2, f"review-bot: train: {option} must be more than 0\n")
