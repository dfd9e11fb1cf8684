"""What is known at one point of a function."""

from __future__ import annotations

from review_bot.rules.taint.names import prefixes
from review_bot.rules.taint.value import CLEAN, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.rules.taint.guards import Verdict
    from review_bot.rules.taint.value import Value


class Frame:
    """Values by dotted name; a name that is not here was never assigned."""

    __slots__ = ("aliases", "dotted", "env", "inner", "repeating", "returns", "texts", "verdicts")

    def __init__(self) -> None:
        self.env: dict[str, Value] = {}
        self.aliases: dict[str, str] = {}
        """Usual names of the request object and the like, by the names they have here."""
        self.verdicts: dict[str, Verdict] = {}
        self.texts: dict[str, str] = {}
        """Literals by the name they were given, such as a template."""
        self.returns: Value = CLEAN
        self.dotted = False
        """True when a part of something may be tainted without the whole."""
        self.inner = False
        """True within a function."""
        self.repeating = False

    def copy(self) -> Frame:
        """The same knowledge, to be changed on its own."""
        other = Frame()
        other.env = dict(self.env)
        other.aliases, other.verdicts, other.texts = dict(self.aliases), dict(self.verdicts), dict(self.texts)
        other.dotted, other.inner, other.repeating = self.dotted, self.inner, self.repeating
        return other

    def child(self) -> Frame:
        """The frame of a function that is written here."""
        other = self.copy()
        other.inner = True
        return other

    @property
    def tainted(self) -> bool:
        """True when anything here is tainted."""
        return any(self.env.values())

    @property
    def nothing_known(self) -> bool:
        """True when there is nothing that a check could tell about."""
        return not self.aliases and not self.tainted

    def bind(self, path: str, value: Value) -> None:
        """Give a name a value; what was known of its parts is over."""
        if not path or path == "_":
            return
        if self.dotted:
            start = path + "."
            for key in [key for key in self.env if key.startswith(start)]:
                del self.env[key]
        if value and "." in path:
            self.dotted = True
        self.env[path] = value
        self.verdicts.pop(path, None)
        self.texts.pop(path, None)
        if "." not in path and path in self.aliases and not value:
            del self.aliases[path]

    def add(self, path: str, value: Value) -> None:
        """Put a value into what the name holds."""
        self.env[path] = join(self.env.get(path, CLEAN), value)
        self.dotted = self.dotted or "." in path

    def get(self, path: str) -> Value | None:
        """The value of a name, or None where nothing is known of it."""
        for prefix in prefixes(path):
            if prefix in self.env:
                value = self.env[prefix]
                return join(value, self._parts(path)) if self.dotted and prefix == path else value
        return self._parts(path) or None if self.dotted else None

    def _parts(self, path: str) -> Value:
        start = path + "."
        return join(*(value for key, value in self.env.items() if key.startswith(start)))

    def merge(self, other: Frame) -> None:
        """What is known when either of two ways was gone."""
        for key, value in other.env.items():
            if key in self.env:
                self.env[key] = join(self.env[key], value)
            elif value:
                self.env[key] = value
        for key in [key for key, value in self.env.items() if not value and "." in key and key not in other.env]:
            del self.env[key]
        self.dotted = self.dotted or other.dotted

    def take_over(self, child: Frame, own: set[str]) -> None:
        """What a function written here has changed of ours."""
        for key in self.env:
            if key.partition(".")[0] not in own and key in child.env:
                self.env[key] = join(self.env[key], child.env[key])
