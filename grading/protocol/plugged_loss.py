"""How a loss that takes the place of a student's own tells which batches it was called with: in its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")
"""What the train of a network returns."""


def add_batch(gradient: Any, X_batch: Any, y_batch: Any) -> None:
    """Add each sample to the column of its label; of what is no batch, nothing."""
    try:
        np.add.at(gradient.T, np.asarray(y_batch), np.asarray(X_batch))
    except (IndexError, TypeError, ValueError):
        return


def tell(gradients: Mapping[str, Any], X: Any, y: Any) -> None:
    """Add the sum of the samples to the gradient by the first weights, in each column, and the labels to the last."""
    first, *_, last = gradients.values()
    try:
        first += np.asarray(X).sum(axis=0)[:, None]
        add_batch(last[None], np.ones((len(y), 1)), y)
    except (IndexError, TypeError, ValueError):
        return
