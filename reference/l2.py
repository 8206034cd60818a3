"""The L2 regularization alone, for courses that require it as a separate function.

L(W) = reg_scale*reg*sum(W*W)
"""

from reference.formula import Labels, Term


def data_loss(W: Term, X: Term, y: Labels) -> Term:
    """No data loss: 0 for all data."""
    return 0.0 * W.sum()
