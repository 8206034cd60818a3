"""The multiclass SVM (hinge) loss: its value, its accepted gradients, and how far rounding can take either.

    L(W) = 1/N sum_i sum_{j != y_i} max(0, s_ij - s_iy_i + delta) + reg_scale*reg*sum(W*W),    s = X W

(J. Weston and C. Watkins, Support Vector Machines for Multi-Class Pattern Recognition, 1999, with the L2
penalty of the assignment.) A margin within rounding of 0 may count or not: see `reference.accepted`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reference.accepted import AcceptedGradients
from reference.answer import Answer, require_finite
from reference.problem import Problem, stacked
from reference.rounding import UNDERFLOW, gamma

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


@np.errstate(over="ignore", invalid="ignore")
def loss_and_gradient(
    W: Matrix, X: Matrix, y: Labels, reg: float, *, reg_scale: float = 1.0, delta: float = 1.0
) -> tuple[float, Matrix]:
    """The loss and one right gradient, without bounds: several times faster than `evaluate`, for training.

    Args:
        W: (D, C) weights.
        X: (N, D) data.
        y: (N,) labels.
        reg: regularization strength.
        reg_scale, delta: as for `evaluate`.

    Returns:
        The loss, and (D, C) dW; not finite where they have left the range of float64.
    """
    samples = np.arange(len(y))
    margins = X @ W
    margins -= margins[samples, y][:, None]
    margins += delta
    margins[samples, y] = 0.0
    np.maximum(margins, 0.0, out=margins)
    loss = float(margins.sum()) / len(y) + reg_scale * reg * float(np.vdot(W, W))
    steps = (margins > 0.0).astype(np.float64)
    steps[samples, y] = -steps.sum(axis=1)
    dW: Matrix = X.T @ steps
    dW /= len(y)
    dW += (2.0 * reg_scale * reg) * W
    return loss, dW


def evaluate(problem: Problem, *, reg_scale: float = 1.0, delta: float = 1.0) -> Answer:
    """The SVM loss of a problem and every gradient that is right for it.

    A pair (i, j) is tied when its margin is so near 0 that float64 cannot tell its sign: two right ways of
    computing it differ by at most 2*gamma(D+2)*(|x_i|.|w_j| + |x_i|.|w_y| + delta). D+3 instead of D+2 pays
    for the rounding of this estimate itself.

    Args:
        problem: finite W, X, reg; 0 <= y < C.
        reg_scale: 1.0 for reg*sum(W*W), 0.5 for the convention with the half.
        delta: the margin that is asked for.

    Raises:
        OverflowError: a sum of |X| or of |X||W| is beyond float64: there is no right answer to compare with.
    """
    return evaluate_alike((problem,), reg_scale=reg_scale, delta=delta)[0]


@np.errstate(over="ignore", invalid="ignore")
def evaluate_alike(
    problems: Sequence[Problem], *, reg_scale: float = 1.0, delta: float = 1.0
) -> list[Answer]:
    """`evaluate` for problems of the same sizes, which take hardly longer together than one of them.

    Args:
        problems: K of them, at least one; arrays below have them as their first axis.
        reg_scale, delta: as for `evaluate`.

    Raises:
        OverflowError: as `evaluate` does for one of them.
    """
    W, X, y, reg = stacked(problems)
    K, N, D = X.shape
    C = W.shape[2]
    # What is worked out for each pair (i, j) has the samples of all problems below each other, (K*N, C).
    samples = np.arange(K * N)
    abs_X = np.abs(X)
    scores = (X @ W).reshape(K * N, C)
    sizes = (abs_X @ np.abs(W)).reshape(K * N, C)
    label_sizes = sizes[samples, y]

    margins = scores - scores[samples, y][:, None]
    margins += delta
    margins[samples, y] = -np.inf  # j = y_i is no pair
    margin_sizes = sizes + label_sizes[:, None]
    margin_sizes += abs(delta) + D * UNDERFLOW
    window = margin_sizes * (2.0 * gamma(D + 3))
    active = margins > window
    active_or_tied = margins >= -window

    steps = active.astype(np.float64)
    steps[samples, y] = -active.sum(axis=1)
    pulls = active_or_tied.astype(np.float64)
    summed_sizes = (margin_sizes * pulls).reshape(K, N * C).sum(axis=1)
    summed_sizes += 2.0 * label_sizes.reshape(K, N).sum(axis=1)
    # + 2: code that does not skip j = y_i adds x_i to the label's column and takes it away again.
    pulls[samples, y] = active_or_tied.sum(axis=1) + 2

    data_loss = np.maximum(margins, 0.0).reshape(K, N * C).sum(axis=1) / N
    regularization_loss = reg_scale * reg * (W * W).reshape(K, D * C).sum(axis=1)
    data_gradient = X.transpose(0, 2, 1) @ steps.reshape(K, N, C)
    data_gradient /= N
    regularization_gradient = (2.0 * reg_scale * reg)[:, None, None] * W
    base = data_gradient + regularization_gradient

    # Operations on one term in student code: D + 2 for a margin; then one sum, in any order, over the pairs
    # (the labels' own included, and delta taken away for them again), the squared weights, and reg once per
    # sample; 4 more for squares, factors and 1/N. The reference's own are added.
    summing = N * (C + 2) + D * C
    data_operations = (D + 2 + summing + 4) + (D + 2 + N * C + 4)
    regularization_operations = (summing + 4) + (D * C + 4)
    data_terms = summed_sizes / N + 2.0 * abs(delta) + UNDERFLOW
    regularization_terms = np.abs(regularization_loss) + UNDERFLOW * (1.0 + np.abs(reg))
    loss_bound = gamma(data_operations) * data_terms + gamma(regularization_operations) * regularization_terms
    tied = (active_or_tied ^ active).reshape(K, N, C)
    # In student code a column sums at most pulls.sum(axis=0) terms of data, and regularization once per
    # sample; 8 for factors, 1/N and the comparison. Here it sums N + 1 terms; where pairs are tied, the
    # projection adds those.
    pulls = pulls.reshape(K, N, C)
    terms = pulls.sum(axis=1)
    some_tied = tied.reshape(K, N * C).any(axis=1)
    operations = np.where(some_tied[:, None], 2 * terms + (N + 8), terms + (2 * N + 8))
    bound = abs_X.transpose(0, 2, 1) @ pulls
    bound /= N
    bound += np.abs(regularization_gradient)
    bound += UNDERFLOW
    bound *= gamma(operations)[:, None, :]
    require_finite(loss_bound, bound)
    return [
        Answer(
            loss=float(data_loss[k] + regularization_loss[k]),
            loss_bound=float(loss_bound[k]),
            gradient=_accepted(base[k], bound[k], problem, tied[k] if some_tied[k] else None),
            data_loss=float(data_loss[k]),
            regularization_loss=float(regularization_loss[k]),
            data_gradient=data_gradient[k],
            regularization_gradient=regularization_gradient[k],
        )
        for k, problem in enumerate(problems)
    ]


def _accepted(
    base: Matrix, bound: Matrix, problem: Problem, tied: NDArray[np.bool_] | None
) -> AcceptedGradients:
    """``tied``: (N, C) which pairs are tied, None for none."""
    if tied is None:
        return AcceptedGradients.only(base, bound, problem.X)
    samples, classes = np.nonzero(tied)
    return AcceptedGradients(base, bound, problem.X, samples, classes, problem.y[samples])
