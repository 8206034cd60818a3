"""Puts the reference in the place of a student's function, to record which calls a property makes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grading.judging.answers import Answered
from grading.judging.loss_function import Called
from grading.judging.screening import Key, Setting, key_of
from reference.answer import Answer
from reference.problem import Problem


class NotYetKnown(Exception):
    """The truth of a problem is worked out later, together with others."""


class Notes(msgspec.Struct, eq=False):
    """The problems asked for one example, each as often as it was asked; and whether any call was watched."""

    mine: list[Problem] = []
    naive: list[Problem] = []
    watched: bool = False


class TrueFunction:
    """The reference in the place of a student's function: answers with the truth, and records what it is asked."""

    name = "reference"

    def __init__(self, setting: Setting, truths: Mapping[int, Answer]) -> None:
        self.delta, self.seed = setting.delta, setting.seed
        self.notes = Notes()
        self._setting, self._truths = setting, truths
        self._others: dict[Key, Answer] = {}
        self._unknown: dict[Key, Problem] = {}

    def begin(self) -> None:
        """Start taking notes."""
        self.notes = Notes()

    def learn(self) -> None:
        """Work out the truths that were not yet known."""
        self._others |= zip(self._unknown, self._setting.truths(list(self._unknown.values())), strict=True)
        self._unknown.clear()

    @property
    def naive(self) -> TrueNaive:
        """The same, in the place of the naive function."""
        return TrueNaive(self)

    def truth(self, problem: Problem) -> Answer:
        """The true answer.

        Raises:
            NotYetKnown: it has not been worked out; it will be, together with others.
        """
        truth = self._truths.get(id(problem))
        if truth is None:
            key = key_of(problem)
            truth = self._others.get(key)
            if truth is None:
                self._unknown[key] = problem
                raise NotYetKnown
        return truth

    def answer(self, problem: Problem) -> Answered:
        """The true answer, as a function gives it."""
        truth = self.truth(problem)
        return Answered(truth.loss, truth.gradient.base)

    def __call__(self, problem: Problem) -> Answered:
        """As a `LossFunction`'s."""
        self.notes.mine.append(problem)
        return self.answer(problem)

    attempt = __call__

    def watched(self, problem: Problem) -> Called:
        """As a `LossFunction`'s."""
        self.notes.watched = True
        return Called(self(problem), (problem.W, problem.X, problem.y))

    def remark(self, sentence: str) -> None:
        """The reference is not remarked on."""


class TrueNaive:
    """The reference in the place of the naive function."""

    name = "reference"

    def __init__(self, reference: TrueFunction) -> None:
        self._reference = reference

    def __call__(self, problem: Problem) -> Answered:
        """As a `LossFunction`'s."""
        self._reference.notes.naive.append(problem)
        return self._reference.answer(problem)

    attempt = __call__
