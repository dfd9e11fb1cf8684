"""The dependencies that a manifest names, and the versions that a lock file holds."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOCKS = {
    "pyproject.toml": ("poetry.lock", "uv.lock", "pdm.lock"),
    "Pipfile": ("Pipfile.lock",),
    "package.json": ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"),
    "go.mod": ("go.sum",),
    "Cargo.toml": ("Cargo.lock",),
    "Gemfile": ("Gemfile.lock",),
    "composer.json": ("composer.lock",),
    "requirements.in": ("requirements.txt",),
}
"""Lock files that belong to a manifest, beside it or further up."""
_REQUIREMENT = re.compile(
    r"^\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?P<spec>(?:(?:===|==|~=|!=|>=|<=|>"
    r"|<)\s*[^;#\s,]+\s*,?\s*)*|@\s*\S+)\s*(?:;.*|#.*|--hash.*|\\)?\s*$"
)
_NPM_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


def is_requirements(path: str) -> bool:
    """True for a list of requirements as pip reads it."""
    name = path.rsplit("/", 1)[-1]
    return bool(re.match(r"(?:.*[-_.])?(?:requirements|constraints)[\w.-]*\.(?:txt|in)$", name)) or (
        "/requirements/" in f"/{path}" and name.endswith((".txt", ".in"))
    )


def canonical(name: str) -> str:
    """A name of the Python index as it compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies(path: str, text: str) -> dict[str, str] | None:
    """Version asked for by name; None where the file is no manifest, or can't be read."""
    name = path.rsplit("/", 1)[-1]
    if is_requirements(path):
        return _requirements(text.split("\n"))
    reader = {
        "pyproject.toml": _pyproject,
        "Pipfile": _pipfile,
        "package.json": _package,
        "composer.json": _composer,
        "go.mod": _gomod,
        "Cargo.toml": _cargo,
        "Gemfile": _gemfile,
        "setup.py": _setup,
        "setup.cfg": _setup,
    }.get(name)
    if reader is None:
        return None
    try:
        return reader(text)
    except (ValueError, RecursionError, TypeError, AttributeError):
        return None


