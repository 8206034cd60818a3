"""A known mistake: what a student should read about it, and code that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = NDArray[np.int64]
Result: TypeAlias = tuple[Any, Any]
Wrong: TypeAlias = Callable[..., Any]
DataTerm: TypeAlias = Callable[[Array, Array, Labels], tuple[float, Array]]
Model: TypeAlias = Any
History: TypeAlias = list[float]


@dataclass(frozen=True)
class Mistake:
    """One known mistake.

    Attributes:
        id: unique, kebab-case.
        title: what is wrong, for the student.
        hint: what to do about it.
        applies_to: what it can be made in: "svm", "softmax", "train", "predict".
        checks: ids of the checks that are meant to catch it.
        wrong: code that makes it. For a loss: (W, X, y, reg) -> (loss, dW), with delta = 1 and the regularization
            reg*sum(W*W) where the mistake is not about these. For train: (model, X, y, learning_rate, reg, num_iters,
            batch_size) -> history; for predict: (model, X) -> labels; the model has W and loss(X, y, reg), and random
            numbers are NumPy's global ones. May raise, return nonsense, or change its arguments.
        exactness: relative difference up to which a student's numbers are recognized as those of this mistake.
        whole: whether it speaks of all that comes back, so that it cannot be one of two mistakes.
    """

    id: str
    title: str
    hint: str
    applies_to: tuple[str, ...]
    checks: tuple[str, ...]
    wrong: Wrong
    exactness: float = 1e-9
    whole: bool = False


_declared: list[Mistake] = []
_shared: list[Callable[[str, DataTerm], Mistake]] = []


def declared() -> tuple[Mistake, ...]:
    """Every mistake that has been declared so far, in order."""
    return tuple(_declared)


def shared_mistakes(loss: str, data: DataTerm) -> tuple[Mistake, ...]:
    """The mistakes that can be made in any loss, made in one whose data term and its gradient ``data`` gives."""
    return tuple(make(loss, data) for make in _shared)


def mistake(
    id: str,  # noqa: A002
    title: str,
    hint: str,
    *,
    applies_to: str,
    checks: tuple[str, ...],
    within: Wrong | None = None,
) -> Callable[[Wrong], Wrong]:
    """Declare a function to be a known mistake in one loss; ``within`` a function that is right but for this one."""

    def declare(wrong: Wrong) -> Wrong:
        whole = wrong if within is None else partial(within, wrong)
        _declared.append(Mistake(id, title, hint, (applies_to,), checks, whole))
        return wrong

    return declare


def mistake_in_both(
    id: str,  # noqa: A002
    title: str,
    hint: str,
    *,
    checks: tuple[str, ...],
    exactness: float = 1e-9,
    whole: bool = False,
) -> Callable[[Wrong], Wrong]:
    """Declare a function of (data, W, X, y, reg) to be a known mistake in both losses.

    ``data(W, X, y)`` gives the mean loss of the samples and its gradient. The ids get the loss in front.
    """

    def declare(wrong: Wrong) -> Wrong:
        def make(loss: str, data: DataTerm) -> Mistake:
            return Mistake(
                f"{loss}-{id}", title, hint, (loss,), checks, partial(wrong, data), exactness, whole
            )

        _shared.append(make)
        _declared.extend((make("svm", svm_data), make("softmax", softmax_data)))
        return wrong

    return declare


def svm_data(W: Array, X: Array, y: Labels) -> tuple[float, Array]:
    """The mean hinge loss of the samples and its gradient, as a student would write them, without a mistake."""
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return float(np.sum(margins) / N), X.T.dot(counts) / N


def softmax_data(W: Array, X: Array, y: Labels) -> tuple[float, Array]:
    """The mean cross-entropy of the samples and its gradient, as a student would write them, without a mistake."""
    N = X.shape[0]
    scores = X.dot(W)
    scores = scores - scores.max(axis=1, keepdims=True)
    total = np.exp(scores).sum(axis=1)
    probabilities = np.exp(scores) / total[:, np.newaxis]
    loss = np.sum(np.log(total) - scores[np.arange(N), y]) / N
    probabilities[np.arange(N), y] -= 1
    return float(loss), X.T.dot(probabilities) / N


def begin(model: Model, X: Array, y: Labels) -> None:
    """Start from small random weights if there are none yet, as the course's template does."""
    if model.W is None:
        model.W = 0.001 * np.random.randn(X.shape[1], int(np.max(y)) + 1)


def draw(X: Array, y: Labels, batch_size: int) -> tuple[Array, Labels]:
    """A random batch, as a student would draw it, without a mistake."""
    rows = np.random.choice(X.shape[0], batch_size)
    return X[rows], y[rows]
