"""Lets bindings find their C libraries by names that the loader knows, where Python would ask ldconfig, gcc and ld."""

from __future__ import annotations

import contextlib
import ctypes.util
from collections.abc import Iterator

#: The C library is in every process: what is not found is looked for in the program itself.
_NAMES = {"seccomp": "libseccomp.so.2"}


@contextlib.contextmanager
def found_by_name() -> Iterator[None]:
    """Replace `ctypes.util.find_library`, which starts two processes for each library."""
    search = ctypes.util.find_library
    ctypes.util.find_library = _NAMES.get  # type: ignore[assignment]
    try:
        yield
    finally:
        ctypes.util.find_library = search


def landlock_version() -> int:
    """The version of Landlock in this kernel; 0 if there is none. Its binding has the C library from then on."""
    try:
        import landlockpy
    except ImportError:
        return 0
    with found_by_name():
        return landlockpy.abi_version()
