"""Strategies for the checks of train and predict, to be used and combined like Hypothesis's own.

Entries are small dyadic numbers, so that sums are exact in binary floating point and people can check a
counterexample by hand. Arrays are drawn at their largest size and cut, so that a smaller size moves no entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from random import Random
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Model, Options, Scenario, StandIn
from grading.judging.properties import Draw, composite, st
from grading.judging.samplings import BATCH_SIZES, FACTORS, Sampling
from grading.judging.shrinking import Pick, simplifies

T = TypeVar("T")
Array = NDArray[np.float64]
Labels = NDArray[np.int64]  # or of another integer type

# From simple to complicated: what is drawn shrinks towards the front.
ENTRIES = np.array(
    [0.0] + [sign * size for size in (1, 2, 3, 0.5, 1.5, 4, 2.5, 0.25, 3.5, 0.75) for sign in (1, -1)]
)
LABEL_TYPES = (np.int64, np.int32, np.uint8)
LEARNING_RATES = (1.0, 0.5, 0.25, 2.0, 0.0)
STRENGTHS = (0.0, 1.0, 0.5, 4.0)

_MOST_FEATURES, _MOST_CLASSES, _MOST_STEPS, _MOST_BATCHES, _MOST_IN_A_BATCH = 3, 4, 5, 4, 4
_MOST_SAMPLES = _MOST_IN_A_BATCH * (_MOST_CLASSES + _MOST_BATCHES)
_LARGEST_SEED, _NUDGES = 2**32 - 1, 2**16


def _array(draw: Draw, *shape: int) -> Array:
    size = int(np.prod(shape))
    return _entries(draw(st.binary(min_size=size, max_size=size))).reshape(shape)


def _entries(data: bytes) -> Array:
    return ENTRIES[np.frombuffer(data, dtype=np.uint8) % len(ENTRIES)]


def _fresh(numbers: Random, array: Array) -> Array:
    return _entries(numbers.getrandbits(8 * array.size).to_bytes(array.size, "big")).reshape(array.shape)


def _labels(data: bytes, samples: int, classes: int) -> Labels:
    """Every class is found among them: what train is to do otherwise, nobody has said."""
    free = np.frombuffer(data, dtype=np.uint8)[: samples - classes] % classes
    return np.concatenate([np.arange(classes), free]).astype(np.int64)


def varied_model(numbers: Random, model: Model) -> Model:
    """One of the same sizes with other entries."""
    return Model(_fresh(numbers, model.W), _fresh(numbers, model.X))


@composite(examples=8, varied=varied_model, own=2)
def models(draw: Draw) -> Model:
    """Weights and data for predict; scores are exact, and ties are real."""
    d, c, n = draw(st.integers(1, 6)), draw(st.integers(2, 10)), draw(st.integers(1, 8))
    return Model(_array(draw, 6, 10)[:d, :c], _array(draw, 8, 6)[:n, :d])


def varied_training(numbers: Random, training: Scenario) -> Scenario:
    """One of the same sizes with other entries, labels, settings and answers of the loss."""
    n, c, answers = len(training.y), int(training.y.max()) + 1, training.stand_in
    assert answers is not None
    return replace(
        training,
        X=_fresh(numbers, training.X),
        y=_labels(numbers.getrandbits(8 * n).to_bytes(n, "big"), n, c).astype(training.y.dtype),
        options=replace(
            training.options,
            learning_rate=_one_of(numbers, LEARNING_RATES),
            reg=_one_of(numbers, STRENGTHS),
        ),
        W=None if training.W is None else _fresh(numbers, training.W),
        stand_in=StandIn(_fresh(numbers, answers.losses), _fresh(numbers, answers.gradients)),
        seed=numbers.getrandbits(32),
    )


def _one_of(numbers: Random, options: Sequence[T]) -> T:
    return options[int(numbers.random() * len(options))]


def fixed_trainings(seed: int) -> Iterator[Scenario]:
    """What must be among all trainings: with weights to start from and without, with steps and without; printing.

    Those that show what a train does that calls no plugged-in loss, with weights and steps, are regularized: what is
    done to W beside the step often goes with reg.
    """
    numbers = Random(seed)
    for W, learning_rate, reg, verbose in (
        (True, 0.5, 0.5, False),
        (False, 0.0, 0.0, False),
        (False, 0.5, 1.0, False),
        (True, 2.0, 4.0, True),
    ):
        n, d, c, num_iters, rounds = 12, 3, 4, 3, 2
        training = Scenario(
            np.zeros((n, d)),
            np.arange(n) % c,
            Options(learning_rate, reg, num_iters, batch_size=4),
            np.zeros((d, c)) if W else None,
            StandIn(np.zeros(num_iters * rounds), np.zeros((num_iters * rounds, d, c))),
            rounds=rounds,
            verbose=verbose,
        )
        varied = varied_training(numbers, training)
        yield replace(varied, options=replace(varied.options, learning_rate=learning_rate, reg=reg))


@composite(examples=4, fixed=fixed_trainings, varied=varied_training, own=2)
def trainings(draw: Draw) -> Scenario:
    """Trainings with a loss plugged in whose answers are known: from given weights or from none, once or twice.

    The batches share the samples out evenly.
    """
    d, c = draw(st.integers(1, _MOST_FEATURES)), draw(st.integers(2, _MOST_CLASSES))
    batch_size = draw(st.integers(1, _MOST_IN_A_BATCH))
    n = batch_size * (-(-c // batch_size) + draw(st.integers(0, _MOST_BATCHES - 1)))
    num_iters, rounds = draw(st.integers(1, _MOST_STEPS)), draw(st.integers(1, 2))
    options = Options(
        draw(st.sampled_from(LEARNING_RATES)), draw(st.sampled_from(STRENGTHS)), num_iters, batch_size
    )
    X = _array(draw, _MOST_SAMPLES, _MOST_FEATURES)[:n, :d]
    y = _labels(draw(st.binary(min_size=_MOST_SAMPLES, max_size=_MOST_SAMPLES)), n, c)
    W = _array(draw, _MOST_FEATURES, _MOST_CLASSES)[:d, :c]
    # One draw for each step, so that one left out shifts no other.
    answers = [_array(draw, 1 + _MOST_FEATURES * _MOST_CLASSES) for _ in range(num_iters * rounds)]
    gradients = [answer[1:].reshape(_MOST_FEATURES, _MOST_CLASSES)[:d, :c] for answer in answers]
    return Scenario(
        X,
        y.astype(draw(st.sampled_from(LABEL_TYPES))),
        options,
        None if draw(st.booleans()) else W,
        StandIn(np.array([answer[0] for answer in answers]), np.array(gradients)),
        draw(st.integers(0, _LARGEST_SEED)),
        rounds,
        verbose=draw(st.booleans()),
    )


def varied_sampling(numbers: Random, sampling: Sampling) -> Sampling:
    """One of the same sizes with other labels, weights, and other random numbers for the student to draw."""
    return replace(
        sampling,
        factor=_one_of(numbers, FACTORS),
        offset=int(numbers.random() * sampling.classes),
        nudge=int(numbers.random() * _NUDGES),
        seed=numbers.getrandbits(32),
    )


@composite(examples=1, varied=varied_sampling, own=1)
def samplings(draw: Draw) -> Sampling:
    """Trainings that leave W alone and go on until every row must have been drawn."""
    classes = draw(st.integers(2, _MOST_CLASSES))
    return Sampling(
        batch_size=draw(st.sampled_from(BATCH_SIZES)),
        batches=draw(st.integers(6, 9)),
        classes=classes,
        factor=draw(st.sampled_from(FACTORS)),
        offset=draw(st.integers(0, classes - 1)),
        nudge=draw(st.integers(0, _NUDGES - 1)),
        seed=draw(st.integers(0, _LARGEST_SEED)),
    )


@simplifies(Model)
def smaller_model(pick: Pick, model: Model) -> Model:
    """With fewer samples, features and classes."""
    (d, c), n = model.W.shape, len(model.X)
    samples, features, classes = _kept(pick, n, 1), _kept(pick, d, 1), _kept(pick, c, 2)
    return Model(model.W[np.ix_(features, classes)], model.X[np.ix_(samples, features)])


@simplifies(Model)
def simpler_model(pick: Pick, model: Model) -> Model:
    """With simpler entries."""
    return Model(_simpler(pick, model.W), _simpler(pick, model.X))


@simplifies(Scenario)
def smaller_training(pick: Pick, training: Scenario) -> Scenario:
    """With fewer samples, features, classes and steps, and weights to start from."""
    answers, options = training.stand_in, training.options
    assert answers is not None
    (n, d), c = training.X.shape, answers.gradients.shape[2]
    size = pick.one_of(range(1, options.batch_size + 1))
    batches = pick.one_of(range(1, n // options.batch_size + 1))
    features, classes = _kept(pick, d, 1), _kept(pick, c, 2)
    steps = _kept(pick, options.num_iters, 1)
    rounds = pick.one_of(range(1, training.rounds + 1))
    n = size * max(batches, -(-len(classes) // size))
    if n > len(training.y):
        pick.reject()
    new = {label: k for k, label in enumerate(classes)}
    y = [*range(len(classes)), *(new.get(label, 0) for label in training.y.tolist()[len(classes) :])]
    asked = [k * options.num_iters + step for k in range(rounds) for step in steps]
    start = np.zeros((d, c)) if training.W is None else training.W
    return replace(
        training,
        X=training.X[:n, features],
        y=np.array(y[:n], dtype=pick.one_of((np.dtype(np.int64), training.y.dtype))),
        options=replace(options, num_iters=len(steps), batch_size=size),
        W=None if training.W is None and pick.keep() else start[np.ix_(features, classes)],
        stand_in=StandIn(answers.losses[asked], answers.gradients[np.ix_(asked, features, classes)]),
        seed=pick.one_of((0, training.seed)),
        rounds=rounds,
        verbose=training.verbose and pick.keep(),
    )


@simplifies(Scenario)
def simpler_training(pick: Pick, training: Scenario) -> Scenario:
    """With simpler settings and entries."""
    answers, options = training.stand_in, training.options
    assert answers is not None
    return replace(
        training,
        X=_simpler(pick, training.X),
        y=_simpler_labels(pick, training.y),
        options=replace(
            options,
            learning_rate=pick.one_of(_up_to(options.learning_rate, LEARNING_RATES)),
            reg=pick.one_of(_up_to(options.reg, STRENGTHS)),
        ),
        W=None if training.W is None else _simpler(pick, training.W),
        stand_in=StandIn(_simpler(pick, answers.losses), _simpler(pick, answers.gradients)),
    )


@simplifies(Sampling)
def simpler_sampling(pick: Pick, sampling: Sampling) -> Sampling:
    """With fewer samples and classes."""
    return Sampling(
        batch_size=pick.one_of(_up_to(sampling.batch_size, BATCH_SIZES)),
        batches=pick.one_of(range(6, sampling.batches + 1)),
        classes=(classes := pick.one_of(range(2, sampling.classes + 1))),
        factor=pick.one_of(_up_to(sampling.factor, FACTORS)),
        offset=pick.one_of(range(sampling.offset + 1)) % classes,
        nudge=pick.one_of((0, sampling.nudge)),
        seed=pick.one_of((0, sampling.seed)),
    )


def _kept(pick: Pick, count: int, least: int) -> list[int]:
    """The numbers of those that stay, the first ones if nothing else does."""
    kept = [pick.keep() for _ in range(count)]
    missing = iter([k for k in range(count) if not kept[k]][: max(0, least - sum(kept))])
    return sorted([*(k for k in range(count) if kept[k]), *missing])


def _simpler(pick: Pick, array: Array) -> Array:
    """All of it 0, or some entries simpler."""
    kept = pick.keep()
    entries = [pick.one_of(_up_to(entry, ENTRIES.tolist())) for entry in array.ravel().tolist()]
    return np.array(entries).reshape(array.shape) if kept else np.zeros_like(array)


def _simpler_labels(pick: Pick, y: Labels) -> Labels:
    """Every class is still found among the first labels."""
    classes = int(y.max()) + 1
    rest = [pick.one_of(_up_to(label, range(classes))) for label in y[classes:].tolist()]
    return np.array([*range(classes), *rest], dtype=y.dtype)


def _up_to(own: T, options: Sequence[T]) -> Sequence[T]:
    """Those that are simpler, and itself."""
    return [*takewhile(lambda option: option != own, options), own]
