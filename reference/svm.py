"""The multiclass SVM (hinge) loss.

    L(W) = 1/N sum_i sum_{j != y_i} max(0, s_ij - s_iy_i + delta) + reg_scale*reg*sum(W*W),    s = X W

(J. Weston and C. Watkins, Support Vector Machines for Multi-Class Pattern Recognition, 1999, with the L2
penalty of the assignment.)
"""

from reference.formula import Labels, Term, maximum, without_label


def data_loss(W: Term, X: Term, y: Labels, delta: float) -> Term:
    """The mean over the samples of the sum of the wrong classes' margins."""
    scores = X @ W
    margins = scores - scores[range(len(y)), y][:, None] + delta
    return without_label(maximum(0.0, margins), y).sum(axis=1).mean()
