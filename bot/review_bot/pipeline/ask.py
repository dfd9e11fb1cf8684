"""The graph of one window: what is done about malformed, cut and missing answers until every part has a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from review_bot.errors import (
    BackendError,
    BadAnswer,
    BreakerOpen,
    TooLong,
    Truncated,
)
from review_bot.pipeline.calls import OutOfTime, Stopped, digest
from review_bot.pipeline.graph import END, Graph, Outcome
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.domain.model import Completion
    from review_bot.domain.review import ModelState
    from review_bot.domain.window import Part, Window
    from review_bot.pipeline.calls import Caller
    from review_bot.prompts.raw import RawFinding

Style = Literal["plain", "again", "lines"]
"""How a window is asked for: as usual; with the error named, another seed and temperature; by a line a finding."""


class Desk(Protocol):
    """What is asked of a model, and what its answer means."""

    def call(self, window: Window, style: Style, problem: str, count: Callable[[str], int | None]) -> Completion:
        """The question; `problem` is what was wrong with the last answer. Raises TooLong."""

    def read(self, text: str, window: Window, style: Style) -> Sequence[tuple[Part, RawFinding]]:
        """The remarks of an answer, each with the part it is about; raises BadAnswer where there is nothing to read."""

    def halves(self, window: Window) -> Sequence[Window]:
        """Smaller windows with the same parts; empty where it can't be made smaller."""


class PartResult(NamedTuple):
    """What came of one part."""

    part: Part
    state: ModelState
    reason: str = ""
    remarks: tuple[RawFinding, ...] = ()
    engine: int = 0


class State(NamedTuple):
    """Where the work on a window stands."""

    pending: tuple[Window, ...]
    """Windows still to be asked for; the first is the one at hand."""
    done: tuple[PartResult, ...] = ()
    cut: bool = False
    """Whether the windows are pieces of a larger one."""
    style: Style = "plain"
    engine: int = 0
    problem: str = ""
    answer: str = ""
    found: tuple[tuple[Part, RawFinding], ...] = ()
    left_alone: bool = False
    """Whether the breaker of the engine at hand is open."""
    troubles: tuple[tuple[int, str], ...] = ()
    """Engines that failed, and how."""


_Node = tuple[State, Outcome]
_EDGES = {
    "next": {"window": "ask", "piece": "look up", "none": END},
    "look up": {"cached": "next", "new": "ask"},
    "ask": {
        "answered": "read",
        "malformed": "again",
        "too long": "split",
        "truncated": "halve",
        "down": "fallback",
        "breaker open": "fallback",
        "refused": "fallback",
        "deadline": "skip",
    },
    "read": {"good": "keep", "malformed": "again"},
    "again": {"asked again": "ask", "by lines": "ask", "given up": "fail"},
    "split": {"split": "next", "whole": "fail"},
    "halve": {"halved": "next", "whole": "fail"},
    "fallback": {"next engine": "ask", "none left": "fail", "left alone": "leave"},
    "keep": {"kept": "next"},
    "fail": {"failed": "next"},
    "leave": {"skipped": "next"},
    "skip": {"skipped": END},
}


