"""A right hand-in in parts, to be put together in the ways in which students hand them in."""

from __future__ import annotations

NUMPY = "import numpy as np\n"
SVM_NAIVE = """
def svm_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    total = 0.0
    dW = np.zeros(W.shape)
    for n in range(N):
        s = X[n].dot(W)
        for k in range(C):
            gap = s[k] - s[y[n]] + 1.0
            if k != y[n] and gap > 0:
                total += gap
                dW[:, k] += X[n]
                dW[:, y[n]] -= X[n]
    return total / N + reg * np.sum(W * W), dW / N + 2 * reg * W
"""
SVM_VECTORIZED = """
def svm_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    r = np.arange(N)
    s = X @ W
    gaps = np.maximum(0.0, s - s[r, y][:, None] + 1.0)
    gaps[r, y] = 0.0
    hot = (gaps > 0).astype(float)
    hot[r, y] = -hot.sum(axis=1)
    return gaps.sum() / N + reg * np.sum(W * W), X.T @ hot / N + 2 * reg * W
"""
SOFTMAX_NAIVE = """
def softmax_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    total = 0.0
    dW = np.zeros(W.shape)
    for n in range(N):
        s = X[n].dot(W)
        s = s - s.max()
        e = np.exp(s)
        z = e.sum()
        total += np.log(z) - s[y[n]]
        for k in range(C):
            dW[:, k] += (e[k] / z - (k == y[n])) * X[n]
    return total / N + reg * np.sum(W * W), dW / N + 2 * reg * W
"""
SOFTMAX_VECTORIZED = """
def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    r = np.arange(N)
    s = X @ W
    s = s - s.max(axis=1, keepdims=True)
    e = np.exp(s)
    z = e.sum(axis=1, keepdims=True)
    p = e / z
    total = np.sum(np.log(z[:, 0]) - s[r, y])
    p[r, y] -= 1
    return total / N + reg * np.sum(W * W), X.T @ p / N + 2 * reg * W
"""
CLASSIFIER = """
class LinearClassifier:
    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        n, d = X.shape
        if self.W is None:
            self.W = 0.001 * np.random.randn(d, int(y.max()) + 1)
        losses = []
        for it in range(num_iters):
            pick = np.random.choice(n, batch_size)
            loss, grad = self.loss(X[pick], y[pick], reg)
            losses.append(loss)
            self.W -= learning_rate * grad
        return losses

    def predict(self, X):
        return np.argmax(X @ self.W, axis=1)

    def loss(self, X_batch, y_batch, reg):
        pass
"""
LINEAR_SVM = """
class LinearSVM(LinearClassifier):
    def loss(self, X_batch, y_batch, reg):
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)
"""
SOFTMAX = """
class Softmax(LinearClassifier):
    def loss(self, X_batch, y_batch, reg):
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)
"""
SVM_LOSSES, SOFTMAX_LOSSES = SVM_NAIVE + SVM_VECTORIZED, SOFTMAX_NAIVE + SOFTMAX_VECTORIZED
CLASSES = CLASSIFIER + LINEAR_SVM + SOFTMAX
EVERYTHING = NUMPY + SVM_LOSSES + SOFTMAX_LOSSES + CLASSES
CELLS = (
    *(NUMPY, SVM_NAIVE, SVM_VECTORIZED, SOFTMAX_NAIVE, SOFTMAX_VECTORIZED),
    *(CLASSIFIER, LINEAR_SVM, SOFTMAX),
)


def template(name: str) -> str:
    """A loss as the course hands it out."""
    return f"def {name}(W, X, y, reg):\n    loss = 0.0\n    dW = np.zeros(W.shape)\n    pass\n    return loss, dW\n"


def changed(old: str, new: str, text: str = EVERYTHING) -> str:
    """Right work but for one place."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
