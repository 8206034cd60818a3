"""What a worker needs of the process of a submission, whether that is one of ours or a student's own kernel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from grading.sandbox.channel import Output
from grading.sandbox.messages import Loaded, Lost, Outcome, Step
from grading.sandbox.pairs import Pairs
from grading.sandbox.walls.launch import End


class LossError(Exception):
    """The process is gone; ``lost`` says why."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.detail)
        self.lost = lost


class AnySession(Protocol):
    """What a worker needs of the process of one submission; `Session` says what each part is for."""

    loaded: Loaded
    output: Output
    called: set[str]
    overhead: float

    @property
    def running(self) -> bool:
        """Whether it takes steps."""
        ...

    @property
    def processor_seconds(self) -> float | None:
        """Processor time of the process so far, measured from outside; None if it cannot be measured."""
        ...

    def drain(self) -> None:
        """Take what has been printed so far."""
        ...

    def start(self) -> None:
        """Get ready to take steps."""
        ...

    def exchange(
        self, steps: Sequence[Step], seconds: float, end: float, reply_bytes: int | None
    ) -> Iterator[Outcome]:
        """Take ``steps``, and give their outcomes as they come."""
        ...

    def exchange_together(
        self, steps: Sequence[Step], end: float, reply_bytes: int | None
    ) -> Iterator[Outcome]:
        """Take ``steps``, quickly; or none of them."""
        ...

    def exchange_pairs(self, function: str, pairs: Pairs, end: float) -> None:
        """Call ``function`` on all that ``pairs`` asks, quickly; or on nothing."""
        ...

    def stop(self, wait: bool = False) -> End:
        """Take no more steps."""
        ...
