"""Runs the `run` steps of a composite action as a runner would: conditions, inputs, outputs and files of commands."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Ran(NamedTuple):
    """A step and how it ended."""

    name: str
    code: int
    output: str


class Runner:
    """What the tests need of a runner: `uses` steps are only noted, expressions are names, `||`, `&&`, `==`."""

    def __init__(self, action: Mapping[str, Any], folder: Path, **context: str) -> None:
        self.action = action
        self.folder = folder
        self.temp = folder / "temp"
        self.temp.mkdir()
        self.outputs: dict[str, dict[str, str]] = {}
        self.used: list[str] = []
        self.ran: list[Ran] = []
        self.summary = folder / "summary"
        self._context = {"runner.temp": str(self.temp), **context}
        self._environment: dict[str, str] = {}

    def run(self, inputs: Mapping[str, str], environment: Mapping[str, str], cwd: Path) -> int:
        """Run the steps until one fails; its code, or 0."""
        defaults = {name: str(one.get("default", "")) for name, one in self.action["inputs"].items()}
        for name, value in {**defaults, **inputs}.items():
            self._context[f"inputs.{name}"] = self._filled(value)
        for step in self.action["runs"]["steps"]:
            if not self._holds(step.get("if")):
                continue
            if "uses" in step:
                self.used.append(step["uses"])
                continue
            done = self._step(step, environment, cwd)
            self.ran.append(done)
            if done.code:
                return done.code
        return 0

    def output(self, name: str) -> str:
        """An output of the action."""
        return self._filled(self.action["outputs"][name]["value"])

    def _step(self, step: Mapping[str, Any], environment: Mapping[str, str], cwd: Path) -> Ran:
        out, env = self.folder / "output", self.folder / "env"
        out.write_text("")
        env.write_text("")
        own = {name: self._filled(value) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": out, "GITHUB_ENV": env, "GITHUB_STEP_SUMMARY": self.summary}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=cwd,
            env={
                **os.environ, **environment, **self._environment, "RUNNER_TEMP": str(self.temp), **own,
                **{name: str(path) for name, path in files.items()},
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self._environment.update(_pairs(env.read_text()))
        if "id" in step:
            self.outputs[step["id"]] = _pairs(out.read_text())
        return Ran(step["name"], done.returncode, done.stdout + done.stderr)

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _holds(self, condition: str | None) -> bool:
        if condition is None:
            return True
        return all(self._compared(part.strip()) for part in _EXPRESSION.sub(r"\1", condition).split("&&"))

    def _compared(self, text: str) -> bool:
        left, operator, right = re.fullmatch(r"(\S+) (==|!=) '(.*)'", text).groups()  # type: ignore[union-attr]
        return (self._value(left) == right) is (operator == "==")

    def _value(self, expression: str) -> str:
        for name in expression.split("||"):
            found = self._named(name.strip())
            if found:
                return found
        return ""

    def _named(self, name: str) -> str:
        if name.startswith("steps."):
            _, step, _, output = name.split(".", 3)
            return self.outputs.get(step, {}).get(output, "")
        return self._context.get(name, "")


def _pairs(text: str) -> dict[str, str]:
    """`name=value` lines, and `name<<MARK` blocks."""
    pairs: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, mark, rest = line.partition("<<") if "<<" in line.partition("=")[0] else line.partition("=")
        if mark == "<<":
            block = []
            for inner in lines:
                if inner == rest:
                    break
                block.append(inner)
            rest = "\n".join(block)
        pairs[name] = rest
    return pairs
