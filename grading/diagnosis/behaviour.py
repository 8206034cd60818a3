"""Names mistakes in how a function behaves, even with right results: it changes, remembers, overflows, transposes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grading.diagnosis.known_answers import known_mistakes, replay, same, sample, trace, without_reg
from grading.grades.grade import TURNED, Diagnosis
from grading.judging.answers import Answered, read_answer
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise_of
from grading.judging.screening import Setting, known
from grading.sandbox.messages import Call, Returned
from grading.words import say, translated
from reference.mistakes import Mistake
from reference.problem import Problem

_CALLS = 4
_PROBLEMS = 8
_FEWEST = 3  # problems needed to tell the layouts apart


def named(mistake: Mistake) -> Diagnosis:
    """A known mistake, in the language of the run."""
    return Diagnosis(id=mistake.id, title=translated(mistake.title), hint=translated(mistake.hint))


def layout_of_2015() -> Diagnosis:
    """The diagnosis for a function that `expects_columns`."""
    return Diagnosis(
        id=TURNED,
        title=say(
            "The function expects its arrays turned: W as (C, D), and X as (D, N), with one sample per column."
        ),
        hint=say(
            "Here W is (D, C) and X is (N, D), one sample per row: scores = X.dot(W), and dW = X.T.dot(...)."
        ),
    )


def changing(candidate: LossFunction, setting: Setting, problem: Problem) -> Mistake | None:
    """The mistake that changes the same arguments in place."""
    arguments = (problem.W, problem.X, problem.y)
    step = Call(candidate.name, (*arguments, problem.reg), return_inputs=True)
    outcome = candidate.worker.run([step])[0]
    if not isinstance(outcome, Returned) or len(outcome.inputs) != len(arguments):
        return None
    mine = [_changed(old, new) for old, new in zip(arguments, outcome.inputs, strict=True)]
    for mistake in known_mistakes(setting):
        copies = tuple(argument.copy() for argument in arguments)
        try:
            with np.errstate(all="ignore"):
                mistake.wrong(*copies, problem.reg * setting.reg_scale)
        except Exception:
            continue
        its = [_changed(old, new) for old, new in zip(arguments, copies, strict=True)]
        if any(its) and its == mine:
            return mistake
    return None


def _changed(old: NDArray[np.generic], new: NDArray[np.generic]) -> bool:
    return old.shape != new.shape or not np.array_equal(old, new)


def remembering(candidate: LossFunction, setting: Setting, problem: Problem) -> Mistake | None:
    """The mistake whose answers drift in the same steps when a call is repeated."""
    problems = [problem] * _CALLS
    mine = trace(problems, candidate.ask(problems))
    if any(mine.failures):
        return None
    for mistake in known_mistakes(setting):
        its = trace(problems, [replay(mistake, p, setting) for p in problems])
        if any(its.failures) or len(set(its.losses.tolist())) == 1:
            continue
        turns = [np.diff(t.gradients.reshape(_CALLS, -1), axis=0) for t in (mine, its)]
        if same(np.diff(mine.losses), np.diff(its.losses), 1e-6) and same(turns[0], turns[1], 1e-6):
            return mistake
    return None


def overflowing(candidate: LossFunction, setting: Setting) -> Mistake | None:
    """The mistake that fails exactly the same shifted cases, and the same probes that tell shifts apart."""
    (drawing,) = promise_of("stability").drawings
    asked = candidate.beside(known(drawing, setting))
    probes = _probes()
    problems = [*(a.problem for a in asked), *probes]
    truths = [*(a.truth for a in asked), *(candidate.truth(problem) for problem in probes)]

    def survived(answers: Sequence[Answered | Failure]) -> list[bool]:
        return [
            isinstance(answer, Answered)
            and truth.accepts_loss(answer.loss)
            and truth.gradient.judge(answer.dW).accepted
            for truth, answer in zip(truths, answers, strict=True)
        ]

    mine = survived([*(a.answer for a in asked), *candidate.ask(probes)])
    for mistake in known_mistakes(setting):
        if "stability" in mistake.checks and mine == survived(
            [replay(mistake, problem, setting) for problem in problems]
        ):
            return mistake
    return None


def _probes() -> list[Problem]:
    """Problems whose scores one wrong shift survives and another does not.

    exp works from -745 to 709: twice 400 is out of range; 1000 is out of range for a shift by the minimum, but not by
    the mean.
    """
    rows = [[400.0] * 3, [-400.0] * 3, [900.0, 0.0, 0.0], [600.0, 600.0, -300.0], [0.0, 1000.0, 1000.0]]
    X = np.array([[1.0]])
    return [Problem(np.array([row]), X, np.array([int(np.argmax(row))]), 0.0) for row in rows]


def expects_columns(candidate: LossFunction) -> bool:
    """Whether the function takes its arrays in the layout of 2015, which has one sample per column.

    With three different sizes, arrays fit together in only one layout, so the answers need not be right.
    """
    problems = [p for p in map(without_reg, sample(candidate.setting)) if len({*p.sizes}) == len(p.sizes)]
    steps = [Call(candidate.name, (p.W.T.copy(), p.X.T.copy(), p.y, p.reg)) for p in problems[:_PROBLEMS]]
    moved = False
    for problem, outcome in zip(problems, candidate.worker.run(steps), strict=False):
        n, d, c = problem.sizes
        # Only the shapes of this one matter: the answer's dW is (C, D).
        turned = Problem(np.zeros((c, d)), np.zeros((n, c)), problem.y, 0.0)
        answer = read_answer(candidate.name, turned, outcome)
        if isinstance(answer, Failure):
            return False
        moved |= bool(answer.dW.any())
    return moved and len(steps) >= _FEWEST
