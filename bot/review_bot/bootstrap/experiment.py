"""Experiments of a repository: begun, judged and ended by its log alone."""

from __future__ import annotations

from contextlib import suppress

from review_bot.errors import ReviewBotError, UsageError
from review_bot.evaluation import experiments as trial
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.config import Loaded
    from review_bot.domain.event import Event
    from review_bot.domain.review import Review
    from review_bot.evaluation.experiments import Arm, Experiment, Result
    from review_bot.memory.replay import Policy
    from review_bot.sources.repository import Repository
    from review_bot.stores.index import Index

NOISIEST = 0.25
"""Signals that mislead more often than this say nothing of an arm."""
_WHERE = "memory experiment"


class Standing(NamedTuple):
    """An experiment, and what is known of it; `result` is None for one that ended before."""

    experiment: Experiment
    result: Result | None


def hides(decisions: Sequence[Event]) -> Callable[[str], float] | None:
    """From which score on a finding is hidden, by its fingerprint; None where the log says nothing of it."""
    known = trial.experiments(decisions)
    now, new = trial.in_force(known), trial.running(known)
    usual = now.hide if now is not None else None
    if new is None or new.hide is None:
        return None if usual is None else lambda _: usual
    from review_bot.memory.score import HIDE

    name, tried, old = new.name, new.hide, HIDE if usual is None else usual
    return lambda fingerprint: tried if trial.arm_of(name, fingerprint) == "b" else old


def start(memory: Memory, name: str, *, hide: float | None = None, prompts: str = "") -> Event:
    """Begin to try a policy or prompts; raises UsageError where one runs already or replay does not speak for it."""
    decisions = _decisions(memory)
    at_work = trial.running(trial.experiments(decisions))
    if at_work is not None:
        raise UsageError(f"{at_work.name} runs already", where=_WHERE, remedy=f"{_WHERE} stop ends it")
    if hide is None:
        return _decide(memory, experiment=name, state="start", prompts=_checked(memory, prompts))
    if not trial.is_threshold(hide):
        raise UsageError("hide is a score from -8.5 to -2.5", where="--policy", remedy="such as --policy hide=-4.5")
    done = _played(memory, hide)
    if not done.chosen or not done.better:
        raise UsageError(f"replay does not say that hide={hide} is better: {done.said}", where=_WHERE)
    return _decide(memory, experiment=name, state="start", hide=hide)


def standing(memory: Memory) -> list[Standing]:
    """All experiments. One whose test has decided is ended here, as by `settle`."""
    done = _looked_at(memory)
    known = trial.experiments(_decisions(memory))
    return [Standing(one, done.result if done and one.start == done.experiment.start else None) for one in known]


def settle(memory: Memory) -> bool:
    """End the experiment that runs where its test has decided: adopted, or rolled back; whether that was done.

    Whoever has the log may do it at any time, and does so with every scan, `sync` and `compact`. Where it can't be done
    that is said, and nothing else is kept from going on.
    """
    try:
        done = _looked_at(memory)
    except ReviewBotError as error:
        memory.say(str(error))
        return False
    return done is not None and done.experiment.state != "running"


def _looked_at(memory: Memory) -> Standing | None:
    from review_bot.bootstrap import evidence

    if not evidence.is_there(memory.repository, memory.loaded.config.memory):
        return None
    with evidence.opened(memory.repository, memory.loaded) as index:
        return _settled(index, index.kept("decision"), lambda: memory)


def settle_with(index: Index, decisions: Sequence[Event], repository: Repository, loaded: Loaded) -> None:
    """As `settle`, at the end of a scan that has read the `decisions`; it does not fail because of what is tried."""
    with suppress(ReviewBotError):
        _settled(index, decisions, lambda: _memory(repository, loaded))


def _memory(repository: Repository, loaded: Loaded) -> Memory:
    from review_bot.bootstrap.memory import Memory, open_log

    return Memory(repository, loaded, open_log(repository, loaded))


def _settled(index: Index, decisions: Sequence[Event], opened: Callable[[], Memory]) -> Standing | None:
    at_work = trial.running(trial.experiments(decisions))
    if at_work is None:
        return None
    result = trial.judge(_outcomes(index, decisions, at_work))
    if result.verdict == "continue":
        return Standing(at_work, result)
    memory, verdict = opened(), result.verdict
    if verdict == "adopt" and at_work.hide is not None and not _played(memory, at_work.hide).no_worse:
        verdict = "roll back"
    _decide(memory, experiment=at_work.name, state=verdict, of=at_work.start, **_figures(result))
    found = trial.ended(at_work, verdict)
    memory.say(f"{found.name}: {found.state} after {result.pairs} pairs of judgements")
    return Standing(found, result)


def stop(memory: Memory) -> Experiment:
    """End the experiment that runs, else take back what was adopted last; raises UsageError without one."""
    known = trial.experiments(_decisions(memory))
    found = trial.running(known) or trial.last_adopted(known)
    if found is None:
        raise UsageError("no experiment runs and nothing was adopted", where=_WHERE)
    _decide(memory, experiment=found.name, state="stop", of=found.start)
    return found


class _Played(NamedTuple):
    chosen: bool
    better: bool
    no_worse: bool
    said: str


