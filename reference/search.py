"""The course notebook's search: train once for each learning rate and regularization strength, keep the best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reference.sgd import Loss, Matrix, accuracy, train
from reference.split import Split

Pair = tuple[float, float]
"""(learning_rate, reg)."""


@dataclass(frozen=True, eq=False)
class Search:
    """What the search found.

    Attributes:
        results: for each (learning_rate, reg) the accuracies on training and validation data.
        best: the first pair with the highest validation accuracy.
        best_val: that accuracy.
        W: (D, C) the weights that reached it.
    """

    results: dict[Pair, tuple[float, float]]
    best: Pair
    best_val: float
    W: Matrix


def grid_search(
    loss: Loss,
    split: Split,
    learning_rates: Iterable[float],
    regularization_strengths: Iterable[float],
    *,
    num_iters: int,
    batch_size: int,
    seed: int,
) -> Search:
    """Train with every pair of the grid and compare the validation accuracies.

    Each pair gets random numbers of its own, which do not depend on the other pairs of the grid. A learning rate
    that makes training diverge is a result like any other: a bad one.

    Args:
        loss: the loss and gradient of a batch.
        split: the data; its test part is not looked at.
        learning_rates, regularization_strengths: the sides of the grid, at least one number each.
        num_iters, batch_size: of each training.
        seed: where randomness comes from.

    Raises:
        ValueError: the grid is empty.
    """
    regs = list(regularization_strengths)
    results: dict[Pair, tuple[float, float]] = {}
    weights: dict[Pair, Matrix] = {}
    for learning_rate in learning_rates:
        for reg in regs:
            rng = np.random.default_rng([seed, *_words(learning_rate), *_words(reg)])
            with np.errstate(all="ignore"):
                W, _ = train(
                    loss,
                    split.X_train,
                    split.y_train,
                    learning_rate=learning_rate,
                    reg=reg,
                    num_iters=num_iters,
                    batch_size=batch_size,
                    rng=rng,
                )
                of_training = accuracy(W, split.X_train, split.y_train)
                of_validation = accuracy(W, split.X_validation, split.y_validation)
            results[learning_rate, reg] = of_training, of_validation
            weights[learning_rate, reg] = W
    if not results:
        raise ValueError("a grid needs at least one learning rate and one regularization strength")
    best = max(results, key=lambda pair: results[pair][1])
    return Search(results, best, results[best][1], weights[best])


def _words(number: float) -> list[int]:
    """The bits of a float as seeds."""
    words: list[int] = np.array([number], dtype=np.float64).view(np.uint32).tolist()
    return words
