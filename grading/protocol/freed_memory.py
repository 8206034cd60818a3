"""Keeps the C library from returning memory to the system only to ask for it again, on both sides."""

from __future__ import annotations

import numpy as np

# The most for which glibc does as below is 32 MB.
_BYTES = 16 << 20


def keep_freed_memory() -> None:
    """Reuse what is freed from now on in this process, and in those forked from it.

    glibc takes the largest block that was ever freed as a hint: up to twice as much stays with the process (mallopt(3),
    M_MMAP_THRESHOLD). Otherwise each array of 100 kB is new memory, which takes longer than most of what is done with
    it. Other C libraries do as they always do.
    """
    np.empty(_BYTES, np.uint8)
