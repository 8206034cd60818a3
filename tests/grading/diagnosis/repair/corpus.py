"""Some 250 wrong functions, made from right ones by slips that were written down before any edit was thought of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES
from tests.grading.diagnosis.repair import slips_softmax, slips_svm


@dataclass(frozen=True)
class Slip:
    """A wrong function.

    Attributes:
        name: unique.
        loss: what it should compute: "svm" or "softmax".
        code: the text, in which the function is called ``loss``.
        vectorized: whether its style is.
        named: the lines of ``code``, from 1, any of which a person would point at.
    """

    name: str
    loss: str
    code: str
    vectorized: bool
    named: frozenset[int]


def slips() -> Iterator[Slip]:
    """All of them, in a fixed order."""
    for loss, styles, written in (
        ("svm", SVM_STYLES, slips_svm.SLIPS),
        ("softmax", SOFTMAX_STYLES, slips_softmax.SLIPS),
    ):
        for number, (style, was, now, *named) in enumerate(written):
            right, vectorized = styles[style]
            if right.count(was) != 1:
                raise ValueError(f"{loss} {style}: {was!r} occurs {right.count(was)} times")
            code = right.replace(was, now)
            first = right[: right.index(was)].count("\n") + 1
            lines = frozenset(range(first, first + max(now.rstrip("\n").count("\n"), 0) + 1))
            if named:
                lines = frozenset(
                    k for k, line in enumerate(code.split("\n"), 1) if any(text in line for text in named)
                )
            yield Slip(f"{loss}-{style}-{number}", loss, code, vectorized, lines)
