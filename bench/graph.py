"""What a step of the state graph costs, its journal in SQLite included."""

from __future__ import annotations

import os
import statistics
import tempfile
import time

from _measure import row

from review_bot.pipeline.graph import END, Graph, Outcome, Step
from review_bot.stores.journal import Journal

STEPS = 3_000
"""A node that goes round; every sixth step keeps an answer of a kilobyte, as the asking of a window does."""
ANSWER = '{"thought":"","findings":[]}' + " " * 1000


def measured(folder: str, number: int) -> float:
    """Seconds of CPU a step."""
    journal = Journal(os.path.join(folder, f"{number}.db"), "bench")

    def go(state: int) -> tuple[int, Outcome]:
        if state % 6 == 0:
            journal.keep(f"key {state}", ANSWER)
        return state + 1, Outcome("on" if state < STEPS else "done", "a reason of some words")

    def see(step: Step) -> None:
        journal.step(step.thread, step.node, step.edge, step.reason)

    graph: Graph[int] = Graph("go", {"go": go}, {"go": {"on": "go", "done": END}})
    began = time.process_time()
    graph.run(0, thread="bench", observe=see)
    journal.close()
    return (time.process_time() - began) / STEPS


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        median = statistics.median(measured(folder, number) for number in range(11))
    row("a step of the graph, journal included, microseconds of CPU", "<= 50", median * 1e6)


if __name__ == "__main__":
    main()
