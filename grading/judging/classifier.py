"""A student's classifier class, as the checks of train and predict see it: objects in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.grades.grade import TrainingRun
from grading.judging.answers import Answered, not_returned, read_answer
from grading.judging.calling_convention import Usage
from grading.judging.candidate import Candidate
from grading.judging.encoding import example_type
from grading.judging.failures import Failure, Raises
from grading.judging.standard import Standard
from grading.judging.training_record import Trained, calls_of
from grading.rubric.settings import Accuracy
from grading.sandbox.messages import (
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
from grading.sandbox.shared_array import SharedArray
from grading.words import say
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

_HANDLE = "classifier"


@example_type
@dataclass(frozen=True)
class Options:
    """The keyword arguments of train, by the course's names."""

    learning_rate: float
    reg: float
    num_iters: int
    batch_size: int

    def as_arguments(self) -> Mapping[str, object]:
        """The options by train's own names for them."""
        return {
            "learning_rate": self.learning_rate,
            "reg": self.reg,
            "num_iters": self.num_iters,
            "batch_size": self.batch_size,
        }


@example_type
@dataclass(frozen=True, eq=False)
class StandIn:
    """A loss with known answers: call k gets entry k, starting over after the last.

    Attributes:
        losses: (K,).
        gradients: (K, D, C).
        tells_batches: whether the batch's samples are added to each gradient, each in the column of its label, so
            that the resulting W must fit the reported batches.
    """

    losses: NDArray[np.float64]
    gradients: NDArray[np.float64]
    tells_batches: bool = False


