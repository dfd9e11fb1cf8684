"""What the stages need of prompts and code: parts, windows, questions, answers, gate and judge, for one change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.model import Completion, Sampling
from review_bot.domain.window import Window
from review_bot.errors import BadAnswer, ConfigError, TooLong
from review_bot.pipeline.select import wanted
from review_bot.prompts.parse import parse
from review_bot.prompts.prompt import judge_prompt
from review_bot.review import judge
from review_bot.review.gate import Gate
from review_bot.review.notes import Extras
from review_bot.review.quotes import Place, place_of
from review_bot.review.redact import Redactor
from review_bot.review.risk import signs_of
from review_bot.review.windows import Builder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.config import Config
    from review_bot.diffing.rows import Clean
    from review_bot.domain.finding import Finding, Suppressed
    from review_bot.domain.model import Answer, ModelInfo
    from review_bot.domain.window import Part, Uncovered
    from review_bot.pipeline.ask import PartResult, Style
    from review_bot.pipeline.stages import Examples, Looked
    from review_bot.ports import Change
    from review_bot.prompts.prompt import Form
    from review_bot.prompts.raw import RawFinding
    from review_bot.prompts.templates import Prompts
    from review_bot.rules.ruleset import RuleSet

_JUDGE = "1"
"""Changes with the way the judge is asked."""
_WARMER = 0.3
"""Added to the temperature when a window is asked for again."""
_HOTTEST = 1.0


def version_of(prompts: Prompts) -> str:
    """What changes whenever the same part would be asked for otherwise."""
    return f"{prompts.version} {_JUDGE}"


class Toolkit:
    """Everything between the diff and the model, and back."""

    def __init__(self, change: Change, rules: RuleSet, config: Config, prompts: Prompts, *, message: str = "") -> None:
        """`message` is that of the commit."""
        self.change = change
        self.prompts = prompts
        self.version = version_of(prompts)
        self._rules = rules
        self._config = config
        self._message = message
        self._looked: Sequence[Looked] = ()
        self._redactor = Redactor()
        self._builder: Builder | None = None
        self._lines: dict[str, dict[int, str]] = {}

    @property
    def builder(self) -> Builder:
        """The builder for the engine's context."""
        if self._builder is None:
            raise AssertionError("`prepare` comes first")
        return self._builder

    def prepare(self, looked: Sequence[Looked], info: ModelInfo) -> None:
        """Get ready for an engine; raises TooLong where its context has no room for instructions and code."""
        model = self._config.model
        window = min(model.window, info.context or model.window)
        try:
            self._builder = Builder(self.prompts, window, model.answer_tokens)
        except ConfigError as error:
            whose = "its context" if window < model.window else "model.window"
            raise TooLong(
                f"{whose} of {window} tokens has no room for instructions and code: {error.remedy}"
            ) from error
        self._looked = looked
        self._redactor = Redactor.of(self.change, self._rules)

    def parts(self) -> tuple[Sequence[Part], Sequence[Uncovered]]:
        """Every hunk worth showing, cut where it is too large, without secrets."""
        skipped = {file.path: outcome.skipped for file, outcome in self._looked if outcome.skipped}
        signs = signs_of(self._said(), [file.path for file in self.change.files])
        return self.builder.parts_of(self.change, skipped=skipped, clean=self._clean(), signs=signs)

    def windows(self, parts: Sequence[Part], examples: Examples | None) -> Sequence[Window]:
        """The parts packed, the riskiest first."""
        said = self._said()
        extras = Extras(findings=said, examples=examples, message=self._message, clean=self._redactor.text)
        return self.builder.pack(parts, extras)

    def call(self, window: Window, style: Style, problem: str, count: Callable[[str], int | None]) -> Completion:
        """The question; raises TooLong where the engine counts more tokens than were estimated."""
        if not self.builder.fits(window, count):
            raise TooLong("the engine counts more tokens than its context has room for")
        form: Form = "lines" if style == "lines" else "json"
        return Completion(
            prompt=self.builder.prompt(window, form=form, error=problem if style == "again" else ""),
            sampling=self._sampling(style),
            timeout=self._config.model.deadline,
            schema=None if style == "lines" else self.builder.schema(window),
            language=_language(window),
        )

    def _sampling(self, style: Style) -> Sampling:
        model = self._config.model
        usual = Sampling(
            self.builder.frame.answer_tokens, model.temperature, model.top_p, model.repeat_penalty, model.seed
        )
        if style == "plain":
            return usual
        warmer = min(max(model.temperature, _HOTTEST), model.temperature + _WARMER)
        return usual._replace(temperature=warmer, seed=model.seed + (1 if style == "again" else 2))

    def read(self, text: str, window: Window, style: Style) -> Sequence[tuple[Part, RawFinding]]:
        """The remarks of an answer, each with its part; raises BadAnswer where there is nothing to read."""
        parsed = parse(self._redactor.known(text))
        if parsed.form in ("empty", "hopeless"):
            raise BadAnswer(parsed.problem, text=text)
        return [self._at_its_part(one, window) for one in parsed.findings]

    def _at_its_part(self, raw: RawFinding, window: Window) -> tuple[Part, RawFinding]:
        """A remark with the part it speaks of: by its quote; else by its line, for the gate to say what is wrong."""
        place = place_of(raw, window, self._line)
        if isinstance(place, Place):
            return place.part, raw._replace(path=place.part.path)
        same = [part for part in window.parts if part.path == raw.path] or window.parts
        return next((part for part in same if raw.line in part.added_lines), same[0]), raw

    def halves(self, window: Window) -> Sequence[Window]:
        """Smaller windows with the same parts; empty where nothing is left to cut."""
        return self.builder.split(window)

    def gate(self, results: Sequence[PartResult]) -> tuple[Sequence[Finding], Sequence[Suppressed]]:
        """What can be trusted of the remarks. Part by part, so that it does not matter what was asked together."""
        said = self._said()
        gate = Gate(
            self.change,
            rules=self._rules,
            reported=[one for one in said if one.confidence >= 0.5],
            hints=[one for one in said if one.confidence < 0.5],
            redactor=self._redactor,
        )
        kept: list[Finding] = []
        dropped: list[Suppressed] = []
        for one in results:
            if one.remarks:
                sifted = gate.sift(Window("", "", (one.part,), 0, 0), one.remarks)
                kept += filter(self._wanted, sifted.kept)
                dropped += filter(lambda held: self._wanted(held.finding), sifted.dropped)
        return kept, dropped

    def question(self, finding: Finding, part: Part) -> Completion:
        """What the judge is asked."""
        return Completion(
            prompt=judge_prompt(finding, part, self.prompts),
            sampling=Sampling(judge.ANSWER_TOKENS, 0.0, 1.0, 1.0, self._config.model.seed),
            timeout=self._config.model.deadline,
            purpose="judge",
            language=part.language,
            probability_of=judge.CHOICES,
        )

    def verdict(self, finding: Finding, answer: Answer | None, reason: str) -> Finding | Suppressed:
        """The finding as the judge leaves it; `reason` says why there is no answer."""
        return judge.unjudged(finding, reason) if answer is None else judge.judged(finding, judge.verdict(answer))

    def _said(self) -> list[Finding]:
        """What the rules say, hints that are not shown to people included."""
        return [finding for _, outcome in self._looked for finding in outcome.findings]

    def _clean(self) -> Clean:
        def clean(path: str, number: int, text: str) -> str:
            return self._redactor.line(path, "old" if number < 0 else "new", abs(number), text)

        return clean

    def _line(self, path: str, number: int) -> str:
        """A line of the new file as a model may see it."""
        if path not in self._lines:
            views = (outcome.view for file, outcome in self._looked if file.path == path)
            view = next((one for one in views if one is not None), None)
            self._lines[path] = view.lines("new") if view else {}
        return self._redactor.line(path, "new", number, self._lines[path].get(number, ""))

    def _wanted(self, finding: Finding) -> bool:
        return wanted(finding.rule, finding.category, self._config.select, self._config.ignore)


def _language(window: Window) -> str | None:
    """The language of most of the window."""
    tokens: dict[str | None, int] = {}
    for part in window.parts:
        tokens[part.language] = tokens.get(part.language, 0) + part.tokens
    return max(tokens, key=lambda language: tokens[language]) if tokens else None
