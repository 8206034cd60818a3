"""Compiles what workers load, once for all of them; nothing is run, and nobody but a worker reads the result."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

from grading.intake.modules import Module
from grading.intake.submission import Source, compiled_key
from grading.protocol.wire import WireBlock
from grading.sandbox.inside.quick_compiling import filename_of, packed

# More than any notebook has: reading may only take so long.
_MOST_CHARACTERS = 1 << 20


def compiled_for_workers(sources: Sequence[Source], modules: Sequence[Module]) -> dict[str, bytes]:
    """Return the compiled blocks as `Submission.compiled`, as far as their lines tell their statements apart.

    ``modules`` are what the sources were made from.
    """
    found: dict[str, bytes] = {}
    is_long = sum(len(block.code) for source in sources for block in source.blocks) > _MOST_CHARACTERS
    # With this option Python leaves out what a worker's does not.
    if is_long or sys.flags.optimize:
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source, module in zip(sources, modules, strict=True):
            before = {part.label: part.fragment.compiled for part in module.parts}
            for block in source.blocks:
                sent = WireBlock(block.code, block.cell, block.first_line)
                filename = filename_of(source.name, block.cell)
                data = b"" if block.whole else packed(sent, filename, before[block.cell])
                if data:
                    found[compiled_key(source, block)] = data
    return found
