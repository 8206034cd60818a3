"""Mistakes in the loss of the two-layer network: their explanations, and the network that makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from reference.problem import NetworkProblem

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class NetworkMistake:
    """One known mistake.

    Attributes:
        id: unique; `wrong` makes the mistake of this name.
        title: what is wrong, for the student.
        hint: what to do about it.
    """

    id: str
    title: str
    hint: str


NETWORK_MISTAKES = (
    NetworkMistake(
        "no-mask",
        "The gradient goes back through the hidden layer as if there were no np.maximum(0, .).",
        "Where a hidden unit is 0 its gradient is 0: dh[h <= 0] = 0.",
    ),
    NetworkMistake(
        "mask-of-gradient",
        "The gradient of the hidden layer is cut off where it is negative itself, not where the hidden unit is 0.",
        "The mask comes from the hidden layer: dh[h <= 0] = 0.",
    ),
    NetworkMistake(
        "mask-turned-round",
        "The mask of the hidden layer is inverted: the units that are positive are left out.",
        "The units that are 0 are left out: dh[h <= 0] = 0.",
    ),
    NetworkMistake(
        "mask-of-values",
        "The gradient of the hidden layer is multiplied by the hidden units; they only decide whether it counts.",
        "Multiply by (h > 0), not by h.",
    ),
    NetworkMistake(
        "no-maximum",
        "The hidden layer is linear: np.maximum(0, .) is missing.",
        "Write h = np.maximum(0, X.dot(W1) + b1).",
    ),
    NetworkMistake(
        "maximum-of-scores",
        "np.maximum(0, .) is taken of the scores, too; the last layer has none.",
        "Write scores = h.dot(W2) + b2.",
    ),
    NetworkMistake("no-b1", "The bias b1 is not added.", "Write h = np.maximum(0, X.dot(W1) + b1)."),
    NetworkMistake("no-b2", "The bias b2 is not added.", "Write scores = h.dot(W2) + b2."),
    NetworkMistake(
        "b1-last-sample",
        "The gradient by b1 is that of the last sample only.",
        "Sum over the samples: dh.sum(axis=0).",
    ),
    NetworkMistake(
        "b2-last-sample",
        "The gradient by b2 is that of the last sample only.",
        "Sum over the samples: dscores.sum(axis=0).",
    ),
    NetworkMistake(
        "W2-before-maximum",
        "The gradient by W2 uses the hidden layer before np.maximum(0, .).",
        "Write h.T.dot(dscores), with the hidden units that the scores are made of.",
    ),
    NetworkMistake(
        "label-not-subtracted",
        "The 1 at the label is not subtracted from the probabilities.",
        "The derivative by the scores is p, less 1 at each sample's label.",
    ),
    NetworkMistake(
        "label-subtracted-twice",
        "The 1 at the label is subtracted from the probabilities twice.",
        "The derivative by the scores is p, less 1 at each sample's label, once.",
    ),
    NetworkMistake(
        "penalty-W1-only",
        "Only W1 is regularized in the loss; W2 must be as well.",
        "Add reg * (np.sum(W1 * W1) + np.sum(W2 * W2)).",
    ),
    NetworkMistake(
        "penalty-W2-only",
        "Only W2 is regularized in the loss; W1 must be as well.",
        "Add reg * (np.sum(W1 * W1) + np.sum(W2 * W2)).",
    ),
    NetworkMistake(
        "penalty-biases",
        "The biases are regularized in the loss, too; only W1 and W2 are.",
        "Add reg * (np.sum(W1 * W1) + np.sum(W2 * W2)).",
    ),
    NetworkMistake(
        "penalty-missing",
        "The regularization is missing in the loss.",
        "Add reg * (np.sum(W1 * W1) + np.sum(W2 * W2)).",
    ),
    NetworkMistake(
        "penalty-half",
        "The regularization of the loss is half of what is asked for.",
        "Drop the 0.5 in the loss.",
    ),
    NetworkMistake(
        "b1-regularized",
        "The gradient by b1 has a penalty; only W1 and W2 are regularized.",
        "Add 2 * reg * W1 and 2 * reg * W2, and nothing to the biases.",
    ),
    NetworkMistake(
        "loss-summed",
        "The loss is the sum over the samples, not their mean.",
        "Divide the data term by N, the number of samples.",
    ),
)


def wrong(slip: str, problem: NetworkProblem) -> tuple[float, dict[str, Array]]:
    """The loss and the gradients by name, for reg * sum(W*W), with the mistake called ``slip``."""
    W1, b1, W2, b2 = (problem.parameters[name] for name in ("W1", "b1", "W2", "b2"))
    X, y, reg = problem.X, problem.y, problem.reg
    N = len(X)
    z = X @ W1 + (0.0 if slip == "no-b1" else b1)
    h = z if slip == "no-maximum" else np.maximum(0.0, z)
    s = h @ W2 + (0.0 if slip == "no-b2" else b2)
    if slip == "maximum-of-scores":
        s = np.maximum(0.0, s)
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    losses = -np.log(p[np.arange(N), y])
    penalties = {
        "penalty-W1-only": np.sum(W1 * W1),
        "penalty-W2-only": np.sum(W2 * W2),
        "penalty-biases": sum(np.sum(array * array) for array in (W1, W2, b1, b2)),
        "penalty-missing": 0.0,
        "penalty-half": 0.5 * (np.sum(W1 * W1) + np.sum(W2 * W2)),
    }
    penalty = reg * penalties.get(slip, np.sum(W1 * W1) + np.sum(W2 * W2))
    loss = (losses.sum() if slip == "loss-summed" else losses.mean()) + penalty
    d = p.copy()
    d[np.arange(N), y] -= {"label-not-subtracted": 0.0, "label-subtracted-twice": 2.0}.get(slip, 1.0)
    d /= N
    dh = d @ W2.T
    masks = {
        "no-mask": np.ones_like(dh),
        "mask-of-gradient": dh > 0,
        "mask-turned-round": h <= 0,
        "mask-of-values": h,
    }
    dh = dh * masks.get(slip, h > 0)
    before = z if slip == "W2-before-maximum" else h
    gradients = {
        "W1": X.T @ dh + 2 * reg * W1,
        "b1": (dh[-1] if slip == "b1-last-sample" else dh.sum(axis=0))
        + (2 * reg * b1 if slip == "b1-regularized" else 0.0),
        "W2": before.T @ d + 2 * reg * W2,
        "b2": d[-1] if slip == "b2-last-sample" else d.sum(axis=0),
    }
    return float(loss), gradients
