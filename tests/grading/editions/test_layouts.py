"""Arrays that lie the other way: what a function of the student gets, gives back, and does to its arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from grading.protocol.wire import WireCalling
from grading.sandbox.inside.adapting import AdaptedModel, adapted

TURNED = WireCalling("f", "loss", turned_weights=True, turned_samples=True)
W, X, y = np.arange(6.0).reshape(2, 3), np.arange(8.0).reshape(4, 2), np.array([0, 1, 2, 0])


def turned(function: Any) -> Any:
    return adapted({"f": function}, [TURNED])["f"]


def test_a_loss_gets_its_arrays_turned_and_its_gradient_is_turned_back() -> None:
    seen: list[Any] = []

    def loss(*given: Any) -> Any:
        seen.extend(given)
        return 1.5, 2.0 * given[0]

    value, dW = turned(loss)(W.copy(), X.copy(), y, 0.5)
    assert value == 1.5
    assert np.array_equal(dW, 2.0 * W)
    assert np.array_equal(seen[0], W.T)
    assert np.array_equal(seen[1], X.T)
    assert seen[0].flags.c_contiguous, "W.ravel() must be a view, as it is of an array of the student's own"


def test_what_a_function_does_to_its_arguments_is_seen() -> None:
    mine, data = W.copy(), X.copy()

    def loss(weights: Any, samples: Any, *_: Any) -> Any:
        weights[2, 1] = 7.0
        samples[1, 3] = 8.0
        return 0.0, weights

    turned(loss)(mine, data, y, 0.5)
    assert mine[1, 2] == 7.0
    assert data[3, 1] == 8.0


def test_what_is_no_loss_and_gradient_comes_back_as_it_is() -> None:
    assert turned(lambda *_: (1.0, None))(W, X, y, 0.5) == (1.0, None)
    assert turned(lambda *_: 3)(W, X, y, 0.5) == 3


class Model:
    """A classifier of 2015."""

    W: Any = None

    def train(self, X: Any, y: Any, learning_rate: float) -> list[float]:
        loss, dW = self.loss(X[:, :2], y[:2], 0.25)
        self.W = self.W - learning_rate * dW
        return [loss]

    def predict(self, X: Any) -> Any:
        return self.W.dot(X).argmax(axis=0)

    def loss(self, X_batch: Any, y_batch: Any, reg: float) -> Any:
        return reg, X_batch.sum() * self.W


def test_a_model_trains_and_predicts_in_its_own_layout() -> None:
    calling = WireCalling(
        *("Model", "class"),
        turned_weights=True,
        turned_samples=True,
        roles={"train": "train", "predict": "predict", "loss": "loss"},
    )
    model = AdaptedModel(Model, calling)
    model.W = W
    asked: list[Any] = []

    def known(*given: Any) -> Any:
        asked.append((model.W.copy(), *given))
        return 5.0, np.full((2, 3), 4.0)

    assert model.loss(X, y, 0.25)[0] == 0.25
    assert np.array_equal(model.loss(X, y, 0.25)[1], X.sum() * W)
    model.loss = known
    assert model.train(X, y, learning_rate=0.5) == [5.0]
    assert np.array_equal(model.W, W - 2.0)
    assert np.array_equal(asked[0][0], W)
    assert np.array_equal(asked[0][1], X[:2])
    assert model.predict(X).shape == (4,)


def with_more(**arguments: Any) -> Any:
    """A classifier whose train and loss have more arguments than the course's, as a year of COMP411 has it."""

    class Elastic(Model):
        def train(self, X: Any, y: Any, learning_rate: float, reg_l1: Any = None) -> list[float]:
            self.seen = reg_l1
            by_name = self.loss(X, y, 0.5, reg_l1=reg_l1)[0]
            return [by_name, self.loss(X, y, 0.5, reg_l1)[0], self.loss(self.W, X, y, 0.5)[0]]

        def loss(self, X_batch: Any, y_batch: Any, reg: float, reg_l1: Any = None) -> Any:
            return reg + reg_l1, self.W

    calling = WireCalling(
        *("Elastic", "class"), roles={"train": "train", "predict": "predict", "loss": "loss"}, **arguments
    )
    return AdaptedModel(Elastic, calling)


def test_constants_by_name_reach_a_train_and_a_loss_that_take_them() -> None:
    given = ("X", "y", "learning_rate=learning_rate", "reg_l1=0.25", "reg_l3=1.0")
    model = with_more(arguments=given)
    model.W = W
    assert model.loss(X, y, 0.5)[0] == 0.75
    asked: list[Any] = []

    def known(*given: Any) -> Any:
        asked.append(given)
        return 5.0, W

    model.loss = known
    assert model.train(X, y, learning_rate=0.5) == [5.0, 5.0, 5.0]
    assert model.seen == 0.25
    assert all(np.array_equal(got[0], X) and got[2:] == (0.5,) for got in asked)
