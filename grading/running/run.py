"""Grades many hand-ins side by side, each from the files handed in to its grade.

This module stands on top of the checks; nothing that the checks use may import it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing

import msgspec

from grading.grades.grade import Grade, IsolationFacts
from grading.intake.submission import Handin
from grading.judging.training import baselines
from grading.running.from_rubric import training_plan
from grading.running.grade_assembly import not_graded
from grading.running.processes import cores, share_out
from grading.running.work import LOSSES, Work
from grading.words import say


class Outcome(msgspec.Struct, frozen=True):
    """A grade, and whether it is taken from an earlier run."""

    grade: Grade
    unchanged: bool = False


def grade_all(
    handins: Sequence[Handin],
    work: Work,
    jobs: int,
    known: Callable[[Handin, IsolationFacts], Grade | None] = lambda *_: None,
    note: Callable[[str], None] = lambda _: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Generator[Outcome, None, None]:
    """Grade hand-ins in ``jobs`` processes and yield each grade as it is made, in no fixed order.

    A process of the grader's own that dies costs only the hand-in it was grading, which is tried once more and then
    reported as not graded. Closing the iterator ends all processes.

    Args:
        handins: what to grade.
        work: the work of the first process; the others do the same, each with a sandbox of its own.
        jobs: number of processes, at most. Even one is a process of its own, whose death this one survives.
        known: returns the grade of a hand-in at a level of isolation if it need not be computed again.
        note: is told, in a few words, what is being done before the first hand-in is graded.
        meanwhile: called once, in this process, while the first hand-ins are being graded.

    Raises:
        IsolationError: none of the allowed isolation levels works on this machine.
        DatasetError: the training data cannot be obtained.
    """
    waiting = []
    for handin in handins:
        grade = known(handin, work.isolation)
        if grade is None:
            waiting.append(handin)
        else:
            yield Outcome(grade, unchanged=True)
    if not waiting:
        return
    jobs = min(jobs, len(waiting))
    plan = training_plan(work.setup.rubric)
    if jobs > 1:
        # Before the processes fork; a single one does it itself, while this one gets ready for its grades.
        work.prepare()
    if jobs > 1 or not plan.is_quick:
        baselines.prepare(plan, note)
        note("grading")
    # With as many processes as processors, testing both losses at once would only slow each of them down.
    work.is_spare = LOSSES * jobs <= cores()
    # The first process uses the sandbox that is open already; each later one opens its own.
    first = [work] if sys.platform == "linux" else []

    def new_work() -> Work:
        return first.pop() if first else work.another()

    def give_up(handin: Handin, reason: str) -> Grade:
        reason = say("{reason}; please look at it and report this", reason=reason)
        return not_graded(handin, work.setup, work.isolation, reason)

    with closing(share_out(waiting, jobs, new_work, give_up, meanwhile)) as grades:
        yield from map(Outcome, grades)
