"""Accuracy: what was learned holds for pictures that were not seen."""

from __future__ import annotations

import numpy as np
from reference.accuracy import verdict

from checks.classifier import Classifier, Options, weights_of
from checks.failures import Inaccurate
from checks.promise import promise
from grading.rubric import Accuracy
from reference.datasets import load
from reference.sgd import predict

# Nobody whose true accuracy reaches the threshold fails with a greater chance than this.
_ALPHA = 1e-6


@promise("accuracy", kind="train")
def test_accuracy(candidate: Classifier) -> None:
    """Trained on the data set with the rubric's settings, it classifies at least the asked-for share of the validation
    pictures rightly.
    """
    settings = candidate.rubric.settings.accuracy[candidate.reference]
    data = load("digits")
    shape = data.X_train.shape[1], len(data.classes)
    options = Options(settings.learning_rate, settings.reg, settings.num_iters, settings.batch_size)
    right = []
    for run in range(settings.runs):
        seed = candidate.seed + run
        (done,) = candidate.train(data.X_train, data.y_train, options, seed=seed)
        # The grader classifies, with the weights that were learned: labels of validation pictures never leave it.
        W = weights_of(candidate, done.W, shape)
        right.append(int(np.sum(predict(W, data.X_validation) == data.y_validation)))
    total = len(data.y_validation)
    # The runs share their pictures, so they are not independent; the median run is judged as one sample.
    middle = sorted(right)[len(right) // 2]
    found = verdict(middle, total, settings.threshold, alpha=_ALPHA)
    if found.fails:
        raise Inaccurate(
            f"Trained with the rubric's settings, {candidate.class_name} classifies too few validation pictures "
            f"rightly.",
            code=_code(candidate, settings),
            expected=f"at least {settings.threshold:.1%} of {total} pictures, or so few less that it may be bad luck",
            got=f"{', '.join(f'{count / total:.1%}' for count in right)} in {len(right)} runs; the true share is below "
            f"{found.high:.1%} but for one case in a million",
        )


def _code(candidate: Classifier, settings: Accuracy) -> str:
    return (
        "# X_train, y_train, X_validation, y_validation: the digits of scikit-learn, mean subtracted, a 1 appended\n"
        f"model = {candidate.class_name}()\n"
        f"model.train(X_train, y_train, learning_rate={settings.learning_rate}, reg={settings.reg}, "
        f"num_iters={settings.num_iters}, batch_size={settings.batch_size})\n"
        "print((X_validation @ model.W).argmax(axis=1) == y_validation)\n"
    )
