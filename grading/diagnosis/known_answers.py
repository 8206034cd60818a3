"""The answers of known mistakes, and the true ones, on the cases on which a student's answers are compared.

The mistakes are our own code, so they may run here. Nothing in this module decides a verdict; it only chooses words.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered, read_answer
from grading.judging.failures import Failure, Raises, WrongReturn
from grading.judging.screening import Setting, asked_by, odd_sizes
from grading.sandbox.messages import OPAQUE, Outcome, Raised, Received, Returned
from reference.loss import squares
from reference.losses import evaluate_of, loss_named
from reference.mistakes import Mistake, mistakes_of, shared_mistakes
from reference.problem import Problem

Array = NDArray[np.float64]

_PER_KIND = 10
_WITH_ALL_THEIR_MISTAKES = ("svm", "softmax")  # for these, the catalogue includes the shared ones


@dataclass(frozen=True, eq=False)
class Trace:
    """The answers of a function to K problems.

    Attributes:
        losses: (K,), NaN where there is no answer.
        gradients: all dW, concatenated, NaN where there is no answer.
        failures: for each problem, what came instead of an answer, or "".
    """

    losses: Array
    gradients: Array
    failures: tuple[str, ...]

    def __sub__(self, other: Trace) -> Trace:
        with np.errstate(all="ignore"):
            return Trace(self.losses - other.losses, self.gradients - other.gradients, self.failures)


def trace(problems: Sequence[Problem], answers: Sequence[Answered | Failure]) -> Trace:
    """Prepare the answers to problems for comparison."""
    losses, gradients, failures = [], [], []
    for problem, answer in zip(problems, answers, strict=True):
        answered = isinstance(answer, Answered)
        losses.append(answer.loss if isinstance(answer, Answered) else np.nan)
        filler = np.full(problem.W.shape, np.nan)
        gradients.append((answer.dW if isinstance(answer, Answered) else filler).ravel())
        failures.append("" if answered else kind_of(answer))
    return Trace(np.array(losses), np.concatenate(gradients), tuple(failures))


def kind_of(answer: Answered | Failure) -> str:
    """The part of a failure's message that two functions with the same mistake share."""
    if isinstance(answer, Raises):
        text = answer.got or ""
        return text.partition(":")[0]
    if isinstance(answer, WrongReturn):
        # Only the type of a single number is due to the mistake; its value comes from the input.
        return re.sub(r"^the (\S+) .*", r"the \1", answer.got or "")
    return type(answer).__name__


def same(a: Array, b: Array, exactness: float = 1e-9) -> bool:
    """Whether two arrays hold the same numbers, up to rounding; NaN equals NaN here."""
    finite = np.abs(b[np.isfinite(b)])
    size = float(finite.max()) if finite.size else 0.0
    # Rounding errors depend on a sum's largest terms, so the tolerance of small entries grows with the large ones.
    return bool(
        np.isclose(a, b, rtol=exactness, atol=exactness * (1.0 + min(size, 100.0)), equal_nan=True).all()
    )


def replay(mistake: Mistake, problem: Problem, setting: Setting) -> Answered | Failure:
    """Run a mistake on a problem.

    The SVM's mistakes are written for delta = 1, and all mistakes for reg_scale = 1. Since delta*hinge(W/delta) is the
    hinge loss with margin delta, and reg is only a factor, scaling covers other settings.
    """
    delta = setting.delta if setting.loss == "svm" else 1.0
    W, X, y = problem.W / delta, problem.X.copy(), problem.y.copy()
    outcome: Outcome
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcome = Returned(received(mistake.wrong(W, X, y, problem.reg * setting.reg_scale * delta)))
    except Exception as error:
        outcome = Raised(type(error).__name__, str(error))
    answer = read_answer(mistake.id, problem, outcome)
    return Answered(delta * answer.loss, answer.dW) if isinstance(answer, Answered) else answer


def received(value: object) -> Received:
    """A value as it would arrive from a student's process."""
    if isinstance(value, tuple | list):
        return Received(type(value).__name__, tuple(received(part) for part in value))
    if isinstance(value, np.generic):
        return Received(f"numpy.{type(value).__name__}", value.item())
    if isinstance(value, np.ndarray):
        return Received("numpy.ndarray", value)
    plain = value is None or isinstance(value, bool | int | float | complex | str)
    return Received(type(value).__name__, value if plain else OPAQUE)


@cache
def sample(setting: Setting) -> tuple[Problem, ...]:
    """The problems on which answers are compared: small ones with and without regularization, and odd sizes."""
    plain, regularized = (
        islice(
            (p for p in asked_by("value", setting) if (p.reg > 0) == with_reg and _is_telling(p)), _PER_KIND
        )
        for with_reg in (False, True)
    )
    return (*plain, *regularized, *odd_sizes(setting))


@cache
def regularized_sample(setting: Setting) -> tuple[Problem, ...]:
    """The problems of the sample with reg > 0."""
    return tuple(problem for problem in sample(setting) if problem.reg > 0)


@cache
def plain_sample(setting: Setting) -> tuple[Problem, ...]:
    """The same problems with reg = 0."""
    return tuple(without_reg(problem) for problem in regularized_sample(setting))


@cache
def tied_sample(setting: Setting) -> tuple[Problem, ...]:
    """Problems with exact ties on which answers are compared."""
    return tuple(islice(filter(_is_telling, asked_by("kinks", setting)), 3 * _PER_KIND))


def _is_telling(problem: Problem) -> bool:
    """Whether a problem is large enough to tell mistakes apart."""
    return problem.sizes[0] > 1 and problem.sizes[2] > 2 and bool(problem.W.any() and problem.X.any())


def without_reg(problem: Problem) -> Problem:
    """The same problem with reg = 0."""
    return Problem(problem.W, problem.X, problem.y, 0.0)


@cache
def known_mistakes(setting: Setting) -> tuple[Mistake, ...]:
    """The mistakes that can be named in a setting.

    Those in the regularization assume reg*sum(W*W), and are omitted if another penalty is required.
    """
    # Mistakes recognized by fewer digits come last, or they would hide those recognized by more.
    found = mistakes_of(setting.loss)
    if setting.loss not in _WITH_ALL_THEIR_MISTAKES:
        found += shared_mistakes(setting.loss, _data_term(setting))
    if loss_named(setting.loss).penalty is not squares:
        found = tuple(m for m in found if "-reg-" not in m.id and not m.id.endswith("half-convention"))
    mistakes = tuple(sorted(found, key=lambda mistake: mistake.exactness))
    if setting.reg_scale == 1.0:
        return tuple(m for m in mistakes if not (setting.either and m.id.endswith("half-convention")))
    return tuple(m for m in mistakes if "-reg-" not in m.id and not m.id.endswith("half-convention"))


def _data_term(setting: Setting) -> Callable[[Array, Array, NDArray[np.int64]], tuple[float, Array]]:
    """The true data term of a loss with its gradient, in the form that the shared mistakes take."""

    def data(W: Array, X: Array, y: NDArray[np.int64]) -> tuple[float, Array]:
        answer = evaluate_of(setting.loss)(Problem(W, X, y, 0.0), delta=setting.delta)
        return answer.loss, answer.gradient.base.copy()

    return data


@cache
def traces(setting: Setting, problems: tuple[Problem, ...]) -> dict[str, Trace]:
    """The answers of every known mistake to problems, worked out once per process."""
    return {
        mistake.id: trace(problems, [replay(mistake, p, setting) for p in problems])
        for mistake in known_mistakes(setting)
    }
