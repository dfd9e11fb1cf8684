"""Every key of the configuration, declared once: name, type, default, bounds and what it is for.

Defaults, validation, names of environment variables, the JSON schema and the page docs/configuration.md all come from
here. A table is a `Section` whose fields are assigned `Key`s.
"""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, ClassVar, Literal

    from typing_extensions import Self, dataclass_transform

    Kind = Literal["boolean", "integer", "number", "text", "texts", "pairs", "severities", "table", "tables"]
    FailOn = Literal["none", "info", "warning", "error"]
    FilterMode = Literal["added", "diff_context", "file", "nofilter"]
    Severity = Literal["error", "warning", "info"]
    BackendName = Literal["onnx", "ollama", "llamacpp", "openai", "scripted"]
    BackendChoice = Literal["auto", "none", "onnx", "ollama", "llamacpp", "openai", "scripted"]
else:

    def dataclass_transform(**_: bool) -> Any:
        """Give the class as it is: only type checkers ask."""
        return lambda section: section


FAIL_ON: tuple[FailOn, ...] = ("none", "info", "warning", "error")
FILTER_MODES: tuple[FilterMode, ...] = ("added", "diff_context", "file", "nofilter")
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
BACKENDS: tuple[BackendName, ...] = ("onnx", "ollama", "llamacpp", "openai", "scripted")
BACKEND_CHOICES: tuple[BackendChoice, ...] = ("auto", "none", *BACKENDS)

_YEAR = 31_536_000
"""Seconds; no time limit is longer."""


class Key(NamedTuple):
    """What is known of one key beside its name."""

    kind: Kind
    default: Any
    about: str
    among: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    above: float | None = None
    """An exclusive lower bound."""
    required: bool = False
    flag: str = ""
    """The command-line flag that sets it, where it isn't `--` and the key's last name."""
    section: Any = None
    """The class of a table, or of each table in an array of tables."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Section:
    """A frozen table of the configuration, its fields with types, defaults and declarations.

    No NamedTuple, unlike all other values: a dozen of them with sixty fields cost the commit hook two milliseconds
    at import, most of it for types that nobody asks for at run time.
    """

    keys: ClassVar[dict[str, Key]]
    """What is declared, by name as written in a file."""

    def __init_subclass__(cls) -> None:
        """Collect the declarations and leave the plain defaults in their place."""
        fields = {field: key for field, key in vars(cls).items() if isinstance(key, Key)}
        cls.keys = {field.replace("_", "-"): key for field, key in fields.items()}
        for field, key in fields.items():
            setattr(cls, field, key.default)

    if not TYPE_CHECKING:  # a type checker knows the fields

        def __init__(self, **values: Any) -> None:
            for field in values:
                if field.replace("_", "-") not in self.keys:
                    raise TypeError(f"{type(self).__name__} has no field {field}")
            self.__dict__.update(values)

        def __setattr__(self, field: str, value: Any) -> None:
            raise AttributeError(f"{type(self).__name__} is frozen")

        __delattr__ = __setattr__

    def _asdict(self) -> dict[str, Any]:
        """Values by field, as a NamedTuple gives them."""
        fields = [name.replace("-", "_") for name in self.keys]
        return {field: getattr(self, field) for field in fields}

    def _replace(self, **changes: Any) -> Self:
        """A copy with other values, as a NamedTuple gives it."""
        return type(self)(**{**self.__dict__, **changes})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._asdict() == other._asdict()

    def __hash__(self) -> int:
        return hash(tuple(self._asdict().values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={value!r}" for field, value in self._asdict().items())
        return f"{type(self).__name__}({fields})"


def _boolean(about: str, *, default: bool, flag: str = "") -> Any:
    return Key("boolean", default, about, flag=flag)


def _integer(default: int, about: str, least: int, most: int) -> Any:
    return Key("integer", default, about, least=least, most=most)


def _number(default: float, about: str, **bounds: Any) -> Any:
    return Key("number", default, about, **bounds)


def _seconds(default: float, about: str) -> Any:
    return Key("number", default, about, above=0, most=_YEAR)


def _text(default: str, about: str, **more: Any) -> Any:
    return Key("text", default, about, **more)


def _choice(among: tuple[str, ...], default: str, about: str) -> Any:
    return Key("text", default, about, among=among)


def _texts(default: tuple[str, ...], about: str, **more: Any) -> Any:
    return Key("texts", default, about, **more)


def _pairs(about: str) -> Any:
    return Key("pairs", (), about)


def _table(section: Any, about: str) -> Any:
    return Key("table", section(), about, section=section)


def _tables(section: Any, about: str) -> Any:
    return Key("tables", (), about, section=section)


def _severities(about: str) -> Any:
    return Key("severities", (), about, among=SEVERITIES)


def leaves(section: type[Section] | None = None, prefix: str = "") -> Iterator[tuple[str, Key]]:
    """Dotted name and declaration of each key that holds a value, in the order of declaration."""
    for name, key in (section or Config).keys.items():
        if key.kind == "table":
            yield from leaves(key.section, f"{prefix}{name}.")
        else:
            yield prefix + name, key


class Hook(Section):
    """What the git hooks do beside `scan`."""

    backend: BackendChoice = _choice(
        BACKEND_CHOICES, "none", "model at commit: `none` for rules only, `auto` for a model too"
    )
    deadline: float = _seconds(10, "seconds that a hook may take")
    conventional: bool = _boolean("whether the subject of a commit must be a conventional commit", default=False)
    protected: tuple[str, ...] = _texts(("main", "master"), "branches where `fixup!` and `WIP` commits are refused")
    subject_length: int = _integer(72, "longest subject of a commit, in characters", 10, 1000)


class Onnx(Section):
    """A model in ONNX format, run in this process."""

    path: str = _text("", "folder or name of the model; empty for the first one on the shelf")
    threads: int = _integer(0, "threads of the model; 0 for as many as there are cores", 0, 1024)
    adapters: tuple[tuple[str, str], ...] = _pairs('files of LoRA adapters by language, as in `{ python = "FILE" }`')


class Ollama(Section):
    """An Ollama server."""

    host: str = _text("", "address, or several with commas between; empty for `OLLAMA_HOST` as Ollama reads it")
    model: str = _text("", "name of the model; empty for the first one that is there")


class Llamacpp(Section):
    """A llama.cpp server."""

    url: str = _text("http://127.0.0.1:8080", "address, or several with commas between")


class Openai(Section):
    """Any server with OpenAI's interface."""

    url: str = _text("", "address, or several with commas between; one that is not loopback needs `allow-remote`")
    model: str = _text("", "name of the model; empty for the first one in the server's list")
    key_env: str = _text("", "name of the environment variable that holds the key")


