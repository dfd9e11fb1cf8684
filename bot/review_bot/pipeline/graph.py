"""A state graph: named nodes, edges that a node's outcome chooses, the state a value, every step told to an observer.

A node takes the state and returns the next state and the name of an edge. Where an edge leads stands in one table,
which is checked when the graph is made: a node that is not there, or one that nothing leads to, is an error at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, TypeVar

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

S = TypeVar("S")
END = ""
"""Where an edge leads that ends the run."""
_MOST_STEPS = 100_000


class Step(NamedTuple):
    """One step, as the trace shows it."""

    thread: str
    """Which run of which graph: the review, or a window by its id."""
    node: str
    edge: str
    seconds: float = 0.0
    prompt: str = ""
    """Hash of the prompt that was sent, where one was."""
    tokens: int = 0
    """Of prompt and answer, as the engine counts them."""
    reason: str = ""


class Outcome(NamedTuple):
    """What a node returns beside the state: the edge, and what the trace says of it."""

    edge: str
    reason: str = ""
    prompt: str = ""
    tokens: int = 0


class GraphError(Exception):
    """The graph is put together wrongly: a bug of ours."""


class Graph(Generic[S]):
    """Nodes and edges; it keeps no state, so that several runs may share it."""

    def __init__(
        self,
        start: str,
        nodes: Mapping[str, Callable[[S], tuple[S, Outcome]]],
        edges: Mapping[str, Mapping[str, str]],
    ) -> None:
        """`edges` gives for each node where each of its edges leads; END ends the run."""
        self.start = start
        self.nodes = dict(nodes)
        self.edges = {node: dict(ways) for node, ways in edges.items()}
        self._check()

    def run(
        self,
        state: S,
        *,
        thread: str = "",
        observe: Callable[[Step], None] = lambda step: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> S:
        """Go from the start to an end; the last state. What a node raises ends the run."""
        node = self.start
        for _ in range(_MOST_STEPS):
            began = clock()
            state, outcome = self.nodes[node](state)
            seconds = clock() - began
            observe(Step(thread, node, outcome.edge, seconds, outcome.prompt, outcome.tokens, outcome.reason))
            try:
                node = self.edges[node][outcome.edge]
            except KeyError as error:
                raise GraphError(f"no edge {outcome.edge!r} leaves {node!r}") from error
            if node == END:
                return state
        raise GraphError(f"no end after {_MOST_STEPS} steps")

    def _check(self) -> None:
        targets = {target for ways in self.edges.values() for target in ways.values() if target != END}
        unknown = sorted((targets | self.edges.keys() | {self.start}) - self.nodes.keys())
        if unknown:
            raise GraphError(f"no such node: {', '.join(unknown)}")
        lonely = sorted(self.nodes.keys() - targets - {self.start})
        if lonely:
            raise GraphError(f"nothing leads to: {', '.join(lonely)}")
        stuck = sorted(self.nodes.keys() - self.edges.keys())
        if stuck:
            raise GraphError(f"no edge leaves: {', '.join(stuck)}")


def drawing(graph: Graph[S]) -> str:
    """The edges, a line each, for documentation and tests."""
    rows = [
        f"{node} --{edge}--> {target or 'end'}" for node, ways in graph.edges.items() for edge, target in ways.items()
    ]
    return "\n".join(rows)
