"""What workflows may do, and what the tools are told to overlook."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.silencing import silenced
from review_bot.rules.delta.tables import bag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.match import Match

_PERMISSION = lazy(
    r"^\s*(?:-\s*)?(?P<scope>actions|attestations|checks|contents|deployments|discussions|id-token"
    r"|issues|models|packages|pages|pull-requests|repository-projects|security-events"
    r"|statuses)\s*:\s*(?P<level>read|write|none)\b"
)
_ALL = lazy(r"^\s*permissions\s*:\s*[\"']?(?P<level>write-all|read-all|\{\s*\})")
_INLINE = lazy(r"^\s*permissions\s*:\s*\{(?P<scopes>[^}]+)\}")
_BLOCK = lazy(r"^\s*permissions\s*:")
_LEVELS = {"none": 0, "read": 1, "write": 2}
_RAISED = (
    lazy(r"^\s*(?:-\s*)?pull_request_target\b|\bon\s*:.*\bpull_request_target\b"),
    lazy(r"^\s*secrets\s*:\s*inherit\b"),
    lazy(r"^\s*persist-credentials\s*:\s*[\"']?true"),
    lazy(r"^\s*(?:-\s*)?workflow_run\s*:"),
    lazy(r"^\s*(?:privileged|allowPrivilegeEscalation|hostNetwork|hostPID)\s*:\s*true|--privileged\b"),
    lazy(r"^\s*ACTIONS_ALLOW_UNSECURE_COMMANDS\s*:\s*[\"']?true"),
)


def workflow_privilege(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Workflows of which the token may do more, or that run with it where they did not."""
    if file.view.file.deleted or file.view.file.new_file:
        return
    if not file.path.startswith(".github/") or file.path.startswith(".github/workflows/"):
        yield from _more_permissions(file)
        yield from _lost_limits(file)
    old = "\n".join(_uncommented(text) for text in file.view.lines("old").values())
    for number, text in file.view.added:
        for shape in _RAISED:
            found = shape.search(_uncommented(text))
            if found and not re.search(shape.pattern, old, re.MULTILINE) and not file.change.moved_from(text):
                yield file.match_line("new", number, A=found[0].strip(" -:"))


def _uncommented(text: str) -> str:
    return re.sub(r"(?:^|\s)#.*", "", text)


def _more_permissions(file: FileChange) -> Iterator[Match]:
    """Scopes that are written to now; a workflow that asked for nothing had more than any block gives."""
    before, now = _granted(file, "old"), _granted(file, "new")
    if any(_BLOCK.match(text) for text in file.view.lines("old").values()):
        added = file.view.added_numbers
        for scope, (level, number) in now.items():
            if number in added and level > before.get(scope, (before.get("*", (0, 0))[0], 0))[0] and level == 2:
                yield file.match_line("new", number, A=f"{scope}: write" if scope != "*" else "write-all")
        return
    for scope, (level, number) in now.items():
        if scope == "*" and level == 2 and number in file.view.added_numbers:
            yield file.match_line("new", number, A="write-all")


def _granted(file: FileChange, side: str) -> dict[str, tuple[int, int]]:
    """The highest level of each scope in the whole file, and where it is given; `*` for all."""
    found: dict[str, tuple[int, int]] = {}
    for number, line in file.view.lines("old" if side == "old" else "new").items():
        text = _uncommented(line)
        all_ = _ALL.match(text)
        pairs = [("*", {"write-all": 2, "read-all": 1}.get(all_["level"], 0))] if all_ else []
        inline = _INLINE.match(text)
        if inline:
            pairs += [
                (scope, _LEVELS.get(level, 0)) for scope, level in re.findall(r"([\w-]+)\s*:\s*(\w+)", inline["scopes"])
            ]
        scope = _PERMISSION.match(text)
        if scope:
            pairs.append((scope["scope"], _LEVELS[scope["level"]]))
        for name, level in pairs:
            if level > found.get(name, (-1, 0))[0]:
                found[name] = (level, number)
    return found


