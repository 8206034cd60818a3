"""Judges a network's training: its batches, its steps, and the histories that it returns.

The course's own loop decays the learning rate and records accuracies after the first step of each epoch; its words,
"after each epoch", mean the last. Both are right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from grading.judging.failures import ChangedInputs, Failure, WrongSampling, WrongUpdate
from grading.judging.network import Network
from grading.judging.network_answers import NetworkAnswer
from grading.judging.network_training import NetworkCall, NetworkTrained, NetworkTraining
from grading.protocol.plugged_loss import tell
from grading.words import say
from reference.problem import NetworkProblem

Array = NDArray[np.float64]
Parameters = Mapping[str, NDArray[np.generic]]

_ROOM = 1e-12  # sums of dyadic numbers are exact; a rate that has decayed a hundred times need not be
_SMALL_STEPS = 2.0**-6  # for the network's own loss: the error grows with every step
_MOST_STEPS = 3
_AGREEMENT = 1e-9


def require_untouched(candidate: Network, training: NetworkTraining, done: NetworkTrained) -> None:
    """Require that train leaves the data alone.

    Raises:
        ChangedInputs: it changed them.
    """
    for name, after in zip(("X", "y", "X_val", "y_val"), done.inputs, strict=False):
        before = getattr(training, name)
        if before.shape != after.shape or not np.array_equal(before, after):
            raise ChangedInputs(
                say(
                    "{name} changes its argument {letter} in place; the caller still needs it.",
                    name=candidate.name,
                    letter=name,
                ),
                expected=f"{name} = {before.tolist()}",
                got=f"{name} = {after.tolist()}",
            )


def require_right_batches(candidate: Network, training: NetworkTraining, done: NetworkTrained) -> None:
    """Require that each step calls the loss with batch_size rows of X and their labels, and passes reg on.

    Raises:
        WrongUpdate, WrongSampling: a step does not.
    """
    for call in done.calls or ():
        rows_of(candidate, training, call)
        if call.reg != training.reg:
            raise WrongUpdate(
                say("{name} must pass the reg that it is given on to the loss.", name=candidate.name),
                expected=f"reg = {training.reg}",
                got=f"reg = {call.reg}",
            )


def rows_of(candidate: Network, training: NetworkTraining, call: NetworkCall) -> NDArray[np.int64]:
    """The numbers of the rows that one step drew, (batch_size,): column 0 of X holds them.

    Raises:
        WrongSampling: it drew something else, or labels that are not theirs.
    """
    size, (N, D) = training.batch_size, training.X.shape
    if call.X.shape != (size, D) or call.y.shape != (size,):
        raise WrongSampling(
            say(
                "{name} must call the loss with batch_size = {size} samples and their labels.",
                name=candidate.name,
                size=size,
            ),
            expected=say(
                "X_batch of shape {X_shape}, y_batch of shape {y_shape}", X_shape=(size, D), y_shape=(size,)
            ),
            got=say(
                "X_batch of shape {X_shape}, y_batch of shape {y_shape}",
                X_shape=call.X.shape,
                y_shape=call.y.shape,
            ),
        )
    numbers = np.nan_to_num(call.X[:, 0].astype(np.float64))
    rows = np.clip(numbers, 0, N - 1).astype(np.int64)
    if not np.array_equal(training.X[rows], call.X):
        raise WrongSampling(
            say("The batches of {name} must be rows of X; one holds something else.", name=candidate.name),
            expected=say("{batch_size} rows of X", batch_size=size),
            got=f"X_batch = {call.X.tolist()}",
        )
    if not np.array_equal(training.y[rows], call.y):
        raise WrongSampling(
            say(
                "In a batch of {name}, labels do not belong to their samples. Draw the row numbers once, and "
                "use the same ones for X and for y.",
                name=candidate.name,
            ),
            expected=say(
                "y_batch = {labels} for rows {rows}", labels=training.y[rows].tolist(), rows=rows.tolist()
            ),
            got=f"y_batch = {call.y.tolist()}",
        )
    return rows


@dataclass(frozen=True)
class Way:
    """A way of training, right or wrong.

    Attributes:
        decays: ``decays(step, epoch)``: whether the rate decays after a step, counted from 0; an epoch has ``epoch``.
        sign: 1 to go down, -1 to go up.
        only: the parameters that are moved; all of them, if empty.
        moves: whether any are moved.
        has_rate: whether gradients are multiplied by the learning rate.
    """

    decays: Callable[[int, int], bool]
    sign: float = 1.0
    only: tuple[str, ...] = ()
    moves: bool = True
    has_rate: bool = True


def after_the_first(step: int, epoch: int) -> bool:
    """Whether a step, counted from 0, is the first of an epoch."""
    return step % epoch == 0


def after_the_last(step: int, epoch: int) -> bool:
    """Whether a step is the last of an epoch."""
    return (step + 1) % epoch == 0


_RIGHT = (Way(after_the_first), Way(after_the_last))


def trajectory_of(
    training: NetworkTraining, calls: Sequence[NetworkCall], way: Way
) -> list[dict[str, Array]]:
    """The parameters before each step, and after the last."""
    rate = training.learning_rate
    found = [{name: array.astype(np.float64) for name, array in training.parameters.items()}]
    for step, call in enumerate(calls):
        gradients = {name: array[step].copy() for name, array in training.gradients.items()}
        tell(gradients, call.X, call.y)
        size = way.sign * (rate if way.has_rate else 1.0) * way.moves
        found.append(
            {
                name: array - size * gradients[name] * (name in (way.only or gradients))
                for name, array in found[-1].items()
            }
        )
        if way.decays(step, training.epoch):
            rate *= training.decay
    return found


def same_parameters(expected: Mapping[str, Array], got: Parameters) -> bool:
    """Whether parameters are what they should be, up to rounding."""
    with np.errstate(all="ignore"):
        return all(
            array.shape == got[name].shape
            and bool((np.abs(array - got[name].astype(np.float64)) <= _ROOM * (1.0 + np.abs(array))).all())
            for name, array in expected.items()
        )


def require_right_steps(
    candidate: Network, training: NetworkTraining, done: NetworkTrained
) -> list[dict[str, Array]]:
    """Require that each step moves every parameter against the gradient that it was given.

    The calls are reported by the worker itself; the resulting parameters must fit them.

    Returns:
        The parameters before each step, and after the last.
    """
    calls = done.calls or ()
    seen: list[Parameters] = [*(call.parameters for call in calls), done.parameters]
    right = [trajectory_of(training, calls, way) for way in _RIGHT]
    for trajectory in right:
        if all(map(same_parameters, trajectory, seen)):
            return trajectory
    step = next(k for k in range(len(seen)) if not any(same_parameters(t[k], seen[k]) for t in right))
    parameter = next(
        name for name in training.parameters if not same_parameters({name: right[0][step][name]}, seen[step])
    )
    raise WrongUpdate(
        say(
            "The update of {name} is not p = p - learning_rate * grad for every parameter, with a rate that decays "
            "once in each epoch: after {step} steps, {parameter} is not what it should be.",
            name=candidate.name,
            step=step,
            parameter=parameter,
        ),
        expected=f"params[{parameter!r}] = {right[0][step][parameter].tolist()}",
        got=f"params[{parameter!r}] = {seen[step][parameter].tolist()}",
    )


def follows_its_own_loss(candidate: Network, training: NetworkTraining, asked: int) -> None:
    """Judge a train that does not call the loss once per step, on copies of one sample, so that all batches are known.

    Accepted is what follows from the true loss in any convention that the rubric accepts, or from the network's own
    loss: a wrong loss must not make a right train fail.
    """
    steps = min(training.num_iters, _MOST_STEPS)
    alike = replace(
        training,
        X=np.tile(training.X[-1], (len(training.X), 1)),
        y=np.full_like(training.y, training.y[-1]),
        learning_rate=_SMALL_STEPS * training.learning_rate,
        num_iters=steps,
        losses=training.losses[:steps],
        gradients={name: array[:steps] for name, array in training.gradients.items()},
        plugged=False,
    )
    with candidate.shown(alike):
        done = candidate.train(alike)
        for way in _RIGHT:
            for gradient in _gradients(candidate, alike):
                if _follows(alike, done, way, gradient):
                    candidate.remark(
                        say(
                            "{name} evaluates the loss more or less often than once in a step; accepted, since its "
                            "parameters are right.",
                            name=candidate.name,
                        )
                    )
                    return
        raise WrongUpdate(
            say("{name} must evaluate the loss once for each of the num_iters steps.", name=candidate.name),
            expected=say("{count} evaluations", count=training.num_iters),
            got=say("{count} evaluations", count=asked),
        )


def _gradients(
    candidate: Network, training: NetworkTraining
) -> Iterator[Callable[[dict[str, Array]], Mapping[str, Array] | None]]:
    """The gradients of a batch by the parameters: those of the true loss, and of the network's own."""
    X, y = training.X[: training.batch_size], training.y[: training.batch_size]

    def true(scale: float) -> Callable[[dict[str, Array]], Mapping[str, Array]]:
        def gradient(parameters: dict[str, Array]) -> Mapping[str, Array]:
            problem = NetworkProblem(parameters, X, y, training.reg)
            return candidate.loss.named(candidate.truth_of(problem, scale).gradient.base, problem)

        return gradient

    for scale in candidate.standard.reg_scales:
        yield true(scale)
    for name, asked in candidate.standard.functions.items():
        if asked.kind == "network" and name.startswith(f"{candidate.class_name}."):
            loss = Network(name, candidate.worker, candidate.standard)

            def own(parameters: dict[str, Array], loss: Network = loss) -> Mapping[str, Array] | None:
                try:
                    answer = loss(NetworkProblem(parameters, X, y, training.reg))
                except Failure:
                    return None
                return answer.gradients if isinstance(answer, NetworkAnswer) else None

            yield own


def _follows(
    training: NetworkTraining,
    done: NetworkTrained,
    way: Way,
    gradient: Callable[[dict[str, Array]], Mapping[str, Array] | None],
) -> bool:
    """Whether the parameters are the result of the training's steps along ``gradient``."""
    rate = training.learning_rate
    parameters = dict(training.parameters)
    for step in range(training.num_iters):
        found = gradient(parameters)
        if found is None:
            return False
        parameters = {name: array - rate * found[name] for name, array in parameters.items()}
        if way.decays(step, training.epoch):
            rate *= training.decay
    with np.errstate(all="ignore"):
        return all(
            bool((np.abs(array - done.parameters[name]) <= _AGREEMENT * (1.0 + np.abs(array))).all())
            for name, array in parameters.items()
        )