def _requirements(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match and not line.lstrip().startswith(("-", "#")):
            found[canonical(match["name"])] = "".join(match["spec"].split())
    return found


def _toml(text: str) -> dict[str, Any]:
    import tomli

    return tomli.loads(text)


def _pyproject(text: str) -> dict[str, str]:
    data = _toml(text)
    project = data.get("project", {})
    found = _requirements([one for one in project.get("dependencies", []) if isinstance(one, str)])
    for table in (project.get("optional-dependencies", {}), data.get("dependency-groups", {})):
        for group in table.values():
            for name, spec in _requirements([one for one in group if isinstance(one, str)]).items():
                # A name that stands in several groups is held by the one that asks for a version.
                found[name] = found.get(name) or spec
    poetry = data.get("tool", {}).get("poetry", {})
    tables = [poetry.get("dependencies", {}), poetry.get("dev-dependencies", {})]
    tables += [group.get("dependencies", {}) for group in poetry.get("group", {}).values()]
    for table in tables:
        found.update(_table(table))
    found.pop("python", None)
    return found


def _table(table: dict[str, Any]) -> dict[str, str]:
    return {canonical(name): _spec(value) for name, value in table.items() if re.match(r"[A-Za-z0-9][\w.-]*$", name)}


def _spec(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("version") or value.get("git") or value.get("url") or value.get("path") or "")
    return str(value)


def _pipfile(text: str) -> dict[str, str]:
    data = _toml(text)
    return {**_table(data.get("packages", {})), **_table(data.get("dev-packages", {}))}


def _cargo(text: str) -> dict[str, str]:
    data = _toml(text)
    found = {}
    for group in ("dependencies", "dev-dependencies", "build-dependencies"):
        found.update({name: _spec(value) for name, value in data.get(group, {}).items()})
    return found


def _package(text: str) -> dict[str, str]:
    import json

    data = json.loads(text)
    return {name: str(spec) for group in _NPM_GROUPS for name, spec in (data.get(group) or {}).items()}


def _composer(text: str) -> dict[str, str]:
    import json

    data = json.loads(text)
    found = {**data.get("require", {}), **data.get("require-dev", {})}
    return {name: str(spec) for name, spec in found.items() if "/" in name}


def _gomod(text: str) -> dict[str, str]:
    found = dict(re.findall(r"^(?:require\s+|\t)([\w./~-]+\.[\w./~-]+)\s+(v[\w.+-]+)", text, re.MULTILINE))
    for name in re.findall(r"^(?:replace\s+|\t)(\S+)(?:\s+v\S+)?\s+=>\s+\.", text, re.MULTILINE):
        # What lies beside it is in no list of sums.
        found.pop(name, None)
    return found


def _gemfile(text: str) -> dict[str, str]:
    return {
        name: spec.strip()
        for name, spec in re.findall(
            r"^\s*gem\s+[\"']([\w.-]+)[\"']\s*,?\s*((?:[\"'][^\"']*[\"'],?\s*)*)", text, re.MULTILINE
        )
    }


_INDENTED = r"((?:[ \t]+\S.*\n?)+)"


def _setup(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    quoted = re.findall(
        r"[\"']([A-Za-z][\w.-]*(?:\[[^\]]*\])?\s*(?:[<>=!~]=?[^\"']*)?)[\"']",
        "\n".join(
            re.findall(r"(?:install_requires|extras_require|tests_require)\s*=\s*[\[{](.*?)\n\s*[\]}]", text, re.DOTALL)
        ),
    )
    found.update(_requirements(quoted))
    extras = re.search(r"^\[options\.extras_require\]\n((?:(?!\[).*\n?)*)", text, re.MULTILINE)
    lists = rf"^(?:install_requires|tests_require|setup_requires)\s*=\s*\n{_INDENTED}"
    for block in re.findall(lists, text, re.MULTILINE):
        found.update(_requirements(block.split("\n")))
    for block in re.findall(rf"^\w+\s*=\s*\n{_INDENTED}", extras[1], re.MULTILINE) if extras else ():
        found.update(_requirements(block.split("\n")))
    return found


def locked(path: str, text: str, name: str) -> list[str]:
    """The versions of a dependency that a lock file holds; empty where it does not name it."""
    file = path.rsplit("/", 1)[-1]
    escaped = re.escape(name)
    loose = escaped.replace(r"\-", "[-_.]")
    shapes = {
        "poetry.lock": rf"(?i)name = \"{loose}\"\s*\nversion = \"([^\"]+)\"",
        "uv.lock": rf"(?i)name = \"{loose}\"\s*\nversion = \"([^\"]+)\"",
        "pdm.lock": rf"(?i)name = \"{loose}\"\s*\nversion = \"([^\"]+)\"",
        "Cargo.lock": rf"name = \"{escaped}\"\s*\nversion = \"([^\"]+)\"",
        "Pipfile.lock": rf"(?is)\"{loose}\": \{{[^}}]*?\"version\": \"==([^\"]+)\"",
        "package-lock.json": rf"\"(?:node_modules/)?{escaped}\": \{{\s*\"version\": \"([^\"]+)\"",
        "npm-shrinkwrap.json": rf"\"(?:node_modules/)?{escaped}\": \{{\s*\"version\": \"([^\"]+)\"",
        "yarn.lock": rf"(?m)^\"?{escaped}@[^\n]*:\n\s+version:? \"?([^\"\n]+)\"?",
        "pnpm-lock.yaml": rf"(?m)^\s+(?:'?/?{escaped}[@/]([\d.]+[\w.-]*)"
        rf"|'?{escaped}'?:\n\s+specifier:[^\n]*\n\s+version: ([^\s(]+))",
        "bun.lock": rf"\"{escaped}\": \[\"{escaped}@([^\"]+)\"",
        "go.sum": rf"(?m)^{escaped} (v[^\s/]+)(?:/go\.mod)? (?!.*\n{escaped} \1/go\.mod )",
        "Gemfile.lock": rf"(?m)^ {{4}}{escaped} \(([^)]+)\)",
        "composer.lock": rf"\"name\": \"{escaped}\",\s*\"version\": \"v?([^\"]+)\"",
        "requirements.txt": rf"(?im)^{loose}(?:\[[^\]]*\])?==([^\s;\\]+)",
    }
    shape = shapes.get(file)
    if shape is None:
        return [""] if name in text else []
    return [
        found if isinstance(found, str) else next((one for one in found if one), "")
        for found in re.findall(shape, text)
    ]


def version_tuple(text: str) -> tuple[int, ...]:
    """The numbers of a version, for comparing."""
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+", maxsplit=1)[0].split("-", maxsplit=1)[0])[:4])


def contradicts(spec: str, versions: list[str]) -> bool:
    """True where none of the locked versions can be what `spec` asks for."""
    if not versions:
        return True
    bound = re.match(
        r"(?P<operator>===|==|=|\^|~>|~=|~|>=|>)?\s*v?(?P<version>\d[\w.+-]*)(?P<more>[\s,|].*)?$", spec.strip("\"' ")
    )
    if not bound or ((bound["more"] or "").strip(" ,") and "|" in (bound["more"] or "")):
        return False
    wanted = version_tuple(bound["version"])
    if not all(map(version_tuple, versions)):
        return False
    if bound["operator"] in ("==", "===", "=") and "*" not in spec:
        return all(not _equal(version_tuple(one), wanted) for one in versions)
    return all(version_tuple(one) < wanted for one in versions)


def _equal(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    length = max(len(one), len(other))
    return one + (0,) * (length - len(one)) == other + (0,) * (length - len(other))