class Breaker(Section):
    """When a failing model is left alone."""

    failures: int = _integer(3, "failed calls in a row that open the breaker", 1, 1000)
    pause: float = _seconds(60, "seconds before the model is tried again")


class Model(Section):
    """The model that reviews what rules can't judge."""

    backend: BackendChoice = _choice(
        BACKEND_CHOICES,
        "auto",
        "`auto`: in CI onnx, then llamacpp; elsewhere ollama, llamacpp, onnx; the first that answers",
    )
    order: tuple[BackendName, ...] = _texts((), "backends that `auto` tries, in this order", among=BACKENDS)
    onnx: Onnx = _table(Onnx, "a model in ONNX format, run in this process")
    ollama: Ollama = _table(Ollama, "an Ollama server")
    llamacpp: Llamacpp = _table(Llamacpp, "a llama.cpp server")
    openai: Openai = _table(Openai, "any server with OpenAI's interface")
    allow_remote: bool = _boolean("whether an address that is not loopback may be called", default=False)
    judge: bool = _boolean(
        "whether the model is asked of each finding left if it is right; only yes keeps it", default=True
    )
    blocking: bool = _boolean("whether model findings count towards exit code 1", default=False)
    breaker: Breaker = _table(Breaker, "when a failing model is left alone")
    concurrency: int = _integer(1, "calls at the same time", 1, 64)
    window: int = _integer(4096, "tokens of a prompt and its answer", 512, 1_048_576)
    answer_tokens: int = _integer(512, "tokens kept for the answer", 16, 65_536)
    temperature: float = _number(0.3, "sampling temperature", least=0, most=2)
    top_p: float = _number(0.9, "share of the likeliest tokens to choose from", above=0, most=1)
    repeat_penalty: float = _number(1.1, "penalty for repeated tokens; 1 for none", above=0, most=10)
    seed: int = _integer(7, "seed of the sampling", -1, 2**32 - 1)
    deadline: float = _seconds(300, "seconds that a review may take")


