"""Remarks to the student on what is unusual about a train, but accepted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from grading.judging.classifier import Classifier, Options, Scenario, StandIn
from grading.judging.failures import Failure
from grading.judging.training_on_own_loss import train_with_either_loss
from grading.judging.training_record import weights_of
from grading.words import say

_COURSE = Options(learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200)
_GRADIENT = 1024.0  # large enough that the smallest step of the course moves W


def remark_on_habits(candidate: Classifier) -> None:
    """Remarks on what a right train does differently from the course's: no input shows a mistake in it."""
    _remark_on_start(candidate)
    _remark_on_defaults(candidate)


def two_starts(candidate: Classifier) -> tuple[Scenario, Scenario]:
    """Trainings that show what W train starts with and which batches it draws, with two seeds."""
    return _two_starts(candidate.seed)


@cache
def _two_starts(seed: int) -> tuple[Scenario, Scenario]:
    X = np.arange(36.0).reshape(12, 3) / 4.0
    y = np.arange(12) % 4
    options = Options(learning_rate=0.0, reg=0.0, num_iters=2, batch_size=3)
    stand_in = StandIn(np.ones(1), np.zeros((1, 3, 4)))
    first = Scenario(X, y, options, None, stand_in, seed)
    return first, replace(first, seed=seed + 1)


def _remark_on_start(candidate: Classifier) -> None:
    trainings = two_starts(candidate)
    candidate.foresee(trainings)
    first, second = (train_with_either_loss(candidate, training)[0] for training in trainings)
    name, type_name = candidate.name, first.W.type_name
    W, other = (weights_of(name, done.W, (3, 4)) for done in (first, second))
    if type_name != "numpy.ndarray":
        candidate.remark(
            say(
                "After {name}, self.W is a {type_name} instead of a plain array; accepted.",
                name=name,
                type_name=type_name,
            )
        )
    if not W.any():
        candidate.remark(
            say(
                "{name} starts from weights of 0; accepted, though the course starts from small random ones.",
                name=name,
            )
        )
    batches = [[call.X_batch.tolist() for call in done.calls] for done in (first, second)]
    if (W.any() and np.array_equal(W, other)) or (batches[0] and batches[0] == batches[1]):
        candidate.remark(
            say(
                "{name} draws the same random numbers in every run, so it seeds them itself; accepted, though "
                "seeding belongs outside.",
                name=name,
            )
        )


def _remark_on_defaults(candidate: Classifier) -> None:
    """Called with X and y alone, the course's train takes 100 steps of 200 samples; other defaults are no mistake."""
    used = _written_defaults(candidate) or _used_defaults(candidate)
    differing = [
        say("{key}={mine:g} instead of {course:g}", key=key, mine=mine, course=getattr(_COURSE, key))
        for key, mine in used.items()
        if not np.isclose(getattr(_COURSE, key), mine, rtol=1e-9, atol=0.0)
    ]
    if differing:
        candidate.remark(
            say(
                "{name} has other defaults than the course: {differing}; accepted.",
                name=candidate.name,
                differing=", ".join(differing),
            )
        )


def _written_defaults(candidate: Classifier) -> dict[str, float]:
    """The defaults as written, if all are numbers; such a train need not be run."""
    names = {key: getattr(candidate.usage.names, key) for key in _COURSE.as_arguments()}
    if not set(names.values()) <= candidate.defaults.keys():
        return {}
    return {key: candidate.defaults[name] for key, name in names.items()}


def _used_defaults(candidate: Classifier) -> dict[str, float]:
    """The settings that train uses when given none, inferred from its calls of the loss; empty if nothing shows."""
    count = 2 * _COURSE.batch_size
    X, y = np.ones((count, 1)), np.arange(count) % 2
    stand_in = StandIn(np.ones(1), np.full((1, 1, 2), _GRADIENT))
    try:
        (done,) = candidate.train(
            Scenario(X, y, _COURSE, np.zeros((1, 2)), stand_in, candidate.seed, by_default=True)
        )
    except Failure as failure:
        if (failure.got or "").startswith("TypeError") and "missing" in (failure.got or ""):
            candidate.remark(
                say(
                    "{name} cannot be called with X and y alone, because it has no defaults; accepted.",
                    name=candidate.name,
                )
            )
        return {}
    if len(done.calls) < 2:
        return {}
    first, second = done.calls[:2]
    return {
        "learning_rate": float(np.abs(second.W).max(initial=0.0)) / _GRADIENT,
        "reg": first.reg,
        "num_iters": len(done.calls),
        "batch_size": len(first.X_batch),
    }
