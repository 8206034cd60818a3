"""The right answer to a problem: a loss with its error bound, and the set of accepted gradients."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from reference.accepted import AcceptedGradients


class Answer(msgspec.Struct, frozen=True, eq=False):
    """The right answer to one problem.

    Attributes:
        loss: the loss, data and regularization together.
        loss_bound: how far right float64 code can be from `loss`, in any order of summation; always > 0.
        gradient: every dW that is right.
        loss_size: the sum of the absolute values of all terms of the loss.
        exact: the same without tolerance, if this accepts more than rounding errors.
    """

    loss: float
    loss_bound: float
    gradient: AcceptedGradients
    loss_size: float
    exact: Answer | None = None

    def within(self, tolerance: float) -> Answer:
        """The same, but also accepting errors of up to ``tolerance`` times the natural size of the sum."""
        exact = self.exact or self
        bound = exact.loss_bound + tolerance * exact.loss_size
        return replace(exact, loss_bound=bound, gradient=exact.gradient.within(tolerance), exact=exact)

    def accepts_loss(self, loss: float) -> bool:
        """Whether `loss` is the right loss, as far as float64 can tell. NaN and infinities are not."""
        return abs(loss - self.loss) <= self.loss_bound


def require_finite(loss_bound: float | NDArray[np.float64], bound: NDArray[np.float64]) -> None:
    """Raise OverflowError if the bounds of an answer, or of any of several, have left the range of float64."""
    if not (math.isfinite(np.max(loss_bound)) and math.isfinite(bound.max())):
        raise OverflowError(
            "this problem has no float64 answer: sums of |X| or of |X||W| exceed 1.8e308, or X, W or reg hold"
            " NaN; use smaller numbers"
        )
