"""The code that computes grades: ours, identified by its hash, and the libraries, by their versions."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from functools import cache
from pathlib import Path

from grading import ROOMS, SUITE

#: The libraries that compute grades, besides Python and NumPy, which are among the `SuiteFacts`: the name of each as
#: installed, and as imported.
_LIBRARIES = {"scikit-learn": "sklearn", "scipy": "scipy"}


@cache
def suite_hash() -> str:
    """A hash of this project's own sources, so that a grade never outlives the code that gave it."""
    digest = hashlib.sha256()
    walk = (each for room in ROOMS for each in os.walk(SUITE / room))
    for path in sorted(f"{above}/{name}" for above, _, names in walk for name in names):
        if path.endswith((".py", ".toml", ".bin")):
            # Four hundred files: `Path.read_bytes` takes half as long again.
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                content = file.read()
            # In an installed copy, the code differs only by this prefix in its imports.
            content = content.replace(b"subgrader.", b"")
            place = path.removeprefix(str(SUITE)).replace(os.sep, "/")
            digest.update(f"{place} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


@cache
def library_versions() -> dict[str, str]:
    """The versions of the libraries that compute grades, besides Python and NumPy."""
    return {name: _version(name, package) for name, package in _LIBRARIES.items()}


def _version(library: str, package: str) -> str:
    """Read the version from the folder name that installers give: `importlib.metadata` takes thirty times as long.

    The folder is beside the package. Other folders of `sys.path` may be the hand-in, and contain one of any name.
    """
    found = importlib.util.find_spec(package)
    beginning = f"{library.replace('-', '_')}-"
    for folder in (found and found.submodule_search_locations) or ():
        for name in os.listdir(Path(folder).parent):  # noqa: PTH208
            if name.startswith(beginning) and name.endswith((".dist-info", ".egg-info")):
                return name.removeprefix(beginning).rpartition(".")[0]
    return "none"
