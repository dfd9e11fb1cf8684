"""A GitHub on loopback for the tests: strict about requests, with the behaviour that no schema says.

`Fake` is the state and `serve` puts it on a port; faults are switched by the test, every request is kept in `log`.
"""

from __future__ import annotations

from fakes.github.faults import Fault
from fakes.github.server import Server, serve
from fakes.github.state import BOT, Comment, Fake, Pull, Repository, Thread, User
from fakes.github.trees import GitTrees, MemoryTrees

__all__ = [
    "BOT",
    "Comment",
    "Fake",
    "Fault",
    "GitTrees",
    "MemoryTrees",
    "Pull",
    "Repository",
    "Server",
    "Thread",
    "User",
    "serve",
]
