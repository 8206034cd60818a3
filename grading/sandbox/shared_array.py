"""A large array that workers map instead of receiving it: one copy in memory, which nobody can change.

It is in an anonymous file that is sealed before anybody else sees it. A worker maps it privately, before it loads
student code, and closes the file: whatever a student writes to it changes only that worker's own pages.
"""

from __future__ import annotations

import math
import mmap
import os
import sys
from typing import Self

import numpy as np
from numpy.typing import NDArray


class SharedArray:
    """One float64 array in a file of its own: `allocate`, fill, drop the writable array, `seal`.

    Attributes:
        array: the content, read-only, once it is sealed.
        descriptor: that of the file, which exists as long as this object.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.array: NDArray[np.float64] = np.empty((0, 0))
        self._shape: tuple[int, int] = (0, 0)

    @classmethod
    def create(cls) -> Self | None:
        """Create one; None if the system offers no files that can be sealed."""
        if sys.platform != "linux":
            return None
        try:
            return cls(os.memfd_create("training data", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING))
        except OSError:
            return None

    def allocate(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Return the array to fill, (N, D); only once.

        Raises:
            OSError: there is not enough room.
        """
        size = math.prod(shape) * 8
        os.ftruncate(self.descriptor, size)
        self._shape = shape
        return np.frombuffer(mmap.mmap(self.descriptor, size), np.float64).reshape(shape)

    def seal(self) -> NDArray[np.float64]:
        """Make it permanently unchangeable for everybody; return the array, read-only.

        Raises:
            OSError: the array returned by `allocate` is still in use.
        """
        if sys.platform == "linux":
            import fcntl

            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
        # Private, because kernels before 6.7 do not map sealed files in any other way.
        size = math.prod(self._shape) * 8
        content = mmap.mmap(self.descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        self.array = np.frombuffer(content, np.float64).reshape(self._shape)
        return self.array

    def __del__(self) -> None:
        os.close(self.descriptor)
