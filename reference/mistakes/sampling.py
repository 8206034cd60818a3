"""Mistakes in how train draws its batches."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, History, Labels, Model, begin, draw, mistake

TRAINING, SAMPLING, EITHER = ("training",), ("sampling",), ("training", "sampling")


@mistake(
    "batch-left-empty",
    "X_batch and y_batch are None, as in the template: the batch is never drawn.",
    "Draw batch_size row numbers and set X_batch = X[rows], y_batch = y[rows].",
    applies_to="train",
    checks=TRAINING,
)
def _batch_left_empty(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = None, None
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-of-all-rows",
    "Every step uses all of X instead of a batch.",
    "Draw batch_size row numbers in each step: np.random.choice(num_train, batch_size).",
    applies_to="train",
    checks=EITHER,
)
def _batch_of_all_rows(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = X, y
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-size-overwritten",
    "batch_size is overwritten in train: the batches have another size than asked for.",
    "Take out the line that sets batch_size.",
    applies_to="train",
    checks=EITHER,
)
def _batch_size_overwritten(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    batch_size = 256
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-with-all-labels",
    "Rows of X are drawn, but y is passed whole.",
    "Take the same rows of both: X[rows] and y[rows].",
    applies_to="train",
    checks=TRAINING,
)
def _batch_with_all_labels(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        rows = np.random.choice(X.shape[0], batch_size)
        X_batch, y_batch = X[rows], y
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-rows-and-labels-apart",
    "Rows of X and labels are drawn separately, so they do not belong together.",
    "Draw the row numbers once, and use them for both: X[rows] and y[rows].",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_rows_and_labels_apart(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch = X[np.random.choice(X.shape[0], batch_size)]
        y_batch = y[np.random.choice(X.shape[0], batch_size)]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-first-labels",
    "The rows of X are drawn at random, but the labels are always the first ones.",
    "Use the same row numbers for both: X[rows] and y[rows].",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_first_labels(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        rows = np.random.choice(X.shape[0], batch_size)
        X_batch, y_batch = X[rows], y[:batch_size]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-first-rows",
    "Every step uses the first batch_size rows.",
    "Draw row numbers in each step: np.random.choice(num_train, batch_size).",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_first_rows(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        X_batch, y_batch = X[:batch_size], y[:batch_size]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-among-first-rows",
    "Rows are drawn among the first batch_size rows only.",
    "The first argument of np.random.choice is num_train, the number of rows to draw from.",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_among_first_rows(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        rows = np.random.choice(batch_size, batch_size)
        X_batch, y_batch = X[rows], y[rows]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-drawn-once",
    "The batch is drawn once, before the loop, so every step uses the same.",
    "Move the drawing into the loop.",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_drawn_once(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    rows = np.random.choice(X.shape[0], batch_size)
    for _ in range(num_iters):
        X_batch, y_batch = X[rows], y[rows]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-seeded-in-loop",
    "The random numbers are seeded anew in every step, so every step draws the same batch.",
    "Take np.random.seed out of the loop.",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_seeded_in_loop(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        np.random.seed(0)
        X_batch, y_batch = draw(X, y, batch_size)
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-never-last-row",
    "The last row is never drawn.",
    "np.random.randint leaves its upper end out: np.random.randint(0, num_train, batch_size).",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_never_last_row(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        rows = np.random.randint(0, X.shape[0] - 1, batch_size)
        X_batch, y_batch = X[rows], y[rows]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-never-first-row",
    "Row 0 is never drawn.",
    "Rows count from 0: np.random.randint(0, num_train, batch_size).",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_never_first_row(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        rows = np.random.randint(1, X.shape[0], batch_size)
        X_batch, y_batch = X[rows], y[rows]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-one-row-repeated",
    "Each batch is one random row, repeated.",
    "Draw batch_size row numbers: np.random.choice(num_train, batch_size).",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_one_row_repeated(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        rows = np.full(batch_size, np.random.randint(X.shape[0]))
        X_batch, y_batch = X[rows], y[rows]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-random-window",
    "Each batch is a row and those that follow it; only its beginning is random.",
    "Draw all row numbers: np.random.choice(num_train, batch_size).",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_random_window(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for _ in range(num_iters):
        first = np.random.randint(0, X.shape[0] - batch_size + 1)
        X_batch, y_batch = X[first : first + batch_size], y[first : first + batch_size]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history


@mistake(
    "batch-rows-in-turn",
    "The rows are taken in turn instead of at random.",
    "Draw row numbers in each step: np.random.choice(num_train, batch_size).",
    applies_to="train",
    checks=SAMPLING,
)
def _batch_rows_in_turn(
    model: Model, X: Array, y: Labels, learning_rate: float, reg: float, num_iters: int, batch_size: int
) -> History:
    begin(model, X, y)
    history = []
    for step in range(num_iters):
        first = step * batch_size % X.shape[0]
        X_batch, y_batch = X[first : first + batch_size], y[first : first + batch_size]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history
