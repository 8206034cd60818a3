"""Right SVM losses that loop in Python: name -> code."""

from __future__ import annotations

# The styles of either loss that do not count as vectorized.
LOOPING = {
    *("loops", "loops_greater_or_equal", "greater_here_and_greater_or_equal_there", "plain_python"),
    *("regularization_inside_the_loop", "row_by_row", "recursion"),
}
SVM_LOOPS: dict[str, str] = {
    "loops": """
def loss(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    total = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                total += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    total /= num_train
    dW /= num_train
    total += reg * np.sum(W * W)
    dW += 2 * reg * W
    return total, dW
""",
    "loops_greater_or_equal": """
def loss(W, X, y, reg):
    dW = np.zeros(W.shape)
    total = 0.0
    for i in range(len(y)):
        scores = X[i] @ W
        for j in range(W.shape[1]):
            if j != y[i] and scores[j] - scores[y[i]] + 1 >= 0:
                total += scores[j] - scores[y[i]] + 1
                dW[:, j] += X[i] / len(y)
                dW[:, y[i]] -= X[i] / len(y)
    return total / len(y) + reg * (W ** 2).sum(), dW + reg * 2 * W
""",
    "greater_here_and_greater_or_equal_there": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    total, dW = 0.0, np.zeros(W.shape)
    for i in range(N):
        scores = X[i].dot(W)
        for j in range(C):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0 or (margin == 0 and (i + j) % 2 == 0):
                total += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return total / N + reg * np.sum(W * W), dW / N + 2 * reg * W
""",
    "plain_python": """
def loss(W, X, y, reg):
    N, D = X.shape
    C = W.shape[1]
    dW = [[2 * reg * float(W[d, c]) for c in range(C)] for d in range(D)]
    total = 0.0
    for i in range(N):
        label = int(y[i])
        scores = [sum(float(X[i, d]) * float(W[d, c]) for d in range(D)) for c in range(C)]
        for j in range(C):
            if j == label:
                continue
            margin = scores[j] - scores[label] + 1.0
            if margin > 0:
                total += margin / N
                for d in range(D):
                    dW[d][j] += float(X[i, d]) / N
                    dW[d][label] -= float(X[i, d]) / N
    for d in range(D):
        for c in range(C):
            total += reg * float(W[d, c]) * float(W[d, c])
    return total, np.array(dW, dtype=np.float64)
""",
    "regularization_inside_the_loop": """
def loss(W, X, y, reg):
    N = X.shape[0]
    total, dW = 0.0, np.zeros_like(W)
    for i in range(N):
        s = W.T.dot(X[i])
        total += reg * np.sum(W * W)
        dW += 2 * reg * W
        for j in range(W.shape[1]):
            if j == y[i]: continue
            m = s[j] - s[y[i]] + 1
            if m > 0:
                total += m
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return total / N, dW / N
""",
    "row_by_row": """
def loss(W, X, y, reg):
    N = X.shape[0]
    total, dW = 0.0, np.zeros(W.shape)
    for x, label in zip(X, y):
        margins = np.maximum(0, x.dot(W) - x.dot(W[:, label]) + 1)
        margins[label] = 0
        total += margins.sum()
        active = (margins > 0).astype(float)
        active[label] = -active.sum()
        dW += np.outer(x, active)
    return total / N + reg * np.sum(np.square(W)), dW / N + 2 * reg * W
""",
    "class_by_class": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    S = X.dot(W)
    right = S[np.arange(N), y]
    total, dW = 0.0, np.zeros_like(W)
    for j in range(C):
        others = y != j
        m = (S[:, j] - right + 1) * others
        hit = (m > 0)
        total += m[hit].sum()
        dW[:, j] += X[hit].sum(axis=0)
        for c in range(C):
            dW[:, c] -= X[hit & (y == c)].sum(axis=0)
    return total / N + reg * np.sum(W * W), dW / N + 2 * reg * W
""",
    "recursion": """
def loss(W, X, y, reg):
    def rest(i):
        if i == X.shape[0]:
            return 0.0, np.zeros(W.shape)
        total, dW = rest(i + 1)
        s = X[i].dot(W)
        for j in range(W.shape[1]):
            m = s[j] - s[y[i]] + 1
            if j != y[i] and m > 0:
                total += m
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
        return total, dW
    total, dW = rest(0)
    return total / len(X) + reg * np.sum(W * W), dW / len(X) + 2 * reg * W
""",
}
