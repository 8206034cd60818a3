"""SGD does what the assignment says, step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from reference.losses import evaluate_of, training_loss, training_losses
from reference.problem import Problem
from reference.sgd import Labels, Matrix, accuracy, predict, suboptimality, train, train_alike

SVM = training_loss("svm", reg_scale=1.0, delta=1.0)


class Recorder:
    """A loss that returns what it was given, and keeps what it was called with."""

    def __init__(self, losses: list[float], gradients: list[Matrix]) -> None:
        self.answers = list(zip(losses, gradients, strict=True))
        self.calls: list[tuple[Matrix, Matrix, Labels, float]] = []

    def __call__(self, W: Matrix, X: Matrix, y: Labels, reg: float) -> tuple[float, Matrix]:
        self.calls.append((W.copy(), X, y, reg))
        return self.answers[len(self.calls) - 1]


def recorded(replace: bool = True, W: Matrix | None = None) -> tuple[Recorder, Matrix, Matrix]:
    rng = np.random.default_rng(0)
    losses = [2.0, 1.0, 0.5]
    loss = Recorder(losses, [rng.integers(-4, 5, (3, 2)) / 4 for _ in losses])
    X = np.arange(30.0).reshape(10, 3)
    y = np.arange(10) % 2
    arrived, history = train(
        loss, X, y, W=W, learning_rate=0.5, reg=0.25, num_iters=3, batch_size=4, rng=rng, replace=replace
    )
    assert history.tolist() == losses
    return loss, X, arrived


def test_w_follows_the_gradients_bit_by_bit() -> None:
    start = np.ones((3, 2))
    loss, _, arrived = recorded(W=start)
    expected = [start]
    for _, dW in loss.answers:
        expected.append(expected[-1] - 0.5 * dW)
    for (W, _, _, reg), right in zip(loss.calls, expected[:-1], strict=True):
        np.testing.assert_array_equal(W, right)
        assert reg == 0.25
    np.testing.assert_array_equal(arrived, expected[-1])


def test_each_batch_holds_rows_of_x_with_their_labels() -> None:
    for replace in (True, False):
        loss, X, _ = recorded(replace)
        for _, batch, labels, _ in loss.calls:
            rows = (batch[:, 0] / 3).astype(int)
            assert len(rows) == 4
            np.testing.assert_array_equal(batch, X[rows])
            np.testing.assert_array_equal(labels, rows % 2)


def test_without_replacement_no_batch_holds_a_row_twice() -> None:
    for seed in range(20):
        loss = Recorder([0.0], [np.zeros((1, 2))])
        X = np.arange(10.0)[:, None]
        train(
            loss, X, np.arange(10) % 2, learning_rate=1.0, reg=0.0, num_iters=1, batch_size=10,
            rng=np.random.default_rng(seed), replace=False,
        )  # fmt: skip
        assert sorted(loss.calls[0][1].ravel()) == list(range(10))


def test_w_starts_small_with_a_column_for_every_class() -> None:
    loss, _, _ = recorded()
    W = loss.calls[0][0]
    assert W.shape == (3, 2)
    assert 0.0 < np.abs(W).max() < 0.01


def test_where_training_starts_is_left_as_it_is() -> None:
    start = np.ones((3, 2))
    loss, _, arrived = recorded(W=start)
    np.testing.assert_array_equal(start, 1.0)
    assert arrived is not start
    assert len(loss.calls) == 3


def test_a_batch_without_replacement_is_no_larger_than_the_data() -> None:
    with pytest.raises(ValueError, match="larger sample"):
        train(
            SVM, np.ones((3, 1)), np.zeros(3, np.int64), learning_rate=1.0, reg=0.0, num_iters=1,
            batch_size=4, rng=np.random.default_rng(0), replace=False,
        )  # fmt: skip


def test_predictions_are_the_highest_scores_and_the_smallest_label_of_a_tie() -> None:
    predicted = predict(np.array([[1.0, 3.0, 2.0], [1.0, 0.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert predicted.tolist() == [1, 0]
    assert predicted.dtype == np.int64


def test_accuracy_is_the_share_of_right_predictions() -> None:
    assert accuracy(np.eye(2), np.eye(2)[[0, 1, 1, 0]], np.array([0, 1, 0, 0])) == 0.75


def test_a_reference_loss_trains_with_its_settings() -> None:
    W, X, y = np.ones((1, 2)), np.ones((1, 1)), np.zeros(1, np.int64)
    loss, dW = training_loss("svm", reg_scale=0.5, delta=3.0)(W, X, y, 0.5)
    assert loss == 3.0 + 0.5 * 0.5 * 2.0
    assert dW.tolist() == [[-1.0 + 0.5, 1.0 + 0.5]]


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_side_by_side_each_training_comes_to_what_it_comes_to_alone(name: str) -> None:
    X, y = np.random.default_rng(0).standard_normal((40, 5)), np.arange(40) % 3
    settings: dict[str, Any] = {"learning_rate": 0.1, "reg": 0.01, "num_iters": 30, "batch_size": 7}
    losses = training_losses(name, reg_scale=0.5, delta=2.0)
    W, histories = train_alike(losses, X, y, **settings, rngs=[np.random.default_rng(k) for k in range(3)])
    loss = training_loss(name, reg_scale=0.5, delta=2.0)
    for k in range(3):
        alone, history = train(loss, X, y, **settings, rng=np.random.default_rng(k))
        np.testing.assert_allclose(W[k], alone, rtol=1e-12)
        np.testing.assert_allclose(histories[k], history, rtol=1e-12)


@pytest.mark.parametrize("evaluate", [evaluate_of("svm"), evaluate_of("softmax")])
def test_the_distance_to_the_optimum_is_within_its_bound(evaluate: object) -> None:
    rng = np.random.default_rng(3)
    X, y, reg = rng.standard_normal((30, 4)), rng.integers(0, 3, 30), 0.1
    near, far = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    # Full-batch steps 1/(m k) converge for strongly convex losses, with kinks or without.
    assert callable(evaluate)
    for step in range(1, 4000):
        near = near - evaluate(Problem(near, X, y, reg)).gradient.base / (0.2 * (step + 20))
    best, there = evaluate(Problem(near, X, y, reg)), evaluate(Problem(far, X, y, reg))
    bound = suboptimality(there.gradient.base, reg)
    assert there.loss - best.loss <= bound.gap
    assert np.linalg.norm(far - near) <= bound.distance * (1 + 1e-3)


def test_a_bound_is_met_where_the_loss_is_the_regularization_alone() -> None:
    W = np.array([[3.0, 4.0]])
    bound = suboptimality(2 * 0.5 * W, 0.5)
    assert (bound.gap, bound.distance) == (0.5 * 25.0, 5.0)
    assert suboptimality(0.5 * W, 0.5, reg_scale=0.5).distance == 5.0


def test_without_regularization_nothing_is_bounded() -> None:
    assert suboptimality(np.zeros((1, 2)), 0.0).gap == math.inf
