"""Judges sampling by loss histories alone, for a train whose batches cannot be seen.

With learning_rate = 0 the weights stay, and with two distinct samples a batch's mean loss tells how many of each it
held. The loss of each sample alone comes from the same train, so a wrong loss, as long as it is a sum or mean over its
samples, does not make a right train fail.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier, Scenario
from grading.judging.failures import Failure, WrongSampling
from grading.judging.reproduction import code_of
from grading.judging.samplings import Sampling
from grading.judging.training_record import history_of
from grading.words import say
from reference.sampling import BatchTest, batches_p_value, counts_from_history

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

# Labels that belong to their samples only every other time would pass this often in one case in 10 ** 10.
_LABEL_STEPS = 36
_TEST_STEPS = 5  # of a history with one sample only, where all losses must be equal
# At these weights, and up to 1/16 around them, the losses of the two samples differ by more than 0.3.
_W = np.array([[-1.5, 1.5, -1.0, -0.5], [1.25, -1.0, 1.0, -1.5]])
_PAIR = np.array([[1.0, -0.5], [-1.5, 0.75]])
_AGREEMENT = 1e-10
# As where batches are seen: batches of one shuffled epoch depend on each other.
_SPREAD_ALPHA = 1e-12


def follows_from_its_histories(candidate: Classifier, sampling: Sampling) -> None:
    """Judge how batches are drawn by the losses that train returns, on data of the same size.

    Raises:
        Failure: no right train returns such losses, except in one case in a thousand million.
    """
    told = _Told(candidate, sampling)
    for judge in (_require_random, _require_labels):
        try:
            judge(told)
        except WrongSampling:
            if _loss_is_a_mean(candidate):
                raise
            candidate.remark(
                say("The batches of {name} cannot be told from its losses; accepted.", name=candidate.name)
            )
            return


class _Told:
    """Infers the batches of a train from its losses."""

    def __init__(self, candidate: Classifier, sampling: Sampling) -> None:
        self.candidate, self.sampling = candidate, sampling
        self._alone: dict[tuple[int, int], float | None] = {}

    def training(self, which: Rows, labels: Rows, steps: int) -> Scenario:
        """A training on rows of two kinds; ``which``, (N,), is 0 or 1 for each."""
        training = self.sampling.training(_PAIR[which], labels, _W)
        return replace(training, options=replace(training.options, num_iters=steps))

    def halves(self) -> Rows:
        """Alternating rows of both kinds, so that every window of even length holds equally many of each."""
        return np.arange(self.sampling.samples, dtype=np.int64) % 2

    def counts(self, which: Rows, labels: Rows, steps: int) -> Rows | None:
        """How many rows of kind 1 each batch held; None if the losses do not show it."""
        alone = [self._loss_alone(kind, int(labels[which == kind][0])) for kind in (1, 0)]
        one, zero = alone
        if one is None or zero is None:
            return None
        history = self._history(which, labels, steps)
        try:
            return counts_from_history(history, one, zero, self.sampling.batch_size, _AGREEMENT)
        except ValueError:
            return None

    def _loss_alone(self, kind: int, label: int) -> float | None:
        """The loss of batches whose rows are all of one kind; None if it is not the same for all of them."""
        if (kind, label) not in self._alone:
            losses = self._history(
                np.full(self.sampling.samples, kind), np.full(self.sampling.samples, label), _TEST_STEPS
            )
            self._alone[kind, label] = float(losses[0]) if np.ptp(losses) <= _AGREEMENT else None
        return self._alone[kind, label]

    def _history(self, which: Rows, labels: Rows, steps: int) -> Array:
        (done,) = self.candidate.train(self.training(which, labels, steps))
        return history_of(self.candidate.name, done.history, steps)


def _require_random(told: _Told) -> None:
    half, labels = told.halves(), np.zeros(told.sampling.samples, dtype=np.int64)
    counts = told.counts(half, labels, told.sampling.steps)
    scenario = told.training(half, labels, told.sampling.steps)
    if counts is None:
        raise WrongSampling(
            say(
                "The losses of {name} with learning_rate = 0 are not those of batches of batch_size = "
                "{batch_size} rows of X.",
                name=told.candidate.name,
                batch_size=told.sampling.batch_size,
            ),
            code=code_of(told.candidate, scenario),
            expected=say(
                "the mean loss of {batch_size} rows, in every step", batch_size=told.sampling.batch_size
            ),
            got=say("losses of batches of another size, or of something else"),
        )
    test = batches_p_value(
        counts, batch_size=told.sampling.batch_size, population=told.sampling.samples, marked=int(half.sum())
    )
    if test.p_value < _SPREAD_ALPHA and not _repeats(told, counts):
        raise _not_random(told, scenario, test, counts)
    for row in (0, told.sampling.samples - 1):
        _require_drawn(told, row)


def _require_labels(told: _Told) -> None:
    half = told.halves()
    if told.counts(half, half, _LABEL_STEPS) is None:
        raise WrongSampling(
            say(
                "In a batch of {name}, labels do not belong to their samples. Draw the row numbers once, and use "
                "the same ones for X and for y.",
                name=told.candidate.name,
            ),
            code=code_of(told.candidate, told.training(half, half, _LABEL_STEPS)),
            expected=say("losses of batches in which each sample has its own label"),
            got=say("a loss that no such batch has"),
        )


def _loss_is_a_mean(candidate: Classifier) -> bool:
    """Whether the hand-in's loss of a mixed batch is the mean of its samples' losses; otherwise it shows no counts."""
    kinds = np.array([1, 0, 0, 0])
    for y in (np.zeros_like(kinds), kinds):
        X = _PAIR[kinds]
        alone = [
            [answer.loss for answer in candidate.losses_of_handin(_W, X[i : i + 1], y[i : i + 1], 0.0)]
            for i in range(len(kinds))
        ]
        together = [answer.loss for answer in candidate.losses_of_handin(_W, X, y, 0.0)]
        means = [float(np.mean(losses)) for losses in zip(*alone, strict=False)]
        if not any(abs(loss - mean) <= _AGREEMENT for loss, mean in zip(together, means, strict=False)):
            return False
    return True


def _repeats(told: _Told, counts: Rows) -> bool:
    """Whether rows shuffled once are repeated: each epoch then holds as many of each kind as the data."""
    period = told.sampling.samples // told.sampling.batch_size
    different = np.ptp(counts) > 0
    once = int(counts[:period].sum()) == told.sampling.samples // 2
    return bool(different and once and np.array_equal(counts[period:], counts[:-period]))


def _require_drawn(told: _Told, row: int) -> None:
    """Require that the row, the first or the last, is ever drawn."""
    which = (np.arange(told.sampling.samples) == row).astype(np.int64)
    labels = np.zeros(told.sampling.samples, dtype=np.int64)
    counts = told.counts(which, labels, told.sampling.steps)
    if counts is not None and not counts.any():
        raise WrongSampling(
            say(
                "In {draws} draws of {name}, row {row} of X never came up. Every step must draw from all rows, "
                "anew.",
                draws=told.sampling.steps * told.sampling.batch_size,
                name=told.candidate.name,
                row=row,
            ),
            code=code_of(told.candidate, told.training(which, labels, told.sampling.steps)),
            expected=say("every row at least once"),
            got=say("never row {row}", row=row),
        )


def _not_random(told: _Told, scenario: Scenario, test: BatchTest, counts: Rows) -> Failure:
    name = told.candidate.name
    if np.ptp(counts) == 0:
        message = say(
            "{name} returns the same loss in every step with learning_rate = 0, so its losses are not those "
            "of random batches: each step must draw its own batch.",
            name=name,
        )
    else:
        message = say(
            "The losses of {name} with learning_rate = 0 are not those of random batches of batch_size rows: "
            "they differ too much or too little.",
            name=name,
        )
    return WrongSampling(
        message,
        code=code_of(told.candidate, scenario),
        expected=say("losses of batches drawn at random, all rows alike"),
        got=say(
            "batches with {counts} of {batch_size} rows of one kind first; so odd by chance with p = {p:.1e}",
            counts=counts[:8].tolist(),
            batch_size=told.sampling.batch_size,
            p=test.p_value,
        ),
    )
