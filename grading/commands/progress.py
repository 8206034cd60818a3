"""A progress bar on standard error for whatever takes longer than two seconds; nothing if that is not a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial


@contextmanager
def progress(what: str, total: int | None, *, of_bytes: bool = False) -> Iterator[Callable[..., None]]:
    """Show the steps done and to do; yields a function that updates them, like `rich.progress.Progress.update`.

    Args:
        what: what is counted, one or two words.
        total: how many there are; None if that is not known yet.
        of_bytes: whether bytes are counted.
    """
    # Imported here because `grader.py --help` does not need it.
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
