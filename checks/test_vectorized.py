"""Vectorized: the work is done by NumPy, not by Python.

Not a property of drawn inputs: it compares the work that calls of growing sizes do.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered
from grading.judging.failures import Failure, LoopsInPython, WrongWhenCounted
from grading.judging.handin_randomness import Stream
from grading.judging.loop_cost import LoopCost
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.judging.shrinking import smallest
from grading.words import later, say, translated
from reference.losses import quick_answers
from reference.problem import Problem

Array = NDArray[np.float64]

_SMALL, _LARGE = 8, 72
_NEAR = 1e-12
# np.choose takes 32 choices in NumPy 1 and 64 in NumPy 2.
_MANY_CLASSES = 28
_FEW_CLASSES = 4


class _Growth(msgspec.Struct, frozen=True):
    """One of the three sizes, made larger while the others stay.

    Attributes:
        what: its name.
        sizes: N samples, D features, C classes.
        more: by how much it is larger than in the smallest problem.
    """

    what: str
    sizes: tuple[int, int, int]
    more: int


_FIRST = (_SMALL, _SMALL, _FEW_CLASSES)
_GROWTHS = (
    _Growth(later("samples"), (_LARGE, _SMALL, _FEW_CLASSES), _LARGE - _SMALL),
    _Growth(later("features"), (_SMALL, _LARGE, _FEW_CLASSES), _LARGE - _SMALL),
    _Growth(later("classes"), (_SMALL, _SMALL, _MANY_CLASSES), _MANY_CLASSES - _FEW_CLASSES),
)


@promise(kind="loss", needs=("interface", "value"))
def test_vectorized(candidate: LossFunction) -> None:
    """It has no Python loop over the samples or the features: the number of bytecodes that it executes does not
    grow with the data.
    """
    numbers = Stream(b"vectorized" + candidate.digest)
    # The first call may have NumPy import something. No problem is asked twice: an answer that is kept shows no loop.
    sizes = [_FIRST, _FIRST, *(growth.sizes for growth in _GROWTHS)]
    problems = [candidate.setting.ordinary(numbers.problem(*size)) for size in sizes]
    answers, counts = candidate.counted(problems)
    candidate.cases += len(problems)
    _require_right(candidate, problems, answers)
    _, first, *grown = [_known(candidate, count) for count in counts]
    for growth, count in zip(_GROWTHS, grown, strict=True):
        # A loop executes at least one bytecode for each further item; anything below that is not a loop over them.
        if count - first < growth.more:
            continue
        if growth.what == "classes" and candidate.standard.class_loops_allowed:
            candidate.remark(
                say("It loops over the classes in Python; accepted, since there are few of them.")
            )
            continue
        raise _loops(candidate, growth)
    _require_cheap(candidate, numbers)


def _require_right(
    candidate: LossFunction, problems: list[Problem], answers: list[Answered | Failure]
) -> None:
    """A function that is right only while nobody counts has not been counted; one that is wrong anyway may be."""
    # A bound takes ten times as long to work out as an answer; few answers are not nearer than this.
    right = quick_answers(candidate.reference, problems, reg_scale=candidate.reg_scale, delta=candidate.delta)
    judges_gradient = "gradient" in candidate.passed
    for problem, answer, (loss, dW) in zip(problems, answers, right, strict=True):
        if isinstance(answer, Failure):
            shown = smallest(lambda example: _failure(candidate, **example), {"problem": problem}, answer)
            if shown is answer:
                answer.problem = None  # it is only while it is counted, or too large to be looked at
            raise shown
        if _is_near(answer.loss, loss) and (not judges_gradient or _is_near(answer.dW, dW)):
            continue
        truth = candidate.truth(problem)
        if truth.accepts_loss(answer.loss) and (
            not judges_gradient or truth.gradient.judge(answer.dW).accepted
        ):
            continue
        raise WrongWhenCounted(
            say(
                "{name} gives a wrong answer while the bytecodes that it executes are counted, though it is right "
                "elsewhere.",
                name=candidate.name,
            ),
            expected=f"loss = {truth.loss!r}",
            got=f"loss = {answer.loss!r}",
        )


def _is_near(answer: Array | float, right: Array | float) -> bool:
    return bool(np.max(np.abs(answer - right) - _NEAR * np.abs(right)) <= _NEAR)


def _failure(candidate: LossFunction, problem: Problem) -> Failure | None:
    answer = candidate.attempt(problem)
    return answer if isinstance(answer, Failure) else None


def _known(candidate: LossFunction, count: int | None) -> int:
    if count is None:
        raise WrongWhenCounted(
            say(
                "{name} switches off what counts the bytecodes that it executes (sys.settrace).",
                name=candidate.name,
            )
        )
    return count


def _loops(candidate: LossFunction, growth: _Growth) -> Failure:
    small = _FEW_CLASSES if growth.what == "classes" else _SMALL
    large = small + growth.more
    what = translated(growth.what)
    n, d, c = growth.sizes
    return LoopsInPython(
        say(
            "{name} works through the {what} in Python, one by one (a for loop, a comprehension, "
            "np.vectorize or np.apply_along_axis): with {large} {what} instead of {small} it executes "
            "more bytecodes. Let one NumPy operation handle all {what} at once.",
            name=candidate.name,
            what=what,
            large=large,
            small=small,
        ),
        code=_code(candidate.name, n, d, c),
        # No counts: they differ between versions of Python.
        expected=say("as many bytecodes for any number of {what}", what=what),
        got=say("more bytecodes for {large} {what} than for {small}", large=large, small=small, what=what),
    )


def _require_cheap(candidate: LossFunction, numbers: Stream) -> None:
    """The second witness, for which the function's process is not asked: what a sample costs of a processor's time.

    How often it is called depends on how noisy the machine is, so these calls do not count as cases: reports of the
    same submission must not differ.
    """
    cost = LoopCost(candidate.worker)
    problems: list[Problem] = []
    answers: list[Answered | Failure] = []
    for size in cost.sizes():
        problem = candidate.setting.ordinary(numbers.problem(*size))
        answers.append(cost.call(candidate.name, problem))
        problems.append(problem)
    _require_right(candidate, problems, answers)
    if not cost.is_a_loops:
        return
    what = translated(later("samples"))
    raise LoopsInPython(
        say(
            "{name} works through the {what} one by one: each costs as much time as a loop in Python takes. Let one "
            "NumPy operation handle all {what} at once.",
            name=candidate.name,
            what=what,
        ),
        code=_code(candidate.name, *cost.large),
    )


def _code(name: str, n: int, d: int, c: int) -> str:
    return (
        "import numpy as np\n"
        f"W, X, y = np.random.randn({d}, {c}), np.random.randn({n}, {d}), np.arange({n}) % {c}\n"
        f"loss, dW = {name}(W, X, y, 0.5)\n"
    )
