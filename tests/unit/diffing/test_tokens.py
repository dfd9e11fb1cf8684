from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from review_bot.diffing.tokens import estimate, fit, weigh

DICE = random.Random(5)
SAMPLES = {
    "code": "\n".join(f"    if value_{n} is not None and items[{n}].size > {n * 7}:" for n in range(40)),
    "camel": "\n".join(f"const userName{n} = getElementById('nameOfUser{n}').value;" for n in range(40)),
    "lock": "\n".join(
        f'      "integrity": "sha512-{base64.b64encode(DICE.randbytes(64)).decode()}",' for _ in range(20)
    ),
    "hex": "\n".join(f'{{file = "a.whl", hash = "sha256:{DICE.randbytes(32).hex()}"}},' for _ in range(20)),
    "base64": "\n".join(base64.b64encode(DICE.randbytes(57)).decode() for _ in range(20)),
    "svg": "\n".join(
        f'<path d="M{" ".join(f"{DICE.uniform(-99, 99):.3f},{DICE.uniform(0, 9):.2f}" for _ in range(9))}z"/>'
        for _ in range(20)
    ),
    "cjk": "\n".join("".join(chr(DICE.randrange(0x4E00, 0x9FA5)) for _ in range(40)) for _ in range(9)),
    "emoji": "🎉🚀👩‍👩‍👧\n" * 9,
    "blank": "\n" * 50,
    "prose": "Raises what a scan raises, and says so where nobody can read it.\n" * 20,
}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """Byte-level BPE that has seen other code: this test's package."""
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=6000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    learned.train_from_iterator(list(_sources()), trainer)
    return learned


def _sources() -> list[str]:
    import os

    import review_bot

    top = os.path.dirname(review_bot.__file__)
    texts = []
    for folder, _, names in os.walk(top):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as stream:
                    texts.append(stream.read())
    return texts


@pytest.mark.parametrize("name", SAMPLES)
def test_is_not_below_a_real_tokenizer_and_not_far_above(name: str, tokenizer: Tokenizer) -> None:
    real = len(tokenizer.encode(SAMPLES[name]).ids)
    assert real <= estimate(SAMPLES[name])
    assert estimate(SAMPLES[name]) <= 2 * real or name in ("blank", "prose")


@given(st.lists(st.text(), max_size=6))
def test_whole_lines_add_up(lines: list[str]) -> None:
    texts = [line.replace("\n", "") + "\n" for line in lines]
    assert weigh("".join(texts)) == pytest.approx(sum(map(weigh, texts)))


@given(st.text(max_size=80), st.floats(0, 60))
def test_what_fits_does_not_weigh_more(text: str, tokens: float) -> None:
    kept = fit(text, tokens)
    assert weigh(text[:kept]) <= tokens + 1e-6
    assert kept == len(text) or weigh(text) > tokens


@given(st.text())
def test_is_never_negative_and_never_fails(text: str) -> None:
    assert estimate(text) >= (1 if text else 0)