class Memory(Section):
    """What people did with findings, kept beside the code."""

    enabled: bool = _boolean("whether earlier decisions change what is shown", default=True, flag="--no-memory")
    ref: str = _text("refs/review-bot/memory", "git ref that holds the events")
    remote: str = _text("origin", "remote that `memory sync` exchanges events with")
    store_text: bool = _boolean("whether events may hold code and replies", default=False)
    url: str = _text("", "store of the events: empty for the git ref, `file:///FOLDER` or `postgresql://…`")
    explore: float = _number(0.02, "share of hidden findings that are shown again, to learn", least=0, most=0.5)
    actor_key_env: str = _text("", "name of the environment variable with the secret that keys the hashes of names")
    salt_env: str = _text("", "name of the environment variable with the secret that patterns are exchanged under")


class Github(Section):
    """What is written to a pull request."""

    max_comments: int = _integer(10, "open inline comments of a pull request", 0, 1000)
    summary: bool = _boolean("whether a summary comment is kept", default=True)
    resolve: bool = _boolean("whether threads of findings that are gone are resolved", default=False)
    write_interval: float = _number(1.0, "seconds between writes", least=0, most=3600)
    timeout: float = _seconds(30, "seconds that a call may take")


class Linter(Section):
    """Another tool whose findings are merged in."""

    name: str = _text("", "name of the tool, as shown with its findings", required=True)
    command: tuple[str, ...] = _texts((), "the command and its arguments; prints SARIF or ruff's JSON", required=True)
    deadline: float = _seconds(30, "seconds that it may take, within what is left of `--deadline`")


class Config(Section):
    """The whole configuration; `Config()` is the one without any file, variable or flag."""

    fail_on: FailOn = _choice(FAIL_ON, "error", "least severity of a finding that gives exit code 1")
    filter: FilterMode = _choice(FILTER_MODES, "added", "which lines a finding may stand at")
    select: tuple[str, ...] = _texts(("*",), "rules to run: ids, prefixes, categories or `*`")
    ignore: tuple[str, ...] = _texts((), "rules not to run: ids, prefixes, categories or `*`")
    exclude: tuple[str, ...] = _texts(("vendor/**", "**/*.min.js"), "files and folders that are not reviewed, as globs")
    rule_paths: tuple[str, ...] = _texts((), "rule files or folders of your own, relative to the file that names them")
    prompt_paths: tuple[str, ...] = _texts(
        (), "prompt files or folders of your own, relative to the file that names them"
    )
    baseline: str = _text(
        ".review-bot-baseline.json", "file of the known findings, relative to the file that names it; empty for none"
    )
    severity: tuple[tuple[str, Severity], ...] = _severities(
        "other severities, by rule id or prefix; the longest prefix wins"
    )
    hook: Hook = _table(Hook, "the git hooks")
    model: Model = _table(Model, "the model that reviews what rules can't judge")
    memory: Memory = _table(Memory, "what people did with findings, kept beside the code")
    github: Github = _table(Github, "what is written to a pull request")
    linters: tuple[Linter, ...] = _tables(Linter, "other tools whose findings are merged in")


def build(values: dict[str, Any], section: Any = Config, prefix: str = "") -> Any:
    """The `section` that has `values`, by dotted name, and defaults for the rest."""
    fields = {}
    for name, key in section.keys.items():
        dotted = prefix + name
        if key.kind == "table":
            fields[name.replace("-", "_")] = build(values, key.section, dotted + ".")
        elif dotted in values:
            fields[name.replace("-", "_")] = values[dotted]
    return section(**fields)


def severity_of(overrides: tuple[tuple[str, Severity], ...], rule: str, default: Severity) -> Severity:
    """Severity of `rule` after the overrides of the configuration; the longest matching id or prefix wins."""
    spelled = _spelled(rule) + "_"
    matching = [(len(name), severity) for name, severity in overrides if spelled.startswith(_spelled(name) + "_")]
    return max(matching)[1] if matching else default


def _spelled(name: str) -> str:
    """`name` as an environment variable can say it, where `.` and `-` are the same."""
    return name.rstrip(".*").replace(".", "_").replace("-", "_").lower()
