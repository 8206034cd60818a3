"""Right code as students write it; known mistakes are edits of it."""

from __future__ import annotations

SVM_IN_LOOPS = """
def wrong(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W
"""
SVM_IN_ARRAYS = """
def wrong(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W
"""
SOFTMAX = """
def wrong(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
"""
SOFTMAX_OF_LOGARITHMS = """
def wrong(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -np.sum(log_p[np.arange(N), y]) / N + reg * np.sum(W * W)
    p = np.exp(log_p)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
"""
LOGISTIC = """
def wrong(W, X, y, reg):
    N = X.shape[0]
    T = np.eye(W.shape[1])[y]
    scores = X.dot(W)
    loss = np.sum(np.logaddexp(0, scores) - T * scores) / N + reg * np.sum(W * W)
    p = 1 / (1 + np.exp(-scores))
    return loss, X.T.dot(p - T) / N + 2 * reg * W
"""
ANY_LOSS = """
def wrong(W, X, y, reg):
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW
"""
DATA = {
    "svm": """
def data(W, X, y):
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return float(np.sum(margins) / N), X.T.dot(counts) / N
""",
    "softmax": """
def data(W, X, y):
    N = X.shape[0]
    scores = X.dot(W)
    scores = scores - scores.max(axis=1, keepdims=True)
    total = np.exp(scores).sum(axis=1)
    probabilities = np.exp(scores) / total[:, np.newaxis]
    loss = np.sum(np.log(total) - scores[np.arange(N), y]) / N
    probabilities[np.arange(N), y] -= 1
    return float(loss), X.T.dot(probabilities) / N
""",
}
"""The mean loss of the samples and its gradient, for `ANY_LOSS`."""

TRAIN = """
def wrong(model, X, y, learning_rate, reg, num_iters, batch_size):
    if model.W is None:
        model.W = 0.001 * np.random.randn(X.shape[1], int(np.max(y)) + 1)
    history = []
    for _ in range(num_iters):
        rows = np.random.choice(X.shape[0], batch_size)
        X_batch, y_batch = X[rows], y[rows]
        loss, dW = model.loss(X_batch, y_batch, reg)
        history.append(loss)
        model.W -= learning_rate * dW
    return history
"""
PREDICT = """
def wrong(model, X):
    return np.argmax(X.dot(model.W), axis=1)
"""
