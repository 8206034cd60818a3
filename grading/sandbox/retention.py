"""How much of what one hand-in's process sends is kept."""

from __future__ import annotations

from grading.sandbox.messages import OPAQUE, Outcome, Received, Returned

_BYTES = 32 << 20
# Of a header's bytes: small values take more room once they are read.
_READ = 8


class Retention:
    """An allowance for outcomes, used up by what comes and raised by what is asked: inputs may come back.

    A right function answers with less than it is asked by. One that answers each of a thousand calls with the largest
    reply that is allowed would otherwise fill the grader's memory before any answer has been judged.
    """

    def __init__(self) -> None:
        self._left = _BYTES

    def kept(self, outcome: Outcome, header: int, payload: int, asked: int) -> Outcome:
        """``outcome``, or the bare fact that something came back.

        Args:
            outcome: of a step.
            header, payload: the bytes that it came in.
            asked: bytes of the arrays that the step sent.
        """
        self._left += 2 * asked
        size = _READ * header + payload
        if size <= self._left:
            self._left -= size
            return outcome
        if isinstance(outcome, Returned):
            return Returned(Received(outcome.result.type_name, OPAQUE), (), outcome.bytecodes)
        return outcome