@example_type
@dataclass(frozen=True, eq=False)
class Scenario:
    """A training to request.

    Attributes:
        X, y: (N, D) data and (N,) labels.
        options: the settings of train.
        W: (D, C) weights to start from; None leaves the object as it was made.
        stand_in: a loss to use instead of the student's own; None for their own.
        seed: for every random number that the student draws without a seed.
        rounds: calls of train on the same object.
        verbose: passed as the argument of that name, unless this train has turned out not to take it.
        seconds: the deadline of each call; None for the deadline of a small call.
        shared: X again, if workers can map it; then it is not sent.
        return_inputs: whether X and y should be sent back as they are afterwards.
        by_default: whether the options are omitted, leaving train to its defaults.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    options: Options
    W: NDArray[np.float64] | None = None
    stand_in: StandIn | None = None
    seed: int = 0
    rounds: int = 1
    verbose: bool = False
    seconds: float | None = None
    shared: SharedArray | None = None
    return_inputs: bool = True
    by_default: bool = False


@example_type
@dataclass(frozen=True, eq=False)
class Model:
    """A prediction to request: weights, (D, C), and data, (N, D)."""

    W: NDArray[np.float64]
    X: NDArray[np.float64]


class Learned(msgspec.Struct, frozen=True, eq=False):
    """One training on the data set: its facts, and the learned weights, (D, C)."""

    run: TrainingRun
    W: NDArray[np.float64]


class Classifier(Candidate):
    """One method, train or predict, of one class of one submission.

    Attributes:
        class_name: "LinearSVM"; for a plain function, its name.
        usage: the names of it and its arguments.
        defaults: the numeric default arguments, as far as its text shows them.
        asked_the_stand_in: whether train has ever called a plugged-in loss; None if there has been none.
        trainings: what the accuracy check saw, run by run, as far as it got.
    """

    def __init__(
        self,
        name: str,
        worker: Worker,
        standard: Standard,
        digest: bytes = b"",
        defaults: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(name, worker, standard, digest)
        self.defaults = defaults or {}
        self.class_name = name.partition(".")[0]
        self.usage = Usage(name, standard.names, self.settings.takes_loss)
        self.asked_the_stand_in: bool | None = None
        self.trainings: list[Learned] = []
        self._takes_verbose = True
        self._foreseen: dict[int, tuple[Scenario | Model, list[Trained] | Received | Failure]] = {}

    @property
    def accuracy(self) -> Accuracy:
        """The settings of its training on the data set, and the required accuracy."""
        return self.standard.training.accuracy[self.reference]

    def foresee(self, *turns: Sequence[object]) -> None:
        """Fetch what has not been asked yet in one round trip, for `train` and `predict` to return later.

        Args:
            turns: examples that are asked together, one turn after the other. If the process is lost, what comes after
                the turn in which that happened is not asked.
        """
        missing = [
            [
                example
                for example in turn
                if isinstance(example, Scenario | Model) and id(example) not in self._foreseen
            ]
            for turn in turns
        ]
        if not any(missing):
            return
        answers = iter(self._ask([*chain(*missing)]))
        for turn in missing:
            answered = list(zip(turn, answers, strict=False))
            self._foreseen |= {id(case): (case, answer) for case, answer in answered}
            if any(isinstance(answer, Failure) and answer.costly for _, answer in answered):
                return

    def train(self, scenario: Scenario) -> list[Trained]:
        """Train a new object, once or several times in a row.

        Raises:
            Failure: a step raised, hung, or took the process down.
        """
        self.cases += scenario.rounds
        rounds = self._answer(scenario)
        assert isinstance(rounds, list)
        if scenario.stand_in is not None:
            self.asked_the_stand_in = self.asked_the_stand_in or any(done.calls for done in rounds)
        return rounds

    def predict(self, model: Model) -> Received:
        """Call predict, and return its result.

        Raises:
            Failure: a step raised, hung, or took the process down.
        """
        self.cases += 1
        labels = self._answer(model)
        assert isinstance(labels, Received)
        return labels

    def _answer(self, case: Scenario | Model) -> list[Trained] | Received:
        answer = self._foreseen[id(case)][1] if id(case) in self._foreseen else self._ask([case])[0]
        if isinstance(answer, Failure):
            raise answer
        return answer

    def _ask(self, cases: Sequence[Scenario | Model]) -> list[list[Trained] | Received | Failure]:
        """The result of each case; all are run again if train turns out not to take verbose."""
        # A plain function is asked step by step anyway.
        together = [[case] for case in cases] if self.usage.plain else [cases]
        answers = [answer for group in together for answer in self._ask_together(group)]
        if self._takes_verbose and any(map(_is_about_verbose, answers)):
            self._takes_verbose = False
            self.remark(say("{name} takes no argument verbose; accepted.", name=self.name))
            return self._ask(cases)
        return answers

    def _ask_together(self, cases: Sequence[Scenario | Model]) -> list[list[Trained] | Received | Failure]:
        asked = [self._steps(case) for case in cases]
        first = cases[0] if cases else None
        seconds = first.seconds if isinstance(first, Scenario) else None
        try:
            outcomes = iter(self.worker.run(list(chain(*asked)), seconds=seconds))
        except Failure as failure:
            return [failure for _ in cases]
        return [
            self._read(case, steps, list(islice(outcomes, len(steps))))
            for case, steps in zip(cases, asked, strict=True)
        ]

    def _read(
        self, case: Scenario | Model, steps: Sequence[Step], outcomes: Sequence[Outcome]
    ) -> list[Trained] | Received | Failure:
        returned = []
        for step, outcome in zip(steps, outcomes, strict=True):
            if not isinstance(outcome, Returned):
                return not_returned(self._what(step), outcome)
            returned.append(outcome)
        if isinstance(case, Model):
            return returned[-1].result
        each = 2 if case.stand_in is None else 3
        rounds: list[Trained] = []
        for first in range(len(steps) - each * case.rounds, len(steps), each):
            known = sum(len(done.calls) for done in rounds)
            rounds.append(self._trained(returned[first : first + each], (case.X, case.y), known))
        return rounds

    def _steps(self, case: Scenario | Model) -> list[Step]:
        if isinstance(case, Model):
            return [
                Create(self.class_name, _HANDLE),
                Assign(_HANDLE, "W", case.W),
                Invoke(_HANDLE, "predict", (case.X,)),
            ]
        steps: list[Step] = [Seed(case.seed), Create(self.class_name, _HANDLE)]
        if case.W is not None:
            steps.append(Assign(_HANDLE, "W", case.W))
        if (stand_in := case.stand_in) is not None:
            steps.append(PlugLoss(_HANDLE, stand_in.losses, stand_in.gradients, stand_in.tells_batches))
        settings: dict[str, object] = {"verbose": case.verbose} if self._takes_verbose else {}
        if not case.by_default:
            settings |= case.options.as_arguments()
        given = (case.X if case.shared is None else case.shared), case.y
        training = Invoke(_HANDLE, "train", given, settings, return_inputs=case.return_inputs)
        each: list[Step] = [training, Read(_HANDLE, "W")]
        if case.stand_in is not None:
            each.append(PluggedCalls(_HANDLE))
        return steps + each * case.rounds

    def losses_of_handin(
        self,
        W: NDArray[np.float64],
        X: NDArray[np.float64],
        y: NDArray[np.int64],
        reg: float,
        *,
        usual: bool = False,
    ) -> list[Answered]:
        """The answers of the hand-in's own losses: the class's method ``loss`` and the functions of the rubric.

        Only well-formed ones; an empty list if there are none. With ``usual``, that of the method called as in the
        course, alone.
        """
        steps: list[Step] = [
            Create(self.class_name, _HANDLE),
            Assign(_HANDLE, "W", W),
            Invoke(_HANDLE, "loss", (X, y, reg)),
        ]
        if not usual:
            functions = self.standard.functions.items()
            steps += [
                Invoke(_HANDLE, "loss", (W, X, y, reg)),
                *(
                    Call(name, (W, X, y, reg))
                    for name, asked in functions
                    if asked.kind == "loss" and asked.reference == self.reference
                ),
                Invoke(_HANDLE, "loss", (X, y)),
            ]
        problem = Problem(W, X, y, reg)
        outcomes = self.worker.run(steps)[2:]
        answers = [read_answer(self.name, problem, outcome) for outcome in outcomes]
        return [answer for answer in answers if isinstance(answer, Answered)]

    def _what(self, step: Step) -> str:
        """Words for a step, to begin a sentence with."""
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
        """One call of train; the stand-in's record continues after ``before`` calls that are already known."""
        trained, weights = outcomes[0], outcomes[1]
        calls = calls_of(outcomes[2].result)[before:] if len(outcomes) == 3 else ()
        X, y = trained.inputs if len(trained.inputs) == 2 else given
        return Trained(trained.result, weights.result, X, y, calls)


def _is_about_verbose(answer: object) -> bool:
    text = (answer.got or "") if isinstance(answer, Raises) else ""
    return text.startswith("TypeError") and "unexpected keyword argument" in text and "'verbose'" in text
