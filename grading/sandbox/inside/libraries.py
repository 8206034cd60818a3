"""Imports libraries without what they would do at length for nobody: asking ldconfig for names, compiling Fortran."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

#: The C library is in every process: what is not found is looked for in the program itself.
_NAMES = {"seccomp": "libseccomp.so.2"}
#: SciPy imports all of NumPy's packages, which takes longer than everything that it needs.
_LATER = ("numpy.f2py", "numpy.ma", "numpy.testing", "unittest")


@contextlib.contextmanager
def found_by_name() -> Iterator[None]:
    """Replace `ctypes.util`, which imports ten modules and whose search starts two processes for each library."""
    before = sys.modules.get("ctypes.util")
    stand_in = ModuleType("ctypes.util")
    stand_in.__dict__["find_library"] = _NAMES.get
    sys.modules["ctypes.util"] = ctypes.__dict__["util"] = stand_in
    try:
        yield
    finally:
        if before is None:
            del sys.modules["ctypes.util"], ctypes.__dict__["util"]
        else:
            sys.modules["ctypes.util"] = ctypes.__dict__["util"] = before


def landlock_version() -> int:
    """The version of Landlock in this kernel; 0 if there is none. Its binding has the C library from then on."""
    # Its helpers for tests import half as much again.
    sys.modules.setdefault("landlockpy.testing", ModuleType("landlockpy.testing"))
    with found_by_name():
        try:
            import landlockpy
        except ImportError:
            return 0
        return landlockpy.abi_version()


def import_long(module: str) -> None:
    """Import a module of SciPy; what it hardly ever needs is imported when it is used.

    Raises:
        ImportError: it cannot be imported.
    """
    for name in _LATER:
        spec = None if name in sys.modules else importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        spec.loader = importlib.util.LazyLoader(spec.loader)
        later = importlib.util.module_from_spec(spec)
        sys.modules[name] = later
        spec.loader.exec_module(later)
        package, _, own_name = name.rpartition(".")
        if package:
            setattr(sys.modules[package], own_name, later)
    importlib.import_module(module)
