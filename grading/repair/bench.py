"""Asking candidates: functions that differ from the student's by an edit or two, in a worker of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
from msgspec import structs

from grading.grade import Part
from grading.judging.answers import Answered
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.screening import Answers, packed
from grading.repair.function import Function
from grading.sandbox.messages import Call, Lost, Outcome, Step
from grading.sandbox.pairs import PackedCalls, Pairs
from grading.submission import Block, Submission
from grading.written import Written
from reference.answer import Answer
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

_FUTURE = "from __future__ import annotations\n"

Opening = Callable[[Submission], "Worker"]
"""A new worker with the files of a submission; whoever asks for it closes it."""

Right = frozenset[tuple[str, int]]
"""What a candidate has right: an answer at all, the loss, dW, each with the number of the problem."""


@dataclass(frozen=True, eq=False)
class Screen:
    """A few telling problems with their true answers."""

    problems: tuple[Problem, ...]
    truths: tuple[Answer, ...]
    calls: PackedCalls

    @classmethod
    def of(cls, original: LossFunction, problems: Sequence[Problem]) -> Screen:
        """Problems for candidates that should compute what ``original`` should."""
        return cls(tuple(problems), tuple(original.setting.truths(problems)), packed(problems))

    def right(self, answers: Sequence[Answered | Failure]) -> Right:
        """What is right in the answers."""
        found: set[tuple[str, int]] = set()
        for k, (truth, answer) in enumerate(zip(self.truths, answers, strict=True)):
            if isinstance(answer, Answered):
                found.add(("answer", k))
                found |= {("loss", k)} if truth.accepts_loss(answer.loss) else set()
                found |= {("dW", k)} if _accepted(truth, answer) else set()
        return frozenset(found)

    def is_passed(self, right: Right, part: Part = "all") -> bool:
        """Whether that is all, or all of a part."""
        asked = ("answer", "loss", "dW") if part == "all" else ("answer", part)
        return all((what, k) in right for what in asked for k in range(len(self.problems)))


def _accepted(truth: Answer, answer: Answered) -> bool:
    with np.errstate(all="ignore"):
        if (np.abs(answer.dW - truth.gradient.base) <= truth.gradient.bound).all():
            return True
        return not np.isnan(answer.dW).any() and truth.gradient.judge(answer.dW).accepted


class Bench:
    """Functions of one hand-in, loaded beside its own, and asked by name.

    Args:
        submission, written: the hand-in, and the function in it that the candidates stand for.
        opening: where workers come from.

    Attributes:
        lost: how many candidates have cost a process.
    """

    def __init__(self, submission: Submission, written: Written, opening: Opening) -> None:
        self._submission, self._written, self._opening = submission, written, opening
        self.lost = 0

    def loaded(self, functions: Sequence[Function]) -> Iterator[tuple[int, Candidate]]:
        """Those of ``functions`` that can be called, by number."""
        own = self._submission.definitions[self._written.tree.name]
        callings = [c for c in self._submission.callings if c.name == own.name]
        names = [f"{self._written.tree.name}__{k}" for k in range(len(functions))]
        # Annotations may name what is not there, where nobody evaluates them.
        future = _FUTURE if _FUTURE in self._written.block.code else ""
        blocks, definitions = [], {}
        for k, (name, function) in enumerate(zip(names, functions, strict=True)):
            text = function.text.decode().replace(f"def {self._written.tree.name}", f"def {name}", 1)
            cell = f"candidate {k}"
            blocks.append(Block(future + text, cell))
            definitions[name] = replace(own, name=name, cell=cell, lines=(1, text.count("\n") + 2))
        sources = tuple(
            replace(source, blocks=source.blocks + tuple(blocks))
            if source is self._written.source
            else source
            for source in self._submission.sources
        )
        renamed = tuple(structs.replace(c, name=name) for c in callings for name in names)
        submission = replace(self._submission, sources=sources, definitions=definitions, callings=renamed)
        with self._opening(submission) as worker:
            for k, name in enumerate(names):
                if name not in worker.loaded.failures:
                    yield k, Candidate(self, worker, name)


class Candidate:
    """One function that can be called: a worker that answers for it, whatever name it is called by."""

    def __init__(self, bench: Bench, worker: Worker, name: str) -> None:
        self._bench, self._worker, self._name = bench, worker, name

    @property
    def processor_seconds(self) -> float | None:
        """As a worker's."""
        return self._worker.processor_seconds

    def answers(self, screen: Screen) -> Answers:
        """Its answers to a screen."""
        return Answers(self._name, screen.problems, self.call_all(self._name, screen.calls))

    def run(
        self, steps: Sequence[Step], seconds: float | None = None, reply_bytes: int | None = None
    ) -> list[Outcome]:
        """As a worker's."""
        own = [replace(step, function=self._name) if isinstance(step, Call) else step for step in steps]
        return self._noted(self._worker.run(own, seconds, reply_bytes))

    def call_all(self, function: str, calls: PackedCalls) -> Pairs:
        """As a worker's."""
        pairs = self._worker.call_all(self._name, calls)
        self._noted(pairs.others.values())
        return pairs

    def _noted(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        outcomes = list(outcomes)
        self._bench.lost += any(isinstance(outcome, Lost) for outcome in outcomes)
        return outcomes

    def judged_like(self, original: LossFunction) -> LossFunction:
        """The candidate as the checks see it."""
        return LossFunction(original.name, cast("Worker", self), original.rubric, original.naive)
