"""The logistic loss of two classes and one weight vector.

    L(w) = 1/N sum_i -log(t_i p_i + (1 - t_i)(1 - p_i)) + reg_scale*reg*sum(w*w),    s = X w,

where p = 1 / (1 + exp(-s)), and t_i = y_i is 0 or 1. With labels z_i = 2 y_i - 1 that are -1 or 1 it is the mean of
log(1 + exp(-z_i s_i)), the same number. -log(p) = log(1 + exp(s)) - s and -log(1 - p) = log(1 + exp(s)).
"""

from reference.formula import Labels, Term, one_hot, softplus
from reference.logistic import largest_score

__all__ = ["data_loss", "largest_score", "penalty", "scores", "shapes"]

shapes = {"w": "D"}


def scores(w: Term, X: Term) -> Term:
    """(N,) the scores of all samples."""
    return (X @ w[:, None])[:, 0]


def data_loss(w: Term, X: Term, y: Labels) -> Term:
    """The mean over the samples of minus the logarithm of the label's probability."""
    s = scores(w, X)
    return (softplus(s) - one_hot(y, 2)[:, 1] * s).mean()


def penalty(w: Term) -> Term:
    """The sum of the squares of the weights."""
    return (w**2).sum()
