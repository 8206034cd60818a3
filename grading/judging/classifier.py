"""A student's classifier class, as the checks of train and predict see it: objects in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grading.grade import TrainingRun
from grading.judging.answers import Answered, not_returned, read_answer
from grading.judging.calling_convention import Spelling
from grading.judging.failures import Raises
from grading.judging.training_record import Trained, calls_of
from grading.rubric import Function, Rubric
from grading.sandbox.messages import (
    Argument,
    Assign,
    Call,
    Create,
    Invoke,
    Outcome,
    PluggedCalls,
    PlugLoss,
    Read,
    Received,
    Returned,
    Seed,
    Step,
)
from grading.sandbox.shared import SharedArray
from grading.words import say
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

_HANDLE = "classifier"


@dataclass(frozen=True)
class Options:
    """The keyword arguments of train, named as the course names them."""

    learning_rate: float
    reg: float
    num_iters: int
    batch_size: int

    def as_arguments(self) -> Mapping[str, Argument]:
        """For a call."""
        return {
            "learning_rate": self.learning_rate,
            "reg": self.reg,
            "num_iters": self.num_iters,
            "batch_size": self.batch_size,
        }


@dataclass(frozen=True, eq=False)
class StandIn:
    """A loss whose answers are known: call k gets entry k, and after the last the first again.

    Attributes:
        losses: (K,).
        gradients: (K, D, C).
        tells_batches: whether to each gradient the samples of the batch are added, each in the column of its label, so
            that what W becomes must fit the batches that are told.
    """

    losses: NDArray[np.float64]
    gradients: NDArray[np.float64]
    tells_batches: bool = False


@dataclass(frozen=True, eq=False)
class Scenario:
    """A training to ask for.

    Attributes:
        X, y: (N, D) data and (N,) labels.
        options: the settings of train; None for its own defaults.
        W: (D, C) weights to start from; None leaves the object as it was made.
        stand_in: a loss to use instead of the student's own; None for their own.
        seed: for every random number that the student draws without a seed.
        rounds: calls of train on the same object.
        verbose: what is passed as that; nothing is passed to a train that has shown not to take it.
        seconds: the deadline of each call; None for that of a small call.
        shared: X once more, if workers can map it: then it is not sent.
        return_inputs: whether to ask for X and y as they are afterwards.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    options: Options | None
    W: NDArray[np.float64] | None = None
    stand_in: StandIn | None = None
    seed: int = 0
    rounds: int = 1
    verbose: bool = False
    seconds: float | None = None
    shared: SharedArray | None = None
    return_inputs: bool = True


@dataclass(frozen=True, eq=False)
class Learned:
    """One training on the data set: its facts, and the weights, (D, C), that it came to."""

    run: TrainingRun
    W: NDArray[np.float64]


