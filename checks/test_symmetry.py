"""Symmetry: the order of the samples and the numbering of the classes make no difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.strategies import problems_of_several
from grading.judging.failures import NotSymmetric
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import later, say, translated
from reference.problem import Problem


@promise(kind="loss", needs=("interface", "value", "gradient"))
@given(problem=problems_of_several())
def test_symmetry(candidate: LossFunction, problem: Problem) -> None:
    """Reordering the samples or giving every sample twice changes nothing; renaming the classes only reorders
    the columns of dW.
    """
    before = candidate(problem)
    samples, classes = np.arange(len(problem.y))[::-1], np.roll(np.arange(problem.W.shape[1]), 1)
    same = np.arange(len(classes))
    for title, changed, columns in (
        (later("reordering the samples"), _with_samples(problem, samples), same),
        (later("giving every sample twice"), _with_samples(problem, np.repeat(samples, 2)), same),
        (later("renaming the classes"), _renamed(problem, classes), classes),
    ):
        after, dW = candidate(changed), before.dW[:, columns]
        # Each of the two answers may be off by its own bound.
        truths = candidate.truth(problem), candidate.truth(changed)
        room = sum(truth.gradient.bound.max() for truth in truths)
        same_loss = abs(before.loss - after.loss) <= sum(truth.loss_bound for truth in truths)
        if not (same_loss and (np.abs(dW - after.dW) <= room).all()):
            raise NotSymmetric(
                say(
                    "With {name}, {title} changes the answer. Does it depend on the position of a sample, on the "
                    "number of samples, or on a particular label?",
                    name=candidate.name,
                    title=translated(title),
                ),
                changed,
                expected=say("loss = {loss!r}, as before; dW = {dW}", loss=before.loss, dW=dW.tolist()),
                got=f"loss = {after.loss!r}; dW = {after.dW.tolist()}",
            )


def _with_samples(problem: Problem, samples: NDArray[np.int64]) -> Problem:
    return Problem(problem.W, problem.X[samples], problem.y[samples], problem.reg)


def _renamed(problem: Problem, classes: NDArray[np.int64]) -> Problem:
    """Class ``classes[k]`` becomes class k."""
    return Problem(problem.W[:, classes], problem.X, np.argsort(classes)[problem.y], problem.reg)
