"""The log of the memory under stress: 8 clones write at once and are killed at random; and what 100,000 events weigh.

`python bench/memory_store.py [git] [folder] [postgres] [size]`; PostgreSQL is started from Debian's packages.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _measure import ENVIRONMENT, git

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
CLONES, EVENTS, BATCH = 8, 10_000, 25
MANY = 100_000
REF = "refs/review-bot/memory"


def events(first: int, count: int) -> list[Any]:
    """Events of the size that real ones have: all hashes are random."""
    from review_bot.domain.event import event

    made = []
    for number in range(first, first + count):
        dice = random.Random(number)
        fields = {
            "v": 1, "ts": 1_790_000_000 + number * 60, "kind": "signal", "finding": f"{dice.getrandbits(64):016x}",
            "rule": f"py.category.rule-{dice.randrange(300)}", "src": "rule", "sev": "warning", "lang": "python",
            "dir": f"src/module_{dice.randrange(40)}", "sig": "command", "y": dice.randrange(2), "eps": 0.03,
            "fp": sorted(dice.getrandbits(32) for _ in range(dice.randint(4, 16))),
            "actor": f"{dice.randrange(50):016x}", "pr": str(dice.randrange(4000)),
        }  # fmt: skip
        key = f"{fields['rule']}:{dice.getrandbits(64):016x}"
        made.append(event({**fields, "key": key}))
    return made


def opened(root: str, url: str) -> Any:
    """The log of the clone at `root`."""
    from review_bot.bootstrap.memory import open_memory

    os.environ.update(ENVIRONMENT)
    os.environ["REVIEW_BOT_MEMORY_URL"] = url
    return open_memory(cwd=root).log


def work(number: int, root: str, url: str) -> None:
    """Write this clone's events, a batch at a time, going on where a killed process stopped."""
    from review_bot.errors import StoreError

    log = opened(root, url)
    progress, times = f"{root}.progress", f"{root}.times"
    share = EVENTS // CLONES
    done = os.path.getsize(progress) if os.path.exists(progress) else 0
    for step in range(done, share // BATCH):
        log.append(events(number * share + step * BATCH, BATCH))
        with open(progress, "ab") as stream:  # from here on they must never be lost
            stream.write(b".")
        began = time.monotonic()
        try:
            log.sync()
        except StoreError as error:
            with open(f"{root}.errors", "a", encoding="utf-8") as stream:
                stream.write(f"{error}\n")
        with open(times, "a", encoding="utf-8") as stream:
            stream.write(f"{time.monotonic() - began}\n")


def start(number: int, root: str, url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--work", str(number), root, url]
    return subprocess.Popen(command, start_new_session=True)


def storm(roots: list[str], url: str) -> int:
    """Run all clones, killing one now and then with all its children; how many were killed."""
    dice, kills = random.Random(7), 0
    running = {number: start(number, root, url) for number, root in enumerate(roots)}
    while running:
        time.sleep(dice.uniform(0.1, 0.6))
        for number, process in list(running.items()):
            if process.poll() is not None:
                if process.returncode != 0:
                    raise SystemExit(f"a worker failed with {process.returncode}")
                del running[number]
        if running and dice.random() < 0.5:
            number, process = dice.choice(list(running.items()))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            running[number] = start(number, roots[number], url)
    return kills


def stress(name: str, url: str, origin: str, folder: str) -> None:
    """One row: events lost and doubled, and the longest sync."""
    from review_bot.stores.batches import ids_of

    roots = [os.path.join(folder, f"clone{number}") for number in range(CLONES)]
    for root in roots:
        git(folder, "clone", "-q", origin, root)
    began = time.monotonic()
    kills = storm(roots, url)
    seconds = time.monotonic() - began
    drain(roots, url)
    reader = os.path.join(folder, "reader")
    git(folder, "clone", "-q", origin, reader)
    log = opened(reader, url)
    log.sync()
    store = log.exchange.open_store() if url else log
    counted = Counter(one for batch in store.read() for one in ids_of(map(bytes, batch.lines)))
    wanted = {one.id for one in events(0, EVENTS)}
    lost, doubled = len(wanted - counted.keys()), sum(counted.values()) - len(counted)
    longest = max(float(line) for root in roots for line in Path(f"{root}.times").read_text().split())
    print(f"| {name}: {CLONES} clones, {kills} kills: lost, doubled of {EVENTS:,} | 0, 0 | {lost}, {doubled} |")
    print(f"| {name}: longest sync, {seconds:.0f} s in all | < 9 s | {longest:.1f} s |", flush=True)


def drain(roots: list[str], url: str) -> None:
    """Send what killed processes left; a lock that they left goes after a minute."""
    from review_bot.errors import StoreError

    until = time.monotonic() + 150
    waiting = list(roots)
    while waiting and time.monotonic() < until:
        for root in list(waiting):
            log = opened(root, url)
            try:
                log.sync()
            except StoreError as error:
                print(f"drain: {error}", file=sys.stderr)
                continue
            if not log.pending():
                waiting.remove(root)
        time.sleep(1 if waiting else 0)


@contextmanager
def daemon(folder: str) -> Iterator[str]:
    """A git server on loopback with one repository, so that a killed clone does not take the server along."""
    hub = os.path.join(folder, "hub.git")
    git(folder, "init", "-q", "--bare", hub)
    seed = os.path.join(folder, "seed")
    git(folder, "init", "-q", "-b", "main", seed)
    git(seed, "commit", "-q", "--allow-empty", "-m", "first")
    git(seed, "push", "-q", hub, "main")
    git(hub, "symbolic-ref", "HEAD", "refs/heads/main")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--export-all", "--enable=receive-pack", f"--base-path={folder}", "--reuseaddr"]
    server = subprocess.Popen(
        [*command, "--listen=127.0.0.1", f"--port={port}"], env=ENVIRONMENT, start_new_session=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}/hub.git"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def size() -> None:
    """What 100,000 events weigh on the hub, and what they cost a new clone and a next append."""
    with tempfile.TemporaryDirectory() as folder, daemon(folder) as origin:
        root = os.path.join(folder, "writer")
        git(folder, "clone", "-q", origin, root)
        log = opened(root, "")
        for first in range(0, MANY, 100):
            log.append(events(first, 100))
        git(root, "push", "-q", "origin", REF)
        hub = os.path.join(folder, "hub.git")
        print(
            f"| hub after {MANY:,} events in {MANY // 100:,} pushes | <= 20 MiB | {weight(hub):.1f} MiB |", flush=True
        )
        print(f"| depth-1 fetch of them | <= 2.5 s | {fetched(folder, origin):.2f} s |", flush=True)
        log.sync()
        began = time.monotonic()
        log.append(events(MANY, 100))
        log.sync()
        print(f"| append and push at {MANY:,} | 0.6-0.9 s | {time.monotonic() - began:.2f} s |", flush=True)
        began = time.monotonic()
        log.compact()
        print(f"| compaction of them | none | {time.monotonic() - began:.1f} s |", flush=True)
        git(hub, "gc", "-q", "--prune=now")
        print(f"| hub after compaction and its own gc | 11.5 MiB | {weight(hub):.1f} MiB |", flush=True)
        print(f"| depth-1 fetch after compaction | <= 2.5 s | {fetched(folder, origin):.2f} s |", flush=True)


def weight(hub: str) -> float:
    """MiB of the objects."""
    files = [path for path in Path(hub, "objects").rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files) / 2**20


def fetched(folder: str, origin: str) -> float:
    """Seconds of a depth-1 fetch into an empty repository."""
    fresh = os.path.join(folder, f"fresh{time.monotonic()}")
    git(folder, "init", "-q", fresh)
    began = time.monotonic()
    git(fresh, "fetch", "-q", "--depth=1", origin, f"{REF}:{REF}")
    return time.monotonic() - began


def main() -> None:
    chosen = sys.argv[1:] or ["git", "folder", "postgres", "size"]
    for name in chosen:
        if name == "size":
            size()
            continue
        with tempfile.TemporaryDirectory() as folder, daemon(folder) as origin:
            if name == "postgres":
                from fakes.postgres import server

                with server(durable=True) as url:
                    stress(name, url, origin, folder)
            else:
                stress(name, f"file://{folder}/shared" if name == "folder" else "", origin, folder)
    shutil.rmtree(ENVIRONMENT["REVIEW_BOT_CACHE_DIR"], ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(int(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        main()
