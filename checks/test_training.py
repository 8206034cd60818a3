"""Training: stochastic gradient descent, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier, Options, Scenario, StandIn
from grading.judging.failures import ChangedInputs, Failure, Raises, WrongReturn, WrongUpdate
from grading.judging.promise import promise
from grading.judging.reproduction import code_of, shown_by
from grading.judging.steps_on_own_loss import follows_its_own_loss
from grading.judging.training_record import PluggedCall, Trained, history_of, weights_of
from grading.words import say

Array = NDArray[np.float64]

_SAMPLES, _FEATURES, _CLASSES = 12, 3, 4
_LARGEST_START = 0.1  # the course starts at 0.001 * randn; five sigma of that is far below

# The smallest first: it is what the student is shown.
_SETTINGS = (
    Options(learning_rate=0.125, reg=0.0, num_iters=1, batch_size=1),
    Options(learning_rate=0.5, reg=0.25, num_iters=3, batch_size=4),
    Options(learning_rate=2.0, reg=4.0, num_iters=7, batch_size=_SAMPLES),
)
_COURSE = Options(learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200)


@promise(kind="train")
def test_training(candidate: Classifier) -> None:
    """Each step takes the loss and dW of a batch, keeps the loss and then moves W by -learning_rate * dW; train
    starts from small weights of its own only if there are none yet, and returns the loss of every step.
    """
    for options in _SETTINGS:
        _takes_right_steps(candidate, options)
    try:
        _takes_right_steps(candidate, _SETTINGS[1], verbose=True)
    except Failure as failure:
        failure.message = say(
            "With verbose=True, train must print, and otherwise do the same. {message}",
            message=failure.message,
        )
        raise
    _starts_small_and_goes_on(candidate)
    _remark_on_defaults(candidate)


def _data() -> tuple[Array, NDArray[np.int64]]:
    """Twelve different samples of dyadic numbers, labels 0 to 3, every label present."""
    X = np.arange(_SAMPLES * _FEATURES, dtype=np.float64).reshape(_SAMPLES, _FEATURES) / 4.0
    return X, np.arange(_SAMPLES, dtype=np.int64) % _CLASSES


def _start() -> Array:
    return np.arange(_FEATURES * _CLASSES, dtype=np.float64).reshape(_FEATURES, _CLASSES) / 2.0 - 1.0


def _stand_in(count: int) -> StandIn:
    """Losses and gradients of small dyadic numbers, all different: every sum below is exact."""
    steps = np.arange(count * _FEATURES * _CLASSES, dtype=np.float64).reshape(count, _FEATURES, _CLASSES)
    return StandIn(8.0 - np.arange(count, dtype=np.float64) / 4.0, (steps % 11.0 - 5.0) / 2.0)


def _takes_right_steps(candidate: Classifier, options: Options, *, verbose: bool = False) -> None:
    """Judge two calls of train with a loss plugged in whose answers are known.

    A wrong loss of the student's cannot make a right train fail here. A train that does not go through self.loss, or
    evaluates it twice in a step, is judged on its own loss instead.
    """
    X, y = _data()
    scenario = Scenario(
        X, y, options, _start(), _stand_in(2 * options.num_iters), candidate.seed, rounds=2, verbose=verbose
    )
    with shown_by(candidate, scenario):
        _judge_steps(candidate, scenario, options)


def _judge_steps(candidate: Classifier, scenario: Scenario, options: Options) -> None:
    verbose = scenario.verbose
    try:
        rounds = candidate.train(scenario)
    except Failure as failure:
        if failure.costly:
            raise
        # It may be the stand-in that it cannot work with: the loss may have another signature.
        try:
            follows_its_own_loss(candidate, options, verbose=verbose)
        except Failure as own:
            raise _telling(failure, own) from None
        return
    for done in rounds:
        _require_untouched(candidate, done, scenario)
        history_of(candidate.name, done.history, options.num_iters)
    if not rounds[0].calls:
        follows_its_own_loss(candidate, options, verbose=verbose)
        return
    miscounted = _miscounted(candidate, rounds, scenario, options)
    if miscounted is None:
        _require_right_updates(candidate, rounds, scenario, options)
        return
    try:
        follows_its_own_loss(candidate, options, verbose=verbose)
    except Failure as failure:
        raise miscounted if failure.costly else failure from None
    candidate.remark(
        say(
            "{name} evaluates the loss more or less often than once in a step; accepted, since W and the "
            "losses are right.",
            name=candidate.name,
        )
    )


def _require_right_updates(
    candidate: Classifier, rounds: list[Trained], scenario: Scenario, options: Options
) -> None:
    assert scenario.W is not None
    assert scenario.stand_in is not None
    W, losses = scenario.W, scenario.stand_in.losses
    for k, done in enumerate(rounds):
        first = k * options.num_iters
        history = history_of(candidate.name, done.history, options.num_iters)
        for step, call in enumerate(done.calls):
            _require_right_call(candidate, call, scenario, options)
            at = (
                say("step {step} of train, called a second time on the same object", step=step + 1)
                if k
                else say("step {step} of train", step=step + 1)
            )
            _require_equal_weights(candidate, W, call.W, say("before {at}", at=at), scenario)
            if history[step] != losses[first + step]:
                raise WrongUpdate(
                    say(
                        "{name} must keep the loss of every step as the loss function returned it, before the update. "
                        "At {at}, it kept another number.",
                        name=candidate.name,
                        at=at,
                    ),
                    code=code_of(candidate, scenario),
                    expected=f"{losses[first : first + options.num_iters].tolist()}",
                    got=f"{history.tolist()}",
                )
            W = W - options.learning_rate * scenario.stand_in.gradients[first + step]
        after = weights_of(candidate.name, done.W, W.shape)
        _require_equal_weights(
            candidate,
            W,
            after,
            say("after train was called a second time") if k else say("after train"),
            scenario,
        )


def _miscounted(
    candidate: Classifier, rounds: list[Trained], scenario: Scenario, options: Options
) -> Failure | None:
    for done in rounds:
        if len(done.calls) != options.num_iters:
            return WrongUpdate(
                say(
                    "{name} must evaluate the loss once for each of the num_iters steps.", name=candidate.name
                ),
                code=code_of(candidate, scenario),
                expected=say("{count} evaluations", count=options.num_iters),
                got=say("{count} evaluations", count=len(done.calls)),
            )
    return None


def _require_right_call(
    candidate: Classifier, call: PluggedCall, scenario: Scenario, options: Options
) -> None:
    size = options.batch_size
    wanted = (size, _FEATURES), (size,)
    if (call.X_batch.shape, call.y_batch.shape) != wanted:
        raise WrongUpdate(
            say(
                "{name} must call the loss with batch_size = {size} samples and their labels.",
                name=candidate.name,
                size=size,
            ),
            code=code_of(candidate, scenario),
            expected=say(
                "X_batch of shape {X_shape}, y_batch of shape {y_shape}", X_shape=wanted[0], y_shape=wanted[1]
            ),
            got=say(
                "X_batch is {X_batch}, y_batch is {y_batch}", X_batch=call.words[0], y_batch=call.words[1]
            ),
        )
    if call.reg != options.reg:
        raise WrongUpdate(
            say("{name} must pass the reg that it is given on to the loss.", name=candidate.name),
            code=code_of(candidate, scenario),
            expected=f"reg = {options.reg}",
            got=f"reg = {call.reg}",
        )


def _require_equal_weights(
    candidate: Classifier, expected: Array, got: NDArray[np.generic], when: str, scenario: Scenario
) -> None:
    if got.shape == expected.shape and np.array_equal(got, expected):
        return
    raise WrongUpdate(
        say(
            "The update of {name} is not W = W - learning_rate * dW: {when}, W is not what it should be.",
            name=candidate.name,
            when=when,
        ),
        code=code_of(candidate, scenario),
        expected=f"W = {expected.tolist()}",
        got=f"W = {got.tolist()}",
    )


def _require_untouched(candidate: Classifier, done: Trained, scenario: Scenario) -> None:
    for letter, before, after in (("X", scenario.X, done.X), ("y", scenario.y, done.y)):
        if before.shape != after.shape or not np.array_equal(before, after):
            raise ChangedInputs(
                say(
                    "{name} changes its argument {letter} in place; the caller still needs it.",
                    name=candidate.name,
                    letter=letter,
                ),
                code=code_of(candidate, scenario),
                expected=f"{letter} = {before.tolist()}",
                got=f"{letter} = {after.tolist()}",
            )


def _starts_small_and_goes_on(candidate: Classifier) -> None:
    """With learning_rate = 0 the weights after train are the weights that it began with, in every call."""
    X, y = _data()
    options = Options(learning_rate=0.0, reg=0.0, num_iters=2, batch_size=3)
    zeros = np.zeros((1, _FEATURES, _CLASSES))
    scenario = Scenario(X, y, options, None, StandIn(np.ones(1), zeros), candidate.seed, rounds=2)
    with shown_by(candidate, scenario):
        W, first = _judge_start(candidate, scenario, options)
    _remark_on_start(candidate, scenario, W, first)


def _judge_start(candidate: Classifier, scenario: Scenario, options: Options) -> tuple[Array, Trained]:
    """The weights that train starts from, (D, C), and its first call."""
    rounds = _trained_anyhow(candidate, scenario)
    W, again = (weights_of(candidate.name, done.W, (_FEATURES, _CLASSES)) for done in rounds)
    if np.abs(W).max() > _LARGEST_START:
        raise WrongUpdate(
            say(
                "{name} must start from small weights, such as 0.001 * np.random.randn(D, C), when self.W is "
                "None.",
                name=candidate.name,
            ),
            code=code_of(candidate, scenario),
            expected=say("entries of size {size} at most", size=_LARGEST_START),
            got=say("an entry of size {size:.3g}", size=np.abs(W).max()),
        )
    if not np.array_equal(W, again):
        raise WrongUpdate(
            say(
                "{name} must go on from the weights that there are when it is called again; with learning_rate = "
                "0 they stay the same.",
                name=candidate.name,
            ),
            code=code_of(candidate, scenario),
            expected=f"W = {W.tolist()}",
            got=f"W = {again.tolist()}",
        )
    for done in rounds:
        _require_untouched(candidate, done, scenario)
        history = history_of(candidate.name, done.history, options.num_iters)
        if not np.isfinite(history).all():
            raise WrongReturn(
                say("{name} returned losses that are not finite.", name=candidate.name),
                code=code_of(candidate, scenario),
                expected=say("finite numbers"),
                got=f"{history.tolist()}",
            )
    return W, rounds[0]


def _trained_anyhow(candidate: Classifier, scenario: Scenario) -> list[Trained]:
    """Train with the stand-in where train will take it: a loss that hangs or raises is not train's fault."""
    try:
        return candidate.train(scenario)
    except Failure as failure:
        if failure.costly:
            raise
        try:
            own = Scenario(
                scenario.X,
                scenario.y,
                scenario.options,
                scenario.W,
                seed=scenario.seed,
                rounds=scenario.rounds,
            )
            return candidate.train(own)
        except Failure as own_failure:
            raise _telling(failure, own_failure) from None


