"""From a request to a finished review: the only module that knows every adapter."""

from __future__ import annotations

import time

from review_bot.config import Loaded, load
from review_bot.errors import SourceError, UsageError
from review_bot.pipeline.review import Known, Reviewer
from review_bot.stores import rule_cache
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from review_bot.bootstrap.engines import Choice
    from review_bot.domain.diff import FileDiff, Side
    from review_bot.domain.review import Review, SourceKind
    from review_bot.pipeline.review import Outcome
    from review_bot.pipeline.stages import Examples
    from review_bot.ports import Change, DiffSource
    from review_bot.rules.model import RuleFile
    from review_bot.rules.ruleset import RuleSet
    from review_bot.sources.repository import Repository


class Request(NamedTuple):
    """What is to be reviewed, and how."""

    kind: SourceKind = "worktree"
    argument: str = ""
    """The range, or the diff's file."""
    paths: tuple[str, ...] = ()
    config: str | None = None
    flags: Mapping[str, object] | None = None
    """Configuration given by flags, by dotted key; None for one not given."""
    machine_made: bool = False
    """Review minified and generated files as well."""
    deadline: float | None = None
    """Seconds for the rules of the whole change; None for no bound."""
    use_baseline: bool = True
    source: DiffSource | None = None
    """Where the change comes from, in place of `kind` and `argument`."""
    loaded: Loaded | None = None
    """The configuration, where it was read already."""
    with_model: bool = False
    """Whether the configured model is asked as well."""
    model: str | None = None
    """Name or folder of the model, where one was given."""
    require_model: bool = False
    """Fail where no model can be used."""
    resting: frozenset[str] = frozenset()
    """Ids of `diff.*` rules that are not asked this time."""
    linters: tuple[str, ...] = ()
    """Reports of other tools to take in, beside those that the configuration runs."""
    offline: bool = False
    """Refuse every connection that is not loopback."""
    use_cache: bool = True
    """Read and write cached answers of the model."""
    resume: bool = False
    """Go on where a killed run stopped."""
    trace: str | None = None
    """File to write every step to."""
    live: Callable[[str], None] | None = None
    """Hears of every step as it is done."""
    hear: Callable[[str], None] = lambda piece: None
    """Hears the model's answers piece by piece."""
    say: Callable[[str], None] | None = None
    """Is told, once, what leaves this machine."""
    choice: Choice | None = None
    """Engines that are open already, and stay so."""
    examples: Examples | None = None
    """What is shown to the model as decided before, in place of what memory knows."""


class Scan(NamedTuple):
    """A finished review and what was needed for it."""

    review: Review
    anchors: dict[str, str]
    loaded: Loaded
    change: Change
    rules: RuleSet


def scan(request: Request, tick: Callable[[int, int, str], None] | None = None) -> Scan:
    """Review the change that `request` names; `tick` hears of each file: its number, how many, its path."""
    began = time.monotonic()
    repository = _repository(request)
    root = repository.root if repository else None
    loaded = request.loaded or load(root, file=request.config, flags=request.flags)
    asked = request.with_model and loaded.config.model.backend != "none"
    if request.require_model and not asked:
        remedy = "name a backend, or scan without it"
        raise UsageError("--backend none asks for no model", where="--require-model", remedy=remedy)
    rules = rule_cache.load(loaded.rule_paths())
    change = (request.source or _source(request, repository)).read()
    until = None if request.deadline is None else began + request.deadline
    reviewer = Reviewer(
        rules,
        loaded.config,
        machine_made=request.machine_made,
        until=until,
        clock=time.monotonic,
    )
    reviewer.engine.resting = request.resting
    known = _known(loaded, change) if request.use_baseline else None
    if request.linters or loaded.config.linters:
        _take_in(reviewer, request, loaded, change, began)
    tick = tick or _unseen
    if asked:
        from review_bot.bootstrap import model

        outcome = model.review(model.Job(request, loaded, rules, reviewer, change, known, tick, until, repository))
    else:
        total = len(change.files)

        def look() -> Outcome:
            return reviewer.run(change, known, lambda n, path: tick(n, total, path))

        outcome = _traced(request.trace, look) if request.trace else look()
    stats = outcome.review.stats
    seconds = (*stats.seconds, ("total", round(time.monotonic() - began, 3)))
    review = outcome.review._replace(stats=stats._replace(seconds=seconds))
    done = Scan(review, outcome.anchors, loaded, change, rules)
    return _with_memory(done, repository) if request.use_baseline else done


