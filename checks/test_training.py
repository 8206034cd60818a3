"""Training: stochastic gradient descent, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.classifier import Classifier, Options, PluggedCall, Trained, history_of, weights_of
from checks.failures import ChangedInputs, WrongReturn, WrongUpdate
from checks.promise import promise
from reference.problem import Problem

_SAMPLES, _FEATURES, _CLASSES = 12, 3, 4
_LARGEST_START = 0.1  # the course starts at 0.001 * randn; five sigma of that is far below

_SETTINGS = (
    Options(learning_rate=0.5, reg=0.25, num_iters=7, batch_size=4),
    Options(learning_rate=0.125, reg=0.0, num_iters=1, batch_size=1),
    Options(learning_rate=2.0, reg=4.0, num_iters=3, batch_size=_SAMPLES),
)


@promise("training", kind="train")
def test_training(candidate: Classifier) -> None:
    """Each step takes the loss and dW of a batch, keeps the loss and then moves W by -learning_rate * dW; train
    starts from small weights of its own only if there are none yet, and returns the loss of every step.
    """
    for options in _SETTINGS:
        if not _follows_the_stand_in(candidate, options):
            _follows_its_own_loss(candidate, options)
    _starts_small(candidate)


def _data() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Twelve different samples of dyadic numbers, labels 0 to 3, every label present."""
    X = np.arange(_SAMPLES * _FEATURES, dtype=np.float64).reshape(_SAMPLES, _FEATURES) / 4.0
    return X, np.arange(_SAMPLES, dtype=np.int64) % _CLASSES


def _start() -> NDArray[np.float64]:
    return np.arange(_FEATURES * _CLASSES, dtype=np.float64).reshape(_FEATURES, _CLASSES) / 2.0 - 1.0


