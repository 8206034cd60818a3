"""Diagnoses a network's wrong training: finds the known mistake that gives the same parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grading.grades.grade import Diagnosis
from grading.judging.failures import Failure, WrongUpdate
from grading.judging.network import Network
from grading.judging.network_steps import (
    Parameters,
    Way,
    after_the_first,
    after_the_last,
    same_parameters,
    trajectory_of,
)
from grading.judging.network_training import NetworkTrained, NetworkTraining
from grading.words import later, translated


@dataclass(frozen=True)
class _WrongWay:
    """A wrong way of training, its description, and what to do about it."""

    id: str
    way: Way
    title: str
    hint: str


_RATE = later("After the first or the last step of each epoch: learning_rate *= learning_rate_decay.")
_MOVE = later("For every name in self.params: self.params[name] -= learning_rate * grads[name].")


def diagnose_training(candidate: Network, failure: Failure) -> Diagnosis | None:
    """The known way of training that gives the same parameters at each step of each example; None for none."""
    if not isinstance(failure, WrongUpdate):
        return None
    seen = [(t, done) for t, done in candidate.trainings() if isinstance(done, NetworkTrained) and done.calls]
    if not seen:
        return None
    for wrong in _wrong_ways(candidate.loss.parameters):
        if all(_goes(training, done, wrong.way) for training, done in seen):
            left_out = [name for name in candidate.loss.parameters if name not in wrong.way.only]
            title = translated(wrong.title).format(parameter=left_out[0] if left_out else "")
            return Diagnosis(id=f"network-training-{wrong.id}", title=title, hint=translated(wrong.hint))
    return None


def _goes(training: NetworkTraining, done: NetworkTrained, way: Way) -> bool:
    calls = done.calls or ()
    after: list[Parameters] = [*(call.parameters for call in calls), done.parameters]
    return all(map(same_parameters, trajectory_of(training, calls, way), after))


def _wrong_ways(parameters: Sequence[str]) -> Iterator[_WrongWay]:
    never, always = (
        later("The learning rate never decays."),
        later("The learning rate decays in every step; it must decay once in each epoch."),
    )
    yield _WrongWay("no-decay", Way(lambda step, epoch: False), never, _RATE)
    yield _WrongWay("decay-in-every-step", Way(lambda step, epoch: True), always, _RATE)
    yield _WrongWay(
        "no-update", Way(after_the_first, moves=False), later("The parameters are not updated."), _MOVE
    )
    weights = tuple(name for name in parameters if name.startswith("W"))
    for decays in (after_the_first, after_the_last):
        up = later("The parameters move along their gradients, up the loss.")
        yield _WrongWay("up-the-loss", Way(decays, sign=-1.0), up, _MOVE)
        no_rate = later("The gradients are not multiplied by the learning rate.")
        yield _WrongWay("no-learning-rate", Way(decays, has_rate=False), no_rate, _MOVE)
        biases = later("Only the weights are updated, and not the biases.")
        yield _WrongWay("biases-left-out", Way(decays, only=weights), biases, _MOVE)
        for left_out in parameters:
            others = tuple(name for name in parameters if name != left_out)
            missing = later("{parameter} is not updated.")
            yield _WrongWay("parameter-left-out", Way(decays, only=others), missing, _MOVE)
