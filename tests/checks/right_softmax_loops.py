"""Right softmax losses that loop over the samples: name -> code."""

from __future__ import annotations

SOFTMAX_LOOPS: dict[str, str] = {
    "loops": """
def loss(W, X, y, reg):
    total = 0.0
    dW = np.zeros_like(W)
    num_train, num_classes = X.shape[0], W.shape[1]
    for i in range(num_train):
        scores = X[i].dot(W)
        scores -= np.max(scores)
        total_exp = 0.0
        for j in range(num_classes):
            total_exp += np.exp(scores[j])
        total += -scores[y[i]] + np.log(total_exp)
        for j in range(num_classes):
            p = np.exp(scores[j]) / total_exp
            dW[:, j] += (p - (j == y[i])) * X[i]
    total /= num_train
    dW /= num_train
    total += reg * np.sum(W * W)
    dW += 2 * reg * W
    return total, dW
""",
    "plain_python": """
import math
def loss(W, X, y, reg):
    N, D = X.shape
    C = W.shape[1]
    dW = [[0.0] * C for _ in range(D)]
    total = 0.0
    for i in range(N):
        s = [sum(float(X[i, d] * W[d, c]) for d in range(D)) for c in range(C)]
        top = max(s)
        e = [math.exp(value - top) for value in s]
        total -= math.log(e[int(y[i])] / math.fsum(e))
        for c in range(C):
            p = e[c] / math.fsum(e) - (1 if c == y[i] else 0)
            for d in range(D):
                dW[d][c] += p * float(X[i, d])
    total = total / N + reg * sum(float(w) ** 2 for w in W.ravel())
    return total, np.array(dW) / N + 2 * reg * W
""",
    "row_by_row": """
def loss(W, X, y, reg):
    N = X.shape[0]
    total, dW = 0.0, np.zeros(W.shape)
    for i in range(N):
        f = X[i].dot(W)
        f = f - f.max()
        p = np.exp(f) / np.sum(np.exp(f))
        total += -np.log(p[y[i]])
        p[y[i]] -= 1
        dW += X[i].reshape(-1, 1).dot(p.reshape(1, -1))
    return total / N + reg * np.sum(W * W), dW / N + 2 * reg * W
""",
}
