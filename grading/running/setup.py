"""The setup that all submissions of a run share: the rubric, the walls, and the facts that reports state about them."""

from __future__ import annotations

import math
import platform
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from grading import SUITE
from grading.rubric.settings import Rubric
from grading.sandbox.limits import Limits

if TYPE_CHECKING:
    from grading.grades.grade import SuiteFacts


class RunSetup(msgspec.Struct, frozen=True):
    """The setup that all submissions of a run share."""

    rubric: Rubric
    allow_unsafe: bool = False
    notebook_folder: str | None = None
    """The folder of CIFAR-10's batches for running notebooks; None to run none."""

    @property
    def notebook_data(self) -> Path | None:
        """The folder of CIFAR-10's batches for running notebooks; None to run none."""
        return None if self.notebook_folder is None else Path(self.notebook_folder)

    @property
    def max_score(self) -> float:
        """The sum of all points that can be earned."""
        return self.rubric.max_score + (self.rubric.search_points if self.notebook_data else 0.0)

    @property
    def limits(self) -> Limits:
        """The resources that student code may use."""
        limits = self.rubric.settings.limits
        return Limits(
            address_space_bytes=limits.address_space_mebibytes << 20,
            cpu_seconds=limits.cpu_seconds,
            handin_seconds=limits.handin_seconds,
            call_seconds=limits.call_seconds,
            load_seconds=limits.load_seconds,
            training_seconds=limits.training_seconds,
        )

    @property
    def notebook_limits(self) -> Limits:
        """The resources that a notebook may use."""
        limits = self.rubric.settings.limits
        return replace(
            self.limits,
            address_space_bytes=limits.notebook_address_space_mebibytes << 20,
            cpu_seconds=math.ceil(limits.notebook_seconds),
            cell_seconds=limits.notebook_cell_seconds,
            notebook_seconds=limits.notebook_seconds,
        )


@cache
def suite_version() -> str:
    """The version of this project: from pyproject.toml in a checkout, otherwise from its metadata."""
    try:
        text = (SUITE / "pyproject.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        from importlib import metadata

        return metadata.version("subgrader")
    found = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


def suite_facts(setup: RunSetup) -> SuiteFacts:
    """The facts about the grader: versions, rubric, seed, and whether notebooks are run."""
    import numpy as np

    from grading.grades.grade import SuiteFacts
    from grading.judging.training.data import data_facts
    from grading.running.from_rubric import training_plan

    rubric, notebooks = setup.rubric, None
    if setup.notebook_data is not None:
        from grading.notebook_execution.scoring import fingerprint

        notebooks = fingerprint(setup.notebook_data)
    return SuiteFacts(
        version=suite_version(),
        rubric_sha256=rubric.sha256,
        seed=rubric.settings.seed,
        reg_scale=rubric.settings.reg_scale,
        python=platform.python_version(),
        numpy=np.__version__,
        notebooks=notebooks,
        language=rubric.settings.lang,
        data=data_facts(training_plan(rubric)),
        course=rubric.settings.course,
        assignment=rubric.settings.title,
    )
