"""A LoRA adapter from judged answers; the one module that loads torch, transformers and peft.

Losses per row, with r(y) = log p(y | x) - log p_base(y | x), where the base is the same model with the adapter off:

- sft: the mean of -log p over the tokens of the completion; the prompt is masked.
- dpo: -log sigmoid(beta (r(chosen) - r(rejected))), equation 7 of Rafailov et al. 2023, arXiv:2305.18290.
- kto: w (1 - sigmoid(beta (r - z))) for an accepted answer, w (1 - sigmoid(beta (z - r))) for a rejected one,
  equation 8 of Ethayarajh et al. 2024, arXiv:2402.01306; z is r of the prompt with another row's completion, 0 at least
  and without gradient; w makes both kinds weigh the same in all.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from review_bot.errors import UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.domain.training import Form

    Row = dict[str, Any]


class Settings(NamedTuple):
    """How to train."""

    form: Form
    epochs: int = 3
    rate: float = 2e-4
    rank: int = 16
    batch: int = 8
    """Rows between two steps."""
    longest: int = 2048
    """Tokens of a prompt with its answer; longer rows are left out."""
    beta: float = 0.1
    seed: int = 0


class Trained(NamedTuple):
    """What came of it."""

    rows: int
    left_out: int
    steps: int
    before: float | None
    """Mean loss of the unseen rows without the adapter; None where there are none."""
    after: float | None


class _Tools(NamedTuple):
    torch: Any
    transformers: Any
    peft: Any


def train(
    base: str, out: str, rows: Sequence[Row], unseen: Sequence[Row], settings: Settings, say: Callable[[str], None]
) -> Trained:
    """Train an adapter for the model in the folder `base`, and write it into `out`; `say` hears of each epoch."""
    tools = _tools()
    tools.torch.manual_seed(settings.seed)
    run = _Run(tools, base, settings)
    known, tests = run.encoded(rows), run.encoded(unseen)
    if not known:
        raise UsageError("no row is short enough", where="train", remedy="raise --max-tokens")
    before = run.loss(tests)
    steps = run.learn(known, say)
    after = run.loss(tests)
    run.model.save_pretrained(out, safe_serialization=True)
    return Trained(len(known), len(rows) - len(known), steps, before, after)


def _tools() -> _Tools:
    try:
        import peft
        import torch
        import transformers
    except ImportError as error:
        remedy = "pip install 'review-bot-local[train]'"
        raise UsageError(f"{error.name} is not installed", where="train", remedy=remedy) from error
    return _Tools(torch, transformers, peft)


class _Run:
    """A model with a fresh adapter."""

    def __init__(self, tools: _Tools, base: str, settings: Settings) -> None:
        self.torch, self.settings = tools.torch, settings
        self.device = "cuda" if tools.torch.cuda.is_available() else "cpu"
        kind = tools.torch.bfloat16 if self.device == "cuda" else tools.torch.float32
        try:
            self.tokenizer = tools.transformers.AutoTokenizer.from_pretrained(base, local_files_only=True)
            model = tools.transformers.AutoModelForCausalLM.from_pretrained(base, local_files_only=True, dtype=kind)
        except (OSError, ValueError) as error:
            remedy = "name a folder with config.json, model.safetensors and a tokenizer: --base"
            raise UsageError("no model that transformers can load", where=base, remedy=remedy) from error
        lora = tools.peft.LoraConfig(
            task_type="CAUSAL_LM", r=settings.rank, lora_alpha=2 * settings.rank, target_modules="all-linear"
        )
        self.model = tools.peft.get_peft_model(model, lora).to(self.device)

    def encoded(self, rows: Iterable[Row]) -> list[Row]:
        """Rows with `prompt` and answers as tokens; those that are too long are left out."""
        made = [{name: self._tokens(name, value) for name, value in row.items()} for row in rows]
        return [row for row in made if self._length(row) <= self.settings.longest]

    def _tokens(self, name: str, value: Any) -> Any:
        if name == "label":
            return value
        if name != "prompt":
            return [*self.tokenizer(value, add_special_tokens=False)["input_ids"], self.tokenizer.eos_token_id]
        if not self.tokenizer.chat_template:
            return self.tokenizer(f"{value}\n")["input_ids"]
        said = [{"role": "user", "content": value}]
        text = self.tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    @staticmethod
    def _length(row: Row) -> int:
        answers = (len(value) for name, value in row.items() if name not in ("prompt", "label"))
        return len(row["prompt"]) + max(answers)

    def learn(self, rows: Sequence[Row], say: Callable[[str], None]) -> int:
        """Go through the rows as often as asked; how many steps were made."""
        settings = self.settings
        learnt = [one for one in self.model.parameters() if one.requires_grad]
        optimizer = self.torch.optim.AdamW(learnt, lr=settings.rate)
        order, draw, steps = list(range(len(rows))), random.Random(settings.seed), 0  # noqa: S311 - an order
        self.model.train()
        for epoch in range(settings.epochs):
            draw.shuffle(order)
            total = 0.0
            for part in _parts(order, settings.batch):
                total += self._step(rows, part, optimizer)
                steps += 1
            say(f"epoch {epoch + 1} of {settings.epochs}: loss {total / len(rows):.4f}")
        return steps

    def _step(self, rows: Sequence[Row], part: Sequence[int], optimizer: Any) -> float:
        total = 0.0
        for at in part:
            loss = self._loss(rows, at)
            (loss / len(part)).backward()
            total += float(loss.detach())
        optimizer.step()
        optimizer.zero_grad()
        return total

    def loss(self, rows: Sequence[Row]) -> float | None:
        """The mean loss of rows as the model is; None without any."""
        if not rows:
            return None
        self.model.eval()
        with self.torch.no_grad():
            return sum(float(self._loss(rows, at)) for at in range(len(rows))) / len(rows)

    def _loss(self, rows: Sequence[Row], at: int) -> Any:
        row, form = rows[at], self.settings.form
        if form == "sft":
            return -self._log_p(row["prompt"], row["completion"]) / len(row["completion"])
        if form == "dpo":
            gain = self._gain(row["prompt"], row["chosen"]) - self._gain(row["prompt"], row["rejected"])
            return -self.torch.nn.functional.logsigmoid(self.settings.beta * gain)
        return self._kto(rows, at)

    def _kto(self, rows: Sequence[Row], at: int) -> Any:
        row = rows[at]
        with self.torch.no_grad():
            other = rows[(at + 1) % len(rows)]["completion"]
            usual = self._gain(row["prompt"], other).clamp(min=0)
        sign = 1 if row["label"] else -1
        same = sum(one["label"] == row["label"] for one in rows)
        gain = self._gain(row["prompt"], row["completion"])
        return len(rows) / (2 * same) * (1 - self.torch.sigmoid(self.settings.beta * sign * (gain - usual)))

    def _gain(self, prompt: Sequence[int], answer: Sequence[int]) -> Any:
        """What the adapter adds to the log probability of an answer."""
        with self.torch.no_grad(), self.model.disable_adapter():
            usual = self._log_p(prompt, answer)
        return self._log_p(prompt, answer) - usual

    def _log_p(self, prompt: Sequence[int], answer: Sequence[int]) -> Any:
        tokens = self.torch.tensor([[*prompt, *answer]], device=self.device)
        logits = self.model(input_ids=tokens).logits[0, len(prompt) - 1 : -1].float()
        chosen = tokens[0, len(prompt) :, None]
        return self.torch.log_softmax(logits, -1).gather(1, chosen).sum()


def _parts(order: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]
