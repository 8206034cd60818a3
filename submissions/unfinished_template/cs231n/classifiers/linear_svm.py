import numpy as np


def svm_loss_naive(W, X, y, reg):
    """Loss and gradient of the multiclass SVM with loops. Only the loss is there so far."""
    dW = np.zeros(W.shape)
    loss = 0.0
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j != y[i]:
                loss += max(0, scores[j] - scores[y[i]] + 1)
    loss /= X.shape[0]
    loss += reg * np.sum(W * W)

    # TODO: fill dW in the loops above.

    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    # start from nothing
    loss = 0.0
    dW = np.zeros_like(W)
    # TODO: the rest
    return loss, dW