def _lost_limits(file: FileChange) -> Iterator[Match]:
    """A `permissions` block that is gone: the token has what the repository gives by default."""
    new = [_uncommented(text) for text in file.view.lines("new").values()]
    blocks = file.view.whole("new") is not None and not any(_BLOCK.match(text) for text in new)
    for number, text in file.removed:
        bare = _uncommented(text)
        if blocks and _BLOCK.match(bare) and not re.search(r"write-all", bare):
            yield file.match_line("old", number, A="the permissions block is gone")
            return
        if (
            re.match(r"\s*persist-credentials\s*:\s*[\"']?false", bare)
            and "persist-credentials" not in file.view.added_text
            and _checkout_stays(file, number)
            and not file.change.moved(text)
        ):
            yield file.match_line("old", number, A="persist-credentials: false is gone")


def _checkout_stays(file: FileChange, number: int) -> bool:
    """True where the step that lost the line is still there."""
    for earlier in range(number - 1, max(0, number - 8), -1):
        text = file.view.lines("old").get(earlier, "")
        if "uses:" in text:
            return "checkout" in text and (
                earlier not in file.view.removed_numbers
                or file.change.moved(text)
                or "actions/checkout" in file.view.added_text
            )
    return False


_THRESHOLD = lazy(
    r"(?P<key>fail[_-]under|cov-fail-under|coverage_threshold|coverageThreshold|minimum_coverage"
    r"|\bminimum\b|branches|functions|lines|statements|threshold|target|min_coverage|--fail-under"
    r"|patch_coverage|fail_ci_if_error|minimumCoverage)[\"']?\s*(?:=|:|>"
    r"|\s)\s*[\"']?(?P<value>\d+(?:\.\d+)?)"
)
_CEILING = lazy(
    r"(?P<key>max-warnings|max_warnings|max-complexity|max_complexity|maxWarnings|complexity"
    r"|max-statements|max-lines|max-depth|max-args|audit-level|max_line_length_errors)[\"']?\s*(?:=|:"
    r"|\s|\",)\s*\[?(?:\"\w+\",\s*)?[\"']?(?P<value>\d+)"
)
_SWITCHES = (
    lazy(
        r"(?P<key>strict|strictNullChecks|noImplicitAny|noUnusedLocals|disallow_untyped_defs"
        r"|check_untyped_defs|warn_unused_ignores|warn_return_any|disallow_any_generics|strict_optional"
        r"|no_implicit_optional|strict_equality|fail_ci_if_error|noImplicitReturns"
        r"|noUncheckedIndexedAccess|failOnWarning|allWarningsAsErrors|TreatWarningsAsErrors"
        r"|warningsAsErrors|checkJs|alwaysStrict|strictFunctionTypes|failOnViolation|failsOnError"
        r"|xfail_strict)[\"']?\s*(?:=|:|>)\s*(?P<value>true|false)",
        re.IGNORECASE,
    ),
    lazy(
        r"(?P<key>ignore_errors|ignore_missing_imports|skipLibCheck|continue-on-error|allow_failure"
        r"|ignoreFailures|ignore_failures|allow_untyped_defs|isIgnoreFailures|testFailureIgnore|skipTests"
        r"|abortOnError_off)[\"']?\s*(?:=|:|>)\s*(?P<value>true|false)",
        re.IGNORECASE,
    ),
)
_LINT_LEVEL = lazy(r"[\"'](?P<key>[@\w/-]+)[\"']\s*:\s*(?:\[\s*)?[\"']?(?P<level>error|warn|off|[012])\b")
_LINT = {"error": 2, "2": 2, "warn": 1, "1": 1, "off": 0, "0": 0}
_NEVER_FAILS = lazy(
    r"\|\|\s*(?:true|:|exit 0|echo\b.*)\s*$|--no-verify\b|--exit-zero\b|--passWithNoTests\b"
    r"|continue-on-error:\s*true|allow_failure:\s*true|-Dmaven\.test\.skip|-DskipTests\b"
    r"|--skip-checks?\b|set \+e\b"
)


