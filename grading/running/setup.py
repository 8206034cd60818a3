"""What all submissions of a run are graded with: the rubric, the walls, and the facts that reports tell of it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grading import SUITE
from grading.rubric.settings import Rubric

if TYPE_CHECKING:
    from grading.records.grade import SuiteFacts


@dataclass(frozen=True)
class RunSetup:
    """What all submissions of a run are graded with."""

    rubric: Rubric
    allow_unsafe: bool = False
    notebook_data: Path | None = None
    """The folder of CIFAR-10's batches to run notebooks with; None not to run any."""

    @property
    def max_score(self) -> float:
        """The points of everything that is asked."""
        return self.rubric.max_score + (self.rubric.search_points if self.notebook_data else 0.0)


@cache
def suite_version() -> str:
    """The version of this project, from its metadata or, in a plain checkout, from pyproject.toml."""
    from importlib import metadata

    try:
        return metadata.version("subgrader")
    except metadata.PackageNotFoundError:
        import tomllib

        text = (SUITE / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])


def suite_facts(setup: RunSetup) -> SuiteFacts:
    """With what is graded: versions, rubric, seed, and whether notebooks are run."""
    from importlib import metadata

    from grading.execution.scoring import fingerprint
    from grading.records.grade import SuiteFacts
    from grading.training.data import data_facts

    rubric = setup.rubric
    return SuiteFacts(
        version=suite_version(),
        rubric_sha256=rubric.sha256,
        seed=rubric.settings.seed,
        reg_scale=rubric.settings.reg_scale,
        python=platform.python_version(),
        numpy=metadata.version("numpy"),
        notebooks=None if setup.notebook_data is None else fingerprint(setup.notebook_data),
        language=rubric.settings.lang,
        data=data_facts(rubric),
        course=rubric.settings.course,
        assignment=rubric.settings.title,
    )
