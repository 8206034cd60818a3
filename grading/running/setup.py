"""What all submissions of a run are graded with: the rubric, the walls, and the facts that reports tell of it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grading import SUITE
from grading.rubric.settings import Rubric
from grading.sandbox.level_search import LevelSearch

# The sandbox is begun before NumPy, and what else takes its time, is imported.
if TYPE_CHECKING:
    from grading.records.grade import SuiteFacts
    from grading.sandbox.client import Sandbox
    from grading.sandbox.walls.levels import Level
    from grading.sandbox.walls.zygote import Zygote


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

    def begin_sandbox(self, begun: Zygote | None = None) -> LevelSearch:
        """Begin to open the sandbox that `open_sandbox` would open, without waiting for it.

        Args:
            begun: a process of it that has been begun; see `grading.sandbox.walls.zygote.begin`.
        """
        return LevelSearch(self.rubric.limits, begun=begun)

    def open_sandbox(self, level: Level | None = None) -> Sandbox:
        """A sandbox at ``level``, by default the best that works here.

        Raises:
            IsolationError: no level that may be used works on this machine.
        """
        return self.opened(LevelSearch(self.rubric.limits, level))

    def opened(self, choosing: LevelSearch) -> Sandbox:
        """The sandbox that has been begun; see `open_sandbox`."""
        from grading.sandbox.client import Sandbox

        return Sandbox.opened(choosing, self.rubric.limits, allow_unsafe=self.allow_unsafe)

    def open_notebook_sandbox(self, level: Level) -> Sandbox:
        """A sandbox that notebooks are run in, at ``level``; only where there is data for them.

        Raises:
            IsolationError: that level does not work with the data.
        """
        from grading.sandbox.client import Sandbox

        limits = self.rubric.notebook_limits
        return Sandbox.open(limits, level=level, allow_unsafe=self.allow_unsafe, data=self.notebook_data)


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
