"""Right SVM losses in as many styles as students have: name -> (code, whether it is vectorized)."""

from __future__ import annotations

from tests.checks.right_svm_loops import LOOPING, SVM_LOOPS

_CODE: dict[str, str] = {
    **SVM_LOOPS,
    "broadcasting": """
def loss(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(num_train), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + 1.0)
    margins[np.arange(num_train), y] = 0
    total = np.sum(margins) / num_train + reg * np.sum(W * W)
    mask = np.zeros(margins.shape)
    mask[margins > 0] = 1
    mask[np.arange(num_train), y] = -np.sum(mask, axis=1)
    return total, X.T.dot(mask) / num_train + 2 * reg * W
""",
    "label_margins_kept_and_subtracted": """
def loss(W, X, y, reg):
    N = X.shape[0]
    scores = X @ W
    margins = np.maximum(0, scores - scores[range(N), y][:, None] + 1)
    total = margins.sum() / N - 1 + reg * np.sum(W * W)
    hits = (margins > 0).astype(int)
    hits[range(N), y] -= hits.sum(1)
    return total, X.T @ hits / N + 2 * reg * W
""",
    "np_where": """
def loss(W, X, y, reg):
    N = len(X)
    S = np.matmul(X, W)
    M = S - np.take_along_axis(S, y[:, None].astype(np.int64), axis=1) + 1.0
    M = np.where(np.arange(W.shape[1]) == y[:, None], 0.0, M)
    G = np.where(M >= 0, 1.0, 0.0)
    G = np.where(np.arange(W.shape[1]) == y[:, None], 0.0, G)
    G = np.where(np.arange(W.shape[1]) == y[:, None], -G.sum(axis=1, keepdims=True), G)
    return np.where(M > 0, M, 0).sum() / N + reg * np.sum(W ** 2), np.dot(X.T, G) / N + 2 * reg * W
""",
    "one_hot": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    Y = np.eye(C)[y]
    S = X.dot(W)
    M = np.maximum(S - (S * Y).sum(1, keepdims=True) + 1, 0) * (1 - Y)
    A = (M > 0) * 1.0
    A = A - Y * A.sum(1, keepdims=True)
    return M.sum() / N + reg * np.linalg.norm(W) ** 2, X.T.dot(A) / N + 2 * reg * W
""",
    "einsum": """
def loss(W, X, y, reg):
    N = X.shape[0]
    s = np.einsum("nd,dc->nc", X, W)
    m = 1 + s - s[np.arange(N), y, None]
    m[np.arange(N), y] = 0
    a = (m > 0).astype(np.float64)
    total = np.einsum("nc,nc->", a, m) / N + reg * np.einsum("dc,dc->", W, W)
    a[np.arange(N), y] = -np.einsum("nc->n", a)
    return total, np.einsum("nd,nc->dc", X, a) / N + 2 * reg * W
""",
    "boolean_mask_assignment": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    scores = X.dot(W)
    right = np.zeros(scores.shape, dtype=bool)
    right[np.arange(N), y] = True
    margins = scores - scores[right].reshape(N, 1) + 1
    margins[right] = 0
    margins[margins < 0] = 0
    counts = np.zeros((N, C))
    counts[margins > 0] = 1
    counts[right] = -counts.sum(axis=1)
    return margins.sum() / N + reg * (W * W).sum(), (X.T / N).dot(counts) + 2 * reg * W
""",
    "add_at": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    M = np.clip(S - S[np.arange(N), y][:, np.newaxis] + 1, 0, None)
    M[np.arange(N), y] = 0
    A = np.sign(M)
    G = np.dot(A.T, X)
    np.add.at(G, y, -A.sum(axis=1)[:, None] * X)
    return np.sum(M) / N + reg * np.sum(W * W), G.T / N + 2 * reg * W
""",
    "fortran_order": """
def loss(W, X, y, reg):
    X, W = np.asfortranarray(X), np.asfortranarray(W)
    N = X.shape[0]
    S = X.dot(W)
    M = np.maximum(0, S - S[np.arange(N), y][:, None] + 1)
    M[np.arange(N), y] = 0
    A = (M > 0).astype(float)
    A[np.arange(N), y] = -A.sum(axis=1)
    return M.sum() / N + reg * np.sum(W * W), np.asfortranarray(X.T.dot(A) / N + 2 * reg * W)
""",
    "transposed_view": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = W.T.dot(X.T)
    M = np.maximum(0, S - S[y, np.arange(N)] + 1)
    M[y, np.arange(N)] = 0
    A = (M > 0).astype(float)
    A[y, np.arange(N)] = -A.sum(axis=0)
    dWT = A.dot(X) / N + 2 * reg * W.T
    return np.sum(M) / N + reg * np.sum(W.T * W.T), dWT.T
""",
    "matrix_class": """
def loss(W, X, y, reg):
    W, X = np.asmatrix(W), np.asmatrix(X)
    N = X.shape[0]
    S = np.asarray(X * W)
    M = np.maximum(0, S - S[np.arange(N), y][:, None] + 1)
    M[np.arange(N), y] = 0
    A = (M > 0).astype(float)
    A[np.arange(N), y] = -A.sum(axis=1)
    return M.sum() / N + reg * np.sum(np.multiply(W, W)), X.T * np.asmatrix(A) / N + 2 * reg * W
""",
    "loss_of_shape_1": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    M = np.maximum(0, S - S[np.arange(N), y][:, None] + 1)
    M[np.arange(N), y] = 0
    total = np.zeros(1)
    total += M.sum() / N
    total += reg * np.sum(W * W)
    A = (M > 0).astype(float)
    A[np.arange(N), y] = -A.sum(axis=1)
    return total, X.T.dot(A) / N + 2 * reg * W
""",
    "loss_0d_array_in_a_list": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    M = np.maximum(0, S - S[np.arange(N), y][:, None] + 1)
    M[np.arange(N), y] = 0
    A = (M > 0).astype(float)
    A[np.arange(N), y] = -A.sum(axis=1)
    return [np.array(M.sum() / N + reg * np.sum(W * W)), X.T.dot(A) / N + 2 * reg * W]
""",
    "integer_counts": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    M = S - S[np.arange(N), y][:, None] + 1
    A = (M > 0).astype(np.int8)
    A[np.arange(N), y] = 0
    total = float((M * A).sum() / N + reg * np.sum(W * W))
    counts = A.astype(np.int32)
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return total, X.T.dot(counts) / N + 2 * reg * W
""",
    "lambda": """
margins = lambda S, y: np.maximum(0, S - S[np.arange(len(y)), y][:, None] + 1) * (np.arange(S.shape[1]) != y[:, None])
signs = lambda A, y: A - (np.arange(A.shape[1]) == y[:, None]) * A.sum(1)[:, None]
loss = lambda W, X, y, reg: (
    margins(X.dot(W), y).sum() / len(y) + reg * (W * W).sum(),
    X.T.dot(signs((margins(X.dot(W), y) > 0) * 1.0, y)) / len(y) + 2 * reg * W,
)
""",
    "class_with_call": """
class Hinge:
    def __init__(self, delta=1.0):
        self.delta = delta
    def __call__(self, W, X, y, reg):
        n = X.shape[0]
        rows = np.arange(n)
        s = X @ W
        m = (s.T - s[rows, y] + self.delta).T
        m[rows, y] = 0
        m = m.clip(min=0)
        g = np.heaviside(m, 0)
        g[rows, y] = -g.sum(-1)
        return m.sum() / n + reg * np.vdot(W, W), X.T @ g / n + 2 * reg * W

loss = Hinge()
""",
    "keyword_default_and_prints": """
def loss(W, X, y, reg, delta=1.0, verbose=True):
    if verbose:
        print("shapes", W.shape, X.shape)
    N = X.shape[0]
    S = X.dot(W)
    M = np.maximum(0, S - S[np.arange(N), y][:, None] + delta)
    M[np.arange(N), y] = 0
    A = (M > 0).astype(float)
    A[np.arange(N), y] = -A.sum(axis=1)
    return M.sum() / N + reg * np.sum(W * W), X.T.dot(A) / N + 2 * reg * W
""",
    "half_at_ties": """
def loss(W, X, y, reg):
    N = X.shape[0]
    S = X.dot(W)
    M = S - S[np.arange(N), y][:, None] + 1
    M[np.arange(N), y] = -1
    A = np.heaviside(M, 0.5)
    A[np.arange(N), y] = -A.sum(axis=1)
    return (np.abs(M) + M).sum() / (2 * N) + reg * np.sum(W * W), X.T.dot(A) / N + 2 * reg * W
""",
    "augmented_in_place": """
def loss(W, X, y, reg):
    N = X.shape[0]
    rows = np.arange(N)
    S = X.dot(W)
    S -= S[rows, y].copy()[:, None]
    S += 1
    S[rows, y] = 0
    np.maximum(S, 0, out=S)
    total = S.sum()
    total /= N
    total += reg * np.sum(W * W)
    S[S > 0] = 1
    S[rows, y] -= S.sum(axis=1)
    dW = np.empty_like(W)
    np.dot(X.T, S, out=dW)
    dW /= N
    dW += 2 * reg * W
    return total, dW
""",
    "three_dimensional": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    difference = W[:, None, :] - W[:, y].reshape(W.shape[0], N, 1)
    margins = (X.T[:, :, None] * difference).sum(axis=0) + 1
    margins[np.arange(N), y] = 0
    hit = (margins > 0) * 1.0
    push = (X[:, :, None] * hit[:, None, :]).sum(axis=0)
    pull = (X[:, :, None] * (np.eye(C)[y] * hit.sum(axis=1, keepdims=True))[:, None, :]).sum(axis=0)
    return (margins * hit).sum() / N + reg * np.sum(W * W), (push - pull) / N + 2 * reg * W
""",
    "mean_times_classes": """
def loss(W, X, y, reg):
    C = W.shape[1]
    rows = np.arange(X.shape[0])
    S = X.dot(W)
    M = np.fmax(0, S - S[rows, y][:, None] + 1)
    M[rows, y] = 0
    A = np.array(M > 0, dtype=np.float64)
    A[rows, y] = -np.count_nonzero(M > 0, axis=1)
    return M.mean() * C + reg * np.power(W, 2).sum(), (A.T @ X).T / len(X) + (reg + reg) * W
""",
}

SVM_STYLES = {name: (code, name not in LOOPING) for name, code in _CODE.items()}
