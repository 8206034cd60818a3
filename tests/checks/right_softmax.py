"""Right softmax losses in as many styles as students have: name -> (code, whether it is vectorized)."""

from __future__ import annotations

from tests.checks.right_softmax_loops import SOFTMAX_LOOPS
from tests.checks.right_svm_loops import LOOPING

_CODE: dict[str, str] = {
    **SOFTMAX_LOOPS,
    "class_by_class": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    S = X.dot(W)
    S = S - S.max(axis=1, keepdims=True)
    E = np.exp(S)
    Z = E.sum(axis=1)
    dW = np.zeros(W.shape)
    total = 0.0
    for j in range(C):
        mine = y == j
        total -= np.log(E[mine, j] / Z[mine]).sum()
        dW[:, j] = ((E[:, j] / Z - mine)[:, None] * X).sum(axis=0)
    return total / N + reg * np.sum(W * W), dW / N + 2 * reg * W
""",
    "course_formula": """
def loss(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    total = np.sum(-np.log(p[np.arange(num_train), y]))
    p[np.arange(num_train), y] -= 1
    dW = X.T.dot(p)
    total /= num_train
    dW /= num_train
    return total + reg * np.sum(W * W), dW + 2 * reg * W
""",
    "log_sum_exp_by_hand": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X @ W
    top = S.max(axis=1)
    lse = np.log(np.exp(S - top[:, None]).sum(axis=1)) + top
    P = np.exp(S - lse[:, None])
    P[np.arange(N), y] -= 1.0
    return np.sum(lse - S[np.arange(N), y]) / N + reg * np.sum(W ** 2), X.T @ P / N + 2 * reg * W
""",
    "scipy_logsumexp": """
from scipy.special import logsumexp
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    log_p = S - logsumexp(S, axis=1, keepdims=True)
    G = np.exp(log_p)
    G[np.arange(N), y] -= 1
    return -log_p[np.arange(N), y].mean() + reg * np.sum(W * W), X.T.dot(G) / N + 2 * reg * W
""",
    "scipy_log_softmax": """
from scipy.special import log_softmax, softmax
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    Y = np.eye(W.shape[1])[y]
    total = -(log_softmax(S, axis=1) * Y).sum() / N + reg * np.sum(W * W)
    return total, X.T.dot(softmax(S, axis=1) - Y) / N + 2 * reg * W
""",
    "logaddexp": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    log_p = S - np.logaddexp.reduce(S, axis=1)[:, None]
    P = np.exp(log_p)
    P[np.arange(N), y] -= 1
    return -log_p[np.arange(N), y].sum() / N + reg * np.sum(W * W), np.dot(X.T, P) / N + 2 * reg * W
""",
    "one_hot": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    Y = (np.arange(C) == y[:, None]).astype(float)
    S = X.dot(W)
    S = S - S.max(1)[:, None]
    E = np.exp(S)
    P = E / E.sum(1)[:, None]
    return -np.log((P * Y).sum(1)).sum() / N + reg * (W * W).sum(), X.T.dot(P - Y) / N + reg * 2 * W
""",
    "np_where": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    S = S - np.amax(S, axis=1).reshape(N, 1)
    E = np.exp(S)
    P = E / np.add.reduce(E, axis=1).reshape(N, 1)
    label = np.arange(W.shape[1]) == y[:, None]
    return np.where(label, -np.log(np.where(label, P, 1.0)), 0.0).sum() / N + reg * np.sum(W * W), \\
        np.dot(X.T, np.where(label, P - 1, P)) / N + 2 * reg * W
""",
    "einsum": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = np.einsum("ij,jk->ik", X, W)
    S -= S.max(axis=1)[:, None]
    P = np.exp(S)
    P /= np.einsum("ik->i", P)[:, None]
    total = -np.einsum("i->", np.log(P[np.arange(N), y])) / N + reg * np.einsum("ij,ij", W, W)
    P[np.arange(N), y] -= 1
    return total, np.einsum("ij,ik->jk", X, P) / N + 2 * reg * W
""",
    "boolean_mask": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    S = S - S.max(axis=1, keepdims=True)
    right = np.zeros_like(S, dtype=bool)
    right[np.arange(N), y] = True
    P = np.exp(S)
    Z = P.sum(axis=1, keepdims=True)
    total = (np.log(Z).sum() - S[right].sum()) / N + reg * np.sum(W * W)
    P = P / Z
    P[right] -= 1
    return total, X.T.dot(P) / N + 2 * reg * W
""",
    "take_along_axis": """
def loss(W, X, y, reg):
    N = len(y)
    index = np.asarray(y, dtype=np.intp)[:, None]
    S = X @ W
    S = S - S.max(axis=-1, keepdims=True)
    P = np.exp(S - np.log(np.exp(S).sum(axis=-1, keepdims=True)))
    picked = np.take_along_axis(P, index, axis=-1)
    np.put_along_axis(P, index, picked - 1, axis=-1)
    return -np.log(picked).sum() / N + reg * np.square(W).sum(), X.T @ (P / N) + 2 * reg * W
""",
    "transposed": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = W.T.dot(X.T)
    S -= S.max(axis=0)
    P = np.exp(S) / np.exp(S).sum(axis=0)
    total = -np.log(P[y, range(N)]).sum() / N + reg * np.sum(W * W)
    P[y, range(N)] -= 1
    return total, (P.dot(X) / N).T + 2 * reg * W
""",
    "fortran_order": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = np.array(X.dot(W), order="F")
    S -= S.max(axis=1, keepdims=True)
    P = np.exp(S)
    P /= P.sum(axis=1, keepdims=True)
    total = -np.log(P[np.arange(N), y]).sum() / N + reg * np.sum(W * W)
    P[np.arange(N), y] -= 1
    return total, np.array(X.T.dot(P) / N + 2 * reg * W, order="F")
""",
    "matrix_class": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = np.asmatrix(X) * np.asmatrix(W)
    S = S - S.max(axis=1)
    P = np.exp(S)
    P = P / P.sum(axis=1)
    total = -np.log(P[np.arange(N), y]).sum() / N + reg * np.sum(np.multiply(W, W))
    P[np.arange(N), y] -= 1
    return total, np.asmatrix(X).T * P / N + 2 * reg * W
""",
    "loss_of_shape_1": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    S -= S.max(axis=1, keepdims=True)
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    total = np.array([reg * np.sum(W * W)])
    total += -np.log(P[np.arange(N), y]).sum() / N
    P[np.arange(N), y] -= 1
    return total, X.T.dot(P) / N + 2 * reg * W
""",
    "loss_0d_array_in_a_list": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    S -= S.max(axis=1, keepdims=True)
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    total = np.asarray(-np.log(P[np.arange(N), y]).sum() / N + reg * np.sum(W * W))
    P[np.arange(N), y] -= 1
    return [total, X.T.dot(P) / N + 2 * reg * W]
""",
    "lambda": """
shifted = lambda S: S - S.max(axis=1, keepdims=True)
normal = lambda E: E / E.sum(axis=1, keepdims=True)
loss = lambda W, X, y, reg: (
    -np.log(normal(np.exp(shifted(X @ W)))[np.arange(len(y)), y]).sum() / len(y) + reg * (W * W).sum(),
    X.T @ (normal(np.exp(shifted(X @ W))) - np.eye(W.shape[1])[y]) / len(y) + 2 * reg * W,
)
""",
    "class_with_call": """
class CrossEntropy:
    def probabilities(self, scores):
        scores = scores - scores.max(axis=1, keepdims=True)
        return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    def __call__(self, W, X, y, reg):
        N = X.shape[0]
        P = self.probabilities(X.dot(W))
        total = -np.log(P[np.arange(N), y]).mean()
        P[np.arange(N), y] -= 1
        return total + reg * np.linalg.norm(W) ** 2, X.T.dot(P) / N + 2 * reg * W

loss = CrossEntropy()
""",
    "keyword_default_and_warnings": """
import sys, warnings
def loss(W, X, y, reg, temperature=1.0):
    warnings.warn("about to compute")
    print("computing", file=sys.stderr)
    N = X.shape[0]
    S = X.dot(W) / temperature
    S -= S.max(axis=1, keepdims=True)
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    total = -np.log(P[np.arange(N), y]).sum() / N + reg * np.sum(W * W)
    P[np.arange(N), y] -= 1
    return total, X.T.dot(P) / N + 2 * reg * W
""",
    "gradient_in_two_steps": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    S -= S.max(axis=1, keepdims=True)
    E = np.exp(S)
    inverse = 1.0 / E.sum(axis=1)
    dW = (X * inverse[:, None]).T.dot(E)
    np.add.at(dW.T, y, -X)
    total = np.sum(-S[np.arange(N), y] - np.log(inverse)) / N
    return total + reg * np.sum(W * W), dW / N + 2 * reg * W
""",
    "recursion": """
def loss(W, X, y, reg):
    def part(i, j):
        if j - i > 1:
            middle = (i + j) // 2
            left, right = part(i, middle), part(middle, j)
            return left[0] + right[0], left[1] + right[1]
        s = X[i].dot(W)
        s = s - s.max()
        p = np.exp(s) / np.exp(s).sum()
        value = -np.log(p[y[i]])
        p[y[i]] -= 1
        return value, np.outer(X[i], p)
    total, dW = part(0, X.shape[0])
    return total / len(X) + reg * np.sum(W * W), dW / len(X) + 2 * reg * W
""",
    "shift_in_pieces": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    S = X.dot(W)
    top = S[:, 0].copy()
    for j in range(1, C):
        top = np.maximum(top, S[:, j])
    Z = np.zeros(N)
    for j in range(C):
        Z = Z + np.exp(S[:, j] - top)
    G = np.empty((N, C))
    for j in range(C):
        G[:, j] = np.exp(S[:, j] - top) / Z - (y == j)
    total = np.sum(np.log(Z) + top - S[np.arange(N), y]) / N
    return total + reg * np.sum(W * W), X.T.dot(G) / N + 2 * reg * W
""",
    "explicit_float64": """
def loss(W, X, y, reg):
    W = np.array(W.tolist(), dtype=np.float64)
    N = np.float64(X.shape[0])
    S = np.dot(X.astype(np.double), W)
    S -= np.max(S, axis=1, keepdims=True)
    E = np.exp(S)
    P = np.divide(E, np.sum(E, axis=1, keepdims=True))
    rows = np.arange(X.shape[0])
    total = np.float64(-np.sum(np.log(P[rows, y])) / N + np.float64(reg) * np.sum(W * W))
    P[rows, y] = P[rows, y] - 1
    return total, np.ascontiguousarray(np.dot(X.T, P) / N + 2 * reg * W)
""",
}

SOFTMAX_STYLES = {name: (code, name not in LOOPING) for name, code in _CODE.items()}
