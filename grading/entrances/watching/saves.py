"""Notices when a hand-in is saved: in place, by renaming another file to its name, or in any other way."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

_WRITES_TOGETHER = 50  # milliseconds without another change, after which a save is over
_LOOK_AGAIN = 1000  # milliseconds after which we look anyway: network folders report no changes
_MOST_ENTRIES = 3000  # files and folders

State = tuple[tuple[str, int, int, int], ...]
"""Names, sizes, times and inode numbers of files: different after every save; () while there is nothing."""


class Saves:
    """The saves of the hand-in at ``path``, a file or a folder, as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = state(path)

    @property
    def is_new(self) -> bool:
        """Whether it has been saved since the last `take`."""
        return state(self._path) != self._seen

    def take(self) -> State:
        """Return the current state, which then counts as seen."""
        self._seen = state(self._path)
        return self._seen

    def looks(self) -> Iterator[bool]:
        """Yield forever whether there is something new, whenever a look is worthwhile, at least once a second."""
        from watchfiles import watch

        while True:
            watched = folder, identity = self._folder()
            if identity is None:
                time.sleep(_LOOK_AGAIN / 1000)
                yield self.is_new
                continue
            told = watch(
                folder,
                watch_filter=None,
                step=_WRITES_TOGETHER,
                rust_timeout=_LOOK_AGAIN,
                yield_on_timeout=True,
                recursive=folder == self._path,
                ignore_permission_denied=True,
            )
            yield self.is_new  # saved before watching started
            try:
                for _ in told:
                    yield self.is_new
                    if self._folder() != watched:
                        break  # the folder of that name is now another one, or gone
            except OSError:
                # The system allows this user no more watches, so look regularly.
                while self._folder() == watched:
                    time.sleep(_LOOK_AGAIN / 1000)
                    yield self.is_new

    def _folder(self) -> tuple[Path, tuple[int, int] | None]:
        """Return the folder to watch, and what distinguishes it from others of its name; None if there is none."""
        # A file is watched through its folder, because a save may replace it with another file.
        folder = self._path if self._path.is_dir() else self._path.parent
        try:
            found = folder.stat()
        except OSError:
            return folder, None
        return folder, (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


def state(path: Path) -> State:
    """Return the state of a hand-in, without reading it. Hidden files and links are not part of it."""
    found: list[tuple[str, int, int, int]] = []
    pending = [str(path)]
    looked_at = 0
    while pending and looked_at < _MOST_ENTRIES:
        looked_at += 1
        name = pending.pop()
        try:
            known = Path(name).stat()
            if stat.S_ISDIR(known.st_mode):
                with os.scandir(name) as entries:
                    pending += [
                        each.path
                        for each in entries
                        if not each.name.startswith((".", "__pycache__")) and not each.is_symlink()
                    ]
            else:
                found.append((name, known.st_size, known.st_mtime_ns, known.st_ino))
        except OSError:
            continue  # gone in the meantime, or unreadable
    return tuple(sorted(found))
