"""How a review is written down: one module a format, each imported only when it is asked for."""

from __future__ import annotations

from review_bot import __version__
from review_bot.errors import UsageError
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from review_bot.domain.diff import Side
    from review_bot.domain.review import Review
    from review_bot.rules.model import Rule

FORMATS: tuple[str, ...] = (
    "text", "json", "jsonl", "sarif", "rdjson", "rdjsonl", "github", "checkstyle", "junit", "markdown", "html",
    "gitlab",
)  # fmt: skip
"""Names for `--format`; each is a module of this package with `render(review, options)`."""


class RenderOptions(NamedTuple):
    """What a format may take into account beside the review."""

    version: str = __version__
    color: bool = False
    """Text only: ANSI colours."""
    verbose: bool = False
    """Text only: list what was held back and what was not looked at."""
    quiet: bool = False
    """Text only: nothing but findings."""
    limit: int = 60_000
    """Markdown only: characters that there is room for."""
    width: int = 100
    """Text only: columns of the terminal."""
    source: Callable[[str, Side, int], str | None] | None = None
    """Text of a line by path, side and number, for lines outside the hunks; without it the finding's quote is shown."""
    rules: Callable[[], Iterable[Rule]] | None = None
    """The rules that were run, for formats that describe them; without it only rules with findings are described."""


def render(name: str, review: Review, *, options: RenderOptions) -> str:
    """`review` in the format `name`, with a line feed at the end unless it is empty; raises UsageError."""
    if name not in FORMATS:
        raise _unknown(name)
    # importlib would be one more import on the way of the commit hook
    module = __import__(f"{__name__}.{name}", fromlist=["render"])
    text: str = module.render(review, options)
    return text


def parse_spec(spec: str) -> tuple[str, str | None]:
    """Format and path of `FORMAT[:PATH]`; the path is None for standard output; raises UsageError."""
    name, colon, path = spec.partition(":")
    if name not in FORMATS:
        raise _unknown(name)
    if colon and not path:
        raise UsageError("no path behind the colon", where=f"--format {spec}", remedy=f"write {name}:FILE or {name}")
    return name, None if path in ("", "-", "/dev/stdout") else path


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), FORMATS, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"choose from {', '.join(FORMATS)}"
    return UsageError(f"unknown format {name!r}", where="--format", remedy=remedy)
