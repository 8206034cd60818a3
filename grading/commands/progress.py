"""A progress bar on standard error for what takes longer than two seconds; nothing if that is not a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial


@contextmanager
def progress(what: str, total: int | None, *, of_bytes: bool = False) -> Iterator[Callable[..., None]]:
    """Show steps done of steps to do; what comes with it updates them, as `rich.progress.Progress.update`.

    Args:
        what: what is counted, one or two words.
        total: how many there are, None if that is not known yet.
        of_bytes: they are bytes.
    """
    # Imported here: `grader.py --help` does without.
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    count = (
        (progress.DownloadColumn(), progress.TransferSpeedColumn())
        if of_bytes
        else (progress.MofNCompleteColumn(),)
    )
    with progress.Progress(
        progress.TextColumn(what),
        progress.BarColumn(),
        *count,
        progress.TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        yield partial(bar.update, bar.add_task(what, total=total))
