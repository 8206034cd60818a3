"""Mistakes in the update of train; random batches and the history are right."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, History, Labels, Model, begin, draw, mistake

TRAINING = ("training",)


@mistake(
    "train-uphill",
    "The update has the wrong sign: W goes along the gradient, uphill.",
    "Write self.W -= learning_rate * dW.",
    applies_to="train",
    checks=TRAINING,
)
def _train_uphill(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W += learning_rate * dW
    return history


@mistake(
    "train-without-learning-rate",
    "The learning rate is missing from the update.",
    "Write self.W -= learning_rate * dW.",
    applies_to="train",
    checks=TRAINING,
)
def _train_without_learning_rate(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= dW
    return history


@mistake(
    "train-learning-rate-squared",
    "The learning rate enters the update twice.",
    "Write self.W -= learning_rate * dW, and change neither learning_rate nor dW before.",
    applies_to="train",
    checks=TRAINING,
)
def _train_learning_rate_squared(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        dW = learning_rate * dW
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-learning-rate-ignored",
    "The update uses a learning rate of its own, 1e-3, instead of the one that is given.",
    "Use the argument: self.W -= learning_rate * dW.",
    applies_to="train",
    checks=TRAINING,
)
def _train_learning_rate_ignored(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= 1e-3 * dW
    return history


@mistake(
    "train-learning-rate-decayed",
    "The learning rate shrinks from step to step; here it is the same in every step.",
    "Take the line out that changes learning_rate.",
    applies_to="train",
    checks=TRAINING,
)
def _train_learning_rate_decayed(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
        learning_rate *= 0.95
    return history


@mistake(
    "train-divided-by-batch-size",
    "The gradient is divided by batch_size in the update, though the loss function has taken the mean already.",
    "Write self.W -= learning_rate * dW.",
    applies_to="train",
    checks=TRAINING,
)
def _train_divided_by_batch_size(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW / batch_size
    return history


@mistake(
    "train-weight-decay-on-top",
    "The regularization is applied twice: the update shrinks W, though dW holds the regularization already.",
    "Write self.W -= learning_rate * dW, without a term of reg.",
    applies_to="train",
    checks=TRAINING,
)
def _train_weight_decay_on_top(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * (dW + 2 * reg * model.W)
    return history


@mistake(
    "train-w-never-updated",
    "W is never updated: after train it is what it was before.",
    "Add self.W -= learning_rate * dW to the loop. A copy of W that is changed instead does not help.",
    applies_to="train",
    checks=TRAINING,
)
def _train_w_never_updated(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, _ = model.loss(X_batch, y_batch, reg)
        history.append(loss)
    return history


@mistake(
    "train-updated-once",
    "W is updated once, after the loop, instead of in every step.",
    "Indent self.W -= learning_rate * dW, so that it belongs to the loop.",
    applies_to="train",
    checks=TRAINING,
)
def _train_updated_once(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
    model.W -= learning_rate * dW
    return history


@mistake(
    "train-w-replaced",
    "W is replaced by the step instead of being moved by it.",
    "Write -= instead of =: self.W -= learning_rate * dW.",
    applies_to="train",
    checks=TRAINING,
)
def _train_w_replaced(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W = -learning_rate * dW
    return history


@mistake(
    "train-gradients-added-up",
    "The gradients of earlier steps are still in the update: they add up in a variable that outlives the step.",
    "Use the dW of this step alone.",
    applies_to="train",
    checks=TRAINING,
)
def _train_gradients_added_up(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    total = np.zeros_like(model.W)
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        total = total + dW
        model.W -= learning_rate * total
    return history
