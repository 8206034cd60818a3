"""Mistakes in how train draws its batches."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import SAMPLING, TRAINING, Mistake, slip
from reference.mistakes.right_code import TRAIN

_slip = partial(slip, "train", TRAIN)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "batch-left-empty",
        "X_batch and y_batch are None, as in the template: the batch is never drawn.",
        "Draw batch_size row numbers and set X_batch = X[rows], y_batch = y[rows].",
        TRAINING,
        {
            "rows = np.random.choice(X.shape[0], batch_size)": "",
            "X_batch, y_batch = X[rows], y[rows]": "X_batch, y_batch = None, None",
        },
    ),
    _slip(
        "batch-of-all-rows",
        "Every step uses all of X instead of a batch.",
        "Draw batch_size row numbers in each step: np.random.choice(num_train, batch_size).",
        TRAINING + SAMPLING,
        {
            "rows = np.random.choice(X.shape[0], batch_size)": "",
            "X_batch, y_batch = X[rows], y[rows]": "X_batch, y_batch = X, y",
        },
    ),
    _slip(
        "batch-size-overwritten",
        "batch_size is overwritten in train: the batches have another size than asked for.",
        "Take out the line that sets batch_size.",
        TRAINING + SAMPLING,
        {"history = []": "batch_size = 256\nhistory = []"},
    ),
    _slip(
        "batch-with-all-labels",
        "Rows of X are drawn, but y is passed whole.",
        "Take the same rows of both: X[rows] and y[rows].",
        TRAINING,
        {"y[rows]": "y"},
    ),
    _slip(
        "batch-rows-and-labels-apart",
        "Rows of X and labels are drawn separately, so they do not belong together.",
        "Draw the row numbers once, and use them for both: X[rows] and y[rows].",
        SAMPLING,
        {
            "rows = np.random.choice(X.shape[0], batch_size)": "",
            "X_batch, y_batch = X[rows], y[rows]": (
                "X_batch = X[np.random.choice(X.shape[0], batch_size)]\n"
                "y_batch = y[np.random.choice(X.shape[0], batch_size)]"
            ),
        },
    ),
    _slip(
        "batch-first-labels",
        "The rows of X are drawn at random, but the labels are always the first ones.",
        "Use the same row numbers for both: X[rows] and y[rows].",
        SAMPLING,
        {"y[rows]": "y[:batch_size]"},
    ),
    _slip(
        "batch-first-rows",
        "Every step uses the first batch_size rows.",
        "Draw row numbers in each step: np.random.choice(num_train, batch_size).",
        SAMPLING,
        {"rows = np.random.choice(X.shape[0], batch_size)": "rows = slice(batch_size)"},
    ),
    _slip(
        "batch-among-first-rows",
        "Rows are drawn among the first batch_size rows only.",
        "The first argument of np.random.choice is num_train, the number of rows to draw from.",
        SAMPLING,
        {"choice(X.shape[0], ": "choice(batch_size, "},
    ),
    _slip(
        "batch-drawn-once",
        "The batch is drawn once, before the loop, so every step uses the same.",
        "Move the drawing into the loop.",
        SAMPLING,
        {
            "rows = np.random.choice(X.shape[0], batch_size)": "",
            "history = []": "history = []\nrows = np.random.choice(X.shape[0], batch_size)",
        },
    ),
    _slip(
        "batch-seeded-in-loop",
        "The random numbers are seeded anew in every step, so every step draws the same batch.",
        "Take np.random.seed out of the loop.",
        SAMPLING,
        {
            "rows = np.random.choice(X.shape[0], batch_size)": (
                "np.random.seed(0)\nrows = np.random.choice(X.shape[0], batch_size)"
            )
        },
    ),
    _slip(
        "batch-never-last-row",
        "The last row is never drawn.",
        "np.random.randint leaves its upper end out: np.random.randint(0, num_train, batch_size).",
        SAMPLING,
        {"choice(X.shape[0], batch_size)": "randint(0, X.shape[0] - 1, batch_size)"},
    ),
    _slip(
        "batch-never-first-row",
        "Row 0 is never drawn.",
        "Rows count from 0: np.random.randint(0, num_train, batch_size).",
        SAMPLING,
        {"choice(X.shape[0], batch_size)": "randint(1, X.shape[0], batch_size)"},
    ),
    _slip(
        "batch-one-row-repeated",
        "Each batch is one random row, repeated.",
        "Draw batch_size row numbers: np.random.choice(num_train, batch_size).",
        SAMPLING,
        {"np.random.choice(X.shape[0], batch_size)": "np.full(batch_size, np.random.randint(X.shape[0]))"},
    ),
    _slip(
        "batch-random-window",
        "Each batch is a row and those that follow it; only its beginning is random.",
        "Draw all row numbers: np.random.choice(num_train, batch_size).",
        SAMPLING,
        {
            "rows = np.random.choice(X.shape[0], batch_size)": (
                "first = np.random.randint(0, X.shape[0] - batch_size + 1)\n"
                "rows = slice(first, first + batch_size)"
            )
        },
    ),
    _slip(
        "batch-rows-in-turn",
        "The rows are taken in turn instead of at random.",
        "Draw row numbers in each step: np.random.choice(num_train, batch_size).",
        SAMPLING,
        {
            "for _ in": "for step in",
            "rows = np.random.choice(X.shape[0], batch_size)": (
                "first = step * batch_size % X.shape[0]\nrows = slice(first, first + batch_size)"
            ),
        },
    ),
)