def _played(memory: Memory, hide: float) -> _Played:
    """What replay says of a threshold beside today's."""
    from review_bot.memory.replay import replay
    from review_bot.memory.score import HIDE

    known = trial.in_force(trial.experiments(_decisions(memory)))
    today = known.hide if known is not None and known.hide is not None else HIDE
    done = replay(memory.events(), thresholds=tuple(dict.fromkeys((today, hide))), today=today)
    by_hide = {one.hide: one for one in done.policies}
    new, old = by_hide[hide], by_hide[today]
    said = f"it hides {_hidden(new)}, {today} {_hidden(old)}"
    return _Played(done.chosen == hide, done.better, new.worth >= old.worth, said)


def _hidden(policy: Policy) -> str:
    return f"{policy.hidden_right} rightly and {policy.hidden_wrong} wrongly"


def _outcomes(index: Index, decisions: Sequence[Event], experiment: Experiment) -> list[tuple[Arm, int]]:
    """The judgements since an experiment began, by time: the strongest of a person, rule and change counts."""
    from review_bot.memory.score import weighed

    counted = (
        one.signal
        for one in weighed(index.signals_since(experiment.ts, NOISIEST))
        if one.counted and one.signal.finding
    )
    if experiment.prompts:
        shown = trial.shown_in(decisions, experiment)
        return [(shown[one.finding], one.y) for one in counted if one.finding in shown]
    return [(trial.arm_of(experiment.name, one.finding), one.y) for one in counted]


def _figures(result: Result) -> dict[str, int]:
    fields = ("accepted_a", "judged_a", "accepted_b", "judged_b", "pairs")
    return {name: getattr(result, name) for name in fields}


def _decisions(memory: Memory) -> list[Event]:
    from review_bot.memory.fold import undone

    events = list(memory.events())
    gone = undone(events)
    return [one for one in events if one.kind == "decision" and one.id not in gone]


def _decide(memory: Memory, **said: object) -> Event:
    from review_bot.bootstrap.memory import append, context
    from review_bot.memory.complete import complete

    made = complete({"kind": "decision", **said}, context(memory))
    append(memory, [made])
    return made


def _checked(memory: Memory, prompts: str) -> str:
    """The folder as the log names it; raises where it is not in the repository or holds no prompts."""
    from review_bot.prompts.templates import load

    root = memory.repository.root or ""
    folder = _inside(root, prompts)
    if folder is None:
        raise UsageError("not a folder of this repository", where=prompts, remedy="name one below its top: --prompts")
    load([folder])
    import os

    return os.path.relpath(folder, os.path.realpath(root)).replace(os.sep, "/")


def _inside(root: str | None, name: str) -> str | None:
    """The folder `name` of the work tree, whatever a log says; None for anything outside of it."""
    import os

    if not root:
        return None
    top, folder = os.path.realpath(root), os.path.realpath(os.path.join(root, name))
    return folder if folder.startswith(top + os.sep) and os.path.isdir(folder) else None


def prompts_for(loaded: Loaded, repository: Repository, change: str) -> tuple[str, ...]:
    """Prompt folders that the log adds for a change: those that were adopted, and those that are tried on its arm.

    A folder that is gone, lies elsewhere or holds what are no prompts is passed over, as is a log that can't be read.
    """
    import os

    own = tuple(map(os.path.realpath, loaded.prompt_paths()))
    found: list[str] = []
    for one in _prompt_trials(loaded, repository):
        if one.state == "running" and (not change or trial.arm_of(one.name, change=change) == "a"):
            continue
        folder = _inside(repository.root, one.prompts)
        if folder is not None and folder not in (*own, *found) and _readable((*own, *found, folder)):
            found.append(folder)
    return tuple(found)


def _prompt_trials(loaded: Loaded, repository: Repository) -> list[Experiment]:
    """Experiments with prompts that are in force or running, in the order in which they count."""
    from review_bot.bootstrap import evidence

    if not loaded.config.memory.enabled or not evidence.is_there(repository, loaded.config.memory):
        return []
    try:
        with evidence.opened(repository, loaded) as index:
            known = trial.experiments(index.kept("decision"))
    except ReviewBotError:  # bootstrap.effects says what is wrong
        return []
    new = trial.running(known)
    return [*trial.adopted_prompts(known), *([new] if new is not None and new.prompts else [])]


def _readable(paths: Sequence[str]) -> bool:
    from review_bot.prompts.templates import load

    try:
        load(paths)
    except ReviewBotError:
        return False
    return True


def write_down(review: Review, decisions: Sequence[Event], repository: Repository, loaded: Loaded) -> None:
    """Record which arm a model's findings come from, where prompts are tried and nobody has written it down yet."""
    found = trial.running(trial.experiments(decisions))
    change = change_of(review.source.head, review.source.base)
    if found is None or not found.prompts or not change:
        return
    arm = trial.arm_of(found.name, change=change)
    known = {one for each in decisions if each.get("arm") == arm for one in each.get("shown") or ()}
    shown = sorted({one.fingerprint for one in review.findings if one.origin == "model"} - known)
    if not shown:
        return
    memory = _memory(repository, loaded)
    with suppress(ReviewBotError):  # a review does not fail because of what is tried
        _decide(memory, experiment=found.name, of=found.start, arm=arm, shown=shown[:1000])


def change_of(head: str | None, base: str | None) -> str:
    """What names a change, before and after its review; empty where nothing does."""
    return head or base or ""
