"""Mistakes in how a function behaves, whatever it computes: what it returns, raises, changes and remembers."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, GRADIENT, INTERFACE, Mistake, slip
from reference.mistakes.right_code import ANY_LOSS

_slip = partial(slip, "", ANY_LOSS)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "returns-nothing",
        "The function returns nothing.",
        "End it with: return loss, dW",
        INTERFACE,
        {"return loss, dW": ""},
    ),
    _slip(
        "returns-only-the-loss",
        "Only the loss is returned.",
        "End the function with: return loss, dW",
        INTERFACE,
        {"return loss, dW": "return loss"},
    ),
    _slip(
        "returned-in-the-wrong-order",
        "Loss and dW are returned in the wrong order.",
        "End the function with: return loss, dW",
        INTERFACE,
        {"return loss, dW": "return dW, loss"},
    ),
    _slip(
        "returns-three-things",
        "Three things are returned, where two are asked for.",
        "End the function with: return loss, dW",
        INTERFACE,
        {"return loss, dW": "return loss, dW, X.dot(W)"},
    ),
    _slip(
        "loss-of-each-sample",
        "The loss is an array with one number for each sample; it should be one number.",
        "Sum the samples' losses and divide by N before returning.",
        INTERFACE,
        {
            "loss += reg * np.sum(W * W)": (
                "loss = np.zeros(X.shape[0])\n"
                "for i in range(X.shape[0]):\n"
                "    loss[i] = data(W, X[i : i + 1], y[i : i + 1])[0]\n"
                "loss += reg * np.sum(W * W)"
            )
        },
    ),
    _slip(
        "gradient-transposed",
        "dW is returned transposed, as (C, D).",
        "dW has W's shape, (D, C): return dW.T instead, or compute X.T.dot(...) in the first place.",
        INTERFACE,
        {"return loss, dW": "return loss, dW.T"},
    ),
    _slip(
        "gradient-flat",
        "dW is returned as a flat array.",
        "dW has W's shape, (D, C).",
        INTERFACE,
        {"return loss, dW": "return loss, np.ravel(dW)"},
    ),
    _slip(
        "x-not-transposed",
        "X is multiplied without being transposed, which fits only when there are as many samples as features.",
        "dW is (D, C): write X.T.dot(...), with (D, N) times (N, C).",
        INTERFACE,
        {
            "loss, dW = data(W, X, y)": (
                "N = X.shape[0]\n"
                "loss, _ = data(W, X, y)\n"
                "per_score = np.zeros((N, W.shape[1]))\n"
                "for i in range(N):\n"
                "    per_score[i] = data(X[i : i + 1].dot(W), np.eye(1), y[i : i + 1])[1][0] / N\n"
                "dW = X.dot(per_score)"
            ),
            "dW += 2 * reg * W": "dW = dW + 2 * reg * W",
        },
    ),
    _slip(
        "type-error",
        "An operation is applied to something of the wrong type.",
        "The error message says which. A common one: N / 2 is a float in Python 3, and range needs a whole "
        "number, N // 2.",
        INTERFACE,
        {
            "loss += reg * np.sum(W * W)": (
                "for _ in range(X.shape[0] / 1):\n    loss += reg * np.sum(W * W)"
            ),
            "dW += 2 * reg * W": "",
        },
    ),
    _slip(
        "writes-a-file",
        "The function writes a file, for debugging, in a folder that exists on one computer only.",
        "A loss function should only compute; take the savetxt, save or open out again.",
        INTERFACE,
        {
            "loss, dW = data(W, X, y)": (
                'loss, dW = data(W, X, y)\nnp.savetxt("c:/no such folder/scores.txt", X.dot(W))'
            )
        },
    ),
    _slip(
        "remembers-loss",
        "The loss of earlier calls is still in this one's: it adds up in something that outlives the call.",
        "Start with loss = 0.0 inside the function; keep nothing in global variables or default arguments.",
        INTERFACE,
        {"reg):": "reg, total=[0.0]):", "return loss": "total[0] += loss\nreturn total[0]"},
    ),
    _slip(
        "changes-w",
        "W is changed in place: the caller's weights are no longer what they were.",
        "W *= W squares the caller's own array; write W * W, which makes a new one.",
        INTERFACE,
        {
            "loss += reg * np.sum(W * W)": "",
            "dW += 2 * reg * W": "dW += 2 * reg * W\nW *= W\nloss += reg * np.sum(W)",
        },
    ),
    _slip(
        "changes-x",
        "X is changed in place: the caller's data are no longer what they were.",
        "X /= N divides the caller's own array; write X / N, which makes a new one.",
        INTERFACE,
        {"loss, dW = data(W, X, y)": "loss, dW = data(W, X, y)\nX /= X.shape[0]"},
    ),
    _slip(
        "changes-y",
        "y is changed in place: the caller's labels are no longer what they were.",
        "Write labels = y - 1 instead of y -= 1, or rather leave the labels as they are: they count from 0.",
        INTERFACE,
        {"loss, dW = data(W, X, y)": "loss, dW = data(W, X, y)\ny *= 0"},
    ),
    _slip(
        "single-precision",
        "dW has single precision (float32): only about seven of its digits are right.",
        "NumPy computes in float64 unless told otherwise; take the float32 or the conversion out.",
        GRADIENT,
        {"return loss, dW": "return loss, dW.astype(np.float32)"},
        exactness=2e-06,
        whole=True,
    ),
    _slip(
        "single-precision-throughout",
        "The computation is done in single precision (float32): only about seven digits are right.",
        "NumPy computes in float64 unless told otherwise; take the float32 or the conversion out.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": (
                "W, X = W.astype(np.float32), X.astype(np.float32)\nloss, dW = data(W, X, y)"
            ),
            "return loss, dW": "return np.float32(loss), np.float32(dW)",
        },
        exactness=2e-06,
        whole=True,
    ),
)
