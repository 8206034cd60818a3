"""Sampling: every step sees a random batch, and labels go with their samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier, Options, Scenario, StandIn
from grading.judging.failures import Failure, WrongSampling
from grading.judging.histories import follows_from_its_histories
from grading.judging.promise import promise
from grading.judging.training_record import PluggedCall
from grading.sandbox.inside.answering import add_batch
from grading.sandbox.messages import Received
from grading.words import say
from reference.sampling import ALPHA, batches_p_value, draws_to_see_every_row, rows_p_value

Rows = NDArray[np.int64]

_SAMPLES, _FEATURES, _CLASSES = 30, 2, 4
_BATCH = 5
# Enough draws that a right train misses any row with probability below alpha.
_STEPS = -(-draws_to_see_every_row(_SAMPLES) // _BATCH)
_OPTIONS = Options(learning_rate=2.0**-6, reg=0.0, num_iters=_STEPS, batch_size=_BATCH)
# Rows taken from a shuffled order, epoch by epoch, are right too, but batches of one epoch depend on each other: with 6
# batches in an epoch the spread's standard deviation is 10 % larger than that of independent batches. This alpha leaves
# them below 1e-9 all the same.
_SPREAD_ALPHA = 1e-12
# A random batch is a window of neighbouring rows, or one row repeated, in fewer than one case in 10,000.
_MOST_REGULAR = 0.5


@promise(kind="train", needs=("training",))
def test_sampling(candidate: Classifier) -> None:
    """Every step draws batch_size random rows of X together with their labels; over many steps every row is drawn."""
    X = np.stack([np.arange(_SAMPLES, dtype=np.float64), np.ones(_SAMPLES)], axis=1)
    y = (np.arange(_SAMPLES, dtype=np.int64) * 7 + 3) % _CLASSES
    calls, learned = _trained(candidate, X, y)
    if len(calls) != _STEPS:
        # The training check has found that it is right to evaluate the loss elsewhere, or more than once in a step.
        follows_from_its_histories(candidate)
        return
    _require_random(candidate, _all_rows(candidate, calls, X, y))
    _require_told(candidate, calls, learned)


def _require_told(candidate: Classifier, calls: tuple[PluggedCall, ...], learned: Received) -> None:
    """The record of calls is what the worker says of itself; what W became must fit it."""
    moved = np.zeros((_FEATURES, _CLASSES))
    for call in calls:
        add_batch(moved, call.X_batch, call.y_batch)
    # All are sums of whole numbers times a power of 2, and so exact.
    if not np.array_equal(np.asarray(learned.value), -_OPTIONS.learning_rate * moved):
        raise WrongSampling(
            say(
                "What W became in {name} does not come from the batches that the loss was called with.",
                name=candidate.name,
            ),
            code=_code(candidate),
        )


def _trained(
    candidate: Classifier, X: NDArray[np.float64], y: Rows
) -> tuple[tuple[PluggedCall, ...], Received]:
    stand_in = StandIn(np.ones(1), np.zeros((1, _FEATURES, _CLASSES)), tells_batches=True)
    W = np.zeros((_FEATURES, _CLASSES))
    try:
        (done,) = candidate.train(Scenario(X, y, _OPTIONS, W, stand_in, candidate.seed))
    except Failure as failure:
        if failure.costly:
            raise
        return (), Received("NoneType", None)
    return done.calls, done.W


def _all_rows(candidate: Classifier, calls: tuple[PluggedCall, ...], X: NDArray[np.float64], y: Rows) -> Rows:
    """The numbers of the rows that each step drew, (num_iters, batch_size): column 0 of X holds them."""
    X_batches, y_batches = [call.X_batch for call in calls], [call.y_batch for call in calls]
    if all(b.shape == (_BATCH, _FEATURES) for b in X_batches) and all(
        b.shape == (_BATCH,) for b in y_batches
    ):
        batches, labels = np.array(X_batches), np.array(y_batches)
        rows = _nearest(batches[..., 0])
        if np.array_equal(X[rows], batches) and np.array_equal(y[rows], labels):
            return rows
    # One by one, to say which is wrong.
    return np.array([_rows(candidate, call, X, y) for call in calls])


def _nearest(numbers: NDArray[np.generic]) -> Rows:
    """The rows whose numbers these are, if they are any."""
    rows: Rows = np.clip(np.nan_to_num(numbers.astype(np.float64)), 0, _SAMPLES - 1).astype(np.int64)
    return rows


def _rows(candidate: Classifier, call: PluggedCall, X: NDArray[np.float64], y: Rows) -> Rows:
    """The numbers of the rows that one step drew, (batch_size,)."""
    if call.X_batch.shape == (_BATCH, _FEATURES):
        rows = _nearest(call.X_batch[:, 0])
        if np.array_equal(X[rows], call.X_batch):
            if not np.array_equal(call.y_batch, y[rows]):
                raise WrongSampling(
                    say(
                        "In a batch of {name}, labels do not belong to their samples. Draw the row numbers once, and "
                        "use the same ones for X and for y.",
                        name=candidate.name,
                    ),
                    code=_code(candidate),
                    expected=say(
                        "y_batch = {labels} for rows {rows}", labels=y[rows].tolist(), rows=rows.tolist()
                    ),
                    got=f"y_batch = {call.y_batch.tolist()}",
                )
            return rows
    raise WrongSampling(
        say("The batches of {name} must be rows of X; one holds something else.", name=candidate.name),
        code=_code(candidate),
        expected=say("{batch_size} rows of X", batch_size=_BATCH),
        got=f"X_batch = {call.X_batch.tolist()}",
    )


def _require_random(candidate: Classifier, rows: Rows) -> None:
    """``rows``: (num_iters, batch_size) row numbers."""
    name, code = candidate.name, _code(candidate)
    in_order = np.sort(rows, axis=1)
    if (in_order == in_order[0]).all():
        raise WrongSampling(
            say("{name} uses the same batch in every step. Each step must draw its own.", name=name),
            code=code,
            expected=say("other rows in each step"),
            got=say("rows {rows} in all {steps} steps", rows=rows[0].tolist(), steps=len(rows)),
        )
    if (in_order[:, 0] == in_order[:, -1]).mean() > _MOST_REGULAR:
        raise WrongSampling(
            say("The batches of {name} are one row each, repeated; a batch is batch_size draws.", name=name),
            code=code,
            expected=say("different rows in a batch"),
            got=say("rows {rows} first", rows=rows[0].tolist()),
        )
    draws = np.bincount(rows.ravel(), minlength=_SAMPLES)
    never = np.flatnonzero(draws == 0)
    if never.size:
        raise WrongSampling(
            say(
                "In {draws} draws of {name}, {count} of {total} rows of X never came up. Every step must draw "
                "from all rows, anew.",
                draws=rows.size,
                name=name,
                count=never.size,
                total=_SAMPLES,
            ),
            code=code,
            expected=say("every row at least once"),
            got=say("never row {rows}", rows=", ".join(map(str, never[:8])))
            + (", ..." if never.size > 8 else ""),
        )
    if _windows(in_order).mean() > _MOST_REGULAR:
        raise WrongSampling(
            say("{name} takes the rows of X in their order instead of drawing each at random.", name=name),
            code=code,
            expected=say("random rows"),
            got=say("rows {rows} first, then {next}", rows=rows[0].tolist(), next=rows[1].tolist()),
        )
    _require_likely(candidate, rows, draws)


def _windows(in_order: Rows) -> NDArray[np.bool_]:
    """Which batches are neighbouring rows, the first row counted as the neighbour of the last: (num_iters,)."""
    gaps = np.diff(in_order, axis=1, append=in_order[:, :1] + _SAMPLES)
    windows: NDArray[np.bool_] = (gaps == 1).sum(axis=1) == _BATCH - 1
    return windows


def _require_likely(candidate: Classifier, rows: Rows, draws: Rows) -> None:
    """What is left is decided by exact tests, which fail a right train once in a thousand million submissions."""
    most = int(draws.argmax())
    if rows_p_value(draws, num_iters=_STEPS, batch_size=_BATCH) < ALPHA:
        raise WrongSampling(
            say("{name} draws some rows of X far more often than others.", name=candidate.name),
            code=_code(candidate),
            expected=say(
                "each row about {times} times in {draws} draws", times=rows.size // _SAMPLES, draws=rows.size
            ),
            got=say(
                "row {most} {times} times, row {least} {least_times} times",
                most=most,
                times=int(draws[most]),
                least=int(draws.argmin()),
                least_times=int(draws.min()),
            ),
        )
    if _repeats_its_epoch(rows):
        candidate.remark(
            say(
                "{name} shuffles the rows once and then takes the same batches again and again; accepted, though "
                "the assignment asks for new draws in each step.",
                name=candidate.name,
            )
        )
        return
    marked = (rows < _SAMPLES // 2).sum(axis=1)
    test = batches_p_value(marked, batch_size=_BATCH, population=_SAMPLES, marked=_SAMPLES // 2)
    if test.p_value < _SPREAD_ALPHA:
        raise WrongSampling(
            say(
                "The batches of {name} are no random samples: how many rows of each come from the first half of "
                "X is not what chance gives.",
                name=candidate.name,
            ),
            code=_code(candidate),
            expected=say("batches drawn at random, all rows alike"),
            got=say(
                "rows {rows} first, then {next}; so odd by chance with p = {p:.1e}",
                rows=rows[0].tolist(),
                next=rows[1].tolist(),
                p=test.p_value,
            ),
        )


def _repeats_its_epoch(rows: Rows) -> bool:
    """Whether every row comes once in the first N draws, and those draws are all that ever comes."""
    period = _SAMPLES // _BATCH
    in_order = np.sort(rows, axis=1)
    once = np.array_equal(np.sort(rows[:period].ravel()), np.arange(_SAMPLES))
    return once and np.array_equal(in_order[period:], in_order[:-period])


def _code(candidate: Classifier) -> str:
    spelling = candidate.spelling
    printing = "lambda X_batch, y_batch, reg: (print(X_batch[:, 0], y_batch), (1.0, np.zeros((2, 4))))[1]"
    lines = [
        "import numpy as np",
        f"X = np.stack([np.arange({_SAMPLES}.0), np.ones({_SAMPLES})], axis=1)  # column 0 is the row's number",
        f"y = (np.arange({_SAMPLES}) * 7 + 3) % {_CLASSES}",
        *spelling.making(f"np.zeros(({_FEATURES}, {_CLASSES}))"),
        *spelling.plugging(printing),
        *spelling.training(["X", "y"], learning_rate=0.0, reg=0.0, num_iters=8, batch_size=_BATCH),
    ]
    return "\n".join(lines) + "\n"
