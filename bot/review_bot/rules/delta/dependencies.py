"""Manifests and lock files that disagree; new dependencies that deserve a second look."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.manifests import LOCKS, contradicts, dependencies, is_requirements, locked
from review_bot.rules.delta.popular import NPM, PYPI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from review_bot.rules.delta.change import FileChange, WholeChange
    from review_bot.rules.match import Match


def lock_mismatch(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Dependencies that were added or changed in the manifest and that the lock file beside it does not know."""
    name = file.path.rsplit("/", 1)[-1]
    if file.view.file.deleted or name not in LOCKS:
        return
    changed = _changed(file)
    if not changed:
        return
    lock = _lock(file.change, file.path, LOCKS[name])
    if lock is None:
        return
    text, touched = lock[1], lock[2]
    for dependency, (before, spec) in changed.items():
        versions = locked(lock[0], text, dependency)
        if (
            spec is None
            or _is_local(spec)
            or not (contradicts(spec, versions) or (not touched and _must_follow(lock[0], before, spec)))
        ):
            continue
        number = _line(file, dependency)
        if number:
            yield file.match_line(
                "new", number, A=dependency, B=lock[0], C=f"has {versions[0]}" if versions else "does not name it"
            )
            return


def _changed(file: FileChange) -> dict[str, tuple[str | None, str | None]]:
    """Version before and after of each dependency of which it differs."""
    before = dependencies(file.path, file.view.whole("old") or "") if file.view.whole("old") else {}
    now = dependencies(file.path, file.view.whole("new") or "")
    if before is None or now is None:
        return {}
    own = re.search(r"^\s*\"?name\"?\s*[=:]\s*[\"']([\w.@/-]+)", file.view.whole("new") or "", re.MULTILINE)
    before, now = ({name: spec for name, spec in one.items() if not own or name != own[1]} for one in (before, now))
    return {name: (before.get(name), now.get(name)) for name in {**before, **now} if before.get(name) != now.get(name)}


def _lock(change: WholeChange, manifest: str, locks: Sequence[str]) -> tuple[str, str, bool] | None:
    """Path and text of the lock file next to the manifest or at the root, and whether the change touches it."""
    folder = manifest.rpartition("/")[0]
    for base in dict.fromkeys((folder, "")):
        for name in locks:
            path = f"{base}/{name}" if base else name
            touched = path in change.paths
            if base != folder and not touched and name == "requirements.txt":
                continue
            text = change.text_of(path)
            if text and (base == folder or _holds(change, text, folder, manifest)):
                return path, text, touched
    return None


def _holds(change: WholeChange, lock: str, folder: str, manifest: str) -> bool:
    """True where the lock file of the root is that of a package below it as well."""
    return folder in lock or "workspace" in change.text_of(manifest.rsplit("/", 1)[-1])


def _must_follow(lock: str, before: str | None, spec: str) -> bool:
    """True for lock files that hold the wording of the manifest: any change has to be in both."""
    return (
        lock.endswith(
            (
                "poetry.lock",
                "uv.lock",
                "package-lock.json",
                "npm-shrinkwrap.json",
                "pnpm-lock.yaml",
                "yarn.lock",
                "Pipfile.lock",
                "pdm.lock",
            )
        )
        and before is not None
        and _plain(before) != _plain(spec)
    )


def _plain(spec: str) -> str:
    return "".join(spec.split()).strip("\"'")


def _is_local(spec: str) -> bool:
    return bool(re.match(r"(?:file:|link:|workspace:|portal:|\.|path)", spec))


def _line(file: FileChange, dependency: str) -> int | None:
    loose = re.escape(dependency).replace(r"\-", "[-_.]")
    pattern = re.compile(rf"(?i)(?<![\w-]){loose}(?![\w-])")
    return next((number for number, text in file.added if pattern.search(re.sub(r"#.*", "", text))), None)


_EXACT = lazy(r"^(?:={2,3}|=)?\s*v?\d+(?:\.\d+)+[\w.+-]*$")
_BOUNDED = lazy(r"^(?:\^|~|~=|~>)\s*v?\d|<\s*=?\s*\d|^v?\d+(?:\.\d+)*(?:\.[x*])")
_ANYTHING = lazy(r"^(?:|\*|x|latest|next|>=?\s*0(?:\.0)*|any)$")
_OPEN_END = lazy(r"^>=?\s*\d[\w.]*$")
_FOREIGN = lazy(
    r"^(?:git\+|git:|git@|https?:|github:|bitbucket:|gitlab:|@\s*(?:git\+|https?:))|\.git(?:#|@|$)|^[\w-]+/[\w.-]+$"
)
_PINNED_ACTION = lazy(r"uses:\s*[\"']?(?P<name>[\w./-]+)@(?P<ref>[^\s\"'#]+)")
_IMAGE = lazy(
    r"^\s*(?:FROM|image:|-\s*image:)\s+(?:--platform=\S+\s+)?[\"']?(?P<name>[\w./-]+(?::\d+/[\w./-]+)"
    r"?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:\w+))?",
    re.IGNORECASE,
)
_INDEX = lazy(r"^\s*(?:--(?:extra-)?index-url|--trusted-host|--find-links|-i|-f)\b.*|^\s*registry\s*=\s*http://.*")
_USUAL = lazy(r"(?:https://|[ =])pypi\.(?:python\.)?org(?::443)?(?:/\S*)?\s*(?:#.*)?$")
"""The index that is asked anyway; another host with its name in it is another host."""


