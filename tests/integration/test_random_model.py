"""A model with random weights can't put a finding on a line that the change did not add."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("numpy")
pytest.importorskip("tokenizers")
pytest.importorskip("onnxruntime")

from integration.backends.onnx_helpers import backend
from review_bot.domain.model import Completion, Sampling
from review_bot.evaluation.seeded import cases
from review_bot.prompts.parse import parse
from review_bot.prompts.templates import load
from review_bot.review.gate import Gate
from review_bot.review.windows import Builder


def short(schema: object) -> object:
    """The schema with short texts, so that random text comes to an end."""
    if isinstance(schema, dict):
        return {key: min(16, one) if key == "maxLength" else short(one) for key, one in schema.items()}
    return [short(one) for one in schema] if isinstance(schema, list) else schema


def test_no_finding_of_random_answers_stands_on_a_line_that_was_not_added(tiny_model: str) -> None:
    model, builder, dice = backend(tiny_model), Builder(load(), 4096, 256), random.Random(1)
    read = kept = 0
    for number, case in enumerate(cases()[::8]):
        change = case.change()
        (window,) = builder.pack(builder.parts_of(change)[0])
        schema = short(builder.schema(window))
        assert isinstance(schema, dict)
        sampling = Sampling(max_tokens=400, temperature=1.0, top_p=1.0, seed=number)
        answer = model.complete(Completion(builder.prompt(window), sampling, 60.0, schema))
        added = {line for file in change.files for hunk in file.hunks for line, _ in hunk.added_lines()}
        raw = parse(answer.text).findings
        # A random text is never a quote: lines of the file, added or not, put the gate to the test.
        rows = case.after.split("\n") + case.before.split("\n")
        quoting = [one._replace(quote=dice.choice(rows), message="The value is wrong when empty") for one in raw]
        for findings in (raw, quoting):
            sifted = Gate(change).sift(window, findings)
            read += len(findings)
            kept += len(sifted.kept)
            assert all(one.path == case.path and one.start_line in added for one in sifted.kept)
    assert read > kept > 0