def suppression_added(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Comments that silence a tool, and settings that ask less of the code, where there were fewer before."""
    if file.view.file.deleted:
        return
    if _is_settings(file.path):
        yield from _lowered(file)
    if file.path.rsplit("/", 1)[-1] in ("gradlew", "mvnw"):
        return
    if file.language in ("markdown", "rst", "text", "html", "json", "lock"):
        return
    yield from silenced(file, names)


_SETTINGS = bag(
    "pyproject.toml setup.cfg tox.ini mypy.ini .coveragerc pytest.ini package.json makefile build.gradle"
    " build.gradle.kts pom.xml codecov.yml .codecov.yml codecov.yaml ruff.toml .flake8 .pylintrc"
    " sonar-project.properties .golangci.yml .golangci.yaml noxfile.py .gitlab-ci.yml .travis.yml azure-pipelines.yml"
    " jenkinsfile .pre-commit-config.yaml vitest.config.ts vite.config.ts .nycrc .nycrc.json phpstan.neon .rubocop.yml"
)


def _is_settings(path: str) -> bool:
    """True for a file that says what tests and checks ask for."""
    name = path.rsplit("/", 1)[-1].lower()
    begins = ("tsconfig", "jest.config", ".eslintrc", "eslint.config", ".simplecov", "spec_helper")
    return (
        name in _SETTINGS
        or name.startswith(begins)
        or "/workflows/" in f"/{path}"
        or path.endswith((".csproj", ".props"))
    )


def _lowered(file: FileChange) -> Iterator[Match]:
    for old, new in file.pairing.pairs:
        reason = _less_asked(old.text, new.text)
        if reason:
            yield file.match("new", new, reason.split(" ")[0], A=reason)
    for number, text in file.added:
        found = _NEVER_FAILS.search(_uncommented(text))
        if (
            found
            and not _NEVER_FAILS.search("\n".join(line for _, line in file.removed))
            and _is_check(file, number, text)
            and not file.view.file.new_file
        ):
            yield file.match_line("new", number, A=found[0].strip())


def _less_asked(old: str, new: str) -> str | None:
    for shape, direction in ((_THRESHOLD, -1), (_CEILING, 1)):
        before = {found["key"]: float(found["value"]) for found in shape.finditer(old)}
        for found in shape.finditer(new):
            if (
                found["key"] in before
                and direction * (float(found["value"]) - before[found["key"]]) > 0
                and not re.search(r"timeout|size|version|python", old)
            ):
                return f"{found['key']} {found['value']}"
    for shape, strict in zip(_SWITCHES, ("true", "false"), strict=True):
        first, second = shape.search(old), shape.search(new)
        if (
            first
            and second
            and first["key"] == second["key"]
            and first["value"].lower() == strict
            and second["value"].lower() != strict
        ):
            return f"{second['key']} {second['value']}"
    levels = {found["key"]: _LINT[found["level"]] for found in _LINT_LEVEL.finditer(old)}
    for found in _LINT_LEVEL.finditer(new):
        if found["key"] in levels and _LINT[found["level"]] < levels[found["key"]]:
            return f"{found['key']} {found['level']}"
    return None


_CLEANING = lazy(
    r"^\s*(?:-\s*)?(?:run:\s*)?(?:[|>]-?\s*)?(?:sudo\s+)?(?:(?:docker|podman)(?:[ -]compose)?\s+"
    r"(?:rm|rmi|stop|kill|down|logs|network|volume)|rm|rmdir|kill|pkill|killall|umount|cat|ls|cp|mv|mkdir|grep|which|command|git\s+(?:branch|tag|diff))\b"
)
"""Commands before `|| true` that tidy up or look: it does not matter whether they fail."""


_REPORT = lazy(r"uses:.*(?:codecov|coveralls|upload|comment|report|notif|cache)")
"""Steps that hand results on: the check itself ran before."""


def _is_check(file: FileChange, number: int, text: str) -> bool:
    """True where what may fail now is a test or a check of the code."""
    if _CLEANING.match(text):
        return False
    if "continue-on-error" in text and _REPORT.search(file.view.lines("new").get(number - 1, "")):
        return False
    around = (
        " ".join(file.view.lines("new").get(n, "") for n in range(number - 4, number + 5))
        if "continue-on-error" in text or "allow_failure" in text
        else text
    )
    return bool(
        re.search(
            r"test|lint|ruff|mypy|flake8|bandit|audit|coverage|eslint|tsc\b|vet\b|golangci|check|semgrep|scan"
            r"|sonar|verify|spec\b|clippy|tox\b|nox\b|commit|push|mvn|gradle",
            around,
        )
    )
