"""Judges training on the student's own loss, for a train whose calls of the loss cannot be observed.

With one distinct sample every batch is known, so W and the history are known at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier, Options, Scenario
from grading.judging.failures import Failure, Raises, WrongUpdate
from grading.judging.reproduction import shown_by
from grading.judging.training_record import Trained, history_of, weights_of
from grading.words import say
from reference.losses import loss_named
from reference.problem import Problem
from reference.trajectory import Trajectory, expected_updates, surely_follow

Array = NDArray[np.float64]

_LEARNING_RATE = 2.0**-6  # small steps: rounding errors grow with every one
_MOST_STEPS = 3
_AGREEMENT = 1e-9  # two evaluations of a student's own loss may sum in different orders


def train_with_either_loss(candidate: Classifier, training: Scenario) -> list[Trained]:
    """Train with the plugged-in loss if train takes it: a loss that hangs or raises is not train's fault.

    Raises:
        Failure: it can be trained neither with that nor with its own.
    """
    try:
        return candidate.train(training)
    except Failure as failure:
        if failure.costly:
            raise
        try:
            return candidate.train(replace(training, stand_in=None))
        except Failure as own:
            raise _telling(failure, own) from None


def _telling(failure: Failure, own: Failure) -> Failure:
    """Choose the failure that is train's fault: the one with the stand-in, or with the student's own loss."""
    about_the_stand_in = "PluggedLoss" in (failure.got or "")
    return own if about_the_stand_in or not (own.costly or isinstance(own, Raises)) else failure


def follows_its_own_loss(candidate: Classifier, training: Scenario) -> None:
    """Judge W and the history of a few steps from the weights of ``training``, on copies of its first sample.

    Accepted is what follows from the true loss in any convention that the rubric accepts, or from the hand-in's own
    losses: a wrong loss must not make a right train fail.

    Raises:
        Failure: the steps are those of neither.
    """
    assert training.W is not None
    options = replace(
        training.options,
        learning_rate=_LEARNING_RATE * training.options.learning_rate,
        num_iters=min(training.options.num_iters, _MOST_STEPS),
    )
    scenario = replace(
        training,
        X=np.tile(training.X[0], (len(training.X), 1)),
        y=np.full_like(training.y, training.y[0]),
        options=options,
        stand_in=None,
        rounds=1,
    )
    with shown_by(candidate, scenario):
        (done,) = candidate.train(scenario)
        history = history_of(candidate.name, done.history, options.num_iters)
        W = weights_of(candidate.name, done.W, training.W.shape)
        if _surely_follow_the_true_loss(candidate, scenario, options, W, history):
            return
        possible = [*_true_trajectories(candidate, scenario, options)]
        failures = [_mismatch(candidate, scenario, trajectory, W, history) for trajectory in possible]
        if None in failures:
            return
        if any(
            _mismatch(candidate, scenario, t, W, history) is None for t in _own(candidate, scenario, options)
        ):
            return
        failure = failures[0]
        assert failure is not None
        raise failure


def _surely_follow_the_true_loss(
    candidate: Classifier, scenario: Scenario, options: Options, W: Array, history: Array
) -> bool:
    """Whether they are so near one of `_true_trajectories` that its bounds need not be worked out."""
    assert scenario.W is not None
    loss = loss_named(candidate.reference)
    problem = Problem(scenario.W, scenario.X, scenario.y, options.reg)
    return any(
        surely_follow(
            loss,
            problem,
            W,
            history,
            learning_rate=options.learning_rate,
            batch_size=options.batch_size,
            reg_scale=reg_scale,
            delta=candidate.standard.delta,
        )
        for reg_scale in candidate.standard.reg_scales
    )


def _true_trajectories(candidate: Classifier, scenario: Scenario, options: Options) -> Iterator[Trajectory]:
    assert scenario.W is not None
    for reg_scale in candidate.standard.reg_scales:
        yield expected_updates(
            loss_named(candidate.reference),
            Problem(scenario.W, scenario.X, scenario.y, options.reg),
            learning_rate=options.learning_rate,
            num_iters=options.num_iters,
            batch_size=options.batch_size,
            reg_scale=reg_scale,
            delta=candidate.standard.delta,
        )


def _own(candidate: Classifier, scenario: Scenario, options: Options) -> Iterator[Trajectory]:
    """The trajectories for the hand-in's own losses."""
    assert scenario.W is not None
    size = len(scenario.y) if candidate.settings.counts_passes else options.batch_size
    X, y = scenario.X[:size], scenario.y[:size]
    for k in range(len(candidate.losses_of_handin(scenario.W, X, y, options.reg))):
        Ws, losses = [scenario.W], []
        for _ in range(options.num_iters):
            answers = candidate.losses_of_handin(Ws[-1], X, y, options.reg)
            if len(answers) <= k or not np.isfinite(answers[k].dW).all():
                break
            losses.append(answers[k].loss)
            Ws.append(Ws[-1] - options.learning_rate * answers[k].dW)
        if len(losses) == options.num_iters:
            W, history = np.array(Ws), np.array(losses)
            yield Trajectory(W, _AGREEMENT * (1.0 + np.abs(W)), history, _AGREEMENT * (1.0 + np.abs(history)))


def _mismatch(
    candidate: Classifier, scenario: Scenario, trajectory: Trajectory, W: Array, history: Array
) -> Failure | None:
    """Say whether W or the history is outside the bounds of a trajectory, as far as that is known."""
    for step in range(trajectory.steps):
        if not abs(history[step] - trajectory.losses[step]) <= trajectory.loss_bounds[step]:
            return WrongUpdate(
                say(
                    "{name} must keep the loss of every step, before the update. At step {step} it kept another "
                    "number.",
                    name=candidate.name,
                    step=step + 1,
                ),
                expected=f"{float(trajectory.losses[step])!r}",
                got=f"{float(history[step])!r}",
            )
    if trajectory.steps < len(history) or bool(
        (np.abs(W - trajectory.W[-1]) <= trajectory.W_bound[-1]).all()
    ):
        return None
    return WrongUpdate(
        say(
            "The update of {name} is not W = W - learning_rate * dW: after {count} steps, W is not what it "
            "should be.",
            name=candidate.name,
            count=len(history),
        ),
        expected=f"W = {trajectory.W[-1].tolist()}",
        got=f"W = {W.tolist()}",
    )
