"""Mistakes in the update of train; random batches and the history are right."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import TRAINING, Mistake, slip
from reference.mistakes.right_code import TRAIN

_slip = partial(slip, "train", TRAIN)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "train-uphill",
        "The update has the wrong sign: W goes along the gradient, uphill.",
        "Write self.W -= learning_rate * dW.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W += learning_rate * dW"},
    ),
    _slip(
        "train-without-learning-rate",
        "The learning rate is missing from the update.",
        "Write self.W -= learning_rate * dW.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W -= dW"},
    ),
    _slip(
        "train-learning-rate-squared",
        "The learning rate enters the update twice.",
        "Write self.W -= learning_rate * dW, and change neither learning_rate nor dW before.",
        TRAINING,
        {"model.W -= learning_rate * dW": "dW = learning_rate * dW\nmodel.W -= learning_rate * dW"},
    ),
    _slip(
        "train-learning-rate-ignored",
        "The update uses a learning rate of its own, 1e-3, instead of the one that is given.",
        "Use the argument: self.W -= learning_rate * dW.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W -= 1e-3 * dW"},
    ),
    _slip(
        "train-learning-rate-decayed",
        "The learning rate shrinks from step to step; here it is the same in every step.",
        "Take the line out that changes learning_rate.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W -= learning_rate * dW\nlearning_rate *= 0.95"},
    ),
    _slip(
        "train-divided-by-batch-size",
        "The gradient is divided by batch_size in the update, though the loss function has taken the mean already.",
        "Write self.W -= learning_rate * dW.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W -= learning_rate * dW / batch_size"},
    ),
    _slip(
        "train-weight-decay-on-top",
        "The regularization is applied twice: the update shrinks W, though dW holds the regularization already.",
        "Write self.W -= learning_rate * dW, without a term of reg.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W -= learning_rate * (dW + 2 * reg * model.W)"},
    ),
    _slip(
        "train-w-never-updated",
        "W is never updated: after train it is what it was before.",
        "Add self.W -= learning_rate * dW to the loop. A copy of W that is changed instead does not help.",
        TRAINING,
        {"model.W -= learning_rate * dW": ""},
    ),
    _slip(
        "train-updated-once",
        "W is updated once, after the loop, instead of in every step.",
        "Indent self.W -= learning_rate * dW, so that it belongs to the loop.",
        TRAINING,
        {
            "model.W -= learning_rate * dW": "",
            "return history": "model.W -= learning_rate * dW\nreturn history",
        },
    ),
    _slip(
        "train-w-replaced",
        "W is replaced by the step instead of being moved by it.",
        "Write -= instead of =: self.W -= learning_rate * dW.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W = -learning_rate * dW"},
    ),
    _slip(
        "train-gradients-added-up",
        "The gradients of earlier steps are still in the update: they add up in a variable that outlives the step.",
        "Use the dW of this step alone.",
        TRAINING,
        {
            "history = []": "history, total = [], np.zeros_like(model.W)",
            "model.W -= learning_rate * dW": "total = total + dW\nmodel.W -= learning_rate * total",
        },
    ),
)
