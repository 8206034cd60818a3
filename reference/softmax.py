"""The softmax (cross-entropy) loss: its value, its gradient, and how far rounding can take either.

    L(W) = 1/N sum_i (log sum_k exp(s_ik) - s_iy_i) + reg_scale*reg*sum(W*W),    s = X W

always by the shifted log-sum-exp, so it is finite at any gap between scores (P. Blanchard, D. J. Higham and
N. J. Higham, Accurately computing the log-sum-exp and softmax functions, 2021). Code that takes log(exp(s_y)
/ sum) loses its digits where exp(s_y - max) is no normal number, gaps above 708, and gives inf above 745: no
bound covers that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reference.accepted import AcceptedGradients
from reference.answer import Answer, require_finite
from reference.problem import Problem, stacked
from reference.rounding import FUNCTION_ERROR, UNDERFLOW, UNIT_ROUNDOFF, gamma

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

LARGEST_GAP = 750.0
"""exp(-750) is 0: how precisely a larger gap is computed no longer matters to a probability."""
LINEAR = 2.0**-10
"""Errors up to here are taken as linear, with a reserve of this relative size for the rest of exp."""


@np.errstate(over="ignore", invalid="ignore", under="ignore")
def loss_and_gradient(
    W: Matrix, X: Matrix, y: Labels, reg: float, *, reg_scale: float = 1.0, delta: float = 1.0
) -> tuple[float, Matrix]:
    """The loss and its gradient, without bounds: several times faster than `evaluate`, for training.

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
    shifted = X @ W
    shifted -= shifted.max(axis=1, keepdims=True)
    steps = np.exp(shifted)
    total = steps.sum(axis=1)
    loss = float((np.log(total) - shifted[samples, y]).sum()) / len(y) + reg_scale * reg * float(
        np.vdot(W, W)
    )
    steps /= total[:, None]
    steps[samples, y] -= 1.0
    dW: Matrix = X.T @ steps
    dW /= len(y)
    dW += (2.0 * reg_scale * reg) * W
    return loss, dW


def evaluate(problem: Problem, *, reg_scale: float = 1.0, delta: float = 1.0) -> Answer:
    """The softmax loss of a problem and its gradient, with the error bounds of both.

    The bounds hold for scores shifted by nothing, by the row's maximum or mean, or by the maximum of all
    scores, as long as the shift leaves every sample's largest exponential a normal number; for probabilities
    normalized or taken as exp(score - logsumexp); for -log(p) where p is a normal number and for log-sum-exp
    minus score.

    Args:
        problem: finite W, X, reg; 0 <= y < C.
        reg_scale: 1.0 for reg*sum(W*W), 0.5 for the convention with the half.
        delta: not used; taken so that every loss is called alike.

    Raises:
        OverflowError: a sum of |X| or of |X||W| is beyond float64: there is no right answer to compare with.
    """
    return evaluate_alike((problem,), reg_scale=reg_scale, delta=delta)[0]


