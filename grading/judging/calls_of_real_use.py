"""The calls that real use consists of: their sizes, numbers, types and memory layouts, drawn from a hand-in's bytes.

Entries are small dyadic numbers, so that scores and margins are exact, even in float32: only the last steps are
rounded, and a margin that is not 0 is not near 0.
"""

from __future__ import annotations

import hashlib
import random
from functools import cached_property, lru_cache

import msgspec
import numpy as np
from msgspec.structs import replace

from grading.protocol.packing import repeated
from grading.sandbox.messages import Repeated
from grading.words import later, say
from reference.problem import Problem

# A right function may compute in the type of its arguments. u is 2**29 times larger in float32, and NumPy's exp and log
# are off by up to 8 u there; everything else in the bounds grows in proportion to u at these sizes.
_ROOM_OF_FLOAT32 = 2.0**31
_QUARTERS = tuple(sign * k / 4 for sign in (-1, 1) for k in range(1, 9))
# 1 + 3 * delta / k is never 0 for dyadic numbers, so no margin is.
_OFF_KINKS = 3.0
_SEVERAL = 64  # from this many features on, weights are scaled down to keep exp of the scores finite
_GROWN = 4.0  # how many times larger these are after training, so that few scores are within 1 of each other
_MISTAKEN = 8  # one sample in so many is then still taken for another class
_MOST_SAMPLES, _MOST_CLASSES = 500, 32  # that right code must accept
_KEPT = 8


class Use(msgspec.Struct, frozen=True, eq=False, dict=True):
    """One call: the sizes, the numbers that are repeated to fill the arrays, and how these are passed.

    Attributes:
        sizes: N samples, D features, C classes.
        weights, data: the entries of W and X, in C order, repeated.
        labels: the entries of y, modulo C, repeated.
        reg: regularization strength.
        floats: the type of W and X.
        layout: the arrays' memory layout, as `Call.layout`.
    """

    sizes: tuple[int, int, int]
    weights: tuple[float, ...]
    data: tuple[float, ...]
    labels: tuple[int, ...]
    reg: float = 0.5
    floats: tuple[str, str] = ("float64", "float64")
    layout: str = ""

    @cached_property
    def problem(self) -> Problem:
        """The call as a problem, in float64 and C order."""
        n, d, c = self.sizes
        W, X = repeated(np.array(self.weights), (d, c)), repeated(np.array(self.data), (n, d))
        return Problem(W, X, repeated(np.array(self.labels, np.int64) % c, (n,)), self.reg)

    @property
    def room(self) -> float:
        """The factor by which the bounds for float64 are too small for a right answer."""
        return _ROOM_OF_FLOAT32 if "float32" in self.floats else 1.0

    @property
    def is_the_courses(self) -> bool:
        """Whether the course's own notebooks may call a function like this."""
        n, _, c = self.sizes
        return not self.layout and "float32" not in self.floats and n <= _MOST_SAMPLES and c <= _MOST_CLASSES

    @property
    def arguments(self) -> tuple[object, ...]:
        """W, X, y and reg, in C order; W and X are of the types given by ``floats``."""
        (n, d, c), (of_W, of_X) = self.sizes, self.floats
        return (
            Repeated(np.array(self.weights, of_W), (d, c)),
            Repeated(np.array(self.data, of_X), (n, d)),
            Repeated(np.array(self.labels, np.int64) % c, (n,)),
            self.reg,
        )

    def as_python(self, name: str) -> str:
        """Code to paste that makes the call."""
        n, d, c = self.sizes
        of_W, of_X = ("" if kind == "float64" else f".astype(np.{kind})" for kind in self.floats)
        lines = [
            "import numpy as np",
            f"W = np.resize({list(self.weights)}, ({d}, {c})){of_W}",
            f"X = np.resize({list(self.data)}, ({n}, {d})){of_X}",
            f"y = np.resize({list(self.labels)}, {n}) % {c}",
            *_LAYING[self.layout],
            f"loss, dW = {name}(W, X, y, {self.reg!r})",
        ]
        return "\n".join(lines) + "\n"

    @property
    def what(self) -> str:
        """What is special about it, to follow "wrong for"."""
        if self.layout:
            return say(_LAYOUTS[self.layout])
        if "float32" in self.floats:
            return say("arrays of type float32")
        n, d, c = self.sizes
        return say("N = {n}, D = {d}, C = {c} and reg = {reg:g}", n=n, d=d, c=c, reg=self.reg)


