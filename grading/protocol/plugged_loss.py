"""Encodes in a stand-in loss's gradients which batches it was called with, so that the student's W reveals them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")
"""The return value of a network's train."""


def add_batch(gradient: Any, X_batch: Any, y_batch: Any) -> None:
    """Add each sample to the column of its label; add nothing if this is not a batch."""
    try:
        np.add.at(gradient.T, np.asarray(y_batch), np.asarray(X_batch))
    except (IndexError, TypeError, ValueError):
        return


def tell(gradients: Mapping[str, Any], X: Any, y: Any) -> None:
    """Add the sum of the samples to each column of the first weights' gradient, and the labels to the last gradient."""
    first, *_, last = gradients.values()
    try:
        first += np.asarray(X).sum(axis=0)[:, None]
        add_batch(last[None], np.ones((len(y), 1)), y)
    except (IndexError, TypeError, ValueError):
        return
