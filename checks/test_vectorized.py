"""Vectorized: the work is done by NumPy, not by Python."""

from __future__ import annotations

import random
from functools import cache

import numpy as np

from grading.judging.answers import not_returned
from grading.judging.failures import LoopsInPython
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.sandbox.messages import Call, Returned
from grading.words import later, say, translated
from reference.problem import Problem

_SMALL, _LARGE = 8, 72


@promise("vectorized", kind="loss", needs=("interface", "value"))
def test_vectorized(candidate: LossFunction) -> None:
    """It has no Python loop over the samples or the features: the number of bytecodes that it executes does not
    grow with the data.
    """
    small = _problem(candidate.seed, _SMALL, _SMALL, 4)
    grown = [(later("samples"), _problem(candidate.seed, _LARGE, _SMALL, 4))]
    grown.append((later("features"), _problem(candidate.seed, _SMALL, _LARGE, 4)))
    grown.append((later("classes"), _problem(candidate.seed, _SMALL, _SMALL, _LARGE)))
    counts = _bytecodes(candidate, [small, *(problem for _, problem in grown)])
    for (what, _), count in zip(grown, counts[1:], strict=True):
        # A loop executes at least one bytecode for each further item; anything below that is not a loop over them.
        if count - counts[0] < _LARGE - _SMALL:
            continue
        if what == "classes" and candidate.rubric.settings.class_loops_allowed:
            candidate.remark(
                say("It loops over the classes in Python; accepted, since there are few of them.")
            )
            continue
        raise LoopsInPython(
            say(
                "{name} works through the {what} in Python, one by one (a for loop, a comprehension, "
                "np.vectorize or np.apply_along_axis): with {large} {what} instead of {small} it executes "
                "more bytecodes. Let one NumPy operation handle all {what} at once.",
                name=candidate.name,
                what=translated(what),
                large=_LARGE,
                small=_SMALL,
            ),
            code=_code(candidate.name, what),
            # No counts: they differ between versions of Python.
            expected=say("as many bytecodes for any number of {what}", what=translated(what)),
            got=say(
                "more bytecodes for {large} {what} than for {small}",
                large=_LARGE,
                small=_SMALL,
                what=translated(what),
            ),
        )


def _bytecodes(candidate: LossFunction, problems: list[Problem]) -> list[int]:
    # Twice, and the second count taken: a first call may import or fill a cache.
    steps = [Call(candidate.name, (p.W, p.X, p.y, p.reg), count_bytecodes=True) for p in problems]
    outcomes = candidate.worker.run(steps + steps)[len(steps) :]
    candidate.cases += len(steps)
    counts = []
    for problem, outcome in zip(problems, outcomes, strict=True):
        if not isinstance(outcome, Returned):
            raise not_returned(candidate.name, outcome, problem)
        counts.append(outcome.bytecodes or 0)
    return counts


@cache
def _problem(seed: int, n: int, d: int, c: int) -> Problem:
    generator = random.Random(seed)
    W = np.array([generator.gauss(0.0, 1.0) for _ in range(d * c)]).reshape(d, c)
    X = np.array([generator.gauss(0.0, 1.0) for _ in range(n * d)]).reshape(n, d)
    y = np.arange(n, dtype=np.int64) % c
    return Problem(W, X, y, 0.5)


def _code(name: str, what: str) -> str:
    sizes = {
        "samples": (_LARGE, _SMALL, 4),
        "features": (_SMALL, _LARGE, 4),
        "classes": (_SMALL, _SMALL, _LARGE),
    }[what]
    n, d, c = sizes
    return (
        "import numpy as np\n"
        f"W, X, y = np.random.randn({d}, {c}), np.random.randn({n}, {d}), np.arange({n}) % {c}\n"
        f"loss, dW = {name}(W, X, y, 0.5)\n"
    )
