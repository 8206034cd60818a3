"""The Huber loss of the margins: quadratic for small ones, linear beyond, so that outliers do not dominate.

    L(W) = 1/N sum_i sum_{j != y_i} h(max(0, s_ij - s_iy_i + delta)) + reg_scale*reg*sum(W*W),    s = X W,

with h(m) = m**2 / 2 for m <= 1 and m - 1/2 beyond (P. J. Huber, Robust Estimation of a Location Parameter, 1964), which
has no kink: for c = min(m, 1) it is c * (m - c / 2).
"""

from reference.formula import Labels, Term, maximum, minimum, without_label


def data_loss(W: Term, X: Term, y: Labels, delta: float) -> Term:
    """The mean over the samples of the sum of h(m) over the margins m of the wrong classes."""
    scores = X @ W
    margins = maximum(0.0, scores - scores[range(len(y)), y][:, None] + delta)
    c = minimum(margins, 1.0)
    return without_label(c * (margins - 0.5 * c), y).sum(axis=1).mean()
