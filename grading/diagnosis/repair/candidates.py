"""Runs candidates, functions that differ from the student's by an edit or two, in a worker of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from msgspec import structs
from msgspec.structs import replace

from grading.diagnosis.repair.function import Program
from grading.diagnosis.repair.turn_budget import COUNTED, PRELUDE, counting_turns
from grading.grades.grade import Part
from grading.intake.function_source import Written
from grading.intake.submission import Block, Definition, Submission
from grading.judging.answers import Answered
from grading.judging.calling_convention import adapter_for
from grading.judging.classifier import Classifier
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.screening import Answers, packed
from grading.sandbox.messages import Call, Create, Lost, Outcome, Step
from grading.sandbox.pairs import PackedCalls, Pairs
from reference.answer import Answer
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

_FUTURE = "from __future__ import annotations\n"

Opening = Callable[[Submission], "Worker"]
"""Opens a new worker with the files of a submission; the caller closes it."""

Right = frozenset[tuple[str, int]]
"""What a candidate gets right: an answer at all, the loss, dW, each with the number of the problem."""


@dataclass(frozen=True, eq=False)
class Screen:
    """A few problems that tell candidates apart, with their true answers."""

    problems: tuple[Problem, ...]
    truths: tuple[Answer, ...]
    calls: PackedCalls

    @classmethod
    def of(cls, original: LossFunction, problems: Sequence[Problem]) -> Screen:
        """A screen for candidates that should compute the same as ``original``."""
        tolerance = original.standard.tolerance
        truths = tuple(truth.within(tolerance) for truth in original.setting.truths(problems))
        return cls(tuple(problems), truths, packed(problems))

    def right(self, answers: Sequence[Answered | Failure]) -> Right:
        """What a candidate gets right, by its answers to the problems."""
        found: set[tuple[str, int]] = set()
        for k, (truth, answer) in enumerate(zip(self.truths, answers, strict=True)):
            if isinstance(answer, Answered):
                found.add(("answer", k))
                found |= {("loss", k)} if truth.accepts_loss(answer.loss) else set()
                found |= {("dW", k)} if _accepted(truth, answer) else set()
        return frozenset(found)

    def is_passed(self, right: Right, part: Part = "all") -> bool:
        """Whether that is all, or all of a part."""
        asked = ("answer", part) if part in ("loss", "dW") else ("answer", "loss", "dW")
        return all((what, k) in right for what in asked for k in range(len(self.problems)))


def _accepted(truth: Answer, answer: Answered) -> bool:
    with np.errstate(all="ignore"):
        if (np.abs(answer.dW - truth.gradient.base) <= truth.gradient.bound).all():
            return True
        return not np.isnan(answer.dW).any() and truth.gradient.judge(answer.dW).accepted


class Bench:
    """Loads candidates beside the hand-in's own functions, and calls them by name.

    Args:
        submission: as below.
        asked: the name that the candidates stand for: that of a function, or of the class whose method they are.
        own: the student's functions that candidates are derived from, the required one first.
        opening: opens workers.

    Attributes:
        submission: the hand-in.
        lost: how many candidates have cost a process.
    """

    def __init__(self, submission: Submission, asked: str, own: Sequence[Written], opening: Opening) -> None:
        self.submission, self._asked, self._opening = submission, asked, opening
        self._source, self._names = own[0].source, [written.tree.name for written in own]
        self._is_method = bool(own[0].tree.col_offset)
        # Annotations that are never evaluated may contain names that do not exist.
        self._future = _FUTURE if _FUTURE in own[0].block.code else ""
        self.lost = 0

    def loaded(self, programs: Sequence[Program]) -> Iterator[tuple[int, Candidate]]:
        """Yield those of ``programs`` that can be called, by number."""
        own = self.submission.definitions[self._asked]
        names = [f"{self._asked}__{k}" for k in range(len(programs))]
        more: dict[str, list[Block]] = {own.source: []}
        more.setdefault(self._source.name, []).append(Block(PRELUDE, "before candidates"))
        definitions = {}
        for k, (name, program) in enumerate(zip(names, programs, strict=True)):
            text = counting_turns(self._renamed(program.text.decode(), k))
            function = f"{self._names[0]}__{k}"
            text = f"{self._future}{text}\n{function} = {COUNTED}({function})\n"
            cell = f"candidate {k}"
            more[self._source.name].append(Block(text, cell, whole=True))
            if self._is_method:
                # The method may be in a different file from the class that inherits it.
                beside = self._source.name == own.source
                method = function if beside else f"{self._asked}.{self._names[0]}.__globals__[{function!r}]"
                text = f"class {name}({self._asked}):\n    {self._names[0]} = {method}\n"
                cell = f"class of candidate {k}"
                more[own.source].append(Block(text, cell, whole=True))
            definitions[name] = replace(own, name=name, cell=cell, lines=(1, text.count("\n") + 1))
        sources = tuple(
            replace(source, blocks=source.blocks + tuple(more.get(source.name, ())))
            for source in self.submission.sources
        )
        callings = [c for c in self.submission.callings if c.name == self._asked]
        renamed = tuple(structs.replace(c, name=name) for c in callings for name in names)
        submission = replace(
            self.submission,
            sources=sources,
            definitions={**self._others(), **definitions},
            callings=(*(c for c in self.submission.callings if c.name in self._others()), *renamed),
        )
        with self._opening(submission) as worker:
            for k, name in enumerate(names):
                if name not in worker.loaded.failures:
                    yield k, Candidate(self, worker, self._asked, name)

    def _others(self) -> dict[str, Definition]:
        """The other functions that a train may call: the losses of the hand-in."""
        return self.submission.definitions if self._is_method else {}

    def _renamed(self, text: str, k: int) -> str:
        """Rename the functions of the text to ``..._k``, where they are defined and called."""
        for name in self._names:
            # It begins with the name itself: a pattern that begins with a condition is tried at every character.
            text = re.sub(rf"{name}(?<![\w.]{name})(?=\s*\()", f"{name}__{k}", text)
        return text


class Candidate:
    """One callable candidate: a worker that answers for it, whatever name is used."""

    def __init__(self, bench: Bench, worker: Worker, asked: str, name: str) -> None:
        self._bench, self._worker, self._asked, self._name = bench, worker, asked, name

    @property
    def processor_seconds(self) -> float | None:
        """As a worker's."""
        return self._worker.processor_seconds

    def answers(self, screen: Screen) -> Answers:
        """Its answers to a screen."""
        return Answers(self._name, screen.problems, self.call_all(self._name, screen.calls))

    def run(self, steps: Sequence[Step], seconds: float | None = None) -> list[Outcome]:
        """As a worker's."""
        return self._noted(self._worker.run([self._meant(step) for step in steps], seconds))

    def _meant(self, step: Step) -> Step:
        if isinstance(step, Call) and step.function == self._asked:
            return replace(step, function=self._name)
        if isinstance(step, Create) and step.name == self._asked:
            return replace(step, name=self._name)
        return step

    def call_all(self, function: str, calls: PackedCalls) -> Pairs:
        """As a worker's."""
        pairs = self._worker.call_all(self._name, calls)
        self._noted(pairs.others.values())
        return pairs

    def _noted(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        outcomes = list(outcomes)
        self._bench.lost += any(isinstance(outcome, Lost) for outcome in outcomes)
        return outcomes

    def loss_like(self, original: LossFunction) -> LossFunction:
        """The candidate as the checks of a loss see it."""
        return LossFunction(
            original.name, cast("Worker", self), original.standard, original.naive, digest=original.digest
        )

    def classifier_like(self, original: Classifier, digest: bytes) -> Classifier:
        """The candidate as the checks of train and predict see it."""
        worker = adapter_for(original.usage, cast("Worker", self), self._bench.submission.callings)
        return Classifier(original.name, worker, original.standard, digest)
