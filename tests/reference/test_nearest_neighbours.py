"""The k-nearest-neighbours classifier agrees with its definition."""

from __future__ import annotations

import numpy as np
import pytest

from reference import nearest_neighbours
from reference.datasets import digits
from reference.nearest_neighbours import predict, squared_distances, stored_bytes


def by_definition(X_train: np.ndarray, y_train: np.ndarray, X: np.ndarray, k: int) -> list[int]:
    predicted = []
    for x in X:
        distances = ((X_train - x) ** 2).sum(axis=1)
        nearest = sorted(range(len(X_train)), key=lambda i: (distances[i], i))[:k]
        votes = np.bincount(y_train[nearest])
        predicted.append(int(votes.argmax()))
    return predicted


@pytest.mark.parametrize("k", [1, 2, 3, 8, 20])
@pytest.mark.parametrize("block", [1, 50, 10**6])
def test_predictions_follow_the_definition_with_all_its_ties(
    k: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few whole numbers: most distances occur several times, and all arithmetic is exact.
    monkeypatch.setattr(nearest_neighbours, "_BLOCK_NUMBERS", block)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X_train, X = rng.integers(0, 3, (20, 3)).astype(float), rng.integers(0, 3, (15, 3)).astype(float)
        y_train = rng.integers(0, 4, 20)
        assert predict(X_train, y_train, X, (k,))[0].tolist() == by_definition(X_train, y_train, X, k)


def test_distances_are_squared_and_euclidean() -> None:
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((5, 7)), rng.standard_normal((6, 7))
    np.testing.assert_allclose(squared_distances(A, B), ((A[:, None] - B) ** 2).sum(axis=2), atol=1e-13)


def test_of_equally_common_labels_the_smallest_wins() -> None:
    (found,) = predict(np.array([[0.0], [1.0], [2.0]]), np.array([2, 1, 1]), np.array([[0.0]]), (2,))
    assert found.tolist() == [1]


def test_the_arguments_are_left_as_they_are() -> None:
    split = digits()
    before = split.X_train.copy()
    predict(split.X_train, split.y_train, split.X_test[:5], (3,))
    np.testing.assert_array_equal(split.X_train, before)


def test_digits_are_recognized_far_better_than_by_chance() -> None:
    split = digits()
    assert (predict(split.X_train, split.y_train, split.X_test, (1,))[0] == split.y_test).mean() > 0.95


def test_several_k_at_once_agree_with_one_at_a_time() -> None:
    split = digits()
    arguments = split.X_train, split.y_train, split.X_validation
    for k, together in zip((5, 1), predict(*arguments, (5, 1)), strict=True):
        np.testing.assert_array_equal(together, predict(*arguments, (k,))[0])


@pytest.mark.parametrize("k", [0, 4, -1])
def test_k_is_a_number_of_training_samples(k: int) -> None:
    with pytest.raises(ValueError, match=f"from 1 to the 3 training samples, got {k}"):
        predict(np.zeros((3, 1)), np.zeros(3, np.int64), np.zeros((1, 1)), (k,))


def test_it_stores_all_training_data() -> None:
    split = digits()
    assert stored_bytes(split.X_train, split.y_train) == 1297 * (65 + 1) * 8