def _telling(failure: Failure, own: Failure) -> Failure:
    """Of a failure with the stand-in and one with the student's own loss, the one that is the train's fault."""
    about_the_stand_in = "PluggedLoss" in (failure.got or "")
    return own if about_the_stand_in or not (own.costly or isinstance(own, Raises)) else failure


def _remark_on_start(candidate: Classifier, scenario: Scenario, W: Array, first: Trained) -> None:
    name, type_name = candidate.name, first.W.type_name
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
    other = Scenario(scenario.X, scenario.y, scenario.options, None, scenario.stand_in, candidate.seed + 1)
    (second,) = _trained_anyhow(candidate, other)
    same_start = W.any() and np.array_equal(W, weights_of(name, second.W, W.shape))
    batches = [[call.X_batch.tolist() for call in done.calls] for done in (first, second)]
    if same_start or (batches[0] and batches[0] == batches[1]):
        candidate.remark(
            say(
                "{name} draws the same random numbers in every run, so it seeds them itself; accepted, though "
                "seeding belongs outside.",
                name=name,
            )
        )


def _remark_on_defaults(candidate: Classifier) -> None:
    """Called with X and y alone, the course's train takes 100 steps of 200 samples; another default is no mistake."""
    count = 2 * _COURSE.batch_size
    X = np.ones((count, 1))
    y = np.arange(count, dtype=np.int64) % 2
    stand_in = StandIn(np.ones(1), np.full((1, 1, 2), 1024.0))
    try:
        (done,) = candidate.train(Scenario(X, y, None, np.zeros((1, 2)), stand_in, candidate.seed))
    except Failure as failure:
        if (failure.got or "").startswith("TypeError") and "missing" in (failure.got or ""):
            candidate.remark(
                say(
                    "{name} cannot be called with X and y alone, because it has no defaults; accepted.",
                    name=candidate.name,
                )
            )
        return
    if len(done.calls) < 2:
        return
    first, second = done.calls[:2]
    moved = float(np.abs(second.W).max(initial=0.0)) / 1024.0
    found = {
        "learning_rate": (_COURSE.learning_rate, moved),
        "reg": (_COURSE.reg, first.reg),
        "num_iters": (_COURSE.num_iters, len(done.calls)),
        "batch_size": (_COURSE.batch_size, len(first.X_batch)),
    }
    differing = [
        say("{key}={mine:g} instead of {course:g}", key=key, mine=mine, course=course)
        for key, (course, mine) in found.items()
        if not np.isclose(course, mine, rtol=1e-9, atol=0.0)
    ]
    if differing:
        candidate.remark(
            say(
                "{name} has other defaults than the course: {differing}; accepted.",
                name=candidate.name,
                differing=", ".join(differing),
            )
        )