_LAYOUTS = {
    "fortran": later("arrays in Fortran order (column by column in memory)"),
    "strided": later("arrays that are every second entry of larger ones (views)"),
    "reversed": later("arrays that are read backwards (views)"),
    "read-only": later("arrays that must not be written to"),
}
_LAYING: dict[str, list[str]] = {
    "": [],
    "fortran": ["W, X = np.asfortranarray(W), np.asfortranarray(X)"],
    "strided": [
        "W, X = (a.repeat(2, axis=0).repeat(2, axis=1)[::2, ::2] for a in (W, X))",
        "y = y.repeat(2)[::2]",
    ],
    "reversed": [
        "W, X = (a[::-1, ::-1].copy()[::-1, ::-1] for a in (W, X))",
        "y = y[::-1].copy()[::-1]",
    ],
    "read-only": ["for a in (W, X, y): a.flags.writeable = False"],
}


@lru_cache(maxsize=_KEPT)
def uses(digest: bytes) -> tuple[Use, ...]:
    """The calls that every loss function of a hand-in with this hash gets.

    A loop in Python takes time for each sample, class and feature, so only one of the three is at its largest.
    """
    draw = _Draw(b"real use" + digest)
    between, size = draw.between, draw.few()
    return (
        # All sizes large at once, as in the course: no single large size shows what is wrong only there.
        draw.learned(between(101, 105), between(101, 105), 6),
        # Between these sizes and the exam's.
        draw.use(between(11, 14), between(2, 5), between(6, 9)),
        draw.use(between(21, 39), between(7, 29), between(2, 4)),
        # One size large. The course's notebooks call the naive functions with 500 samples, before any training: what
        # counts positive margins in a byte must not pass.
        draw.use(between(451, _MOST_SAMPLES), between(2, 4), 3),
        draw.use(between(4, 6), between(161, 600), 3),
        draw.use(2, between(601, 3073), 2),
        draw.use(between(4, 6), between(2, 4), between(13, 30)),
        draw.use(2, between(2, 4), between(_MOST_CLASSES + 1, 48)),
        # The same size for all: something else is special about these. Large pictures go with small weights.
        draw.use(*size, 2.0 ** between(3, 7), reg=float(between(11, 50_000))),
        draw.use(*size, 2.0 ** -between(3, 7), reg=2.0 ** -between(5, 18)),
        draw.use(*size, floats=("float32", "float32")),
        draw.use(*size, floats=("float64", "float32")),
        *(draw.use(*size, layout=layout) for layout in _LAYOUTS),
    )


@lru_cache(maxsize=_KEPT)
def larger_uses(digest: bytes) -> tuple[Use, ...]:
    """Additional calls for vectorized functions."""
    draw = _Draw(b"larger" + digest)
    between = draw.between
    return (
        draw.use(between(257, 300), between(101, 120), between(6, 8)),
        draw.use(between(11, 14), between(1001, 3073), between(6, 8)),
        draw.use(between(_MOST_SAMPLES + 1, 600), between(2, 4), between(3, 5)),
        draw.use(between(41, 60), between(5, 48), between(_MOST_CLASSES + 1, 48)),
    )


class _Draw:
    """Draws sizes and numbers that depend only on the given bytes."""

    def __init__(self, seed: bytes) -> None:
        self._generator = random.Random(int.from_bytes(hashlib.sha256(seed).digest()))
        self.between = self._generator.randint

    def few(self) -> tuple[int, int, int]:
        """Small sizes."""
        return self.between(3, 6), self.between(2, 5), self.between(3, 5)

    def use(self, n: int, d: int, c: int, scale: float = 1.0, **others: object) -> Use:
        """A call, with the entries of X multiplied and those of W divided by ``scale``."""
        # No whole number of periods in a row, so that rows differ.
        weights = self._entries(_period(c, 13, 17), (2.0**-5 if d > _SEVERAL else 1.0) / scale)
        data = self._entries(_period(d, 11, 19, 23), _OFF_KINKS * scale)
        labels = tuple(self._generator.randrange(c) for _ in range(7))
        return replace(Use((n, d, c), weights, data, labels), **others)

    def learned(self, n: int, d: int, c: int) -> Use:
        """A call as after training: the score of the label is mostly the largest, and most margins are negative.

        A loop over classes takes several times as long for a positive margin.
        """
        begun = self.use(n, d, c)
        begun = replace(begun, weights=tuple([_GROWN * weight for weight in begun.weights]))
        # All rows of X, twice, so that a row may have different labels.
        rows = replace(begun, sizes=(2 * len(begun.data), d, c)).problem
        labels = (rows.X @ rows.W).argmax(axis=1).tolist()
        for k in range(0, len(labels), _MISTAKEN):
            labels[k] = (labels[k] + self.between(1, c - 1)) % c
        return replace(begun, labels=tuple(labels))

    def _entries(self, count: int, scale: float) -> tuple[float, ...]:
        """Multiples of a quarter up to 2, not all of one sign, times ``scale``."""
        drawn = self._generator.getrandbits(4 * count)
        return tuple([scale * _QUARTERS[drawn >> 4 * k & 15] for k in range(count)])


def _period(row: int, *counts: int) -> int:
    """How many numbers, of ``counts``, are repeated to fill rows of so many."""
    return next(count for count in counts if row % count)
