"""A small reference model of the threads of a pull request, and random sequences that hold the real ones to it.

A finding is known by its text, which is unique in the world, so that the model needs nothing of ours to name a thread.
"""

from __future__ import annotations

import copy
import json
import random
import re
from typing import TYPE_CHECKING, Any

from fakes.github import BOT, Fault, User
from fakes.github.faults import READ_ONLY, secondary
from integration.pull_request_helpers import NUMBER, REPOSITORY, Scene, finding
from review_bot.domain.finding import SEVERITIES
from review_bot.pipeline.pull_request import marks
from review_bot.pipeline.pull_request.publish import Options, Outcome, publish
from review_bot.pipeline.report_file import parse
from review_bot.publishers.client import Client, Limits
from review_bot.publishers.github import GithubForge

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.github import Comment, Server, Thread

ADA = User("ada", 1)
_WRITES = "POST .*(reviews|issues/7/comments)|PATCH|minimize|unminimize|esolve"
_MOST_ROUNDS = 12


class World:
    """The files of a pull request, what people did to its threads, and what the model expects."""

    def __init__(self, server: Server, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.scene = Scene(server, folder)
        self.fake, self.pull = self.scene.fake, self.scene.pull
        self.scene.trees.commits[self.scene.base]["old.py"] = "".join(f"line {n}\n" for n in range(30))
        self.files: dict[str, list[str]] = {"old.py": [f"line {n}" for n in range(30)], "f0.py": ["first"]}
        self.severity: dict[str, str] = {}
        self.homes: dict[str, str] = {}
        """The file of each finding, also of those that are gone."""
        self.names = self.bads = 0
        self.options = Options(self.random.choice((100, 100, 3)), resolve=self.random.random() < 0.4)
        self.fake.may_resolve = self.random.random() < 0.6
        self.expected: dict[str, bool] = {}
        """By text of a finding whether its thread is open."""
        self.people: dict[str, str] = {}
        """By text what a person did to its thread."""
        self.deleted: set[str] = set()
        self.theirs: list[tuple[Thread, Thread]] = []
        self.push()

    # what happens to the pull request

    def push(self) -> None:
        """One to three changes in the files, then a new head."""
        for _ in range(self.random.randint(1, 3)):
            self.random.choice(
                (self._add, self._add, self._remove, self._move, self._rename, self._restore, self._restore)
            )()
        files = {name: "\n".join(lines) + "\n" for name, lines in self.files.items() if lines}
        self.scene.push_files(files)
        self.homes.update({text: path for path, _, text in self.here()})

    def _file(self) -> str:
        return self.random.choice(sorted(self.files))

    def _add(self) -> None:
        if self.random.random() < 0.3:
            self.names += 1
            self.files[f"f{self.names}.py"] = ["first"]
        self.bads += 1
        text = f"bad{self.bads}()"
        self.severity[text] = self.random.choice(("error", "warning", "info"))
        lines = self.files[self._file()]
        lines.insert(self.random.randint(0, len(lines)), text)

    def _remove(self) -> None:
        bad = self.here()
        if bad:
            path, _, text = self.random.choice(bad)
            self.files[path].remove(text)

    def _restore(self) -> None:
        """A finding that was there once comes back, in a file that it stood in before where that is still there."""
        here = {text for _, _, text in self.here()}
        gone = [text for text in self.severity if text not in here and text in self.homes]
        if gone:
            text = self.random.choice(gone)
            if self.homes[text] in self.files:
                self.files[self.homes[text]].append(text)

    def _move(self) -> None:
        self.files[self._file()].insert(0, f"filler {self.random.random()}")

    def _rename(self) -> None:
        names = [name for name in self.files if name != "old.py"]
        if names:
            old = self.random.choice(sorted(names))
            self.names += 1
            new = f"g{self.names}.py"
            self.files[new] = self.files.pop(old)
            self.homes.update({text: new for text, home in self.homes.items() if home == old})
            here = {text for path, _, text in self.here() if path == new}
            self.homes.update(dict.fromkeys(here, new))
            self.deleted -= here
            # What was gone when its file was renamed is another finding when it comes back.
            for text in [text for text, home in self.homes.items() if home == new and text not in here]:
                del self.homes[text]

    def here(self) -> list[tuple[str, int, str]]:
        """Path, line and text of every finding there is."""
        return [
            (path, number, line)
            for path, lines in sorted(self.files.items())
            for number, line in enumerate(lines, 1)
            if line.startswith("bad")
        ]

    def person(self) -> None:
        """Somebody does something."""
        open_threads = self.scene.open()
        act = self.random.choice(("resolve", "hide", "hide", "reply", "own", "delete"))
        if act == "own":
            body = open_threads[0].root.body if open_threads else "mine"
            thread = self.fake.start_thread(self.pull, ADA, body, "old.py", 1)
            self.theirs.append((thread, copy.deepcopy(thread)))
        elif open_threads:
            self._act(act, self.random.choice(open_threads))

    def _act(self, act: str, thread: Thread) -> None:
        text = text_of(thread.root)
        if act == "resolve":
            thread.resolved_by = ADA
            self.people[text] = act
        elif act == "hide":
            thread.root.minimized, thread.root.minimized_by = self.random.choice(("outdated", "resolved")), ADA
            self.people[text] = act
        elif act == "reply":
            self.fake.reply(thread, ADA, "thanks")
        elif self.expected.get(text) and text in self._remembered():
            self.pull.threads.remove(thread)
            self.deleted.add(text)
            del self.expected[text]

    def _remembered(self) -> set[str]:
        """Texts whose thread is known by the summary, as after every run that nothing disturbed."""
        return set(self.expected) if self.settled else set()

    settled = False

    # runs

    def run(self) -> Outcome:
        """One `pr publish`."""
        rows = [finding(line, text, path=path, severity=self.severity[text]) for path, line, text in self.here()]
        report = self.scene.report(*rows)
        client = Client(self.scene.server.url, "token", Limits(interval=0), sleep=lambda _seconds: None)
        forge = GithubForge(client, REPOSITORY, NUMBER)
        done = publish(parse(json.dumps(report).encode(), "report"), forge, self.options, redact=lambda texts, _: texts)
        client.close()
        assert client.requests <= 60
        assert client.writes <= 15
        return done

    def disturbed(self) -> None:
        """A run with something in its way; whatever it leaves, nothing is doubled or lost without a word."""
        self.settled = False
        head, files = self.pull.head, copy.deepcopy(self.files)
        self.fake.faults = [self._fault() for _ in range(self.random.randint(1, 2))]
        done = self.run()
        killed, self.fake.dead, self.fake.faults = self.fake.dead, False, []
        self.check_always()
        if done.unposted or killed or self.pull.head != head or files != self.files:
            assert done.unposted <= bool(done.degraded)
            return
        self.check_said()

    def _fault(self) -> Fault:
        chosen = self.random.choice(
            ("502", "502 after", "drop", "drop after", "limit", "long limit", "403", "kill", "push", "500", "forbidden")
        )
        skip = self.random.randint(0, 4)
        faults = {
            "502": Fault(_WRITES, status=502, skip=skip),
            "502 after": Fault(_WRITES, status=502, after=True, skip=skip),
            "drop": Fault(_WRITES, drop=True, skip=skip),
            "drop after": Fault(_WRITES, drop=True, after=True, skip=skip),
            "limit": secondary(_WRITES, after=1),
            "long limit": secondary(_WRITES, after=10**6),
            "403": Fault(_WRITES, status=403, message=READ_ONLY, skip=skip, times=99),
            "kill": Fault(".", call=self._kill, skip=self.random.randint(0, 14)),
            "push": Fault(".", call=self.push, skip=self.random.randint(1, 10)),
            "500": Fault("GET|repository", status=500, skip=skip, times=self.random.randint(1, 4)),
            "forbidden": Fault(
                "minimize", errors=[{"type": "FORBIDDEN", "path": ["m0"], "message": READ_ONLY}], times=99
            ),
        }
        return faults[chosen]

    def _kill(self) -> None:
        self.fake.dead = True

    def calm(self) -> None:
        """Runs with nothing in the way, until nothing is left to do; then the threads are what the model says."""
        for _ in range(_MOST_ROUNDS):
            self.fake.log.clear()
            done = self.run()
            assert not done.unposted, done
            if not any(entry.write for entry in self.fake.log):
                break
            self.check_always()
        else:
            raise AssertionError("it never comes to an end")
        assert len(self.fake.log) <= 8, [entry.request for entry in self.fake.log]
        self._predict()
        assert self.observed() == self.expected
        self.check_said()
        self.settled = True

    def _predict(self) -> None:
        """What the model makes of the findings there are."""
        here = {text for _, _, text in self.here()}
        seen = self.observed()
        for text in seen:
            self.expected.setdefault(text, True)
        for text in self.expected:
            if text not in self.people:
                self.expected[text] = text in here
        free = here - set(self.people) - self.deleted
        if self.options.max_comments >= 100:
            for text in free:
                self.expected[text] = True
        else:  # which of them are open depends on the way here; how many, and how severe they are, does not
            opened = {text for text, is_open in seen.items() if is_open and text not in self.people}
            assert len(opened) == min(self.options.max_comments, len(free)), (opened, free)
            assert opened <= free
            talked_about = {text_of(one.root) for one in self.scene.ours() if len(one.comments) > 1}
            ranks = {text: SEVERITIES.index(self.severity[text]) for text in free}
            worst = max((ranks[text] for text in opened - talked_about), default=0)
            assert all(ranks[text] >= worst for text in free - opened), (opened, free, ranks)
            for text in self.expected:
                if text not in self.people:
                    self.expected[text] = text in opened
        for text in self.people:
            self.expected[text] = False

    # checks

    def observed(self) -> dict[str, bool]:
        """By text whether its thread is open, as a reader sees it."""
        return {text_of(one.root): one.root.minimized is None and one.resolved_by is None for one in self.scene.ours()}

    def check_always(self) -> None:
        """What holds after every run, disturbed or not."""
        texts = [text_of(one.root) for one in self.scene.ours()]
        assert len(texts) == len(set(texts)), "a finding has two threads"
        assert len([one for one in self.pull.conversation if marks.read_summary(one.body)]) <= 1
        assert self.fake.violations == []
        assert self.fake.deleted == []
        for thread, before in self.theirs:
            assert thread == before
        for thread in self.scene.ours():
            done = self.people.get(text_of(thread.root))
            if done == "resolve":
                assert thread.resolved_by == ADA
            if done == "hide":
                assert thread.root.minimized_by == ADA
            if thread.root.minimized_by == BOT or thread.resolved_by == BOT:
                assert re.search(r"[0-9a-f]{7,}", thread.root.body)

    def check_said(self) -> None:
        """Every finding is in an open thread, or in the summary, or was closed by a person."""
        opened = self.observed()
        summary = self.scene.summary()
        for path, line, text in self.here():
            said = opened.get(text) or text in self.people or f"{path}:{line}" in summary
            assert said, f"{text} at {path}:{line} is lost"


def text_of(comment: Comment) -> str:
    """The finding that a comment of ours speaks of."""
    found = re.search(r"bad\d+\(\)", comment.body)
    assert found
    return found[0]


def sequence(server: Server, folder: Path, seed: int, steps: int = 10) -> int:
    """One random sequence; how many requests it made."""
    world = World(server, folder, seed)
    count = 0
    actions: list[Any] = [world.push, world.push, world.disturbed, world.disturbed, world.calm, *[world.person] * 2]
    for _ in range(steps):
        world.random.choice(actions)()
        count += len(world.fake.log)
    world.calm()
    return count
