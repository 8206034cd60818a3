"""Sampling: every step sees a random batch, and labels go with their samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.classifier import Classifier, Options, PluggedCall
from checks.failures import WrongSampling
from checks.promise import promise

_SAMPLES, _FEATURES, _CLASSES = 40, 2, 4
_OPTIONS = Options(learning_rate=0.0, reg=0.0, num_iters=120, batch_size=10)
# A right train draws each row 30 times in 1,200 draws (standard deviation 5.4). The chance that any of 40 rows is
# never drawn is 40 * (39/40)**1200 < 3e-12, that any is drawn more than 80 times is smaller still.
_MOST_DRAWS = 80
# Of two draws in a row about 1 in 40 are neighbours; half of 1,080 pairs never are, unless rows are taken in order.
_MOST_NEIGHBOURS = 0.5


@promise("sampling", kind="train", needs=("training",))
def test_sampling(candidate: Classifier) -> None:
    """Every step draws batch_size random rows of X together with their labels; over many steps every row is drawn."""
    X = np.stack([np.arange(_SAMPLES, dtype=np.float64), np.ones(_SAMPLES)], axis=1)
    y = (np.arange(_SAMPLES, dtype=np.int64) * 7 + 3) % _CLASSES
    y[0] = _CLASSES - 1
    calls = _calls(candidate, X, y)
    if not calls:
        candidate.remark("train does not call self.loss, so its batches cannot be seen; accepted.")
        return
    rows = [_rows(candidate, call, y) for call in calls]
    _require_random(candidate, np.array(rows))


def _calls(candidate: Classifier, X: NDArray[np.float64], y: NDArray[np.int64]) -> tuple[PluggedCall, ...]:
    losses, gradients = np.ones(1), np.zeros((1, _FEATURES, _CLASSES))
    W = np.zeros((_FEATURES, _CLASSES))
    (done,) = candidate.train(X, y, _OPTIONS, W=W, losses=losses, gradients=gradients, seed=candidate.seed)
    return done.calls


def _rows(candidate: Classifier, call: PluggedCall, y: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of the rows that one step drew: column 0 of X holds them."""
    rows = call.X_batch[:, 0].astype(np.int64)
    if not ((rows >= 0) & (rows < _SAMPLES)).all() or not (call.X_batch[:, 1] == 1.0).all():
        raise WrongSampling(
            f"The batches of {candidate.name} must be rows of X; one holds something else.",
            code=_code(candidate),
            got=f"X_batch = {call.X_batch.tolist()}",
        )
    if not np.array_equal(call.y_batch, y[rows]):
        raise WrongSampling(
            f"In a batch of {candidate.name}, labels do not belong to their samples. Draw the row numbers once, and "
            f"use the same ones for X and for y.",
            code=_code(candidate),
            expected=f"y_batch = {y[rows].tolist()} for rows {rows.tolist()}",
            got=f"y_batch = {call.y_batch.tolist()}",
        )
    return rows


def _require_random(candidate: Classifier, rows: NDArray[np.int64]) -> None:
    """``rows``: (num_iters, batch_size) row numbers."""
    counts = np.bincount(rows.ravel(), minlength=_SAMPLES)
    never = np.flatnonzero(counts == 0)
    if never.size:
        raise WrongSampling(
            f"In {rows.size} draws of {candidate.name}, {never.size} of {_SAMPLES} rows of X never came up. Every step "
            f"must draw from all rows, anew.",
            code=_code(candidate),
            expected="every row at least once",
            got=f"never row {', '.join(map(str, never[:8]))}",
        )
    if counts.max() > _MOST_DRAWS:
        raise WrongSampling(
            f"{candidate.name} draws some rows of X far more often than others.",
            code=_code(candidate),
            expected=f"each row about {rows.size // _SAMPLES} times in {rows.size} draws",
            got=f"row {int(counts.argmax())} {int(counts.max())} times",
        )
    neighbours = float((np.diff(rows, axis=1) == 1).mean())
    if neighbours > _MOST_NEIGHBOURS:
        raise WrongSampling(
            f"{candidate.name} takes the rows of X in their order instead of drawing them at random.",
            code=_code(candidate),
            expected="random rows",
            got=f"rows {rows[0].tolist()} first",
        )


def _code(candidate: Classifier) -> str:
    return (
        "import numpy as np\n"
        f"X = np.stack([np.arange({_SAMPLES}.0), np.ones({_SAMPLES})], axis=1)  # column 0 is the row's number\n"
        f"y = (np.arange({_SAMPLES}) * 7 + 3) % {_CLASSES}\n"
        f"model = {candidate.class_name}()\n"
        "model.loss = lambda X_batch, y_batch, reg: (print(X_batch[:, 0], y_batch), (1.0, np.zeros((2, 4))))[1]\n"
        f"model.train(X, y, learning_rate=0.0, reg=0.0, num_iters=5, batch_size={_OPTIONS.batch_size})\n"
    )