class Classifier:
    """One method, train or predict, of one class of one submission.

    Attributes:
        name: as in the rubric, "LinearSVM.train".
        class_name: "LinearSVM"; of a plain function, its name.
        spelling: what it and its arguments are called.
        remarks, cases: as for a `LossFunction`.
        asked_the_stand_in: whether train has ever called a loss that was plugged in.
        trainings: what the accuracy check saw, run by run, as far as it came.
    """

    def __init__(self, name: str, worker: Worker, rubric: Rubric) -> None:
        self.name = name
        self.class_name = name.partition(".")[0]
        self.spelling = Spelling(name, rubric.settings.names, rubric.settings.functions[name].takes_loss)
        self.worker = worker
        self.rubric = rubric
        self.settings: Function = rubric.settings.functions[name]
        self.remarks: list[str] = []
        self.cases = 0
        self.asked_the_stand_in = False
        self.trainings: list[Learned] = []
        self._takes_verbose = True

    @property
    def reference(self) -> str:
        """The name of the loss that the class minimizes."""
        return self.settings.reference

    @property
    def seed(self) -> int:
        """The seed of all cases."""
        return self.rubric.settings.seed

    def remark(self, sentence: str) -> None:
        """Note something that is accepted, but worth a word to the student."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def train(self, scenario: Scenario) -> list[Trained]:
        """Train a new object, once or several times in a row.

        Raises:
            Failure: a step raised, hung, or took the process down.
        """
        try:
            return self._train(scenario)
        except Raises as failure:
            if not self._takes_verbose or not _is_about_verbose(failure):
                raise
        self._takes_verbose = False
        self.remark(say("{name} takes no argument verbose; accepted.", name=self.name))
        return self._train(scenario)

    def _train(self, scenario: Scenario) -> list[Trained]:
        steps: list[Step] = [Seed(scenario.seed), Create(self.class_name, _HANDLE)]
        if scenario.W is not None:
            steps.append(Assign(_HANDLE, "W", scenario.W))
        stand_in = scenario.stand_in
        if stand_in is not None:
            steps.append(PlugLoss(_HANDLE, stand_in.losses, stand_in.gradients, stand_in.tells_batches))
        begin = len(steps)
        settings: dict[str, Argument] = {"verbose": scenario.verbose} if self._takes_verbose else {}
        if scenario.options is not None:
            settings |= scenario.options.as_arguments()
        given = scenario.X, scenario.y
        each: list[Step] = [
            Invoke(
                _HANDLE,
                "train",
                given if scenario.shared is None else (scenario.shared, scenario.y),
                settings,
                return_inputs=scenario.return_inputs,
            ),
            Read(_HANDLE, "W"),
        ]
        if stand_in is not None:
            each.append(PluggedCalls(_HANDLE))
        steps += each * scenario.rounds
        self.cases += scenario.rounds
        outcomes = self._run(steps, scenario.seconds)
        found: list[Trained] = []
        for first in range(begin, len(steps), len(each)):
            known = sum(len(done.calls) for done in found)
            found.append(self._trained(outcomes[first : first + len(each)], given, known))
        self.asked_the_stand_in |= any(done.calls for done in found)
        return found

    def own_losses(
        self, W: NDArray[np.float64], X: NDArray[np.float64], y: NDArray[np.int64], reg: float
    ) -> list[Answered]:
        """What the hand-in's own losses say: the class's method ``loss``, and the functions that the rubric asks for.

        Only what is well-formed; an empty list if nothing is.
        """
        steps: list[Step] = [
            Create(self.class_name, _HANDLE),
            Assign(_HANDLE, "W", W),
            Invoke(_HANDLE, "loss", (X, y, reg)),
            Invoke(_HANDLE, "loss", (W, X, y, reg)),
        ]
        functions = self.rubric.settings.functions.items()
        steps += [
            Call(name, (W, X, y, reg))
            for name, asked in functions
            if asked.kind == "loss" and asked.reference == self.reference
        ]
        steps.append(Invoke(_HANDLE, "loss", (X, y)))
        problem = Problem(W, X, y, reg)
        outcomes = self.worker.run(steps)[2:]
        answers = [read_answer(self.name, problem, outcome) for outcome in outcomes]
        return [answer for answer in answers if isinstance(answer, Answered)]

    def predict(self, W: NDArray[np.float64], Xs: Sequence[NDArray[np.float64]]) -> list[Received]:
        """What predict returns for each X, with the given weights.

        Raises:
            Failure: a step raised, hung, or took the process down.
        """
        steps: list[Step] = [Create(self.class_name, _HANDLE), Assign(_HANDLE, "W", W)]
        steps += [Invoke(_HANDLE, "predict", (X,)) for X in Xs]
        self.cases += len(Xs)
        return [outcome.result for outcome in self._run(steps, None)[2:]]

    def _run(self, steps: Sequence[Step], seconds: float | None) -> list[Returned]:
        outcomes: list[Outcome] = self.worker.run(steps, seconds=seconds)
        returned = []
        for step, outcome in zip(steps, outcomes, strict=True):
            if not isinstance(outcome, Returned):
                failure = not_returned(self._what(step), outcome)
                raise failure
            returned.append(outcome)
        return returned

    def _what(self, step: Step) -> str:
        """A step in words that begin a sentence."""
        if isinstance(step, Create):
            return say("Making a {class_name}()", class_name=self.class_name)
        if isinstance(step, Invoke):
            return self.name if step.method != "loss" else f"{self.class_name}.loss"
        if isinstance(step, Read):
            return say(
                "Reading the weights of a {class_name} as .{attribute}",
                class_name=self.class_name,
                attribute=step.attribute,
            )
        return f"{self.class_name}"

    def _trained(
        self,
        outcomes: Sequence[Returned],
        given: tuple[NDArray[np.float64], NDArray[np.int64]],
        before: int,
    ) -> Trained:
        """One call of train; the stand-in's record goes on from ``before`` calls that are already known."""
        trained, weights = outcomes[0], outcomes[1]
        calls = calls_of(outcomes[2].result)[before:] if len(outcomes) == 3 else ()
        X, y = trained.inputs if len(trained.inputs) == 2 else given
        return Trained(trained.result, weights.result, X, y, calls)


def _is_about_verbose(failure: Raises) -> bool:
    text = failure.got or ""
    return text.startswith("TypeError") and "unexpected keyword argument" in text and "'verbose'" in text
