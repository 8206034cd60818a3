"""Maps the data that the grader shares with all workers; pages that are written to become this worker's own."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grading.sandbox.inside.confining import libc, refused


class Mapped:
    """A file mapped privately. The file itself is closed: student code has no way to it, or through it to others.

    Args:
        descriptor: that of the file; it is closed.

    Raises:
        OSError: it cannot be mapped.

    Attributes:
        size: the size in bytes.
    """

    def __init__(self, descriptor: int) -> None:
        self.size = os.fstat(descriptor).st_size
        libc().mmap.restype = ctypes.c_void_p
        # Not with the module mmap, whose objects keep a descriptor of the file.
        address = libc().mmap(
            None,
            ctypes.c_size_t(self.size),
            mmap.PROT_READ | mmap.PROT_WRITE,
            mmap.MAP_PRIVATE,
            descriptor,
            ctypes.c_long(0),
        )
        error = refused("mmap")
        os.close(descriptor)
        if address is None or address == ctypes.c_void_p(-1).value:
            raise error
        self._address: int = address

    def array(self, shape: Sequence[int]) -> NDArray[np.float64]:
        """Return the file's content as a writable array: anything written to it earlier is discarded."""
        if libc().madvise(ctypes.c_void_p(self._address), ctypes.c_size_t(self.size), mmap.MADV_DONTNEED):
            raise refused("madvise")
        content = memoryview((ctypes.c_char * self.size).from_address(self._address)).cast("B")
        array: NDArray[np.float64] = np.frombuffer(content, np.float64)
        return array.reshape(tuple(shape))
