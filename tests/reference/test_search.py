"""The grid search looks at every pair and keeps the best."""

from __future__ import annotations

import pytest

from reference.datasets import digits
from reference.losses import training_loss
from reference.search import Search, grid_search
from reference.sgd import accuracy

RATES, REGS = (1e-9, 1e-3, 1e200), (1e-3, 1.0)


def search(rates: tuple[float, ...] = RATES) -> Search:
    loss = training_loss("softmax", reg_scale=1.0, delta=1.0)
    return grid_search(loss, digits(), rates, REGS, num_iters=40, batch_size=50, seed=1)


@pytest.fixture(scope="module")
def found() -> Search:
    return search()


def test_every_pair_has_its_training_and_validation_accuracy(found: Search) -> None:
    assert list(found.results) == [(rate, reg) for rate in RATES for reg in REGS]
    assert all(0 <= share <= 1 for pair in found.results.values() for share in pair)


def test_the_best_pair_has_the_highest_validation_accuracy(found: Search) -> None:
    assert found.best_val == max(share for _, share in found.results.values()) == found.results[found.best][1]
    assert found.best[0] == 1e-3


def test_the_best_weights_really_have_that_accuracy(found: Search) -> None:
    split = digits()
    assert accuracy(found.W, split.X_validation, split.y_validation) == found.best_val > 0.8
    assert accuracy(found.W, split.X_train, split.y_train) == found.results[found.best][0]


def test_a_rate_that_diverges_is_a_bad_result_and_no_error(found: Search) -> None:
    assert found.results[1e200, 1.0][1] < 0.3


def test_a_pair_gives_the_same_result_in_every_grid(found: Search) -> None:
    alone = search(RATES[1:2])
    assert alone.results == {pair: found.results[pair] for pair in alone.results}


def test_an_empty_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one learning rate"):
        search(())
