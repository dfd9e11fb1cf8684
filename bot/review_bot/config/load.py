"""The effective configuration: defaults, then a file, then the environment, then flags; each value with its origin."""

from __future__ import annotations

import os

from review_bot.config.model import Config, build, leaves
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from review_bot.config.model import Model

DEFAULT = "default"
PREFIX = "REVIEW_BOT_"
VARIABLES = frozenset({"REVIEW_BOT_CACHE_DIR", "REVIEW_BOT_MODEL_DIR", "REVIEW_BOT_OFFLINE"})
"""Variables with our prefix that are no keys of the configuration."""


class Loaded(NamedTuple):
    """A configuration and where each value of it comes from."""

    config: Config
    origins: Mapping[str, str]
    """By dotted key: `default`, the name of a file, `environment NAME`, or a flag."""
    base: str
    """Absolute path of the folder that paths in the file are relative to."""
    root: str
    """Absolute path of the folder that default paths are relative to."""
    files: tuple[str, ...] = ()
    """The files that were read, as shown in `origins`."""

    def rule_paths(self) -> tuple[str, ...]:
        """Absolute paths of the user's own rule files and folders."""
        folder = self._folder("rule-paths")
        return tuple(_absolute(folder, path) for path in self.config.rule_paths)

    def prompt_paths(self) -> tuple[str, ...]:
        """Absolute paths of the user's own prompt files and folders."""
        folder = self._folder("prompt-paths")
        return tuple(_absolute(folder, path) for path in self.config.prompt_paths)

    def baseline(self) -> str | None:
        """Absolute path of the baseline, whether or not it is there; None where the configuration wants none."""
        name = self.config.baseline
        return _absolute(self._folder("baseline"), name) if name else None

    def model(self) -> Model:
        """The table `model` with absolute paths; `onnx.path` stays a name where it names no folder."""
        onnx = self.config.model.onnx
        path = _absolute(self._folder("model.onnx.path"), onnx.path)
        beside = self._folder("model.onnx.adapters")
        adapters = tuple((language, _absolute(beside, file)) for language, file in onnx.adapters)
        path = path if onnx.path and os.path.isdir(path) else onnx.path
        return self.config.model._replace(onnx=onnx._replace(path=path, adapters=adapters))

    def _folder(self, key: str) -> str:
        origin = self.origins[key]
        if origin == DEFAULT:
            return self.root
        return self.base if origin in self.files else here()


class Layer(NamedTuple):
    """Values of one origin, checked, by dotted key."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    base: str
    file: str = ""


def load(
    root: str | None,
    *,
    file: str | None = None,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """The configuration for the work tree at `root` (None outside of one: then of the current folder).

    `file` takes the place of the file at the root; `flags` are values by dotted key, None for one not given. Raises
    ConfigError.
    """
    top = os.path.abspath(root) if root else here()
    layers = [_file_layer(top, file), _flag_layer({k: v for k, v in (flags or {}).items() if v is not None})]
    layers.insert(1, _environment_layer(os.environ if environ is None else environ, [x for x in layers if x]))
    values: dict[str, Any] = {}
    origins = {dotted: DEFAULT for dotted, _ in leaves()}
    for layer in filter(None, layers):
        values.update(layer.values)
        origins.update(layer.origins)
    source = layers[0]
    config: Config = build(values) if values else Config()
    return Loaded(config, origins, source.base if source else top, top, (source.file,) if source else ())


def _file_layer(top: str, file: str | None) -> Layer | None:
    """What the file says; the modules that read it are imported only when there is one."""
    if file is None and not any(map(os.path.lexists, _candidates(top))):
        return None
    from review_bot.config.file import find

    return find(top, file)


def _candidates(top: str) -> tuple[str, ...]:
    return os.path.join(top, ".review-bot.toml"), os.path.join(top, "pyproject.toml")


def _environment_layer(environ: Mapping[str, str], others: list[Layer]) -> Layer | None:
    """What variables with our prefix say. An empty variable counts as not set, as CI passes inputs nobody gave."""
    ours = {name: text for name, text in environ.items() if name.startswith(PREFIX) and name not in VARIABLES}
    if not any(ours.values()):
        return None
    from review_bot.config.check import from_environment

    return from_environment(ours, others)


def _flag_layer(flags: Mapping[str, object]) -> Layer | None:
    if not flags:
        return None
    from review_bot.config.check import from_flags

    return from_flags(flags)


def here() -> str:
    """The current folder; `.` where somebody deleted it."""
    try:
        return os.getcwd()
    except OSError:
        return os.curdir


def _absolute(folder: str, path: str) -> str:
    return os.path.normpath(os.path.join(folder, path))
