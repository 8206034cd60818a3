"""Mistakes in what train returns, in how many steps it takes, and in what it asks the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.mistakes.mistake import Array, History, Labels, Model, begin, draw, mistake

TRAINING = ("training",)


@mistake(
    "train-loss-after-update",
    "The loss is kept after the update: the one of the new W, not the one that belongs to the gradient.",
    "Append the loss that self.loss returned together with dW, and evaluate it once in each step.",
    applies_to="train",
    checks=TRAINING,
)
def _train_loss_after_update(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        _, dW = model.loss(X_batch, y_batch, reg)
        model.W -= learning_rate * dW
        loss, _ = model.loss(X_batch, y_batch, reg)
        history.append(loss)
    return history


@mistake(
    "train-only-last-loss-kept",
    "The history holds the last loss only.",
    "Make the list before the loop, append to it inside, and return it after the loop.",
    applies_to="train",
    checks=TRAINING,
)
def _train_only_last_loss_kept(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        model.W -= learning_rate * dW
    return [loss]


@mistake(
    "train-returns-a-number",
    "The last loss is returned as a number; a list with the loss of every step is asked for.",
    "Return loss_history.",
    applies_to="train",
    checks=TRAINING,
)
def _train_returns_a_number(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> Any:
    begin(model, X, y)
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        model.W -= learning_rate * dW
    return loss


@mistake(
    "train-returns-two-histories",
    "Losses and gradients are returned; only the losses are asked for.",
    "End with return loss_history.",
    applies_to="train",
    checks=TRAINING,
)
def _train_returns_two_histories(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> tuple[History, list[Array]]:
    begin(model, X, y)
    history = []
    gradients = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        gradients.append(dW)
        model.W -= learning_rate * dW
    return history, gradients


@mistake(
    "train-returns-w-too",
    "W is returned along with the losses; only the losses are asked for.",
    "End with return loss_history; W stays in self.W.",
    applies_to="train",
    checks=TRAINING,
)
def _train_returns_w_too(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> tuple[Array, History]:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return model.W, history


@mistake(
    "train-returns-nothing",
    "The losses are not returned.",
    "End train with return loss_history, after the loop.",
    applies_to="train",
    checks=TRAINING,
)
def _train_returns_nothing(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> None:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return


@mistake(
    "train-returns-in-first-step",
    "The return is inside the loop, so train ends after one step.",
    "Indent return loss_history as far as the for, not further.",
    applies_to="train",
    checks=TRAINING,
)
def _train_returns_in_first_step(
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
    return history


@mistake(
    "train-one-step-too-many",
    "There is one step too many.",
    "Write for it in range(num_iters).",
    applies_to="train",
    checks=TRAINING,
)
def _train_one_step_too_many(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters + 1):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-one-step-too-few",
    "There is one step too few.",
    "Write for it in range(num_iters): it begins at 0.",
    applies_to="train",
    checks=TRAINING,
)
def _train_one_step_too_few(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(1, num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-num-iters-are-epochs",
    "num_iters is taken for the number of passes over the data; it is the number of steps.",
    "Draw one batch and take one step for each of the num_iters iterations.",
    applies_to="train",
    checks=TRAINING,
)
def _train_num_iters_are_epochs(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        for _ in range(X.shape[0] // batch_size):
            X_batch, y_batch = draw(X, y, batch_size)
            loss, dW = model.loss(X_batch, y_batch, reg)
            history.append(loss)
            model.W -= learning_rate * dW
    return history


@mistake(
    "train-loss-of-batch-averaged-again",
    "The losses in the history are divided by batch_size, though the loss function has taken the mean already.",
    "Append the loss as self.loss returns it.",
    applies_to="train",
    checks=TRAINING,
)
def _train_loss_of_batch_averaged_again(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss / batch_size)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-regularization-in-history",
    "The regularization is added to the losses in the history, though self.loss has added it already.",
    "Append the loss as self.loss returns it.",
    applies_to="train",
    checks=TRAINING,
)
def _train_regularization_in_history(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss + reg * np.sum(model.W * model.W))
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-reg-not-passed",
    "The loss is evaluated with reg = 0 instead of the reg that train is given.",
    "Pass it on: self.loss(X_batch, y_batch, reg).",
    applies_to="train",
    checks=TRAINING,
)
def _train_reg_not_passed(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, 0.0)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-reg-doubled",
    "The loss is evaluated with twice the reg that train is given.",
    "Pass it on as it is: self.loss(X_batch, y_batch, reg).",
    applies_to="train",
    checks=TRAINING,
)
def _train_reg_doubled(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, 2 * reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history