def _traced(file: str, run: Callable[[], Outcome]) -> Outcome:
    """What `run` makes, its one step written to the file of `--trace`."""
    from review_bot.bootstrap.model import row_of
    from review_bot.pipeline.graph import Step
    from review_bot.stores.trace import Trace

    trace, began = Trace(file), time.monotonic()
    outcome = run()
    found = f"{len(outcome.review.findings)} findings"
    trace.write(row_of(Step("review", "rules", "alone", time.monotonic() - began, reason=found)))
    trace.close()
    return outcome


def _with_memory(done: Scan, repository: Repository | None) -> Scan:
    """The scan after what people did with earlier findings; nothing is loaded for one without findings."""
    if not done.review.findings or not done.loaded.config.memory.enabled:
        return done
    from review_bot.bootstrap.effects import with_memory

    return with_memory(done, repository)


def _unseen(number: int, total: int, path: str) -> None:
    """A tick that nobody hears."""


def _take_in(reviewer: Reviewer, request: Request, loaded: Loaded, change: Change, began: float) -> None:
    """Hand the findings of other tools to the reviewer; the tools run in the work tree."""
    import os

    from review_bot.linters.run import from_command, from_file

    root = change.root or os.getcwd()
    taken = [from_file(path, root=root) for path in request.linters]
    for linter in loaded.config.linters if change.files else ():
        left = linter.deadline
        if request.deadline is not None:
            left = min(left, began + request.deadline - time.monotonic())
        taken.append(from_command(linter.name, linter.command, root=root, seconds=left))
    for one in taken:
        reviewer.take_in(one.findings, one.degraded)


def _repository(request: Request) -> Repository | None:
    """The repository of the current folder; a diff that is handed in needs none."""
    from review_bot.sources.repository import find_root

    try:
        return find_root()
    except SourceError:
        if request.kind in ("diff", "pull-request"):
            return None
        raise


def _source(request: Request, repository: Repository | None) -> DiffSource:
    if request.kind == "diff" or repository is None:
        from review_bot.sources.patch import PatchSource

        return PatchSource(request.argument, request.paths)
    if request.kind == "all":
        from review_bot.sources.tree import TreeSource

        return TreeSource(repository, request.paths)
    from review_bot.sources.git import RangeSource, StagedSource, WorktreeSource

    if request.kind == "range":
        return RangeSource(repository, request.argument, request.paths)
    source = StagedSource if request.kind == "staged" else WorktreeSource
    return source(repository, request.paths)


def _known(loaded: Loaded, change: Change) -> Known | None:
    """The baseline, where there is one; one that was named must be there."""
    import os

    place = loaded.baseline()
    if place is None:
        return None
    named = loaded.origins["baseline"] != "default"
    if not named and not os.path.exists(place):
        return None
    from review_bot.stores.baseline_file import load as read

    return Known(read(place, required=named), still_there(change))


def still_there(change: Change) -> Callable[[str], bool]:
    """Whether a path exists after the change: as the work tree says, or as the change itself does."""
    import os

    gone = {file.before for file in change.files if file.deleted or (file.old_path and file.status == "renamed")}
    here = {file.path for file in change.files if not file.deleted}

    def exists(path: str) -> bool:
        if path in here:
            return True
        if path in gone:
            return False
        return change.root is None or os.path.lexists(os.path.join(change.root, path))

    return exists


