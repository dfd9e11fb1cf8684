from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")

from review_bot.backends.onnx.answering import LEAST_LOOPED, loops  # noqa: E402
from review_bot.backends.onnx.sampling import LOOKBACK, Sampler, softmax  # noqa: E402
from review_bot.domain.model import Sampling  # noqa: E402

LOGITS = np.array([1.0, 4.0, 2.0, 3.9], np.float32)
GREEDY = Sampling(temperature=0, repeat_penalty=1)


def _share(sampling: Sampling, token: int, count: int = 2000) -> float:
    sampler = Sampler(sampling)
    return sum(sampler.choose(LOGITS, [], None) == token for _ in range(count)) / count


def test_greedy_takes_the_likeliest_that_is_allowed() -> None:
    sampler = Sampler(GREEDY)
    assert sampler.choose(LOGITS, [], None) == 1
    assert sampler.choose(LOGITS, [], np.array([True, False, True, False])) == 2


def test_a_token_said_before_is_less_likely() -> None:
    sampler = Sampler(GREEDY._replace(repeat_penalty=1.1))
    assert sampler.choose(LOGITS, [1], None) == 3
    assert sampler.choose(LOGITS, [1] + [0] * LOOKBACK, None) == 1
    negative = np.array([-1.0, -0.99], np.float32)
    assert sampler.choose(negative, [1], None) == 0


def test_shares_follow_the_temperature() -> None:
    free = Sampling(temperature=1, top_p=1, repeat_penalty=1)
    assert _share(free, 1) == pytest.approx(softmax(LOGITS)[1], abs=0.04)
    assert _share(free._replace(temperature=0.05), 1) > _share(free, 1) + 0.2


def test_only_the_likeliest_within_top_p_are_taken() -> None:
    narrow = Sampling(temperature=1, top_p=0.3, repeat_penalty=1)
    assert _share(narrow, 1) == 1
    wide = narrow._replace(top_p=0.8)
    assert _share(wide, 1) + _share(wide, 3) == pytest.approx(1, abs=0.05)
    assert _share(wide, 0) == 0


def test_the_seed_decides() -> None:
    free = Sampling(temperature=1, top_p=1, seed=3)
    runs = []
    for sampling in (free, free, free._replace(seed=4)):
        sampler = Sampler(sampling)
        runs.append([sampler.choose(LOGITS, [], None) for _ in range(20)])
    assert runs[0] == runs[1] != runs[2]


def test_without_a_seed_each_run_is_another() -> None:
    free = Sampling(temperature=1, top_p=1, seed=-1)
    samplers = Sampler(free), Sampler(free)
    one, other = ([sampler.choose(LOGITS, [], None) for _ in range(60)] for sampler in samplers)
    assert one != other


def test_scores_that_are_no_numbers_are_never_chosen() -> None:
    broken = np.array([np.nan, -np.inf, 0.5], np.float32)
    assert Sampler(GREEDY).choose(broken, [], None) == 2
    assert Sampler(Sampling(temperature=1)).choose(broken, [], None) == 2


@pytest.mark.parametrize("period", [1, 2, 7, 16])
def test_a_cycle_is_seen(period: int) -> None:
    tokens = list(range(period)) * 400
    assert loops([99, 98, *tokens][: LEAST_LOOPED * 2])


@pytest.mark.parametrize(
    "tokens", [[], [1] * (LEAST_LOOPED - 1), list(range(LEAST_LOOPED)), [*([1, 2] * LEAST_LOOPED), 3, 4, 5, 6]]
)
def test_what_goes_on_otherwise_is_no_cycle(tokens: list[int]) -> None:
    assert not loops(tokens)
