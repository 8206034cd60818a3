"""The squared hinge loss: twice the margin costs four times as much.

L(W) = 1/N sum_i sum_{j != y_i} max(0, s_ij - s_iy_i + delta)**2 + reg_scale*reg*sum(W*W),    s = X W
"""

from reference.formula import Labels, Term, maximum, without_label


def data_loss(W: Term, X: Term, y: Labels, delta: float) -> Term:
    """The mean over the samples of the sum of the wrong classes' squared margins."""
    scores = X @ W
    margins = scores - scores[range(len(y)), y][:, None] + delta
    return (without_label(maximum(0.0, margins), y) ** 2).sum(axis=1).mean()
