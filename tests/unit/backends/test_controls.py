from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.backends.controls import defused, restored, without_thinking

TOKENS = [
    "<|end|>",
    "<|user|>",
    "<|im_start|>",
    "<|begin_of_text|>",
    "<｜User｜>",
    "<s>",
    "</s>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "</think>",
    "<tool_call>",
]


@pytest.mark.parametrize("token", TOKENS)
def test_no_control_token_is_left_and_none_is_lost(token: str) -> None:
    text = f"3+ a{token}b{token}"
    assert token not in defused(text)
    assert restored(defused(text)) == text


@pytest.mark.parametrize("text", ["a <| b |> c", "x<s", "List[int]", "a || b", "<section>", "[INSTALL]", "Δ naïve ✓"])
def test_code_is_left_as_it_is(text: str) -> None:
    assert defused(text) == text


@given(st.lists(st.sampled_from([*TOKENS, "<", "|", ">", "<|", "|>", "end", " ", "\n"]), max_size=12).map("".join))
def test_defusing_leaves_nothing_to_defuse(text: str) -> None:
    safe = defused(text)
    assert all(token not in safe for token in TOKENS)
    assert restored(safe) == text


def test_what_no_server_can_read_is_replaced() -> None:
    assert defused("a\0b\ud800c") == "a\ufffdb\ufffdc"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>hm</think>\n\n{}", "{}"),
        ("<think>hm\n{}", ""),
        ("hm</think>{}", "{}"),
        ("<think>a</think><think>b</think>{}", "{}"),
        ("\n{}", "{}"),
        ("{}", "{}"),
        ('  {"a": 1}', '  {"a": 1}'),
    ],
)
def test_thoughts(text: str, rest: str) -> None:
    assert without_thinking(text) == rest