class Asking:
    """The nodes of the graph, with what they need from outside; several threads may run it."""

    def __init__(
        self,
        caller: Caller,
        desk: Desk,
        keep: Callable[[Sequence[PartResult]], None],
        known: Callable[[Sequence[Part]], Sequence[PartResult]] = lambda parts: (),
    ) -> None:
        """`keep` is told the results of each window as soon as they are there; `known` gives those kept earlier."""
        self.caller = caller
        self.desk = desk
        self.keep = keep
        self.known = known
        nodes: dict[str, Callable[[State], _Node]] = {
            "next": _next,
            "look up": self._look_up,
            "ask": self._ask,
            "read": self._read,
            "again": _again,
            "split": self._split,
            "halve": self._halve,
            "fallback": self._fallback,
            "keep": self._keep,
            "fail": _fail,
            "leave": _leave,
            "skip": _skip,
        }
        self.graph: Graph[State] = Graph("next", nodes, _EDGES)

    def _look_up(self, state: State) -> _Node:
        """What was cut off a window is not known before; an earlier run may have asked for it."""
        parts = state.pending[0].parts
        results = tuple(self.known(parts))
        if len(results) < len(parts):
            return state, Outcome("new")
        return _after(state, results), Outcome("cached")

    def _ask(self, state: State) -> _Node:
        prompt = ""
        try:
            self.caller.info(state.engine)
            count = self.caller.engines[state.engine].backend.count
            call = self.desk.call(state.pending[0], state.style, state.problem, count)
            prompt = digest(call.prompt.system + call.prompt.user)
            answer = self.caller.ask(state.engine, call)
        except (OutOfTime, Stopped):
            return state._replace(problem="deadline"), Outcome("deadline", "deadline", prompt)
        except BackendError as error:
            state = state._replace(problem=str(error), left_alone=isinstance(error, BreakerOpen))
            return state, Outcome(_edge_of(error), str(error), prompt)
        tokens = answer.prompt_tokens + answer.completion_tokens
        return state._replace(answer=answer.text), Outcome("answered", "", prompt, tokens)

    def _read(self, state: State) -> _Node:
        try:
            found = self.desk.read(state.answer, state.pending[0], state.style)
        except BadAnswer as error:
            return state._replace(problem=str(error)), Outcome("malformed", str(error))
        return state._replace(found=tuple(found)), Outcome("good", f"{len(found)} remarks")

    def _split(self, state: State) -> _Node:
        return self._smaller(state, "split")

    def _halve(self, state: State) -> _Node:
        return self._smaller(state, "halved")

    def _smaller(self, state: State, edge: str) -> _Node:
        halves = tuple(self.desk.halves(state.pending[0]))
        if not halves:
            return state, Outcome("whole", state.problem)
        fresh = state._replace(pending=(*halves, *state.pending[1:]), style="plain", problem="", cut=True)
        return fresh, Outcome(edge, state.problem)

    def _fallback(self, state: State) -> _Node:
        troubles = (*state.troubles, (state.engine, state.problem))
        state = state._replace(troubles=troubles)
        if state.engine + 1 < len(self.caller.engines):
            return state._replace(engine=state.engine + 1, style="plain"), Outcome("next engine", state.problem)
        return state, Outcome("left alone" if state.left_alone else "none left", state.problem)

    def _keep(self, state: State) -> _Node:
        results = _results(state, "reviewed", "")
        self.keep(results)
        return _after(state, results), Outcome("kept")


def _next(state: State) -> _Node:
    if not state.pending:
        return state, Outcome("none")
    return state, Outcome("piece" if state.cut else "window")


def _again(state: State) -> _Node:
    if state.style == "plain":
        return state._replace(style="again"), Outcome("asked again", state.problem)
    if state.style == "again":
        return state._replace(style="lines"), Outcome("by lines", state.problem)
    return state, Outcome("given up", state.problem)


def _fail(state: State) -> _Node:
    return _after(state, _results(state, "failed", state.problem)), Outcome("failed", state.problem)


def _leave(state: State) -> _Node:
    """The breaker of the last engine is open."""
    return _after(state, _results(state, "skipped", "breaker open")), Outcome("skipped", state.problem)


def _skip(state: State) -> _Node:
    """No time is left for this window, nor for what was cut off it."""
    parts = tuple(part for window in state.pending for part in window.parts)
    results = tuple(PartResult(part, "skipped", "deadline", engine=state.engine) for part in parts)
    return state._replace(pending=(), done=(*state.done, *results)), Outcome("skipped", "deadline")


def _results(state: State, what: ModelState, reason: str) -> tuple[PartResult, ...]:
    """The window at hand, part by part."""
    found: dict[Part, list[RawFinding]] = {}
    for part, remark in state.found if what == "reviewed" else ():
        found.setdefault(part, []).append(remark)
    return tuple(
        PartResult(part, what, reason, tuple(found.get(part, ())), state.engine) for part in state.pending[0].parts
    )


def _after(state: State, results: Sequence[PartResult]) -> State:
    """The state behind the window at hand: the next one starts afresh, with the engine that was reached."""
    return State(state.pending[1:], (*state.done, *results), state.cut, engine=state.engine, troubles=state.troubles)


def _edge_of(error: BackendError) -> str:
    if isinstance(error, BadAnswer):
        return "malformed"
    if isinstance(error, TooLong):
        return "too long"
    if isinstance(error, Truncated):
        return "truncated"
    return "breaker open" if isinstance(error, BreakerOpen) else "down"
