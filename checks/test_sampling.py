"""Sampling: every step sees a random batch, and labels go with their samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.class_strategies import samplings
from grading.judging.classifier import Classifier
from grading.judging.failures import Failure, WrongSampling
from grading.judging.histories import follows_from_its_histories
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.judging.random_batches import require_random
from grading.judging.samplings import Sampling
from grading.judging.training_record import PluggedCall
from grading.protocol.plugged_loss import add_batch
from grading.words import say

Rows = NDArray[np.int64]

_SHOWN_STEPS = 8


@promise(kind="train", needs=("training",))
@given(sampling=samplings())
def test_sampling(candidate: Classifier, sampling: Sampling) -> None:
    """Every step draws batch_size random rows of X together with their labels; over many steps every row is drawn."""
    try:
        if not _is_surely_random(candidate, sampling.brief):
            _judge(candidate, sampling)
    except Failure as failure:
        failure.code = failure.code or _code(candidate, sampling)
        raise


def _is_surely_random(candidate: Classifier, sampling: Sampling) -> bool:
    """Whether half of the steps are enough to see it, as they are for all but a few right trains."""
    remarks = len(candidate.remarks)
    try:
        _judge(candidate, sampling)
    except WrongSampling:
        del candidate.remarks[remarks:]
        return False
    return True


def _judge(candidate: Classifier, sampling: Sampling) -> None:
    calls, learned = _trained(candidate, sampling)
    if len(calls) == sampling.steps:
        rows = _all_rows(candidate, sampling, calls)
        require_random(candidate, sampling, rows)
        _require_told(candidate, sampling, rows, learned)
    else:
        # The training check has found that it is right to evaluate the loss elsewhere, or more than once in a step.
        follows_from_its_histories(candidate, sampling)


def _trained(candidate: Classifier, sampling: Sampling) -> tuple[tuple[PluggedCall, ...], object]:
    """The calls of the plugged-in loss, and what W became; no calls where the loss cannot be plugged in."""
    if candidate.asked_the_stand_in is False:
        return (), None
    try:
        (done,) = candidate.train(sampling.watched)
    except Failure as failure:
        if failure.costly:
            raise
        return (), None
    return done.calls, done.W.value


def _require_told(candidate: Classifier, sampling: Sampling, rows: Rows, learned: object) -> None:
    """The record of calls is what the worker says of itself; what W became must fit it."""
    moved, drawn = np.zeros((2, sampling.classes)), rows.ravel()
    add_batch(moved, sampling.watched.X[drawn], sampling.y[drawn])
    # All are sums of whole numbers times a power of 2, and so exact.
    if not np.array_equal(np.asarray(learned), -sampling.watched.options.learning_rate * moved):
        raise WrongSampling(
            say(
                "What W became in {name} does not come from the batches that the loss was called with.",
                name=candidate.name,
            )
        )


def _all_rows(candidate: Classifier, sampling: Sampling, calls: tuple[PluggedCall, ...]) -> Rows:
    """The numbers of the rows that each step drew, (num_iters, batch_size): column 0 of X holds them."""
    X, y, size = sampling.watched.X, sampling.y, sampling.batch_size
    X_batches, y_batches = [call.X_batch for call in calls], [call.y_batch for call in calls]
    if all(b.shape == (size, X.shape[1]) for b in X_batches) and all(b.shape == (size,) for b in y_batches):
        batches, labels = np.array(X_batches), np.array(y_batches)
        rows = _nearest(batches[..., 0], sampling)
        if np.array_equal(X[rows], batches) and np.array_equal(y[rows], labels):
            return rows
    # One by one, to say which is wrong.
    return np.array([_rows(candidate, sampling, call) for call in calls])


def _nearest(numbers: NDArray[np.generic], sampling: Sampling) -> Rows:
    """The rows that begin with these numbers, if any do."""
    rows = np.nan_to_num(numbers.astype(np.float64)) - sampling.nudge
    return np.clip(rows, 0, sampling.samples - 1).astype(np.int64)


def _rows(candidate: Classifier, sampling: Sampling, call: PluggedCall) -> Rows:
    """The numbers of the rows that one step drew, (batch_size,)."""
    X, y, size = sampling.watched.X, sampling.y, sampling.batch_size
    if call.X_batch.shape == (size, X.shape[1]):
        rows = _nearest(call.X_batch[:, 0], sampling)
        if np.array_equal(X[rows], call.X_batch):
            if not np.array_equal(call.y_batch, y[rows]):
                raise WrongSampling(
                    say(
                        "In a batch of {name}, labels do not belong to their samples. Draw the row numbers once, and "
                        "use the same ones for X and for y.",
                        name=candidate.name,
                    ),
                    expected=say(
                        "y_batch = {labels} for rows {rows}", labels=y[rows].tolist(), rows=rows.tolist()
                    ),
                    got=f"y_batch = {call.y_batch.tolist()}",
                )
            return rows
    raise WrongSampling(
        say("The batches of {name} must be rows of X; one holds something else.", name=candidate.name),
        expected=say("{batch_size} rows of X", batch_size=size),
        got=f"X_batch = {call.X_batch.tolist()}",
    )


def _code(candidate: Classifier, sampling: Sampling) -> str:
    """A few steps of it, printing what was drawn."""
    usage, n, W = candidate.usage, sampling.samples, f"np.zeros((2, {sampling.classes}))"
    y, first = f"np.arange({n})", sampling.nudge
    if sampling.factor != 1 or sampling.offset:
        y = f"({y} * {sampling.factor} + {sampling.offset})"
    lines = [
        "import numpy as np",
        f"X = np.stack([np.arange({first}.0, {first + n}.0), np.ones({n})], axis=1)  # column 0 counts the rows",
        f"y = {y} % {sampling.classes}",
        *usage.making(W),
        *usage.plugging(f"lambda X_batch, y_batch, reg: (print(X_batch[:, 0], y_batch), (1.0, {W}))[1]"),
        *usage.training(
            ["X", "y"],
            learning_rate=0.0,
            reg=0.0,
            num_iters=_SHOWN_STEPS,
            batch_size=sampling.batch_size,
        ),
    ]
    return "\n".join(lines) + "\n"
