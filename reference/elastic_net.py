"""The softmax loss with the elastic net as a penalty: squares and absolute values.

    L(W) = 1/N sum_i (log sum_k exp(s_ik) - s_iy_i) + reg_scale*reg*(sum(W*W) + sum(|W|)),    s = X W

(H. Zou and T. Hastie, Regularization and variable selection via the elastic net, 2005.) Where a weight is 0, every
slope of its absolute value between -1 and 1 is right.
"""

from reference.formula import Labels, Term, absolute
from reference.softmax import data_loss as softmax_loss


def data_loss(W: Term, X: Term, y: Labels) -> Term:
    """The softmax loss."""
    return softmax_loss(W, X, y)


def penalty(W: Term) -> Term:
    """The sum of the squares and of the absolute values."""
    return (W * W).sum() + absolute(W).sum()
