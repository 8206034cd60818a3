"""Accuracy: what was learned also works on unseen pictures.

Not a property of drawn inputs: it trains on the rubric's data set.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier, Learned, Options, Scenario
from grading.judging.failures import Inaccurate, WrongReturn
from grading.judging.learned_from_loss import beyond, learned_from_own_loss
from grading.judging.promise import promise
from grading.judging.training.data import training_data
from grading.judging.training.permuted_data import Disguise, disguised
from grading.judging.training_facts import learned, nearness
from grading.judging.training_record import history_of, weights_of
from grading.words import say, together
from reference.datasets import Split


@promise(kind="train")
def test_accuracy(candidate: Classifier) -> None:
    """Trained on the data set with the rubric's settings, it classifies at least the asked-for share of the validation
    pictures correctly.
    """
    settings = candidate.accuracy
    data = training_data(candidate.standard.training)
    options = Options(settings.learning_rate, settings.reg, settings.num_iters, settings.batch_size)
    given = disguised(data, candidate.digest)
    start = _start(candidate, given, options)
    candidate.trainings.clear()
    for run in range(settings.runs):
        training = _trained(candidate, data.split, given, options, candidate.seed + run)
        candidate.trainings.append(training)
        if training.run.correct >= settings.threshold * training.run.total:
            # Further trainings are for those whose count is within what is bad luck, or below.
            break
    runs = [training.run for training in candidate.trainings]
    if all(run.correct >= run.least for run in runs):
        _require_own(candidate, given, options, start)
        return
    worst = min(candidate.trainings, key=lambda training: training.run.correct)
    said = "; ".join(
        say(
            "seed {seed}: {correct} of {total}, so truly {lower:.1%} to {upper:.1%}",
            seed=run.seed,
            correct=run.correct,
            total=run.total,
            lower=run.lower,
            upper=run.upper,
        )
        for run in runs
    )
    raise Inaccurate(
        together(
            say(
                "Trained with the rubric's settings, {class_name} classifies too few of {total} validation pictures "
                "correctly.",
                class_name=candidate.class_name,
                total=worst.run.total,
            ),
            _how_near(candidate, data.split, options, worst.W),
        ),
        code=_code(candidate, options, data.split),
        expected=say(
            "{threshold:.1%}; {least} of {total} would still pass as bad luck",
            threshold=settings.threshold,
            least=worst.run.least,
            total=worst.run.total,
        ),
        got=say("{said}, but for less than one case in a million", said=said),
    )


def _require_own(
    candidate: Classifier, given: Disguise, options: Options, start: NDArray[np.float64]
) -> None:
    """Points are for learning; there are other ways to good weights than the losses of this assignment."""
    way = given.covered(beyond(start, candidate.trainings[0].W))
    if learned_from_own_loss(candidate, way, given.X, given.y, options.reg):
        return
    raise Inaccurate(
        say(
            "What {class_name} has learned does not lie where its loss leads: from W = 0, steps against the gradient "
            "that its loss gives go another way.",
            class_name=candidate.class_name,
        )
    )


def _trained(candidate: Classifier, data: Split, given: Disguise, options: Options, seed: int) -> Learned:
    """Train once, and count what the weights classify correctly."""
    (done,) = candidate.train(
        Scenario(
            given.X,
            given.y,
            options,
            seed=seed,
            seconds=candidate.standard.training.seconds,
            shared=given.shared,
            return_inputs=False,
        )
    )
    W = given.uncovered(weights_of(candidate.name, done.W, (data.X_train.shape[1], len(data.classes))))
    try:
        history = history_of(candidate.name, done.history, options.num_iters)
    except WrongReturn:
        # That is for the check of training to say.
        history = None
    return learned(candidate, seed, data, W, history)


def _how_near(candidate: Classifier, data: Split, options: Options, W: NDArray[np.float64]) -> str:
    """How far the weights can be from the best ones for the training pictures, as far as that can be proved."""
    near = nearness(candidate, data, options.reg, W)
    if near is None:
        return say("The weights have grown beyond all bounds: training diverged.")
    loss, gap = near
    if not gap < loss:
        # No loss is negative, so a larger bound says nothing.
        return say("On the training pictures its weights have a loss of {loss:.3g}.", loss=loss)
    return say(
        "On the training pictures its weights have a loss of {loss:.3g}, which is at most {gap:.3g} "
        "above the smallest possible.",
        loss=loss,
        gap=gap,
    )


def _start(candidate: Classifier, given: Disguise, options: Options) -> NDArray[np.float64]:
    """The weights that the first training begins with: those after one step with learning rate 0.

    One step also has the deadline of a small call: a loss that hangs must not cost that of a whole training.
    """
    still = Options(0.0, options.reg, 1, options.batch_size)
    (done,) = candidate.train(
        Scenario(given.X, given.y, still, seed=candidate.seed, shared=given.shared, return_inputs=False)
    )
    return given.uncovered(weights_of(candidate.name, done.W, (given.X.shape[1], given.classes)))


_CIFAR10 = (
    "import numpy as np",
    "# X_train, y_train, X_validation, y_validation: CIFAR-10, split as in the course, mean subtracted, a 1 appended",
)
_DIGITS = (
    "import hashlib",
    "import numpy as np",
    "from sklearn.datasets import load_digits",
    "digits = load_digits()",
    'order = sorted(range(1797), key=lambda row: hashlib.sha256(f"digits {row}".encode()).digest())',
    "X, y = digits.data[order], digits.target[order]",
    "X = np.hstack([X - X[:1297].mean(axis=0), np.ones((1797, 1))])",
    "X_train, y_train, X_validation, y_validation = X[:1297], y[:1297], X[1297:1547], y[1297:1547]",
)


def _code(candidate: Classifier, options: Options, data: Split) -> str:
    usage = candidate.usage
    lines = [
        *(_DIGITS if data.name == "digits" else _CIFAR10),
        *usage.making(),
        *usage.training(["X_train", "y_train"], **options.as_arguments()),
        f"print(((X_validation @ {usage.weights}).argmax(axis=1) == y_validation).mean())",
    ]
    return "\n".join(lines) + "\n"
