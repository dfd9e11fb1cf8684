"""Untrusted text without control tokens, for servers that read them out of any text.

A diff that holds `<|end|><|user|>` would end our turn and begin another. A word joiner, which no source code needs,
is put behind the first character of each; what comes back in an answer loses it again, so that quotes stay exact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_JOINER = "\u2060"
_TOKEN = re.compile(
    r"<\|[^|<>\s]{1,40}\|>"  # Phi, Llama, Qwen, GPT
    r"|<｜[^｜<>\s]{1,40}｜>"  # DeepSeek
    r"|</?(?:s|unk|pad|bos|eos|think|tool_call|tool_response)>"
    r"|<(?:start|end)_of_turn>"  # Gemma
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|gMASK)\]|<</?SYS>>"  # Mistral, Llama 2
)
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


def defused(text: str) -> str:
    """`text` with no control token in it, and without what no server can read: NUL and lone surrogates."""
    text = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text) if _is_odd(text) else text
    return _TOKEN.sub(lambda match: match[0][0] + _JOINER + match[0][1:], text)


def restored(text: str) -> str:
    """An answer as it would have been without `defused`."""
    return text.replace(_JOINER, "")


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without hints (`x-…`) that are for other engines: a strict server refuses what it does not know."""
    return {name: value for name, value in schema.items() if not name.startswith("x-")}


def without_thinking(text: str) -> str:
    """An answer without what a model thought aloud, also where it did not come to an end."""
    text = _THINKING.sub("", text)
    # A template that opens the thought itself leaves only its end in the answer.
    return text.rpartition("</think>")[2].lstrip() if "</think>" in text else text.lstrip("\n")


def _is_odd(text: str) -> bool:
    return "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)
