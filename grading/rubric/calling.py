"""The part of a rubric that says how students' functions and classes are called."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

#: "W", "0.0", "lr=learning_rate": a quantity or a constant, by position or by keyword.
ArgumentText = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z_]\w*\s*=\s*)?-?[\w.]+$")]

#: The quantities that can be passed to each kind of function.
QUANTITIES: dict[str, tuple[str, ...]] = {
    "loss": ("W", "X", "y", "reg", "scores", "probs"),
    "train": ("X", "y", "learning_rate", "reg", "num_iters", "batch_size", "verbose", "epochs", "W", "loss"),
    "network": ("X", "y", "signs", "reg"),
    "network_train": (),
    "network_predict": (),
    "predict": ("X",),
    "make": ("D", "C", "learning_rate", "reg", "num_iters", "batch_size"),
}
USUAL_ARGUMENTS = ("W", "X", "y", "reg")
USUAL_RETURNS = ("loss", "dW")
#: The quantities that a loss can return.
RETURNS = (USUAL_RETURNS, ("loss", "dscores"), ("probs",), ("loss",))
CONSTANTS = ("None", "True", "False")


class Calling(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How functions and classes are called, where that is not as in the course.

    Attributes:
        weights: the shape of W and dW: a column for each class, "DxC", or a row, "CxD".
        samples: the shape of X: a row for each sample, "NxD", or a column, "DxN".
        arrays: NumPy's, or tensors of PyTorch, which must be installed.
        make: the arguments with which a classifier is made.
        minimizes: the loss functions whose sum classifiers minimize, where they have no method for that.
    """

    weights: Literal["DxC", "CxD"] = "DxC"
    samples: Literal["NxD", "DxN"] = "NxD"
    arrays: Literal["numpy", "torch"] = "numpy"
    make: tuple[ArgumentText, ...] = ()
    minimizes: tuple[str, ...] = ()
