"""Mistakes in where train starts, and in what it does to its arguments."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import TRAINING, Mistake, slip
from reference.mistakes.right_code import TRAIN

_slip = partial(slip, "train", TRAIN)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "train-starts-anew",
        "Every call of train starts from new weights; a second call must go on where the first one ended.",
        "Make W only if there is none yet: if self.W is None.",
        TRAINING,
        {"if model.W is None:": "", "    model.W = 0.001": "model.W = 0.001"},
    ),
    _slip(
        "train-starts-large",
        "W starts from large random numbers.",
        "Write self.W = 0.001 * np.random.randn(dim, num_classes).",
        TRAINING,
        {"0.001 * np.random": "np.random"},
    ),
    _slip(
        "train-starts-from-ones",
        "W starts from ones.",
        "Write self.W = 0.001 * np.random.randn(dim, num_classes).",
        TRAINING,
        {"0.001 * np.random.randn(X.shape[1], int(np.max(y)) + 1)": "np.ones((X.shape[1], np.max(y) + 1))"},
    ),
    _slip(
        "train-starts-transposed",
        "W is made as (C, D); here it is (D, C), features by classes.",
        "Write self.W = 0.001 * np.random.randn(dim, num_classes).",
        TRAINING,
        {"(X.shape[1], int(np.max(y)) + 1)": "(int(np.max(y)) + 1, X.shape[1])"},
    ),
    _slip(
        "train-one-class-too-few",
        "W has one column too few: labels count from 0, so there are max(y) + 1 classes.",
        "Write num_classes = np.max(y) + 1.",
        TRAINING,
        {"int(np.max(y)) + 1": "int(np.max(y))"},
    ),
    _slip(
        "train-ten-classes",
        "W has 10 columns whatever the labels are.",
        "Count the classes: num_classes = np.max(y) + 1.",
        TRAINING,
        {"int(np.max(y)) + 1": "10"},
    ),
    _slip(
        "train-shuffles-x",
        "X is shuffled in place, without its labels: the caller's data are no longer what they were.",
        "Draw row numbers instead, and take X[rows] and y[rows].",
        TRAINING,
        {
            "rows = np.random.choice(X.shape[0], batch_size)": (
                "np.random.shuffle(X)\nrows = np.random.choice(X.shape[0], batch_size)"
            )
        },
    ),
    _slip(
        "train-scales-x",
        "X is changed in place: the caller's data are no longer what they were.",
        "X /= 255 divides the caller's own array; X / 255 makes a new one. Here the data come prepared.",
        TRAINING,
        {"history = []": "X /= 255.0\nhistory = []"},
    ),
)
