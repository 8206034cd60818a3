import numpy as np


def softmax_loss_naive(W, X, y, reg):
    # start from nothing
    loss = 0.0
    dW = np.zeros_like(W)
    # TODO: the rest
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    # start from nothing
    loss = 0.0
    dW = np.zeros_like(W)
    # TODO: the rest
    return loss, dW
