"""When a hand-in has been saved: by writing it in place, by renaming another file to its name, or any other way."""

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
"""Names, sizes, times and numbers of files: another one after every save; () while there is nothing."""


class Saves:
    """The saves of the hand-in at ``path``, a file or a folder, as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = state(path)

    @property
    def is_new(self) -> bool:
        """Whether it has been saved since `take`."""
        return state(self._path) != self._seen

    def take(self) -> State:
        """What is there now; it counts as seen."""
        self._seen = state(self._path)
        return self._seen

    def looks(self) -> Iterator[bool]:
        """For ever: whether there is something new, whenever it is worth a look, at least once a second."""
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
            yield self.is_new  # what was saved before one was watching
            try:
                for _ in told:
                    yield self.is_new
                    if self._folder() != watched:
                        break  # another folder of that name is there now, or none
            except OSError:
                # The system watches no more for this user: then one has to look.
                while self._folder() == watched:
                    time.sleep(_LOOK_AGAIN / 1000)
                    yield self.is_new

    def _folder(self) -> tuple[Path, tuple[int, int] | None]:
        """The folder to watch, and what tells it from another of its name; None if there is none."""
        # A file is watched through its folder: a save may put another file in its place.
        folder = self._path if self._path.is_dir() else self._path.parent
        try:
            found = folder.stat()
        except OSError:
            return folder, None
        return folder, (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


def state(path: Path) -> State:
    """The state of a hand-in, without reading it. Hidden files and links are not part of it."""
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
            continue  # gone in between, or not to be read
    return tuple(sorted(found))
