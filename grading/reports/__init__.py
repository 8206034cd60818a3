"""Reports: one `Grade`, many forms. A new form is one module here with a `Writer`, and one entry in `WRITERS`."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from grading.grade import Grade
from grading.reports.json_report import JsonReport
from grading.reports.markdown_report import MarkdownReport


class Writer(Protocol):
    """A form that a grade can be written in."""

    file_name: str

    def render(self, grade: Grade) -> bytes:
        """The whole file."""
        ...


WRITERS: dict[str, Writer] = {"json": JsonReport(), "md": MarkdownReport()}


def write_reports(grade: Grade, out: Path, formats: Iterable[str]) -> Path:
    """Write a grade's reports into ``out/<name>/`` and return that folder.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = out / grade.submission.name
    folder.mkdir(parents=True, exist_ok=True)
    for name in formats:
        writer = WRITERS[name]
        write_whole(folder / writer.file_name, writer.render(grade))
    return folder


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all: a temporary neighbour, then a rename.

    A file that is already as it should be is left alone.

    Raises:
        OSError: the file cannot be written.
    """
    with contextlib.suppress(OSError):
        if path.read_bytes() == content:
            return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner may read; a report is as readable as its folder allows.
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
