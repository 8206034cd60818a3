"""A progress bar on standard error for what takes longer than two seconds; nothing if that is not a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Progress:
    """Steps done of steps to do, used in ``with``.

    Args:
        what: what is counted, one or two words.
        total: how many there are, None if that is not known yet.
        of_bytes: they are bytes.
    """

    def __init__(self, what: str, total: int | None, *, of_bytes: bool = False) -> None:
        # Imported here: `grader.py --help` does without.
        from rich import progress
        from rich.console import Console

        console = Console(stderr=True)
        count = (
            (progress.DownloadColumn(), progress.TransferSpeedColumn())
            if of_bytes
            else (progress.MofNCompleteColumn(),)
        )
        self._bar = progress.Progress(
            progress.TextColumn(what),
            progress.BarColumn(),
            *count,
            progress.TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total)

    def step(self) -> None:
        """One more is done."""
        self._bar.advance(self._task)

    def at(self, done: int, total: int | None) -> None:
        """So many are done, of so many if that is known."""
        self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
