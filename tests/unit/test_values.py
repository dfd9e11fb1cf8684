"""Our NamedTuple is what typing's is, as far as anybody here can tell."""

from __future__ import annotations

import copy
import pickle

import pytest

from review_bot.values import NamedTuple


class Point(NamedTuple):
    """A place."""

    x: int
    """Across."""
    y: int = 2

    @property
    def sum(self) -> int:
        return self.x + self.y


def test_fields_and_defaults() -> None:
    point = Point(1)
    assert (point.x, point.y, point.sum, point == (1, 2)) == (1, 2, 3, True)
    assert Point(x=5, y=6)._asdict() == {"x": 5, "y": 6}
    assert Point._fields == ("x", "y")
    assert Point.__doc__ == "A place."


def test_frozen_and_without_a_dict() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]
    assert not hasattr(point, "__dict__")


def test_copies() -> None:
    point = Point(1)
    assert point._replace(y=9) == Point(1, 9)
    assert pickle.loads(pickle.dumps(point)) == copy.copy(point) == Point._make([1, 2])
    assert repr(point) == "Point(x=1, y=2)"


def test_wrong_fields() -> None:
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="no fields called z"):
        Point(1)._replace(z=3)  # type: ignore[call-arg]


def test_matching() -> None:
    match Point(1, 7):
        case Point(x, y):
            assert (x, y) == (1, 7)