def dependency_risk(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """New names one slip away from popular ones, pins that were loosened, code from elsewhere than the index."""
    if file.view.file.deleted:
        return
    name = file.path.rsplit("/", 1)[-1]
    changed = _changed(file) if name in LOCKS or is_requirements(file.path) or name in ("setup.py", "setup.cfg") else {}
    yield from _loosened(file, changed)
    for dependency, (before, now) in changed.items():
        reason = _risk(file.path, dependency, before, now)
        number = _line(file, dependency) if reason else None
        if reason and number:
            yield file.match_line("new", number, reason)
    if is_requirements(file.path):
        yield from _indexes(file)
        return
    for old, new in file.pairing.pairs if file.removed else ():
        found = _loosened_reference(old.text, new.text)
        if found:
            yield file.match("new", new, "", found)


def _risk(path: str, name: str, before: str | None, now: str | None) -> str | None:
    if now is None:
        return None
    if before is None:
        near = near_name(name, NPM if path.endswith("package.json") else PYPI if _is_python(path) else frozenset())
        if near:
            return f"{name} is one slip away from the popular {near}"
    if _FOREIGN.search(now) and not (before and _FOREIGN.search(before)) and not path.endswith("composer.json"):
        return f"{name} comes from {now.lstrip('@ ')} and not from the index"
    return None


def _loosened(file: FileChange, changed: Mapping[str, tuple[str | None, str | None]]) -> Iterator[Match]:
    """One note for all pins of a file that were loosened."""
    found = [
        (number, name, before, now)
        for name, (before, now) in changed.items()
        if before is not None and now is not None and _is_looser(before, now) and (number := _line(file, name))
    ]
    if found:
        number, name, before, now = min(found)
        others = f", and {len(found) - 1} more like it" if len(found) > 1 else ""
        yield file.match_line(
            "new", number, f"{name} was pinned to {before} and may be {now or 'any version'} now{others}"
        )


def _is_python(path: str) -> bool:
    return is_requirements(path) or path.endswith(("pyproject.toml", "Pipfile", "setup.py", "setup.cfg"))


def _is_looser(before: str, now: str) -> bool:
    if _FOREIGN.search(before) or _FOREIGN.search(now) or before.startswith(("file:", "workspace:", "link:")):
        return False
    first, second = before.strip("\"' "), now.strip("\"' ")
    if _EXACT.match(first):
        return not _EXACT.match(second) and not second.startswith(("workspace:", "file:"))
    if _BOUNDED.search(first):
        return bool(_ANYTHING.match(second) or _OPEN_END.match(second))
    return bool(_OPEN_END.match(first)) and bool(_ANYTHING.match(second))


def near_name(name: str, popular: frozenset[str]) -> str | None:
    """The popular name that `name` may be a slip of, or None."""
    if name in popular or len(name) < 4 or name.startswith("@"):
        return None
    squeezed = name.replace("-", "").replace("_", "")
    for other in sorted(popular):
        if abs(len(other) - len(name)) > 1 or len(other) < 5:
            continue
        if (squeezed == other.replace("-", "") and squeezed != other) or _one_edit(name, other):
            return other
    return None


def _one_edit(one: str, other: str) -> bool:
    """True where a letter was lost, added or exchanged, or two neighbours changed places."""
    if one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    first, second = one[start:], other[start:]
    if first[1:] == second or first == second[1:]:
        return True
    if first[1:] == second[1:]:
        return not (first[:1].isdigit() or second[:1].isdigit())
    return first[:2] == second[:2][::-1] and first[2:] == second[2:]


def _indexes(file: FileChange) -> Iterator[Match]:
    for number, text in file.added:
        if _INDEX.match(text) and not _USUAL.search(text) and not file.was_removed(text.strip()):
            yield file.match_line("new", number, f"packages may come from elsewhere: {text.strip()}")
    hashes = sum("--hash=" in text for _, text in file.removed)
    if hashes and not any("--hash=" in text for _, text in file.view.lines("new").items()):
        number = next(number for number, text in file.removed if "--hash=" in text)
        yield file.match_line("old", number, "the hashes of the packages are no longer checked")


def _loosened_reference(old: str, new: str) -> str | None:
    """An action that was pinned to a commit, or an image that was pinned to a version or digest."""
    first, second = _PINNED_ACTION.search(old), _PINNED_ACTION.search(new)
    if first and second and first["name"] == second["name"]:
        if re.fullmatch(r"[0-9a-f]{40}", first["ref"]) and not re.fullmatch(r"[0-9a-f]{40}", second["ref"]):
            return f"{first['name']} was pinned to a commit and follows {second['ref']} now"
        if re.match(r"v?\d", first["ref"]) and re.fullmatch(r"main|master|latest|develop|HEAD", second["ref"]):
            return f"{first['name']} was pinned to {first['ref']} and follows {second['ref']} now"
        return None
    first, second = _IMAGE.match(old), _IMAGE.match(new)
    if first and second and first["name"].split("/")[-1] == second["name"].split("/")[-1]:
        if first["digest"] and not second["digest"]:
            return f"{first['name']} was pinned to a digest and follows {second['tag'] or 'latest'} now"
        if (
            re.match(r"v?\d", first["tag"] or "")
            and (second["tag"] or "latest") in ("latest", "main", "edge", "nightly")
            and not second["digest"]
        ):
            return f"{first['name']} was pinned to {first['tag']} and follows {second['tag'] or 'latest'} now"
    return None
