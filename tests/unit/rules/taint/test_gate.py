from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.rules.literals import holds_one
from review_bot.rules.taint import gate

PIECES = st.sampled_from(
    [
        *gate._VERBS,
        *("SELECT", "Update", "selection", "xwhere", "\u017felect", "\u0130", "\u212a", " ", "\n", "x", "x" * 310),
        *("{", "%s", '" +', '"', "'\n", "format(", ".APPEND(", "`%", "_", "=", "("),
    ]
)


@pytest.mark.parametrize("grammar", gate.WORDS)
def test_a_literal_stands_in_whatever_the_words_match(grammar: str) -> None:
    assert holds_one(gate.WORDS[grammar].pattern, gate.LITERALS[grammar])


@given(st.lists(PIECES, max_size=8).map("".join))
def test_looking_for_the_words_first_changes_no_answer(text: str) -> None:
    assert gate._builds_a_query(text) == (gate._BUILT.search(text) is not None)
