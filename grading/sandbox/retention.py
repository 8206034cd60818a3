"""Limits how much of what one hand-in's process sends is kept."""

from __future__ import annotations

from grading.sandbox.messages import OPAQUE, Outcome, Received, Returned

_BYTES = 32 << 20
# Factor for a header's bytes: small values take more room once decoded.
_HEADER_FACTOR = 8


class Retention:
    """An allowance for outcomes, reduced by what arrives and raised by what is sent, as inputs may come back.

    A correct function answers with less than it is given. One that answers each of a thousand calls with the largest
    allowed reply would otherwise fill the grader's memory before any answer has been judged.
    """

    def __init__(self) -> None:
        self._left = _BYTES

    def kept(self, outcome: Outcome, header: int, payload: int, asked: int) -> Outcome:
        """Return ``outcome``, or only the fact that something came back.

        Args:
            outcome: of a step.
            header, payload: the number of bytes in which it arrived.
            asked: the size in bytes of the arrays that the step sent.
        """
        self._left += 2 * asked
        size = _HEADER_FACTOR * header + payload
        if size <= self._left:
            self._left -= size
            return outcome
        if isinstance(outcome, Returned):
            return Returned(Received(outcome.result.type_name, OPAQUE), (), outcome.bytecodes)
        return outcome
