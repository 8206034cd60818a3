"""Converts arrays between an edition's form and the course's."""

from __future__ import annotations

from typing import Any

import numpy as np

from grading.protocol.wire import WireCalling


class Form:
    """Converts between arrays in the student's form, "theirs", and in the course's form, "ours".

    Both are views of the same memory, so that changes to an argument are noticed; except for W, whose memory layout is
    always the course's.
    """

    def __init__(self, calling: WireCalling) -> None:
        self._turns_weights, self._turns_samples = calling.turned_weights, calling.turned_samples
        self._tensors = calling.tensors

    def their_weights(self, W: Any) -> Any:
        """Return W or dW in the student's form."""
        return self._theirs(np.ascontiguousarray(_turned(W)) if self._turns_weights else W)

    def see(self, W: Any, theirs: Any) -> None:
        """Copy to W what the student's code has changed in theirs."""
        if (
            self._turns_weights
            and theirs.T.shape == W.shape
            and not np.array_equal(theirs.T, W, equal_nan=True)
        ):
            W[...] = theirs.T

    def their_samples(self, X: Any) -> Any:
        """Return X in the student's form."""
        return self._theirs(_turned(X) if self._turns_samples else X)

    def their_labels(self, y: Any) -> Any:
        """Return labels in the student's form; PyTorch takes those of a small type for booleans."""
        return self._theirs(np.asarray(y, np.int64)) if self._tensors else y

    def their_answer(self, answer: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return a loss and dW in the form for the student's train."""
        loss, dW = answer
        return self._theirs(np.array(loss)) if self._tensors else loss, self.their_weights(dW)

    def our_weights(self, value: Any) -> Any:
        """Return the student's W in our form."""
        value = self.ours(value)
        return _turned(value) if self._turns_weights else value

    def our_samples(self, value: Any) -> Any:
        """Return the student's X in our form."""
        value = self.ours(value)
        return _turned(value) if self._turns_samples else value

    def our_answer(self, result: Any) -> Any:
        """Return a loss's result in our form; anything but two things is returned unchanged."""
        if type(result) in (tuple, list) and len(result) == 2:
            return type(result)((self.our_number(result[0]), self.our_weights(result[1])))
        return self.ours(result)

    def our_number(self, value: Any) -> Any:
        """Return a one-number tensor as a number."""
        value = self.ours(value)
        return value.item() if self._tensors and isinstance(value, np.ndarray) and value.ndim == 0 else value

    def our_history(self, value: Any) -> Any:
        """Return a list of numbers, some of which may be tensors, as numbers."""
        return list(map(self.our_number, value)) if type(value) in (tuple, list) else self.ours(value)

    def ours(self, value: Any) -> Any:
        """Return a tensor as an array; anything else unchanged."""
        if not self._tensors or isinstance(value, np.ndarray):
            return value
        import torch

        return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value

    def _theirs(self, array: Any) -> Any:
        if not self._tensors or not isinstance(array, np.ndarray):
            return array
        import torch

        return torch.from_numpy(array)


def _turned(array: Any) -> Any:
    return array.T if isinstance(array, np.ndarray) and array.ndim == 2 else array
