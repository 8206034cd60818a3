"""The two-layer network's loss written correctly in many ways: (params, X, y, reg) -> (loss, gradients)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Net = Callable[[dict[str, Any], Any, Any, float], tuple[Any, Any]]
NAMES = ("W1", "b1", "W2", "b2")

RIGHT: dict[str, Net] = {}


def right(style: Net) -> Net:
    """Add a style to the list."""
    RIGHT[style.__name__] = style
    return style


def _probabilities(scores: Any) -> Any:
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@right
def course(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = X.shape[0]
    h = np.maximum(0, X.dot(W1) + b1)
    p = _probabilities(h.dot(W2) + b2)
    loss = -np.log(p[np.arange(N), y]).sum() / N + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    dscores = p.copy()
    dscores[range(N), y] -= 1
    dscores /= N
    dh = dscores.dot(W2.T)
    dh[h <= 0] = 0
    return loss, {
        "W2": h.T.dot(dscores) + 2 * reg * W2,
        "b2": dscores.sum(axis=0),
        "W1": X.T.dot(dh) + 2 * reg * W1,
        "b1": dh.sum(axis=0),
    }


@right
def a_unit_at_0_counts(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    z = X @ W1 + b1
    h = z * (z >= 0)
    p = _probabilities(h @ W2 + b2)
    loss = -np.mean(np.log(p[np.arange(N), y])) + reg * np.sum(W1**2) + reg * np.sum(W2**2)
    p[np.arange(N), y] -= 1
    dz = p @ W2.T * (z >= 0)
    return loss, (
        X.T @ dz / N + 2 * reg * W1,
        dz.mean(axis=0),
        h.T @ p / N + 2 * reg * W2,
        p.mean(axis=0),
    )


@right
def half_a_unit_at_0_counts(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    z = X @ W1 + b1
    h = np.where(z > 0, z, 0)
    p = _probabilities(h @ W2 + b2)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * (np.sum(W1**2) + np.sum(W2**2))
    p[np.arange(N), y] -= 1
    dz = p @ W2.T * (0.5 * (np.sign(z) + 1))
    return loss, {
        "W1": X.T @ dz / N + 2 * reg * W1,
        "b1": dz.sum(0) / N,
        "W2": h.T @ p / N + 2 * reg * W2,
        "b2": p.sum(0) / N,
    }


@right
def in_place(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    h = X.dot(W1)
    h += b1
    h[h < 0] = 0
    scores = h.dot(W2)
    scores += b2
    scores -= scores.max(axis=1)[:, None]
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1)[:, None]
    loss = -np.sum(np.log(scores[np.arange(len(y)), y])) / len(y)
    loss += reg * (np.linalg.norm(W1) ** 2 + np.linalg.norm(W2) ** 2)
    scores[np.arange(len(y)), y] -= 1
    scores /= len(y)
    dh = scores.dot(W2.T)
    dh *= h > 0
    return loss, {
        "b2": scores.sum(0),
        "b1": dh.sum(0),
        "W2": h.T.dot(scores) + 2 * reg * W2,
        "W1": X.T.dot(dh) + 2 * reg * W1,
    }


@right
def bias_trick(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    one = np.ones((N, 1))
    A1, A2 = np.vstack([W1, b1]), np.vstack([W2, b2])
    X1 = np.hstack([X, one])
    h = np.maximum(X1 @ A1, 0)
    h1 = np.hstack([h, one])
    p = _probabilities(h1 @ A2)
    loss = -np.log(p[np.arange(N), y]).sum() / N + reg * (W1 * W1).sum() + reg * (W2 * W2).sum()
    p[np.arange(N), y] -= 1
    d2 = h1.T @ p / N
    d1 = X1.T @ ((p @ A2.T)[:, :-1] * (h > 0)) / N
    return loss, [d1[:-1] + 2 * reg * W1, d1[-1], d2[:-1] + 2 * reg * W2, d2[-1]]


@right
def sample_by_sample(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    grads = {name: np.zeros_like(params[name]) for name in NAMES}
    loss = 0.0
    for x, label in zip(X, y, strict=True):
        h = np.maximum(0, x @ W1 + b1)
        s = h @ W2 + b2
        p = np.exp(s - max(s))
        p = p / p.sum()
        loss -= np.log(p[label])
        p[label] -= 1
        dh = (W2 @ p) * (h > 0)
        grads["W2"] += np.outer(h, p)
        grads["b2"] += p
        grads["W1"] += np.outer(x, dh)
        grads["b1"] += dh
    for name in NAMES:
        grads[name] /= len(X)
    grads["W1"] += 2 * reg * W1
    grads["W2"] += 2 * reg * W2
    return loss / len(X) + reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2), grads


@right
def unit_by_unit(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N, H = len(X), W1.shape[1]
    h = np.stack([np.maximum(0, X @ W1[:, k] + b1[k]) for k in range(H)], axis=1)
    p = _probabilities(sum(np.outer(h[:, k], W2[k]) for k in range(H)) + b2)
    loss = -np.log(p[np.arange(N), y]).sum() / N + reg * (np.sum(W1**2) + np.sum(W2**2))
    d = (p - np.eye(len(b2))[y]) / N
    grads = {name: np.zeros_like(params[name]) for name in NAMES}
    for k in range(H):
        back = (d @ W2[k]) * (h[:, k] > 0)
        grads["W1"][:, k] = X.T @ back + 2 * reg * W1[:, k]
        grads["b1"][k] = back.sum()
        grads["W2"][k] = h[:, k] @ d + 2 * reg * W2[k]
    grads["b2"] = d.sum(axis=0)
    return loss, grads


@right
def one_hot(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    Y = np.zeros((N, len(b2)))
    Y[np.arange(N), y] = 1
    h = np.clip(X @ W1 + b1, 0, None)
    p = _probabilities(h @ W2 + b2)
    loss = -(Y * np.log(p)).sum() / N + reg * (np.trace(W1.T @ W1) + np.trace(W2.T @ W2))
    d = (p - Y) / N
    mask = np.where(h > 0, 1.0, 0.0)
    dh = d @ W2.T * mask
    return loss, dict(
        zip(NAMES, (X.T @ dh + reg * (W1 + W1), dh.sum(0), h.T @ d + reg * (W2 + W2), d.sum(0)), strict=True)
    )


@right
def einsum(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    z = np.einsum("nd,dh->nh", X, W1) + b1
    h = np.maximum(z, 0)
    s = np.einsum("nh,hc->nc", h, W2) + b2
    p = _probabilities(s)
    loss = np.einsum("n->", -np.log(p[np.arange(N), y])) / N + reg * sum(np.sum(W * W) for W in (W1, W2))
    p[np.arange(N), y] -= 1.0
    back = np.einsum("nc,hc,nh->nh", p, W2, (z > 0).astype(float))
    return loss, {
        "W1": np.einsum("nd,nh->dh", X, back) / N + 2 * reg * W1,
        "b1": np.einsum("nh->h", back) / N,
        "W2": np.einsum("nh,nc->hc", h, p) / N + 2 * reg * W2,
        "b2": np.einsum("nc->c", p) / N,
    }


@right
def log_sum_exp(params: Any, X: Any, y: Any, reg: float) -> Any:
    from scipy.special import logsumexp

    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    h = np.maximum(X @ W1 + b1, 0)
    s = h @ W2 + b2
    total = logsumexp(s, axis=1)
    loss = (total - s[np.arange(N), y]).mean() + reg * ((W1**2).sum() + (W2**2).sum())
    d = np.exp(s - total[:, None])
    d[np.arange(N), y] -= 1
    d = d / N
    dh = (d @ W2.T) * (h > 0)
    return loss, {
        "W1": X.T @ dh + 2 * reg * W1,
        "b1": dh.sum(0),
        "W2": h.T @ d + 2 * reg * W2,
        "b2": d.sum(0),
    }


@right
def transposed(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    h = np.maximum(0, W1.T @ X.T + b1[:, None])
    s = W2.T @ h + b2[:, None]
    e = np.exp(s - s.max(axis=0))
    p = e / e.sum(axis=0)
    loss = -np.log(p[y, np.arange(N)]).sum() / N + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    p[y, np.arange(N)] -= 1
    p /= N
    dh = (W2 @ p) * (h > 0)
    return loss, {
        "W1": (dh @ X).T + 2 * reg * W1,
        "b1": dh.sum(axis=1),
        "W2": (p @ h.T).T + 2 * reg * W2,
        "b2": p.sum(axis=1),
    }


@right
def ones_for_the_biases(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    h = np.maximum(0, X.dot(W1) + b1)
    p = _probabilities(h.dot(W2) + b2)
    loss = np.sum(-np.log(p[list(range(N)), y])) / N + reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)
    p[range(N), y] -= 1
    ones = np.ones(N)
    dh = np.where(h > 0, p.dot(W2.T), 0)
    return loss, {
        "W2": h.T.dot(p) / N + 2 * reg * W2,
        "b2": ones.dot(p) / N,
        "W1": X.T.dot(dh) / N + 2 * reg * W1,
        "b1": ones.dot(dh) / N,
    }


@right
def absolute_values_for_the_positive_part(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    z = X @ W1 + b1
    h = (np.abs(z) + z) / 2
    p = _probabilities(h @ W2 + b2)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(np.square(W1)) + reg * np.sum(np.square(W2))
    p[np.arange(N), y] -= 1
    dz = p @ W2.T * np.heaviside(z, 0.5)
    return loss, {
        "W1": X.T @ dz / N + 2 * reg * W1,
        "b1": dz.sum(0) / N,
        "W2": h.T @ p / N + 2 * reg * W2,
        "b2": p.sum(0) / N,
    }


@right
def regularization_first(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = len(X)
    loss = reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)
    grads = {"W1": 2 * reg * W1, "W2": 2 * reg * W2, "b1": np.zeros_like(b1), "b2": np.zeros_like(b2)}
    h = np.maximum(0, X @ W1 + b1)
    s = h @ W2 + b2
    for i in range(N):
        e = np.exp(s[i] - s[i].max())
        loss += np.log(e.sum()) / N - (s[i, y[i]] - s[i].max()) / N
        d = e / e.sum() / N
        d[y[i]] -= 1 / N
        grads["W2"] += h[i][:, None] * d
        grads["b2"] += d
        back = W2.dot(d)
        back[h[i] == 0] = 0
        grads["W1"] += X[i][:, None] * back
        grads["b1"] += back
    return loss, grads


@right
def mask_as_integers(params: Any, X: Any, y: Any, reg: float) -> Any:
    W1, b1, W2, b2 = (params[name] for name in NAMES)
    N = X.shape[0]
    z = np.add(np.matmul(X, W1), b1)
    mask = (z > 0).astype(int)
    h = z * mask
    s = np.matmul(h, W2) + b2
    p = _probabilities(s - np.mean(s, axis=1, keepdims=True))
    loss = -np.average(np.log(p[np.arange(N), y])) + reg * float(np.vdot(W1, W1) + np.vdot(W2, W2))
    d = p.copy()
    d[np.arange(N), y] -= 1
    d = np.divide(d, N)
    dz = np.matmul(d, W2.T) * mask
    return loss, (np.matmul(X.T, dz) + reg * 2 * W1, dz.sum(0), np.matmul(h.T, d) + reg * 2 * W2, d.sum(0))
