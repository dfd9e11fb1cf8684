"""Of 2,000 answers of a model with random weights, how many findings stand on a line that the change did not add: none.

The windows are those of the seeded cases, the answers are bound to the schema. Each answer is read twice: as it is, and
with its quotes replaced by lines of the file, added or not, since a random text is never a quote.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.tiny_phi3 import tiny_phi3
from review_bot.backends.onnx.backend import OnnxBackend
from review_bot.domain.model import Completion, Sampling
from review_bot.errors import BackendError
from review_bot.evaluation.seeded import Case, cases
from review_bot.prompts.parse import parse
from review_bot.prompts.templates import load
from review_bot.review.gate import Gate
from review_bot.review.windows import Builder

ANSWERS = 2000


def main(count: int = ANSWERS) -> None:
    dice = random.Random(7)
    seeded = cases()
    builder = Builder(load(), 4096, 256)
    tally: Counter[str] = Counter()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        model = OnnxBackend(tiny_phi3(Path(folder) / "model", seed=5), digest_of=lambda _: "random")
        for number in range(count):
            ask(seeded[number % len(seeded)], number, builder, model, dice, tally)
        model.close()
    print(f"{tally['answers']} answers in {time.perf_counter() - began:.0f} s; {tally['cut']} cut off, not read")
    print(f"{tally['raw']} findings read, {tally['kept']} kept, {tally['stray']} of them on a line that was not added")
    for reason, times in Counter({k: v for k, v in tally.items() if k.startswith("- ")}).most_common(8):
        print(f"{times:6} {reason}")
    sys.exit(1 if tally["stray"] else 0)


def short(schema: Any) -> Any:
    """The schema with short texts and two findings at most: random text goes on to the end of what is allowed."""
    if isinstance(schema, dict):
        bounds = {"maxLength": 16, "maxItems": 2}
        return {key: min(bounds[key], one) if key in bounds else short(one) for key, one in schema.items()}
    return [short(one) for one in schema] if isinstance(schema, list) else schema


def ask(
    case: Case, number: int, builder: Builder, model: OnnxBackend, dice: random.Random, tally: Counter[str]
) -> None:
    change = case.change()
    (window,) = builder.pack(builder.parts_of(change)[0])
    sampling = Sampling(max_tokens=256, temperature=1.0, top_p=1.0, seed=number)
    call = Completion(builder.prompt(window), sampling, 60.0, short(builder.schema(window)))
    try:
        text = model.complete(call).text
    except BackendError:
        tally["cut"] += 1
        return
    tally["answers"] += 1
    added = {line for file in change.files for hunk in file.hunks for line, _ in hunk.added_lines()}
    rows = case.after.split("\n") + case.before.split("\n")
    raw = parse(text).findings
    quoting = [one._replace(quote=dice.choice(rows), message="The value is wrong when there is none") for one in raw]
    for findings in (raw, quoting):
        sifted = Gate(change).sift(window, findings)
        tally["raw"] += len(findings)
        tally["kept"] += len(sifted.kept)
        tally["stray"] += sum(one.start_line not in added or one.path != case.path for one in sifted.kept)
        tally.update("- " + one.reason[:50] for one in sifted.dropped)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
