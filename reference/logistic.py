"""The logistic loss, one classifier for each class against the rest.

    L(W) = 1/N sum_i sum_j -log(t_ij p_ij + (1 - t_ij)(1 - p_ij)) + reg_scale*reg*sum(W*W),    s = X W,

where p = 1 / (1 + exp(-s)), and t_ij is 1 for j = y_i and 0 otherwise. Since -log(p) = log(1 + exp(s)) - s and
-log(1 - p) = log(1 + exp(s)), that is the formula below.
"""

from reference.formula import Labels, Term, softplus

# Many courses write log(1 - p), which is off by exp(s) roundings: 3e-13 at 8, and infinite at 37.
largest_score = 8.0


def data_loss(W: Term, X: Term, y: Labels) -> Term:
    """The mean over the samples of the sum of the classes' losses."""
    scores = X @ W
    return (softplus(scores).sum(axis=1) - scores[range(len(y)), y]).mean()