@np.errstate(over="ignore", invalid="ignore", under="ignore")
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
    # What is worked out for each score has the samples of all problems below each other, (K*N, C).
    samples = np.arange(K * N)
    abs_X = np.abs(X)
    scores = (X @ W).reshape(K * N, C)
    sizes = (abs_X @ np.abs(W)).reshape(K * N, C)

    top = scores.max(axis=1, keepdims=True)
    shifted = scores - top
    p = np.exp(shifted)
    total = p.sum(axis=1, keepdims=True)
    p /= total
    log_p = shifted - np.log(total)

    # How far log p can move before p is rounded: by the scores (twice: the student's and ours), by shifts, by
    # powers of an e that is itself rounded, and by a log-sum-exp that was subtracted.
    highest = scores.reshape(K, N * C).max(axis=1)
    gaps = np.minimum(np.repeat(highest, N)[:, None] - scores, LARGEST_GAP)
    abs_top = np.abs(top)
    moves = sizes + D * UNDERFLOW
    moves *= 2.0 * gamma(D + 1)
    moves += UNIT_ROUNDOFF * (3.0 * gaps + (FUNCTION_ERROR + 2) * (abs_top + math.log(C)))
    log_errors = _log_errors(p, moves, rounding=gamma(2 * C + 4 * FUNCTION_ERROR + 8))

    data_loss = -log_p[samples, y].reshape(K, N).sum(axis=1) / N
    regularization_loss = reg_scale * reg * (W * W).reshape(K, D * C).sum(axis=1)
    steps = p.copy()
    steps[samples, y] -= 1.0
    data_gradient = X.transpose(0, 2, 1) @ steps.reshape(K, N, C)
    data_gradient /= N
    regularization_gradient = (2.0 * reg_scale * reg)[:, None, None] * W
    base = data_gradient + regularization_gradient

    # Operations on one term in student code: one sum, in any order, over -s_y and the log-sum-exp of each
    # sample, the squared weights, and reg once per sample; 4 more for squares, factors and 1/N, and two
    # logarithms or exponentials. The reference's own are added.
    summing = 3 * N + D * C
    data_operations = (summing + 4 + 2 * FUNCTION_ERROR) + (N + 4 + 2 * FUNCTION_ERROR)
    regularization_operations = (summing + 4) + (D * C + 4)
    score_sizes = np.abs(scores[samples, y]) + abs_top[:, 0]
    data_terms = score_sizes.reshape(K, N).sum(axis=1) / N + 2.0 * math.log(C)
    loss_bound = (
        log_errors[samples, y].reshape(K, N).sum(axis=1) / N
        + gamma(data_operations) * (data_terms + UNDERFLOW)
        + gamma(regularization_operations) * (np.abs(regularization_loss) + UNDERFLOW * (1.0 + np.abs(reg)))
    )
    # A gradient entry adds p*x and -x apart (2N terms) and reg once per sample; the reference N + 1 terms.
    operations = gamma(4 * N + 10)
    errors = _probability_errors(p, log_p, log_errors)
    errors += UNDERFLOW + operations * p
    errors[samples, y] += operations
    bound = abs_X.transpose(0, 2, 1) @ errors.reshape(K, N, C)
    bound /= N
    bound += operations * (np.abs(regularization_gradient) + UNDERFLOW)
    require_finite(loss_bound, bound)
    return [
        Answer(
            loss=float(data_loss[k] + regularization_loss[k]),
            loss_bound=float(loss_bound[k]),
            gradient=AcceptedGradients.only(base[k], bound[k], problem.X),
            data_loss=float(data_loss[k]),
            regularization_loss=float(regularization_loss[k]),
            data_gradient=data_gradient[k],
            regularization_gradient=regularization_gradient[k],
        )
        for k, problem in enumerate(problems)
    ]


def _log_errors(
    p: NDArray[np.float64], moves: NDArray[np.float64], *, rounding: float
) -> NDArray[np.float64]:
    """How far each log p_k can be off when log p_k moves by at most `moves` before the rows are normalized.

    Normalizing moves all of row i by at most q = log sum_l p_l exp(m_l): near sum_l p_l m_l when the moves of
    that row are small, at most max_l m_l always.
    """
    common = np.einsum("ik,ik->i", p, moves)[:, None] * (1.0 + LINEAR)
    largest = moves.max(axis=1, keepdims=True)
    if largest.max() >= LINEAR:
        common = np.where(largest < LINEAR, common, largest)
    errors: NDArray[np.float64] = moves + (common + rounding)
    return errors


def _probability_errors(
    p: NDArray[np.float64], log_p: NDArray[np.float64], log_errors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far each probability can be off when its logarithm is off by at most `log_errors`."""
    small = p * log_errors * (1.0 + 4.0 * LINEAR)
    if log_errors.max() < 4.0 * LINEAR:
        return small
    # No probability exceeds 1, however uncertain the scores are.
    large = np.exp(np.minimum(log_p + log_errors, 0.0)) * (1.0 + LINEAR)
    return np.where(log_errors < 4.0 * LINEAR, small, large)
