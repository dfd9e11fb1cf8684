from __future__ import annotations

import pytest

from review_bot.pipeline.graph import END, Graph, GraphError, Outcome, Step, drawing


def add(state: int) -> tuple[int, Outcome]:
    return state + 1, Outcome("enough" if state >= 2 else "more", f"was {state}", "abc", 7)


def last(state: int) -> tuple[int, Outcome]:
    return state * 10, Outcome("done")


def counting() -> Graph[int]:
    return Graph("add", {"add": add, "last": last}, {"add": {"more": "add", "enough": "last"}, "last": {"done": END}})


def test_edges_are_chosen_by_what_a_node_says_and_each_step_is_observed() -> None:
    steps: list[Step] = []
    ticks = iter(range(100))
    assert counting().run(0, thread="t", observe=steps.append, clock=lambda: next(ticks)) == 30
    assert steps == [
        Step("t", "add", "more", 1, "abc", 7, "was 0"),
        Step("t", "add", "more", 1, "abc", 7, "was 1"),
        Step("t", "add", "enough", 1, "abc", 7, "was 2"),
        Step("t", "last", "done", 1),
    ]


def test_the_drawing_lists_every_edge() -> None:
    assert drawing(counting()).splitlines() == ["add --more--> add", "add --enough--> last", "last --done--> end"]


@pytest.mark.parametrize(
    ("nodes", "edges", "what"),
    [
        ({"a": last}, {"a": {"done": "b"}}, "no such node: b"),
        ({"a": last, "b": last}, {"a": {"done": END}, "b": {"done": END}}, "nothing leads to: b"),
        ({"a": last, "b": last}, {"a": {"done": "b"}}, "no edge leaves: b"),
        ({"b": last}, {"b": {"done": END}}, "no such node: a"),
    ],
)
def test_a_graph_that_does_not_hold_together_can_not_be_made(
    nodes: dict[str, object], edges: dict[str, dict[str, str]], what: str
) -> None:
    with pytest.raises(GraphError, match=what):
        Graph("a", nodes, edges)  # type: ignore[arg-type]


def test_an_edge_that_is_not_there_is_a_bug_that_names_it() -> None:
    graph: Graph[int] = Graph("a", {"a": lambda state: (state, Outcome("astray"))}, {"a": {"done": END}})
    with pytest.raises(GraphError, match="no edge 'astray' leaves 'a'"):
        graph.run(1)


def test_a_circle_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review_bot.pipeline.graph._MOST_STEPS", 50)
    graph: Graph[int] = Graph("a", {"a": lambda state: (state, Outcome("on"))}, {"a": {"on": "a"}})
    with pytest.raises(GraphError, match="no end"):
        graph.run(1)