def _stand_in(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Losses and gradients of small dyadic numbers, all different: every sum below is exact."""
    losses = 8.0 - np.arange(count, dtype=np.float64) / 4.0
    steps = np.arange(count * _FEATURES * _CLASSES, dtype=np.float64).reshape(count, _FEATURES, _CLASSES)
    return losses, (steps % 11.0 - 5.0) / 2.0


def _follows_the_stand_in(candidate: Classifier, options: Options) -> bool:
    """Judge two calls of train with a loss plugged in whose answers are known; False if train never called it.

    A wrong loss of the student's cannot make a right train fail here.
    """
    X, y = _data()
    count = 2 * options.num_iters
    losses, gradients = _stand_in(count)
    rounds = candidate.train(X, y, options, W=_start(), losses=losses, gradients=gradients, rounds=2)
    if not rounds[-1].calls:
        return False
    _require_untouched(candidate, rounds[0], X, y, options)
    W = _start()
    for k, done in enumerate(rounds):
        first = k * options.num_iters
        history = history_of(candidate, done.history, options.num_iters)
        _require_calls(candidate, done.calls[first:], options)
        for step in range(options.num_iters):
            at = f"step {step + 1} of train" + (", called a second time on the same object," if k else "")
            _require_equal_weights(candidate, W, done.calls[first + step].W, f"before {at}", options)
            if history[step] != losses[first + step]:
                raise WrongUpdate(
                    f"{candidate.name} must keep the loss of every step as the loss function returned it, before the "
                    f"update. At {at} it kept another number.",
                    code=_code(candidate, options),
                    expected=f"{losses[first : first + options.num_iters].tolist()}",
                    got=f"{history.tolist()}",
                )
            W = W - options.learning_rate * gradients[first + step]
        after = weights_of(candidate, done.W, (_FEATURES, _CLASSES))
        _require_equal_weights(candidate, W, after, "after train", options)
    return True


def _require_calls(candidate: Classifier, calls: tuple[PluggedCall, ...], options: Options) -> None:
    if len(calls) != options.num_iters:
        raise WrongUpdate(
            f"{candidate.name} must evaluate the loss once for each of the num_iters steps.",
            code=_code(candidate, options),
            expected=f"{options.num_iters} evaluations",
            got=f"{len(calls)} evaluations",
        )
    for call in calls:
        shapes = call.X_batch.shape, call.y_batch.shape
        wanted = (options.batch_size, _FEATURES), (options.batch_size,)
        if shapes != wanted or call.reg != options.reg:
            raise WrongUpdate(
                f"{candidate.name} must call the loss with batch_size samples, their labels, and reg.",
                code=_code(candidate, options),
                expected=f"X_batch {wanted[0]}, y_batch {wanted[1]}, reg = {options.reg}",
                got=f"X_batch {shapes[0]}, y_batch {shapes[1]}, reg = {call.reg}",
            )


def _require_equal_weights(
    candidate: Classifier,
    expected: NDArray[np.float64],
    got: NDArray[np.float64],
    when: str,
    options: Options,
    room: float = 0.0,
) -> None:
    if got.shape == expected.shape and bool((np.abs(got - expected) <= room).all()):
        return
    raise WrongUpdate(
        f"The update of {candidate.name} is not W = W - learning_rate * dW: {when}, W is not what it should be.",
        code=_code(candidate, options),
        expected=f"W = {expected.tolist()}",
        got=f"W = {got.tolist()}",
    )


def _require_untouched(
    candidate: Classifier, done: Trained, X: NDArray[np.float64], y: NDArray[np.int64], options: Options
) -> None:
    for letter, before, after in (("X", X, done.X), ("y", y, done.y)):
        if before.shape != after.shape or not np.array_equal(before, after):
            raise ChangedInputs(
                f"{candidate.name} changes its argument {letter} in place; the caller still needs it.",
                code=_code(candidate, options),
            )


def _follows_its_own_loss(candidate: Classifier, options: Options) -> None:
    """Judge a train that does not go through self.loss: with one distinct sample, every batch is known.

    The data keep all margins away from 0 for the few steps taken, so the gradient is unique and the only freedom left
    is rounding.
    """
    from checks.loss_function import evaluate

    x, label = np.array([1.0, -0.5, 0.25]), 1
    X, y = np.tile(x, (_SAMPLES, 1)), np.full(_SAMPLES, label, dtype=np.int64)
    options = Options(2.0**-6, options.reg, min(options.num_iters, 3), options.batch_size)
    W = np.zeros((_FEATURES, _CLASSES))
    (done,) = candidate.train(X, y, options, W=W)
    history = history_of(candidate, done.history, options.num_iters)
    scale = candidate.rubric.settings.reg_scale
    scale = 1.0 if isinstance(scale, str) else scale
    room = 0.0
    for step in range(options.num_iters):
        batch = Problem(W, X[: options.batch_size], y[: options.batch_size], options.reg)
        truth = evaluate(candidate.reference, batch, scale, candidate.rubric.settings.delta)
        # W may be off by what earlier steps left; the loss moves by at most a few times as much.
        if abs(history[step] - truth.loss) > truth.loss_bound + 100.0 * room:
            raise WrongUpdate(
                f"{candidate.name} must keep the loss of every step, before the update. At step {step + 1} it kept "
                f"another number.",
                code=_code(candidate, options),
                expected=f"{truth.loss!r}",
                got=f"{history[step]!r}",
            )
        W = W - options.learning_rate * truth.gradient.base
        room += options.learning_rate * float(truth.gradient.bound.max()) + 2.0**-50 * float(np.abs(W).max())
    _require_equal_weights(
        candidate, W, weights_of(candidate, done.W, W.shape), "after train", options, 100.0 * room
    )


def _starts_small(candidate: Classifier) -> None:
    """With learning_rate = 0 the weights after train are the weights that it began with."""
    X, y = _data()
    options = Options(learning_rate=0.0, reg=0.0, num_iters=2, batch_size=3)
    # A stand-in loss where train will take one: a loss of the student's that hangs or raises is not train's fault.
    losses, gradients = np.ones(1), np.zeros((1, _FEATURES, _CLASSES))
    (done,) = candidate.train(X, y, options, losses=losses, gradients=gradients)
    W = weights_of(candidate, done.W, (_FEATURES, _CLASSES))
    if np.abs(W).max() > _LARGEST_START:
        raise WrongUpdate(
            f"{candidate.name} must start from small weights, such as 0.001 * np.random.randn(D, C), when "
            f"self.W is None.",
            code=_code(candidate, options),
            expected=f"entries of size {_LARGEST_START} at most",
            got=f"an entry of size {np.abs(W).max():.3g}",
        )
    if not W.any():
        candidate.remark(
            "train starts from weights of 0; accepted, though the course starts from small random ones."
        )
    history = history_of(candidate, done.history, options.num_iters)
    if not np.isfinite(history).all():
        raise WrongReturn(
            f"{candidate.name} returned losses that are not finite.",
            expected="finite numbers",
            got=f"{history.tolist()}",
        )


def _code(candidate: Classifier, options: Options) -> str:
    return (
        "import numpy as np\n"
        f"X = np.arange({_SAMPLES * _FEATURES}.0).reshape({_SAMPLES}, {_FEATURES}) / 4\n"
        f"y = np.arange({_SAMPLES}) % {_CLASSES}\n"
        f"model = {candidate.class_name}()\n"
        f"model.W = np.arange({_FEATURES * _CLASSES}.0).reshape({_FEATURES}, {_CLASSES}) / 2 - 1\n"
        f"history = model.train(X, y, learning_rate={options.learning_rate}, reg={options.reg}, "
        f"num_iters={options.num_iters}, batch_size={options.batch_size})\n"
        "print(history, model.W)\n"
    )
