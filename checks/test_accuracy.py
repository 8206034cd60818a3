"""Accuracy: what was learned holds for pictures that were not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.classifier import Classifier, Options, Scenario
from checks.failures import Inaccurate
from checks.loss_function import evaluate
from checks.promise import promise
from checks.trained import weights_of
from grading.rubric import Accuracy
from reference.accuracy import verdicts
from reference.datasets import Split, load
from reference.problem import Problem
from reference.sgd import predict, suboptimality


@promise("accuracy", kind="train")
def test_accuracy(candidate: Classifier) -> None:
    """Trained on the data set with the rubric's settings, it classifies at least the asked-for share of the validation
    pictures rightly.
    """
    settings = candidate.rubric.settings.accuracy[candidate.reference]
    data = load("digits")
    shape = data.X_train.shape[1], len(data.classes)
    options = Options(settings.learning_rate, settings.reg, settings.num_iters, settings.batch_size)
    _take_one_step(candidate, data, options)
    seconds = candidate.rubric.limits.training_seconds
    right, learned = [], []
    for run in range(settings.runs):
        seed = candidate.seed + run
        (done,) = candidate.train(Scenario(data.X_train, data.y_train, options, seed=seed, seconds=seconds))
        # The grader classifies, with the weights that were learned: labels of validation pictures never leave it.
        W = weights_of(candidate.name, done.W, shape)
        right.append(int(np.sum(predict(W, data.X_validation) == data.y_validation)))
        learned.append(W)
    total = len(data.y_validation)
    found = verdicts(right, total, settings.threshold)
    if all(each.passes for each in found):
        return
    worst = min(range(len(found)), key=lambda run: found[run].correct)
    runs = "; ".join(
        f"seed {candidate.seed + run}: {each.correct} of {total}, so truly {each.interval.lower:.1%} to "
        f"{each.interval.upper:.1%}"
        for run, each in enumerate(found)
    )
    raise Inaccurate(
        f"Trained with the rubric's settings, {candidate.class_name} classifies too few of {total} validation pictures "
        f"rightly.{_how_near(candidate, data, options, learned[worst])}",
        code=_code(candidate, settings),
        expected=f"{settings.threshold:.1%}; {found[worst].least} of {total} would still pass as bad luck",
        got=f"{runs}, but for less than one case in a million",
    )


def _how_near(candidate: Classifier, data: Split, options: Options, W: NDArray[np.float64]) -> str:
    """How far the weights can be from the best ones for the training pictures, as far as that can be proved."""
    scale = candidate.rubric.settings.reg_scale
    reg_scale = 1.0 if isinstance(scale, str) else scale
    problem = Problem(W, data.X_train, data.y_train, options.reg)
    try:
        answer = evaluate(candidate.reference, problem, reg_scale, candidate.rubric.settings.delta)
    except OverflowError:
        return " The weights have grown beyond all bounds: training diverged."
    near = suboptimality(answer.gradient.base, options.reg, reg_scale=reg_scale)
    if not np.isfinite(near.gap):
        return ""
    return (
        f" On the training pictures its weights have a loss of {answer.loss:.3g}, which is at most {near.gap:.3g} "
        f"above the smallest possible."
    )


def _take_one_step(candidate: Classifier, data: Split, options: Options) -> None:
    """One step under the deadline of a small call: a loss that hangs must not cost that of a whole training."""
    first = Options(options.learning_rate, options.reg, 1, options.batch_size)
    candidate.train(Scenario(data.X_train, data.y_train, first))


def _code(candidate: Classifier, settings: Accuracy) -> str:
    return (
        "# X_train, y_train, X_validation, y_validation: the digits of scikit-learn, mean subtracted, a 1 appended\n"
        f"model = {candidate.class_name}()\n"
        f"model.train(X_train, y_train, learning_rate={settings.learning_rate}, reg={settings.reg}, "
        f"num_iters={settings.num_iters}, batch_size={settings.batch_size})\n"
        "print((X_validation @ model.W).argmax(axis=1) == y_validation)\n"
    )
