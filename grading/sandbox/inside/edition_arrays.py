"""Arrays as an edition has them, and as the course has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from grading.protocol.wire import WireCalling


class Form:
    """Arrays as the student has them, "theirs", and as the course has them, "ours".

    Both are views of the same memory, so what a student does to an argument is seen; but for W, which lies in memory as
    the course's would.
    """

    def __init__(self, calling: WireCalling) -> None:
        self._turns_weights, self._turns_samples = calling.turned_weights, calling.turned_samples
        self._tensors = calling.tensors

    def their_weights(self, W: Any) -> Any:
        """W or dW for the student."""
        return self._theirs(np.ascontiguousarray(_turned(W)) if self._turns_weights else W)

    def see(self, W: Any, theirs: Any) -> None:
        """Let W have what has become of theirs."""
        if (
            self._turns_weights
            and theirs.T.shape == W.shape
            and not np.array_equal(theirs.T, W, equal_nan=True)
        ):
            W[...] = theirs.T

    def their_samples(self, X: Any) -> Any:
        """X for the student."""
        return self._theirs(_turned(X) if self._turns_samples else X)

    def their_labels(self, y: Any) -> Any:
        """Labels for the student; PyTorch takes those of a small type for truth values."""
        return self._theirs(np.asarray(y, np.int64)) if self._tensors else y

    def their_answer(self, answer: tuple[Any, Any]) -> tuple[Any, Any]:
        """A loss and dW for the student's train."""
        loss, dW = answer
        return self._theirs(np.array(loss)) if self._tensors else loss, self.their_weights(dW)

    def our_weights(self, value: Any) -> Any:
        """What the student has as W."""
        value = self.ours(value)
        return _turned(value) if self._turns_weights else value

    def our_samples(self, value: Any) -> Any:
        """What the student has as X."""
        value = self.ours(value)
        return _turned(value) if self._turns_samples else value

    def our_answer(self, result: Any) -> Any:
        """What a loss returns; anything but two things as it is."""
        if type(result) in (tuple, list) and len(result) == 2:
            return type(result)((self.our_number(result[0]), self.our_weights(result[1])))
        return self.ours(result)

    def our_number(self, value: Any) -> Any:
        """A tensor of one number as that number."""
        value = self.ours(value)
        return value.item() if self._tensors and isinstance(value, np.ndarray) and value.ndim == 0 else value

    def our_history(self, value: Any) -> Any:
        """A list of numbers, some of which may be tensors."""
        return list(map(self.our_number, value)) if type(value) in (tuple, list) else self.ours(value)

    def ours(self, value: Any) -> Any:
        """A tensor as an array; anything else as it is."""
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