def source_lines(done: Scan) -> Callable[[str, Side, int], str | None]:
    """Text of any line of the reviewed files, but for lines that hold a secret: those are never shown."""
    held = [one.finding for one in done.review.suppressed]
    secret = {
        (one.path, one.side, number)
        for one in (*done.review.findings, *held)
        if one.category == "secrets"
        for number in range(one.start_line, one.end_line + 1)
    }
    files: dict[tuple[str, Side], list[str]] = {}

    def line(path: str, side: Side, number: int) -> str | None:
        if (path, side, number) in secret:
            return None
        if (path, side) not in files:
            files[path, side] = _text(done.change, path, side)
        lines = files[path, side]
        return lines[number - 1] if 0 < number <= len(lines) else None

    return line


def _text(change: Change, path: str, side: Side) -> list[str]:
    for file in change.files:
        if (file.path if side == "new" else file.before) == path and file.status != "binary":
            data = change.contents.new(file) if side == "new" else change.contents.old(file)
            if data is not None:
                return data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    return []


def _on_disk(change: Change, file: FileDiff) -> bytes | None:
    """The file's own bytes, if git reads them as what was reviewed: filters and line ends may differ, lines may not."""
    import os

    reviewed = change.contents.new(file)
    try:
        with open(os.path.join(change.root or "", file.path), "rb") as stream:
            data = stream.read()
    except OSError:
        return None
    same = reviewed is not None and data.replace(b"\r\n", b"\n") == reviewed.replace(b"\r\n", b"\n")
    return data if same else None


def rules_of(config: str | None = None) -> tuple[Loaded, RuleSet]:
    """The configuration of this place and all its rules, shipped and own."""
    from review_bot.sources.repository import find_root

    try:
        root = find_root().root
    except SourceError:
        root = None
    loaded = load(root, file=config)
    return loaded, rule_cache.load(loaded.rule_paths())


def apply_fixes(done: Scan) -> tuple[list[Any], str]:
    """Put safe fixes into the work tree: the findings that are gone with it, and the patch that was applied."""
    if not done.change.writable or done.change.root is None:
        raise UsageError("--fix changes the work tree only", remedy="leave --staged, --range and --diff away")
    from review_bot.rules.fix import patch_of, plan
    from review_bot.stores.worktree import write_file

    texts = {}
    added: dict[str, set[int]] = {}
    for file in done.change.files:
        data = _on_disk(done.change, file) if file.status not in ("binary", "submodule") else None
        if data is not None:
            texts[file.path] = data
            added[file.path] = {number for hunk in file.hunks for number, _ in hunk.added_lines()}
    planned = plan(done.review.findings, texts, rules={rule.id: rule for rule in done.rules}, added=added)
    patches = []
    for path, content in planned.files.items():
        write_file(done.change.root, path, texts[path], content)
        patches.append(patch_of(path, texts[path], content))
    return list(planned.fixed), "".join(patches)


def test_rules(paths: Sequence[str], config: str | None) -> Iterator[tuple[RuleFile, list[str], int]]:
    """Run the examples of rule files: each file, its failures, and how many examples it has."""
    from review_bot import resources
    from review_bot.pipeline.examples import failures

    if paths:
        files = list(rule_cache.read_files(rule_cache.own_files(paths)))
    else:
        loaded, _ = rules_of(config)
        own = rule_cache.own_files(loaded.rule_paths())
        files = [*rule_cache.read_files(resources.rule_files(), shipped=True), *rule_cache.read_files(own)]
    from review_bot.rules.loader import unique

    unique(rule for file in files for rule in file.rules)
    for file in files:
        yield file, [str(one) for one in failures(file)], sum(map(len, file.examples.values()))


def write_template(path: str) -> None:
    """Write a commented rule file that passes its own test; raises UsageError where something is in the way."""
    from review_bot.rules.template import TEMPLATE

    try:
        with open(path, "x", encoding="utf-8") as stream:
            stream.write(TEMPLATE)
    except FileExistsError as error:
        raise UsageError("is there already", where=path, remedy="name a new file") from error
    except OSError as error:
        raise UsageError(f"can't be written: {error.strerror}", where=path) from error
