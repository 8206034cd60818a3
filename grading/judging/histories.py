"""Judges sampling by loss histories alone, for a train whose batches cannot be seen.

With learning_rate = 0 the weights stay, and with a few distinct samples a batch's mean loss tells how many of each it
held. The loss of each sample alone comes from the same train, so a wrong loss, as long as it is a sum or mean over its
samples, does not make a right train fail.
"""

from __future__ import annotations

from collections.abc import Sequence
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
# What is in the rows with even numbers, in those with odd numbers, in the first row and in the last.
_EVEN, _ODD, _FIRST, _LAST = range(4)
_SAMPLES = np.array([[1.0, 0.0], [1.0, 49 / 64], [1.0, 1 / 64], [1.0, 7 / 64]])
_OF_MIXED = ((_EVEN, 0), (_ODD, 0), (_FIRST, 0), (_LAST, 0))
_OF_LABELLED = ((_EVEN, 0), (_ODD, 1))
# Powers of 7 are between them, one more than the largest batch: at these weights, and up to 1/64 around them, the mean
# losses of two batches that hold different samples differ by more than 0.0005.
_W = np.array([[-2.0, -1.25, -1.0, 1.0], [0.25, -0.25, -1.0, -0.25]])
_AGREEMENT = 1e-10


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
    """Infers the batches of a train from its losses.

    Attributes:
        mixed: a training on data of four kinds, all with the same label.
        halves: one on data of two kinds, all with the same label.
        labelled: one on data of two kinds with a label each.
    """

    def __init__(self, candidate: Classifier, sampling: Sampling) -> None:
        self.candidate, self.sampling = candidate, sampling
        numbers = np.arange(sampling.samples, dtype=np.int64)
        # Alternating, so that every window of even length holds equally many of both kinds.
        parity = numbers % 2
        kinds = np.select([numbers == 0, numbers == sampling.samples - 1], [_FIRST, _LAST], parity)
        self.mixed = self.training(kinds, np.zeros_like(kinds), sampling.steps)
        self.halves = self.training(parity, np.zeros_like(kinds), sampling.steps)
        self.labelled = self.training(parity, parity, _LABEL_STEPS)
        self._alone = {
            (kind, label): self.training(np.full_like(kinds, kind), np.full_like(kinds, label), 1)
            for kind, label in dict.fromkeys((*_OF_MIXED, *_OF_LABELLED))
        }
        self._losses: dict[tuple[int, int], float] = {}
        candidate.foresee([*self._alone.values(), self.mixed, self.labelled])

    def training(self, kinds: Rows, labels: Rows, steps: int) -> Scenario:
        """A training on rows of some kinds; ``kinds`` and ``labels`` are (N,)."""
        training = self.sampling.training(_SAMPLES[kinds], labels, _W)
        return replace(training, options=replace(training.options, num_iters=steps))

    def counts(self, training: Scenario, samples: Sequence[tuple[int, int]]) -> Rows | None:
        """How many rows of each of ``samples``, a kind and a label, each batch held, (steps, len(samples)).

        None if the losses do not show it.
        """
        losses = np.array([self._loss_alone(sample) for sample in samples])
        history = self._history(training)
        try:
            return counts_from_history(history, losses, self.sampling.batch_size, _AGREEMENT)
        except ValueError:
            return None

    def _loss_alone(self, sample: tuple[int, int]) -> float:
        """The loss of a batch whose rows are all the same."""
        if sample not in self._losses:
            (self._losses[sample],) = self._history(self._alone[sample])
        return self._losses[sample]

    def _history(self, training: Scenario) -> Array:
        (done,) = self.candidate.train(training)
        return history_of(self.candidate.name, done.history, training.options.num_iters)


def _require_random(told: _Told) -> None:
    size, samples = told.sampling.batch_size, told.sampling.samples
    counts = told.counts(told.mixed, _OF_MIXED)
    # The whole of such data is no batch, but half of each kind is one.
    of_two = told.counts(told.halves, _OF_MIXED[:2]) if counts is None else counts[:, :2] + counts[:, 2:]
    if of_two is not None:
        odd = of_two[:, _ODD]
        test = batches_p_value(odd, batch_size=size, population=samples, marked=samples // 2)
        if test.p_value < told.sampling.spread_alpha and not _repeats(told, odd):
            raise _not_random(told, test, odd)
    if counts is None:
        raise WrongSampling(
            say(
                "The losses of {name} with learning_rate = 0 are not those of batches of batch_size = "
                "{batch_size} rows of X.",
                name=told.candidate.name,
                batch_size=size,
            ),
            code=code_of(told.candidate, told.mixed),
            expected=say("the mean loss of {batch_size} rows, in every step", batch_size=size),
            got=say("losses of batches of another size, or of something else"),
        )
    for kind, row in ((_FIRST, 0), (_LAST, samples - 1)):
        if not counts[:, kind].any():
            raise _never_drawn(told, row)


def _require_labels(told: _Told) -> None:
    if told.counts(told.labelled, _OF_LABELLED) is None:
        raise WrongSampling(
            say(
                "In a batch of {name}, labels do not belong to their samples. Draw the row numbers once, and use "
                "the same ones for X and for y.",
                name=told.candidate.name,
            ),
            code=code_of(told.candidate, told.labelled),
            expected=say("losses of batches in which each sample has its own label"),
            got=say("a loss that no such batch has"),
        )


def _loss_is_a_mean(candidate: Classifier) -> bool:
    """Whether the hand-in's loss of a mixed batch is the mean of its samples' losses; otherwise it shows no counts."""
    kinds = np.array([1, 0, 0, 0])
    for y in (np.zeros_like(kinds), kinds):
        X = _SAMPLES[kinds]
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


def _never_drawn(told: _Told, row: int) -> Failure:
    """The first or the last row never came up."""
    numbers = np.arange(told.sampling.samples, dtype=np.int64)
    alone = told.training((numbers == row).astype(np.int64), np.zeros_like(numbers), told.sampling.steps)
    return WrongSampling(
        say(
            "In {draws} draws of {name}, row {row} of X never came up. Every step must draw from all rows, anew.",
            draws=told.sampling.steps * told.sampling.batch_size,
            name=told.candidate.name,
            row=row,
        ),
        code=code_of(told.candidate, alone),
        expected=say("every row at least once"),
        got=say("never row {row}", row=row),
    )


def _not_random(told: _Told, test: BatchTest, odd: Rows) -> Failure:
    name = told.candidate.name
    if np.ptp(odd) == 0:
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
        code=code_of(told.candidate, told.halves),
        expected=say("losses of batches drawn at random, all rows alike"),
        got=say(
            "batches with {counts} of {batch_size} rows of one kind first; so odd by chance with p = {p:.1e}",
            counts=odd[:8].tolist(),
            batch_size=told.sampling.batch_size,
            p=test.p_value,
        ),
    )
