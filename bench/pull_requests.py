"""Pull requests against the fake GitHub of the tests: random sequences held to a model, and one very large change.

`python bench/pull_requests.py [SEQUENCES]`; needs the packages of the extra `dev`. Run it from the repository.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from fakes.github import Fake, serve
from integration.pull_request_helpers import NUMBER, Scene, finding
from integration.pull_request_model import sequence
from review_bot.cli.main import __name__ as _installed

FILES, FINDINGS, EACH = 300, 1_000, 4


def sequences(count: int) -> None:
    """Random sequences; the first that leaves the model ends the run with its seed."""
    requests = 0
    for seed in range(count):
        with serve(Fake()) as server, tempfile.TemporaryDirectory() as folder:
            try:
                requests += sequence(server, Path(folder), seed)
            except AssertionError as error:
                raise SystemExit(f"sequence {seed}: {error}") from error
            if server.fake.violations:
                raise SystemExit(f"sequence {seed}: off the schema: {server.fake.violations[0]}")
    print(f"| random sequences off the model, doubled, lost or off the schema | 0 | 0 of {count} |", flush=True)
    print(f"| requests in them | | {requests} |", flush=True)


def large() -> None:
    """A pull request of 300 files and 1,000 findings, by the command in a process of its own."""
    with serve(Fake()) as server, tempfile.TemporaryDirectory() as folder:
        scene = Scene(server, Path(folder))
        lines = [f"bad{n}()" for n in range(EACH)] + [f"filler_{n} = {n}" for n in range(200)]
        names = [f"package/module_{number}.py" for number in range(FILES)]
        scene.push_files({name: "\n".join(lines) + "\n" for name in names})
        rows = [finding(n + 1, f"bad{n}()", path=name) for name in names for n in range(EACH)][:FINDINGS]
        place = Path(folder) / "review-bot.json"
        place.write_text(json.dumps(scene.report(*rows)))
        environment = {**os.environ, **scene.environ, "GITHUB_STEP_SUMMARY": str(Path(folder) / "summary.md")}
        command = [sys.executable, "-m", _installed.partition(".")[0], "pr", "publish", "--pr", str(NUMBER)]
        for what in ("first run", "second run"):
            scene.fake.log.clear()
            with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            writes = len(scene.fake.writes())
            bound = "60 requests" if what == "first run" else "8 requests, 0 writes"
            print(f"| 300 files, 1,000 findings, {what} | {bound} | {len(scene.fake.log)} requests, {writes} writes |")
            print(f"| peak, {what} | <= 200 MiB | {usage.ru_maxrss / 1024:.0f} MiB, {usage.ru_utime:.1f} s CPU |")
        assert not scene.fake.violations


if __name__ == "__main__":
    large()
    sequences(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
