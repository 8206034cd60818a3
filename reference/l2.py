"""The L2 regularization alone, where a course asks for it as a function of its own.

L(W) = reg_scale*reg*sum(W*W)
"""

from reference.formula import Labels, Term


def data_loss(W: Term, X: Term, y: Labels) -> Term:
    """No loss of the data: 0, whatever they are."""
    return 0.0 * W.sum()
