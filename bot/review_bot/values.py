"""`NamedTuple` for modules on the path of the commit hook.

To a type checker it is typing's own. At run time the class is made without looking at each annotation, in half the
time: some forty classes are made at every commit, and that is a quarter of a bare interpreter
(docs/decisions/0002-values.md).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 - so that it is exported
else:
    from _collections import _tuplegetter

    class _Fields(tuple):
        """What every such class can do beside being a tuple."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, values):
            """The tuple of `values`, in the order of the fields."""
            return tuple.__new__(cls, values)

        def _replace(self, /, **changes):
            """A copy with other values in some fields."""
            values = tuple.__new__(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"no fields called {', '.join(changes)}")
            return values

        def _asdict(self):
            """The values by the names of their fields."""
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self):
            return tuple(self)

        def __repr__(self):
            inside = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({inside})"

    class _Maker(type):
        def __new__(mcs, name, bases, namespace):
            if not bases:
                return super().__new__(mcs, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = tuple(namespace.pop(field) for field in fields if field in namespace)
            namespace.update({field: _tuplegetter(index, "") for index, field in enumerate(fields)})
            names = ", ".join(fields)
            # As collections.namedtuple does: a constructor with the right names is the fastest one.
            # review-bot: ignore[py.code.eval] -- names of fields, from our own source
            new = eval(f"lambda _cls, {names}: _new(_cls, ({names},))", {"_new": tuple.__new__})  # noqa: S307
            new.__defaults__ = defaults or None
            new.__name__ = "__new__"
            namespace.update(__new__=new, __slots__=(), _fields=fields, __match_args__=fields)
            return type(name, (_Fields,), namespace)

    class NamedTuple(metaclass=_Maker):
        """The base that classes name; they become tuples."""
