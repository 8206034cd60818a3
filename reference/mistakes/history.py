"""Mistakes in what train returns, in the number of its steps, and in its calls of the loss."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import TRAINING, Mistake, slip
from reference.mistakes.right_code import TRAIN

_slip = partial(slip, "train", TRAIN)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "train-loss-after-update",
        "The loss is kept after the update: the one of the new W, not the one that belongs to the gradient.",
        "Append the loss that self.loss returned together with dW, and evaluate it once in each step.",
        TRAINING,
        {
            "model.W -= learning_rate * dW": "",
            "loss, dW = model.loss(X_batch, y_batch, reg)": (
                "_, dW = model.loss(X_batch, y_batch, reg)\n"
                "model.W -= learning_rate * dW\n"
                "loss, _ = model.loss(X_batch, y_batch, reg)"
            ),
        },
    ),
    _slip(
        "train-only-last-loss-kept",
        "The history holds the last loss only.",
        "Make the list before the loop, append to it inside, and return it after the loop.",
        TRAINING,
        {"history = []": "", "history.append(loss)": "", "return history": "return [loss]"},
    ),
    _slip(
        "train-returns-a-number",
        "The last loss is returned as a number; a list with the loss of every step is asked for.",
        "Return loss_history.",
        TRAINING,
        {"history = []": "", "history.append(loss)": "", "return history": "return loss"},
    ),
    _slip(
        "train-returns-two-histories",
        "Losses and gradients are returned; only the losses are asked for.",
        "End with return loss_history.",
        TRAINING,
        {
            "history = []": "history, gradients = [], []",
            "history.append(loss)": "history.append(loss)\ngradients.append(dW)",
            "return history": "return history, gradients",
        },
    ),
    _slip(
        "train-returns-w-too",
        "W is returned along with the losses; only the losses are asked for.",
        "End with return loss_history; W stays in self.W.",
        TRAINING,
        {"return history": "return model.W, history"},
    ),
    _slip(
        "train-returns-nothing",
        "The losses are not returned.",
        "End train with return loss_history, after the loop.",
        TRAINING,
        {"return history": "return"},
    ),
    _slip(
        "train-returns-in-first-step",
        "The return is inside the loop, so train ends after one step.",
        "Indent return loss_history as far as the for, not further.",
        TRAINING,
        {"model.W -= learning_rate * dW": "model.W -= learning_rate * dW\nreturn history"},
    ),
    _slip(
        "train-one-step-too-many",
        "There is one step too many.",
        "Write for it in range(num_iters).",
        TRAINING,
        {"range(num_iters)": "range(num_iters + 1)"},
    ),
    _slip(
        "train-one-step-too-few",
        "There is one step too few.",
        "Write for it in range(num_iters): it begins at 0.",
        TRAINING,
        {"range(num_iters)": "range(1, num_iters)"},
    ),
    _slip(
        "train-num-iters-are-epochs",
        "num_iters is taken for the number of passes over the data; it is the number of steps.",
        "Draw one batch and take one step for each of the num_iters iterations.",
        TRAINING,
        {"range(num_iters)": "range(num_iters * (X.shape[0] // batch_size))"},
    ),
    _slip(
        "train-loss-of-batch-averaged-again",
        "The losses in the history are divided by batch_size, though the loss function has taken the mean already.",
        "Append the loss as self.loss returns it.",
        TRAINING,
        {"append(loss)": "append(loss / batch_size)"},
    ),
    _slip(
        "train-regularization-in-history",
        "The regularization is added to the losses in the history, though self.loss has added it already.",
        "Append the loss as self.loss returns it.",
        TRAINING,
        {"append(loss)": "append(loss + reg * np.sum(model.W * model.W))"},
    ),
    _slip(
        "train-reg-not-passed",
        "The loss is evaluated with reg = 0 instead of the reg that train is given.",
        "Pass it on: self.loss(X_batch, y_batch, reg).",
        TRAINING,
        {"y_batch, reg)": "y_batch, 0.0)"},
    ),
    _slip(
        "train-reg-doubled",
        "The loss is evaluated with twice the reg that train is given.",
        "Pass it on as it is: self.loss(X_batch, y_batch, reg).",
        TRAINING,
        {"y_batch, reg)": "y_batch, 2 * reg)"},
    ),
)
