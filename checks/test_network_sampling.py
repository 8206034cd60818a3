"""Sampling of a network's train: every step sees a random batch."""

from __future__ import annotations

import numpy as np

from checks.class_strategies import samplings
from grading.judging.network import Network
from grading.judging.network_steps import require_right_steps, rows_of
from grading.judging.network_training import NetworkTraining
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.judging.random_batches import require_random
from grading.judging.samplings import Sampling
from grading.words import say


@promise(kind="network_train", needs=("network_training",))
@given(sampling=samplings())
def test_network_sampling(candidate: Network, sampling: Sampling) -> None:
    """Every step draws batch_size random rows of X together with their labels; over many steps every row is drawn."""
    training = _watched(sampling)
    with candidate.shown(training):
        done = candidate.train(training)
        if done.calls is None or done.asked != training.num_iters:
            # Found right by the training check, which cannot see batches either.
            candidate.remark(say("The batches of {name} cannot be seen; accepted.", name=candidate.name))
            return
        rows = np.array([rows_of(candidate, training, call) for call in done.calls])
        require_right_steps(candidate, training, done)
        require_random(candidate, sampling, rows)


def _watched(sampling: Sampling) -> NetworkTraining:
    """A training that goes on until every row must have been drawn."""
    shapes = {"W1": (2, 1), "b1": (1,), "W2": (1, sampling.classes), "b2": (sampling.classes,)}
    X = np.stack([np.arange(sampling.samples, dtype=np.float64), np.ones(sampling.samples)], axis=1)
    steps = sampling.steps
    return NetworkTraining(
        {name: np.zeros(shape) for name, shape in shapes.items()},
        X,
        sampling.y,
        X[:1],
        sampling.y[:1],
        2.0**-6,
        1.0,
        0.0,
        steps,
        sampling.batch_size,
        np.ones(steps),
        {name: np.zeros((steps, *shape)) for name, shape in shapes.items()},
        sampling.seed,
    )
