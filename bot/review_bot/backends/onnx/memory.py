"""How much memory this process may still take, as far as Linux tells."""

from __future__ import annotations

import re

_INFO = "/proc/meminfo"
_GROUP = "/sys/fs/cgroup"


def available(info: str = _INFO, group: str = _GROUP) -> int | None:
    """Bytes: what is free or can be made free, and what the control group (a container) leaves; None where unknown."""
    known = [count for count in (_machine(info), _container(group)) if count is not None]
    return min(known, default=None)


def _machine(path: str) -> int | None:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _read(path), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _container(folder: str) -> int | None:
    limit, used = _read(f"{folder}/memory.max").strip(), _read(f"{folder}/memory.current").strip()
    if not limit.isdigit() or not used.isdigit():
        return None
    files = re.search(r"^inactive_file (\d+)$", _read(f"{folder}/memory.stat"), re.MULTILINE)
    return max(0, int(limit) - int(used) + (int(files[1]) if files else 0))


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(65_536)
    except OSError:
        return ""
