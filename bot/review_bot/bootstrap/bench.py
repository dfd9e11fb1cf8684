"""Runs the seeded cases through the review of `scan`, with one engine for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot import bootstrap, network
from review_bot.bootstrap import engines
from review_bot.config import Config, load
from review_bot.errors import SourceError, UsageError
from review_bot.evaluation.bench import run
from review_bot.evaluation.examples import OtherCases
from review_bot.evaluation.seeded import OneCase, cases
from review_bot.formats.bench import Board
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from review_bot.bootstrap.engines import Choice
    from review_bot.config import Loaded
    from review_bot.domain.review import Review
    from review_bot.evaluation.seeded import Case

    Tick = Callable[[int, Case], None]


class Request(NamedTuple):
    """Which cases a backend is asked about, and which backend."""

    cases: tuple[Case, ...]
    config: str | None = None
    flags: Mapping[str, object] | None = None
    """Configuration given by flags, by dotted key; None for one not given."""
    model: str | None = None
    offline: bool = False
    examples: bool = False
    """Whether the cases are gone through a second time, with examples."""
    say: Callable[[str], None] | None = None
    """Is told, once, what leaves this machine."""


def bench(request: Request, tick: Tick | None = None) -> list[Board]:
    """A board without examples, and one with them where they are asked for; raises UsageError without a model."""
    if request.offline or network.is_asked_for():
        network.go_offline()
    loaded = _settings(request)
    model = loaded.config.model
    if model.backend == "none":
        raise UsageError("--backend none asks for no model", where="bench", remedy="name another backend")
    place = engines.place(offline=request.offline, say=request.say, loaded=loaded)
    choice = engines.choose(model, place, model=request.model)
    if choice.info is None:
        raise UsageError(choice.refusal(), where="bench", remedy="see review-bot doctor")
    try:
        rounds = (False, True) if request.examples else (False,)
        return [_board(request, loaded, choice, examples=one, tick=tick) for one in rounds]
    finally:
        for engine in choice.engines:
            engine.backend.close()


def _settings(request: Request) -> Loaded:
    """The configuration of this place as far as it speaks of models; everything else is as without a file."""
    from review_bot.sources.repository import find_root

    try:
        root = find_root().root
    except SourceError:
        root = None
    loaded = load(root, file=request.config, flags=request.flags)
    config = loaded.config
    return loaded._replace(config=Config(model=config.model, prompt_paths=config.prompt_paths))


def _board(request: Request, loaded: Loaded, choice: Choice, *, examples: bool, tick: Tick | None) -> Board:
    every = cases() if examples else ()

    def review(case: Case) -> Review:
        wanted = bootstrap.Request(
            kind="diff",
            source=OneCase(case),
            loaded=loaded,
            with_model=True,
            use_baseline=False,
            use_cache=False,
            choice=choice,
            examples=OtherCases(case, every) if examples else None,
        )
        return bootstrap.scan(wanted).review

    outcomes = run(request.cases, review, tick)
    info = choice.info
    name, model = (info.backend, info.model) if info is not None else ("", "")
    return Board(name, model, outcomes, examples, loaded.config.model.judge)
