"""Checks whether a promise is kept, on all examples at once; only answers in doubt get a close look.

The calls that a property of a loss makes are recorded once per process, by running it on the reference in place of a
student's function. The calls for a hand-in are then sent together, and a few array operations tell which answers are
certainly right. For those, the property would only repeat what it said of the reference, so it is run on the other
examples only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from grading.judging.answers import Answered
from grading.judging.classifier import Classifier
from grading.judging.each_example import verify_each
from grading.judging.exam import pool_of
from grading.judging.failures import Failure, NotCalledAgain
from grading.judging.loss_function import LossFunction
from grading.judging.promise import Promise
from grading.judging.properties import Drawing
from grading.judging.reference_function import Notes, NotYetKnown, TrueFunction
from grading.judging.screening import (
    AskedProblems,
    Key,
    Known,
    Setting,
    key_of,
    known,
    make_known,
    own_problems,
    problems_of,
)
from grading.judging.shrinking import smallest
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.judging.network import Network

Example = Mapping[str, Any]

_KEPT = 32  # plans of hand-ins' own examples, for the other functions of the same loss


class CheckError(Exception):
    """The check itself is wrong."""


def verify(promise: Promise, candidate: LossFunction | Classifier | Network, *, small: bool = True) -> None:
    """Check whether a candidate keeps a promise.

    Args:
        promise: the promise.
        candidate: what should keep it.
        small: whether the reported example must be a small one.

    Raises:
        Failure: it does not.
    """
    if not promise.strategies:
        promise.body(candidate)
    elif isinstance(candidate, LossFunction):
        _verify_loss(promise, candidate, small=small)
    else:
        verify_each(promise, candidate, small=small)
    if promise.afterwards is not None:
        promise.afterwards(candidate)


class _Group(msgspec.Struct, eq=False):
    """Some of the problems asked, with their truths; and for each call, which example asks for which of them."""

    known: Known
    places: NDArray[np.intp]
    examples: NDArray[np.intp]

    def asking(self, which: NDArray[np.bool_]) -> set[int]:
        """The examples that ask for any of the marked problems."""
        return set(self.examples[which[self.places]].tolist())


class _Plan(msgspec.Struct, eq=False):
    """The calls to make for the examples of a property.

    Attributes:
        examples: all of them.
        tiny: which of them belong to the complete set of smallest examples, and need no shrinking.
        mine, naive: the calls of the function itself, and of the one that it must agree with.
        watched: whether the function's arguments are compared after its calls.
    """

    examples: list[Example]
    tiny: list[bool]
    mine: list[_Group] = []
    naive: list[_Group] = []
    watched: bool = False

    def in_order(self, numbers: set[int]) -> list[int]:
        """Sort examples, the simplest first; the data term alone comes before anything with a penalty."""
        return sorted(numbers, key=lambda k: _complexity(self.examples[k]))


def asked_for(promise: Promise, candidate: LossFunction) -> tuple[list[Known], list[Known]]:
    """What a promise of a loss asks for: of the candidate, and of a naive function that it must agree with."""
    plans = _plans(promise, candidate)
    mine = [group.known for plan in plans for group in plan.mine]
    return mine, [group.known for plan in plans for group in plan.naive]


def _plans(promise: Promise, candidate: LossFunction) -> list[_Plan]:
    setting = candidate.setting
    own = [_own_plan_of(promise, setting, candidate.digest)] if candidate.digest else []
    return [plan_of(promise, setting), *own]


def _verify_loss(promise: Promise, candidate: LossFunction, *, small: bool) -> None:
    setting, plans = candidate.setting, _plans(promise, candidate)
    candidate.fetch([group.known for plan in plans for group in plan.mine])
    for plan in plans:
        found = _first_failing(plan, promise, candidate)
        if found is None:
            continue
        if not small or found.failure.costly:
            raise found.failure
        # Now the smallest examples that are not asked of everybody are asked, too.
        rest = None
        if setting.part == "chosen":
            rest = _first_failing(plan_of(promise, replace(setting, part="rest")), promise, candidate)
        if rest is not None:
            found = min(found, rest, key=lambda failing: _complexity(failing.example))
        if found.tiny:
            raise found.failure
        raise smallest(
            lambda example: _verdict(promise, candidate, ordinary(promise, candidate, example)),
            found.example,
            found.failure,
        )


class _Failing(msgspec.Struct, frozen=True):
    """An example that a candidate fails, and how; ``tiny`` if it belongs to the complete set of smallest examples."""

    example: Example
    failure: Failure
    tiny: bool


def _first_failing(plan: _Plan, promise: Promise, candidate: LossFunction) -> _Failing | None:
    """The simplest example of a plan that a candidate fails.

    Raises:
        NotCalledAgain: its process was lost at an input that is not tried again.
    """
    candidate.cases += len(plan.examples)
    asked = candidate.fetch([group.known for group in plan.mine])
    doubtful = _asking(plan.mine, [~answers.right for answers in asked])
    if plan.watched:
        doubtful |= _asking(plan.mine, [~answers.unchanged for answers in asked])
    of_naive: list[AskedProblems] = []
    if candidate.naive is not None:
        of_naive = candidate.naive.fetch([group.known for group in plan.naive])
        doubtful |= _asking(plan.naive, [~answers.right for answers in of_naive])
    lost: Failure | None = None
    for k in plan.in_order(doubtful):
        with ExitStack() as answering:
            answering.enter_context(candidate.answering_from(asked))
            if candidate.naive is not None:
                answering.enter_context(candidate.naive.answering_from(of_naive))
            failure = _verdict(promise, candidate, plan.examples[k], keep_remarks=True)
        if isinstance(failure, NotCalledAgain):
            # Inputs skipped after a process was lost show nothing; the one that caused it is among the others.
            lost = lost or failure
        elif failure is not None:
            return _Failing(plan.examples[k], failure, plan.tiny[k])
    if lost is not None:
        raise lost
    for each in asked:
        for k in each.unusual:
            answer = each.answers[k]
            if isinstance(answer, Answered):
                for remark in answer.remarks:
                    candidate.remark(remark)
    return None


def ordinary(promise: Promise, candidate: LossFunction, example: Example) -> Example:
    """Scale an example that was not drawn for this loss down to scores that its usual forms can take."""
    if promise.any_scale:
        return example
    return {
        name: candidate.setting.ordinary(value) if isinstance(value, Problem) else value
        for name, value in example.items()
    }


def _verdict(
    promise: Promise, candidate: LossFunction, example: Example, *, keep_remarks: bool = False
) -> Failure | None:
    """Return how a candidate fails on an example, or None."""
    remarks = len(candidate.remarks)
    try:
        promise.body(candidate, **example)
    except Failure as failure:
        failure.example = example
        return failure
    finally:
        if not keep_remarks:
            # Remarks about intermediate examples do not apply to the smallest one, which is shown.
            del candidate.remarks[remarks:]
    return None


def _asking(groups: Sequence[_Group], which: Sequence[NDArray[np.bool_]]) -> set[int]:
    """The examples that ask for any of the marked problems."""
    return set().union(*(group.asking(marked) for group, marked in zip(groups, which, strict=True)))


def _complexity(example: Example) -> tuple[object, ...]:
    (problem, *_) = example.values()
    if not isinstance(problem, Problem):
        return ()
    W, X = problem.W, problem.X
    fractions = sum(int(np.count_nonzero(array != np.trunc(array))) for array in (W, X))
    size = float(np.abs(W).sum() + np.abs(X).sum())
    numbers = W.size + X.size + problem.y.size
    return problem.reg != 0, numbers, fractions, size, problem.reg, int((W < 0).sum() + (X < 0).sum())


@cache
def plan_of(promise: Promise, setting: Setting) -> _Plan:
    """The calls that every loss function in a setting gets."""
    make_known(promise.drawings, setting)
    examples, tiny = _examples(promise, setting)
    return _planned(
        promise, setting, examples, tiny, [known(drawing, setting) for drawing in promise.drawings]
    )


@lru_cache(maxsize=_KEPT)
def _own_plan_of(promise: Promise, setting: Setting, digest: bytes) -> _Plan:
    """The additional calls that the loss functions of one hand-in get."""
    pools = [pool for drawing in promise.drawings if (pool := _own(drawing, setting, digest)) is not None]
    ((name, _),) = promise.strategies
    examples: list[Example] = [{name: problem} for pool in pools for problem in pool.problems]
    return _planned(promise, setting, examples, [False] * len(examples), pools)


@lru_cache(maxsize=_KEPT)
def _own(drawing: Drawing, setting: Setting, digest: bytes) -> Known | None:
    problems = own_problems(drawing, setting, digest)
    return Known.of(problems, setting.truths(problems)) if problems else None


def _examples(promise: Promise, setting: Setting) -> tuple[list[Example], list[bool]]:
    """The examples of a promise, and which of them belong to the complete set of smallest examples."""
    columns, tiny = [], []
    for _, strategy in promise.strategies:
        pools = [problems_of(drawing, setting) for drawing in strategy.drawings]
        columns.append([example for pool in pools for example in pool])
        most = [pool_of(d, setting.seed, setting.delta, setting.part).tiny for d in strategy.drawings]
        tiny.append([k < n for pool, n in zip(pools, most, strict=True) for k in range(len(pool))])
    count = max(map(len, columns))
    names = [name for name, _ in promise.strategies]
    # The shorter columns start over.
    rows = [[column[k % len(column)] for column in columns] for k in range(count)]
    return (
        [dict(zip(names, row, strict=True)) for row in rows],
        [all(column[k % len(column)] for column in tiny) for k in range(count)],
    )


def _planned(
    promise: Promise, setting: Setting, examples: list[Example], tiny: list[bool], pools: list[Known]
) -> _Plan:
    plan = _Plan(examples, tiny)
    truths = {
        id(problem): truth
        for pool in pools
        for problem, truth in zip(pool.problems, pool.truths, strict=True)
    }
    reference = TrueFunction(setting, truths)
    todo = list(range(len(examples)))
    found: dict[int, Notes] = {}
    while todo:
        again = []
        for k in todo:
            reference.begin()
            try:
                promise.body(reference, **examples[k])
                found[k] = reference.notes
            except NotYetKnown:
                again.append(k)
            except Failure as failure:
                raise CheckError(f"check {promise.id} fails the reference itself: {failure}") from None
        reference.learn()
        todo = again
    notes = [found[k] for k in range(len(examples))]
    plan.mine = _grouped([note.mine for note in notes], pools, reference)
    plan.naive = _grouped([note.naive for note in notes], pools, reference)
    plan.watched = any(note.watched for note in notes)
    return plan


def _grouped(
    asked: Sequence[Sequence[Problem]], pools: Sequence[Known], reference: TrueFunction
) -> list[_Group]:
    """Group the problems that each example asks for: those in the pools, and the others."""
    groups: list[tuple[list[int], list[int]]] = [([], []) for _ in (*pools, "more")]
    at_hand = {id(problem): (g, k) for g, pool in enumerate(pools) for k, problem in enumerate(pool.problems)}
    more: dict[tuple[Key, int], Problem] = {}
    number_of: dict[tuple[Key, int], int] = {}

    def place(problem: Problem, times: Counter[Key]) -> tuple[int, int]:
        key = key_of(problem)
        times[key] += 1
        for g, pool in enumerate(pools):
            k = pool.places.get((key, times[key]))
            if k is not None:
                return g, k
        more.setdefault((key, times[key]), problem)
        return len(pools), number_of.setdefault((key, times[key]), len(number_of))

    for number, problems in enumerate(asked):
        times: Counter[Key] = Counter()
        for problem in problems:
            # Most properties ask for their example once, which needs no look-up by its contents.
            alone = at_hand.get(id(problem)) if len(problems) == 1 else None
            g, k = place(problem, times) if alone is None else alone
            groups[g][0].append(k)
            groups[g][1].append(number)
    tables = [*pools]
    if more:
        truths = [reference.truth(problem) for problem in more.values()]
        tables.append(Known.of(tuple(more.values()), truths, times=tuple(time for _, time in more)))
    return [
        _group(table, places, numbers)
        for table, (places, numbers) in zip(tables, groups[: len(tables)], strict=True)
        if places
    ]


def _group(table: Known, places: Sequence[int], numbers: Sequence[int]) -> _Group:
    """The problems of a table that are asked for, and by which examples."""
    used, where = np.unique(places, return_inverse=True)
    if len(used) < len(table.problems):
        table = Known.of(tuple(table.problems[k] for k in used), [table.truths[k] for k in used])
    return _Group(table, where.astype(np.intp), np.array(numbers, dtype=np.intp))
