"""What does it save to read once what prompts share?

    python bench/onnx_prefix.py [REPOSITORY] [--commits N] [--windows FORM]… [--shape NAME] [--answer TOKENS]

asks a Phi-3 with random weights, and with a tokenizer learned from the repository, about the windows of the last
commits, each commit as a scan of its own: once as the backend does it, once with everything forgotten before each call.
Both must give the same answers. Prints, for each form of the windows, the tokens of prompts that were read with reuse
over those without, and the same of the processor's time. `full` are windows as they are packed for a context of 4,096
tokens, `small` for one of 1,024, `hunk` are windows of one part each. Shapes: `tiny` (4 layers of 64), `small` (0.1B),
`1.5B`, `mini` (Phi-3-mini itself, 2.1 GB).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bench"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bot"))

from windows import HERE, changes, learned_from

from fakes.tiny_phi3 import PHI3_MINI, Shape, tiny_phi3, with_control_tokens
from review_bot.backends.onnx.backend import OnnxBackend
from review_bot.domain.model import Completion, Sampling
from review_bot.errors import TooLong, Truncated
from review_bot.prompts.templates import load
from review_bot.review.windows import Builder

if TYPE_CHECKING:
    from review_bot.domain.model import Prompt

SHAPES = {
    "tiny": Shape(layers=4, context=16_384),
    "small": Shape(768, 12, 4, 64, 12, 2048, 16_384),
    "1.5B": Shape(1536, 12, 2, 128, 28, 8960, 16_384, 32_064),
    "mini": PHI3_MINI._replace(context=16_384),
}


class Run(NamedTuple):
    read: int
    seconds: float
    answers: tuple[str, ...]


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        shape = SHAPES[options.shape]
        tokenizer = with_control_tokens(json.loads(learned_from(options.repository).to_str()))
        tiny_phi3(folder, shape=shape, tokenizer=tokenizer)
        model = OnnxBackend(folder, digest_of=lambda _: "", threads=options.threads)
        print("| windows | commits | calls | tokens a prompt | read, with / without | CPU, with / without |")
        print("|---|---|---|---|---|---|")
        for form in options.windows or ["full", "small", "hunk"]:
            _row(form, model, _scans(options, form), options.answer)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="measure the reuse of prefixes on real commits")
    parser.add_argument("repository", nargs="?", default=HERE, help="folder of a git repository (default: this one)")
    parser.add_argument("--commits", type=int, default=20, help="how many commits, newest first (default: 20)")
    parser.add_argument("--windows", choices=("full", "small", "hunk"), action="append", help="form; may be repeated")
    parser.add_argument("--shape", choices=tuple(SHAPES), default="tiny", help="size of the model (default: tiny)")
    parser.add_argument("--answer", type=int, default=16, help="tokens of each answer (default: 16)")
    parser.add_argument("--calls", type=int, default=20, help="calls of one commit at most (default: 20)")
    parser.add_argument("--threads", type=int, default=0, help="threads of the engine (default: as many as cores)")
    return parser.parse_args()


def _scans(options: argparse.Namespace, form: str) -> list[list[Prompt]]:
    """The prompts of each commit."""
    builder = Builder(load(), 1024 if form == "small" else 4096, 512)
    scans = []
    for change in changes(options.repository, options.commits):
        parts, _ = builder.parts_of(change)
        groups = [[part] for part in parts] if form == "hunk" else [parts]
        windows = [window for group in groups for window in builder.pack(group)]
        scans.append([builder.prompt(window) for window in windows[: options.calls]])
    return [scan for scan in scans if scan]


def _row(form: str, model: OnnxBackend, scans: list[list[Prompt]], answer: int) -> None:
    first = scans[0][:1]
    _run(model, [first], answer, forget=False)
    fresh = _run(model, scans, answer, forget=True)
    kept = _run(model, scans, answer, forget=False)
    if kept.answers != fresh.answers:
        raise SystemExit("the answers differ")
    calls = sum(map(len, scans))
    print(
        f"| {form} | {len(scans)} | {calls} | {fresh.read / calls:.0f} | {kept.read / fresh.read:.2f}"
        f" | {kept.seconds / fresh.seconds:.2f} |",
        flush=True,
    )


def _run(model: OnnxBackend, scans: list[list[Prompt]], answer: int, *, forget: bool) -> Run:
    before, began, answers = model.prefilled, time.process_time(), []
    for scan in scans:
        model.forget()
        for prompt in scan:
            if forget:
                model.forget()
            answers.append(_ask(model, prompt, answer))
    return Run(model.prefilled - before, time.process_time() - began, tuple(answers))


def _ask(model: OnnxBackend, prompt: Prompt, answer: int) -> str:
    try:
        return model.complete(Completion(prompt, Sampling(max_tokens=answer, temperature=0), 3600)).text
    except Truncated as cut:
        return cut.text
    except TooLong as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
