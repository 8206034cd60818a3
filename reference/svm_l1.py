"""The multiclass SVM loss with the L1 penalty, whose kinks are where a weight is 0.

L(W) = 1/N sum_i sum_{j != y_i} max(0, s_ij - s_iy_i + delta) + reg_scale*reg*sum(|W|),    s = X W
"""

from reference.formula import Term, absolute
from reference.svm import data_loss

__all__ = ["data_loss", "penalty"]


def penalty(W: Term) -> Term:
    """The sum of the absolute values of the weights."""
    return absolute(W).sum()
