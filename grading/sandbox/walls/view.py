"""Selects the part of the file system that student code may see: Python, the standard library, and a few packages.

Everything else is absent (in a mount namespace) or unreadable (under Landlock): the project, the data sets in packages,
home folders, other submissions.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from grading import HOME, PREFIX, SUITE

_GRADING = SUITE / "grading"
PROJECT = HOME

#: Packages needed on the worker's side, then those that student code may use if they are installed. None that contains
#: labelled pictures: scikit-learn would give every answer away.
PACKAGES = (
    *("numpy", "msgspec", "landlockpy", "scipy"),
    *("matplotlib", "mpl_toolkits", "contourpy", "cycler", "fontTools", "kiwisolver"),
    *("packaging", "pyparsing", "PIL", "pandas", "dateutil", "pytz", "tzdata", "six"),
    # For the editions that need it; in others, nobody's import reaches it.
    *("torch", "torchgen", "typing_extensions"),
)

#: Packages additionally needed for running notebooks: IPython's shell and what it imports. No kernel, no sockets.
NOTEBOOK_PACKAGES = (
    *("IPython", "traitlets", "matplotlib_inline", "pygments", "ipython_pygments_lexers", "decorator"),
    *("stack_data", "executing", "asttokens", "pure_eval", "pexpect", "ptyprocess", "typing_extensions"),
)

_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


class View(msgspec.Struct, frozen=True):
    """Paths on this machine.

    Attributes:
        executable: the Python that runs us, with the links of a virtual environment resolved.
        python: the standard library and shared libraries; may contain ``hidden`` folders.
        hidden: folders of installed packages within ``python``, which appear empty.
        packages: each permitted package, with the shared libraries that its wheel includes.
        devices: the harmless ones.
        data: a data set that notebooks may read; None if no notebooks are run.
    """

    executable: Path
    python: tuple[Path, ...]
    hidden: tuple[Path, ...]
    packages: tuple[Path, ...]
    devices: tuple[Path, ...]
    data: Path | None = None

    @property
    def readable(self) -> tuple[Path, ...]:
        """Everything that may be read, split so that it includes nothing hidden."""
        split = [path for root in self.python for path in _without(root, self.hidden)]
        return (self.executable, *split, *self.packages, *self._data)

    @property
    def roots(self) -> tuple[Path, ...]:
        """A few paths that contain everything readable."""
        return (self.executable, *self.python, *self.package_folders, *self._data)

    @property
    def package_folders(self) -> tuple[Path, ...]:
        """The folders that contain ``packages``, as they go on ``sys.path``."""
        return tuple(dict.fromkeys(package.parent for package in self.packages))

    @property
    def _data(self) -> tuple[Path, ...]:
        return () if self.data is None else (self.data,)


def view(data: Path | None = None) -> View:
    """Return what student code may see on this machine; with ``data``, what its notebooks may see."""
    return _view(data)


@functools.cache
def _view(data: Path | None) -> View:
    executable = Path(sys.executable).resolve()
    compiled = (Path(folder).resolve() for folder in sys.path if folder.endswith("lib-dynload"))
    standard = {Path(os.__file__).resolve().parent, *compiled}
    libraries = _shared_library_folders(standard)
    names = PACKAGES if data is None else (*PACKAGES, *NOTEBOOK_PACKAGES)
    packages = [path for name in names for path in _package(name)]
    if data is not None:
        packages += _description("matplotlib-inline")
    roots = sorted(standard | libraries)
    hidden = {folder for root in roots for folder in _package_folders(root)}
    cache = Path("/etc/ld.so.cache")
    python = (*_outermost(roots), *((cache,) if cache.exists() else ()))
    devices = tuple(Path(device) for device in _DEVICES if Path(device).exists())
    return View(executable, python, tuple(sorted(hidden)), tuple(packages), devices, data)


def _package_folders(root: Path) -> list[Path]:
    """Find where packages are installed in ``root``, or in the folder of a Python there."""
    # By name first: a folder of shared libraries has thousands of entries, and checking the type of each takes long.
    pythons = [root / name for name in os.listdir(root) if name.startswith("python3")]  # noqa: PTH208
    folders = [above / name for above in (root, *pythons) for name in ("site-packages", "dist-packages")]
    return [folder for folder in folders if folder.is_dir()]


def worker_side() -> tuple[Path, ...]:
    """Return the project's files and folders that make up the worker's side.

    Whole folders, because Python keeps compiled code there.
    """
    topmost = [SUITE / "__init__.py"] if PREFIX else []
    packages = (_GRADING / "__init__.py", _GRADING / "sandbox" / "__init__.py")
    return (*topmost, *packages, _GRADING / "protocol", _GRADING / "sandbox" / "inside")


@functools.cache
def _package(name: str) -> list[Path]:
    spec = importlib.util.find_spec(name)
    if spec is None:
        return []
    locations = list(spec.submodule_search_locations or ([spec.origin] if spec.origin else []))
    paths = [Path(location).resolve() for location in locations]
    # Wheels keep their shared libraries in a folder beside the package; pillow's has another name than its package.
    names = {"PIL": "pillow"}.get(name, name)
    return paths + [lib for path in paths if (lib := path.parent / f"{names}.libs").is_dir()]


def _description(distribution: str) -> list[Path]:
    """Find the folder with an installed package's entry points, by which matplotlib finds IPython's backend."""
    # Takes longer to import than everything else here, and is needed only for notebooks.
    from importlib import metadata

    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return []
    return sorted({Path(str(file.locate())).resolve().parent for file in files if file.name == "METADATA"})


def _shared_library_folders(standard: set[Path]) -> set[Path]:
    """Find the folders of the shared libraries that this very process uses, and of the loader that starts it."""
    folders = {Path("/lib64").resolve()} if Path("/lib64").exists() else set()
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError:
        return folders
    # Each library is mapped in several pieces.
    mapped = map(Path, {line.split(maxsplit=5)[5] for line in maps.splitlines() if ".so" in line})
    known = {*standard, *(path.parent for path in _package("numpy"))}
    return folders | {
        path.parent
        for path in mapped
        if path.is_absolute()
        and not is_within(path, known)
        and not {"site-packages", "dist-packages"} & set(path.parts)
    }


def is_within(path: Path, folders: Collection[Path]) -> bool:
    """Whether ``path`` is one of ``folders`` or in one; for many folders faster than `Path.is_relative_to` for each."""
    return path in folders or any(above in folders for above in path.parents)


def _outermost(folders: list[Path]) -> list[Path]:
    return [folder for folder in folders if not any(above in folders for above in folder.parents)]


def _without(root: Path, hidden: tuple[Path, ...]) -> Iterator[Path]:
    """Yield ``root`` or, if it contains anything hidden, the rest of its contents."""
    split = {above for folder in hidden for above in folder.parents}
    left = [root]
    while left:
        path = left.pop()
        if path in hidden:
            continue
        if path in split:
            # Names, because paths take long to compare.
            left += [path / name for name in sorted(os.listdir(path), reverse=True)]  # noqa: PTH208
        else:
            yield path


def parents(paths: list[Path]) -> list[Path]:
    """Return all folders above ``paths``, outermost first, without the root."""
    above = {parent for path in paths for parent in path.parents}
    return sorted(
        (path for path in above if path != Path("/")), key=lambda path: (len(path.parts), os.fspath(path))
    )
