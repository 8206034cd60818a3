"""Determines which level of isolation this machine offers, by trying."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from grading import Closing
from grading.protocol.confinement import Setup
from grading.sandbox.inside.libraries import landlock_version
from grading.sandbox.limits import Limits
from grading.sandbox.walls import bubblewrap, users
from grading.sandbox.walls.launch import (
    Launcher,
    PlainLauncher,
    ZygoteLauncher,
    remove_scratch,
    scratch_folder,
)
from grading.sandbox.walls.levels import Isolation, IsolationError, LaunchError, Level
from grading.sandbox.walls.syscalls import SeccompUnavailableError, compiled_filter
from grading.sandbox.walls.view import View, view
from grading.sandbox.walls.zygote import Zygote

# Threads count too; BLAS and everything else get by with one.
_PROCESSES = 64


class ChosenLevel(msgspec.Struct, frozen=True):
    """The level at which student code will run, and why it is not better: one sentence for each way that failed."""

    launcher: Launcher
    isolation: Isolation
    problems: tuple[str, ...]


class _Way(msgspec.Struct, frozen=True):
    """One way to reach a level: what it consists of, and how to start it, with or without a process already started.

    ``walls`` are those of the process that it needs, if it can use one that has already been started.
    """

    level: Level
    made_of: str
    launch: Callable[[Zygote | None], Launcher]
    walls: Sequence[str] = ()


class LevelSearch(Closing):
    """A search that has started, for the best level that passes its self-test, or only for ``level``.

    The first process starts while the caller does something else. If the search is closed early, nothing is left over.

    Args:
        limits: caps on each process.
        level: None for the best.
        data: a folder with a data set, for processes that run notebooks with it.
        begun: a process that is starting and may fit; from here on, this object closes it.
    """

    def __init__(
        self,
        limits: Limits,
        level: Level | None = None,
        data: Path | None = None,
        begun: Zygote | None = None,
    ) -> None:
        self._limits, self._level = limits, level
        self._begun = begun
        self._problems: list[str] = []
        levels, seen = Level if level is None else (level,), view(data)
        self._ways = (way for each in levels for way in _ways(each, limits, seen, self._problems))
        self._tried = self._next()

    def finish(self) -> ChosenLevel:
        """Return the first level that passes; closing its launcher is up to the caller.

        Raises:
            IsolationError: nothing passed.
        """
        # Needs NumPy, and the process that is starting should not have to wait for that.
        from grading.sandbox import selftest

        while self._tried is not None:
            way, launcher = self._tried
            try:
                selftest.check(way.level, launcher, self._limits)
            except (LaunchError, selftest.SelfTestError) as error:
                launcher.close()
                self._note(way, error)
                self._tried = self._next()
            else:
                self._tried = None
                return ChosenLevel(launcher, Isolation(way.level, way.made_of), tuple(self._problems))
        wanted = "No level of isolation works"
        if self._level is not None:
            wanted = f"The isolation level {self._level} does not work"
        raise IsolationError(
            f"{wanted} on this machine. " + " ".join(f"({problem})" for problem in self._problems)
        )

    def close(self) -> None:
        """End what has been started."""
        if self._begun is not None:
            self._begun.close()
        if self._tried is not None:
            self._tried[1].close()
            self._tried = None

    def _next(self) -> tuple[_Way, Launcher] | None:
        """Return the next way that can be started."""
        for way in self._ways:
            try:
                return way, way.launch(self._fitting(way))
            except LaunchError as error:
                self._note(way, error)
        return None

    def _fitting(self, way: _Way) -> Zygote | None:
        """Return the process already started, if it is what the first way needs."""
        begun, self._begun = self._begun, None
        if begun is None or (way.walls and begun.walls == way.walls):
            return begun
        begun.close()
        return None

    def _note(self, way: _Way, error: Exception) -> None:
        place = f" ({way.walls[0]})" if way.walls else ""
        self._problems.append(f"{way.level}, by {way.made_of}{place}: {error}")


def _ways(level: Level, limits: Limits, seen: View, problems: list[str]) -> Iterator[_Way]:
    user = users.of_this_run()
    setup = Setup(limits.address_space_bytes, limits.cpu_seconds, _PROCESSES)
    setup.data = None if seen.data is None else str(seen.data)
    if level is Level.LIMITS_ONLY:
        setup.user, setup.roots = user, [str(root) for root in seen.roots]
        setup.user_is_shared = user is None
        made_of = "NOT isolated: resource limits and a process group only"
        yield _Way(
            level, made_of, lambda _: (_Scratched if sys.platform == "linux" else PlainLauncher)(setup)
        )
        return
    if sys.platform != "linux":
        problems.append(f"{level}: only Linux has what it is made of.")
        return
    try:
        setup.system_calls = compiled_filter()
    except SeccompUnavailableError as error:
        problems.append(f"{level}: {error}")
        return
    landlock = landlock_version()
    if landlock:
        setup.readable = [str(path) for path in seen.readable]
        setup.listable = [str(path) for path in seen.package_folders]
        setup.roots = [str(root) for root in seen.roots]
        setup.devices = [str(device) for device in seen.devices]
    common = f"Landlock {landlock}, seccomp, resource limits" if landlock else "seccomp, resource limits"
    if level is Level.FULL:
        yield from _with_namespaces(setup, seen, common, user, problems)
    elif landlock:
        setup.user, setup.user_is_shared = user, user is None
        yield _Way(level, common + (", a user of its own" if user else ""), lambda _: _Scratched(setup))
    else:
        problems.append(f"{level}: this kernel has no Landlock.")


def _with_namespaces(
    setup: Setup, seen: View, common: str, user: int | None, problems: list[str]
) -> Iterator[_Way]:
    setup.scratch = bubblewrap.SCRATCH
    found = False
    for binary in bubblewrap.binaries():
        found = True
        # Without its path: reports show this, and paths of this machine do not belong there.
        made_of = f"bubblewrap, {common}"
        if user is not None:
            setup.user = user
            walls = bubblewrap.command(binary, seen, user_namespace=False)
            launch = partial(ZygoteLauncher, walls, setup, None)
            yield _Way(Level.FULL, made_of + ", a user of its own", launch, walls)
            setup.user = None
        walls = bubblewrap.command(binary, seen, user_namespace=True)
        launch = partial(ZygoteLauncher, walls, setup, user)
        yield _Way(Level.FULL, made_of + ", a user namespace", launch, walls)
    if not found:
        problems.append("full: there is no bubblewrap.")


class _Scratched(ZygoteLauncher):
    """A zygote with a folder on disk for its workers to write in, for machines where no tmpfs can be mounted."""

    def __init__(self, setup: Setup) -> None:
        setup.scratch = self._folder = scratch_folder(setup.user, shared=True)
        try:
            super().__init__((), setup)
        except LaunchError:
            remove_scratch(self._folder)
            raise

    def close(self) -> None:
        """End the zygote and all its workers, and remove what they wrote."""
        super().close()
        remove_scratch(self._folder)
