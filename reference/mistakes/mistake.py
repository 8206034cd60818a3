"""A known mistake: its explanation for the student, and code that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

DataTerm: TypeAlias = Callable[
    [NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]], tuple[float, NDArray[np.float64]]
]

VALUE, GRADIENT, BOTH = ("value",), ("gradient",), ("value", "gradient")
INTERFACE, STABILITY, KINKS = ("interface",), ("stability",), ("kinks",)
TRAINING, SAMPLING, PREDICTION = ("training",), ("sampling",), ("prediction",)


@dataclass(frozen=True)
class Mistake:
    """One known mistake.

    Attributes:
        subject: where it is made: a loss, "train" or "predict"; "" if it can be made in any loss.
        code: the text of a function ``wrong`` that makes it. For a loss: (W, X, y, reg) -> (loss, dW), with delta = 1
            and the regularization reg*sum(W*W) where the mistake is not about these. For train: (model, X, y,
            learning_rate, reg, num_iters, batch_size) -> history; for predict: (model, X) -> labels; the model has W
            and loss(X, y, reg), and random numbers are NumPy's global ones. May raise, return nonsense, or change its
            arguments.
        id: unique, kebab-case.
        title: what is wrong, for the student.
        hint: what to do about it.
        checks: ids of the checks that are meant to catch it.
        exactness: relative difference up to which a student's numbers are recognized as those of this mistake.
        whole: whether it is about the whole answer, so that it cannot be one of two mistakes.
        data: the function ``data`` of ``code``, unless that defines it: (W, X, y) -> the mean loss and its gradient.
    """

    subject: str
    code: str
    id: str
    title: str
    hint: str
    checks: tuple[str, ...]
    exactness: float = 1e-9
    whole: bool = False
    data: DataTerm | None = None

    @cached_property
    def wrong(self) -> Callable[..., Any]:
        """The function that makes the mistake; it keeps its state between calls."""
        names: dict[str, Any] = {"np": np, "data": self.data}
        exec(compile(self.code, f"<{self.id}>", "exec"), names)  # noqa: S102
        made: Callable[..., Any] = names["wrong"]
        return made


def slip(
    subject: str,
    right: str,
    id: str,  # noqa: A002
    title: str,
    hint: str,
    checks: tuple[str, ...],
    edits: Mapping[str, str],
    *,
    exactness: float = 1e-9,
    whole: bool = False,
) -> Mistake:
    """A mistake made by editing right code; see `edited`."""
    return Mistake(subject, edited(right, edits), id, title, hint, checks, exactness, whole)


def edited(code: str, edits: Mapping[str, str]) -> str:
    """Replace parts of the code's lines, one after the other; a line of which nothing is left is removed.

    Further lines of a replacement are indented like the line that it is made in.

    Raises:
        ValueError: a part to be replaced is not in exactly one line.
    """
    lines = code.strip().split("\n")
    for old, new in edits.items():
        found = [k for k, line in enumerate(lines) if old in line]
        if len(found) != 1:
            raise ValueError(
                f"{old!r} is in {len(found)} lines of the code; it must be in exactly one:\n{code}"
            )
        line = lines[found[0]]
        indent = line[: len(line) - len(line.lstrip())]
        lines[found[0] : found[0] + 1] = line.replace(old, new.replace("\n", "\n" + indent)).split("\n")
    return "\n".join(line for line in lines if line.strip())
