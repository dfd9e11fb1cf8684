"""The cache as the stages see it: answers by part and verdicts by finding, under names that survive moving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.pipeline import reuse
from review_bot.pipeline.ask import PartResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review_bot.config.model import Model
    from review_bot.domain.finding import Finding
    from review_bot.domain.window import Part, Window
    from review_bot.pipeline.stages import Store

_LAST = "the model asked last"


class Shelf:
    """What is kept for one model, one version of the prompts and one way of sampling."""

    def __init__(self, store: Store, name: str, version: str, model: Model) -> None:
        """`name` is that of the model with its digest, `version` that of the prompts."""
        self._store = store
        self._name = name
        sampling = (model.temperature, model.top_p, model.repeat_penalty, model.seed, model.answer_tokens)
        self._salt = reuse.salt(name, version, sampling)
        self._keys: dict[Part, reuse.Keys] = {}

    @classmethod
    def of_last(cls, store: Store, version: str, model: Model) -> Shelf | None:
        """That of the model which was asked last, whoever asked it; None where none was."""
        name = store.get([_LAST]).get(_LAST)
        return cls(store, name, version, model) if name is not None else None

    def known(self, parts: Sequence[Part]) -> dict[Part, PartResult]:
        """What is kept of those of `parts` that were asked about before."""
        keys = {part: self._keys_of(part) for part in parts}
        found = self._store.get(list(dict.fromkeys(key for some in keys.values() for key in some)))
        known = ((part, reuse.known(part, keys[part], found)) for part in parts)
        return {
            part: PartResult(part, "cached", "" if one.how == "same" else one.how, one.remarks)
            for part, one in known
            if one is not None
        }

    def keep(self, results: Sequence[PartResult]) -> None:
        """Keep the answer on each part, unless another engine than the first gave it."""
        entries: dict[str, str] = {}
        for one in results:
            if one.state == "reviewed" and not one.engine:
                entries.update(dict.fromkeys(self._keys_of(one.part), reuse.packed(one.part, one.remarks)))
        if entries:
            self._store.put({**entries, _LAST: self._name})

    def keep_whole(self, window: Window, results: Sequence[PartResult]) -> None:
        """Keep parts that could only be asked for in pieces, so that nobody tries them whole again."""
        whole = []
        for part in window.parts:
            lines = set(part.added_lines)
            pieces = [one for one in results if one.part.path == part.path and lines.issuperset(one.part.added_lines)]
            if complete(pieces) and not any(one.part == part for one in pieces):
                remarks = tuple(remark for one in pieces for remark in one.remarks)
                whole.append(PartResult(part, "reviewed", "", remarks))
        self.keep(whole)

    def key_of(self, finding: Finding, part: Part) -> str:
        """The name of a verdict, which stays when the part moves."""
        text = f"{finding.category}\0{finding.message}\0{finding.quote.strip()}"
        return reuse.salt("judge", self._keys_of(part).moved, text)

    def get(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The verdicts that are kept."""
        return self._store.get(keys)

    def _keys_of(self, part: Part) -> reuse.Keys:
        if part not in self._keys:
            self._keys[part] = reuse.keys_of(part, self._salt)
        return self._keys[part]


def complete(results: Sequence[PartResult]) -> bool:
    """Whether the first engine read all of it, now or earlier."""
    return all(one.state in ("reviewed", "cached") and not one.engine for one in results)
