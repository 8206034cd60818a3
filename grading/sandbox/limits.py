"""The resources that one submission may use."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Caps on one submission's process.

    Attributes:
        address_space_bytes: RLIMIT_AS; Python, NumPy and one BLAS thread take about 0.25 GiB of it.
        cpu_seconds: processor time of one process, over all its calls.
        handin_seconds: for all calls of one hand-in except trainings: the time in which its processes compute or sleep.
        call_seconds: wall time of one step, unless `Worker.run` is told otherwise.
        load_seconds: wall time for loading all of the student's files.
        training_seconds: wall time of one call of ``train``.
        cell_seconds: wall time of one cell when a notebook is run.
        notebook_seconds: wall time of all its cells.
        output_bytes: how much printed output is kept; the rest is counted and dropped.
    """

    address_space_bytes: int = 1 << 30
    cpu_seconds: int = 300
    handin_seconds: float = 120.0
    call_seconds: float = 10.0
    load_seconds: float = 20.0
    training_seconds: float = 60.0
    cell_seconds: float = 600.0
    notebook_seconds: float = 1800.0
    output_bytes: int = 65536
