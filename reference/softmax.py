"""The softmax (cross-entropy) loss.

L(W) = 1/N sum_i (log sum_k exp(s_ik) - s_iy_i) + reg_scale*reg*sum(W*W),    s = X W
"""

from reference.formula import Labels, Term, log_sum_exp


def data_loss(W: Term, X: Term, y: Labels) -> Term:
    """The mean over the samples of minus the logarithm of the label's probability."""
    scores = X @ W
    return (log_sum_exp(scores, axis=1) - scores[range(len(y)), y]).mean()
