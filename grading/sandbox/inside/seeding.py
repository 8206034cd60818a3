"""Makes randomness the same in every run."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import bit_generator

# Replaces the operating system's entropy: a fixed sequence for everything created without a seed.
_entropy = random.Random(0)
_seed_of_random = random.seed


def _seed_random(a: Any = None, version: int = 2) -> None:
    _seed_of_random(_entropy.getrandbits(128) if a is None else a, version)


@contextlib.contextmanager
def repeatable() -> Iterator[None]:
    """Make randomness as after `install`, and restore it at the end: for a process that is not ours."""
    entropy = bit_generator.randbits  # type: ignore[attr-defined]
    states = np.random.get_state(legacy=False), random.getstate()
    install()
    try:
        yield
    finally:
        bit_generator.randbits, random.seed = entropy, _seed_of_random  # type: ignore[attr-defined]
        np.random.set_state(states[0])
        random.setstate(states[1])


def install() -> None:
    """Make ``default_rng()``, ``RandomState()``, ``SeedSequence()`` and both ``seed()`` repeatable."""
    # SeedSequence, which every unseeded generator starts from, gets its entropy from this name in its module.
    bit_generator.randbits = _entropy.getrandbits  # type: ignore[attr-defined]
    random.seed = _seed_random


def seed_everything(seed: int) -> None:
    """Seed NumPy's, Python's and PyTorch's global generators, and those made without a seed from here on."""
    _entropy.seed(seed)
    _seed_of_random(seed)
    np.random.seed(seed % (1 << 32))
    # PyTorch has generators of its own, if the student uses it.
    torch = sys.modules.get("torch")
    with contextlib.suppress(Exception):
        if torch is not None:
            torch.manual_seed(seed)
