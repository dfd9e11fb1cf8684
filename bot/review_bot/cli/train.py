"""`review-bot train`: a LoRA adapter from the rows of `memory export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.cli.streams import say
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse

    from review_bot.evaluation.train import Settings, Trained


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser("train", description="Make a LoRA adapter from judged answers; nothing is fetched.")
    parser.add_argument("--data", metavar="DIR", help="train.jsonl, test.jsonl and manifest.json")
    parser.add_argument("--base", metavar="FOLDER", help="the model, as transformers keeps it")
    parser.add_argument("--out", metavar="DIR", required=True, help="where the adapter goes")
    parser.add_argument(
        "--onnx",
        metavar="FOLDER",
        help="also write the adapter for this ONNX export of the base, made with LoRA inputs; without --data and "
        "--base the adapter that lies in --out already",
    )
    parser.add_argument("--format", choices=("sft", "kto", "dpo"), help="form of the rows (default: the manifest's)")
    for name, kind, usual, about in (
        ("epochs", int, 3, "times to go through the rows"),
        ("rate", float, 2e-4, "learning rate"),
        ("rank", int, 16, "rank of the adapter"),
        ("batch", int, 8, "rows between two steps"),
        ("max-tokens", int, 2048, "rows with more are left out"),
        ("beta", float, 0.1, "how near to the base kto and dpo stay"),
        ("seed", int, 0, "start of the random numbers"),
    ):
        text = f"{about} (default: %(default)s)"
        parser.add_argument(f"--{name}", type=kind, default=usual, metavar="N", help=text)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, and say how to use what came of it."""
    lines = _trained(arguments) if _is_to_learn(arguments) else []
    if arguments.onnx is not None:
        from review_bot.bootstrap.train import to_onnx

        file = to_onnx(arguments.out, arguments.onnx)
        lines.append(f'onnx: model.onnx.adapters = {{ python = "{file}" }}')
    else:
        lines.append("onnx: review-bot train --out DIR --onnx FOLDER writes it for an export with LoRA inputs")
    for line in lines:
        print(printable(line))
    return 0


def _is_to_learn(arguments: argparse.Namespace) -> bool:
    """False where an adapter is only to be written in another form; raises UsageError where too little is named."""
    given = [arguments.data is not None, arguments.base is not None]
    if not all(given) and (any(given) or arguments.onnx is None):
        name = "--base" if given[0] else "--data"
        raise UsageError(f"{name} is missing", where="train", remedy="--data DIR --base FOLDER --out DIR")
    return all(given)


def _trained(arguments: argparse.Namespace) -> list[str]:
    from review_bot.bootstrap.train import check_graph, train

    settings = _settings(arguments)
    if arguments.onnx is not None:
        check_graph(arguments.onnx, settings.rank)
    done = train(arguments.data, arguments.base, arguments.out, settings, lambda line: say(printable(line)))
    return _said(done, arguments.out)


def _settings(arguments: argparse.Namespace) -> Settings:
    from review_bot.bootstrap.train import form_of
    from review_bot.evaluation.train import Settings

    for name in ("epochs", "rate", "rank", "batch", "max_tokens", "beta"):
        if not getattr(arguments, name) > 0:
            raise UsageError(f"--{name.replace('_', '-')} must be more than 0", where="train")
    return Settings(
        arguments.format or form_of(arguments.data), arguments.epochs, arguments.rate, arguments.rank,
        arguments.batch, arguments.max_tokens, arguments.beta, arguments.seed,
    )  # fmt: skip


def _said(done: Trained, out: str) -> list[str]:
    left = f", {done.left_out} too long and left out" if done.left_out else ""
    lines = [f"learned from {done.rows} rows in {done.steps} steps{left}"]
    if done.before is not None and done.after is not None:
        worse = "" if done.after < done.before else ": no better than without, so do not use it"
        lines.append(f"loss on unseen rows {done.before:.4f} -> {done.after:.4f}{worse}")
    return [
        *lines,
        f"Ollama: cd {out} && ollama create review-bot-tuned -f Modelfile",
    ]
