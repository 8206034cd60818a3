"""The loss of the two-layer network of the same assignment: a hidden layer of max(0, .), then softmax.

    L(W1, b1, W2, b2) = 1/N sum_i (log sum_k exp(s_ik) - s_iy_i) + reg_scale*reg*(sum(W1*W1) + sum(W2*W2)),

with s = max(0, X W1 + b1) W2 + b2. Where a pre-activation is 0, the hidden unit may count or not; its slope enters the
gradient linearly, so the accepted gradients are a box, see `reference.accepted`.
"""

from reference.formula import Labels, Term, log_sum_exp, maximum

shapes = {"W1": "DH", "b1": "H", "W2": "HC", "b2": "C"}


def scores(W1: Term, b1: Term, W2: Term, b2: Term, X: Term) -> Term:
    """(N, C) the scores of all samples."""
    return maximum(0.0, X @ W1 + b1) @ W2 + b2


def data_loss(W1: Term, b1: Term, W2: Term, b2: Term, X: Term, y: Labels) -> Term:
    """The mean over the samples of minus the logarithm of the label's probability."""
    s = scores(W1, b1, W2, b2, X)
    return (log_sum_exp(s) - s[range(len(y)), y]).mean()
