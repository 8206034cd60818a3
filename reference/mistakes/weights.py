"""Mistakes in where train starts, and in what it does to its arguments."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, History, Labels, Model, begin, draw, mistake

TRAINING = ("training",)


@mistake(
    "train-starts-anew",
    "Every call of train starts from new weights; a second call must go on where the first one ended.",
    "Make W only if there is none yet: if self.W is None.",
    applies_to="train",
    checks=TRAINING,
)
def _train_starts_anew(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    model.W = 0.001 * np.random.randn(X.shape[1], int(np.max(y)) + 1)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-starts-large",
    "W starts from large random numbers.",
    "Write self.W = 0.001 * np.random.randn(dim, num_classes).",
    applies_to="train",
    checks=TRAINING,
)
def _train_starts_large(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    if model.W is None:
        model.W = np.random.randn(X.shape[1], int(np.max(y)) + 1)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-starts-from-ones",
    "W starts from ones.",
    "Write self.W = 0.001 * np.random.randn(dim, num_classes).",
    applies_to="train",
    checks=TRAINING,
)
def _train_starts_from_ones(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    if model.W is None:
        model.W = np.ones((X.shape[1], np.max(y) + 1))
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-starts-transposed",
    "W is made as (C, D); here it is (D, C), features by classes.",
    "Write self.W = 0.001 * np.random.randn(dim, num_classes).",
    applies_to="train",
    checks=TRAINING,
)
def _train_starts_transposed(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    if model.W is None:
        model.W = 0.001 * np.random.randn(int(np.max(y)) + 1, X.shape[1])
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-one-class-too-few",
    "W has one column too few: labels count from 0, so there are max(y) + 1 classes.",
    "Write num_classes = np.max(y) + 1.",
    applies_to="train",
    checks=TRAINING,
)
def _train_one_class_too_few(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    if model.W is None:
        model.W = 0.001 * np.random.randn(X.shape[1], int(np.max(y)))
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-ten-classes",
    "W has 10 columns whatever the labels are.",
    "Count the classes: num_classes = np.max(y) + 1.",
    applies_to="train",
    checks=TRAINING,
)
def _train_ten_classes(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    if model.W is None:
        model.W = 0.001 * np.random.randn(X.shape[1], 10)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-shuffles-x",
    "X is shuffled in place, without its labels: the caller's data are no longer what they were.",
    "Draw row numbers instead, and take X[rows] and y[rows].",
    applies_to="train",
    checks=TRAINING,
)
def _train_shuffles_x(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        np.random.shuffle(X)
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "train-scales-x",
    "X is changed in place: the caller's data are no longer what they were.",
    "X /= 255 divides the caller's own array; X / 255 makes a new one. Here the data come prepared.",
    applies_to="train",
    checks=TRAINING,
)
def _train_scales_x(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    X /= 255.0
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history
