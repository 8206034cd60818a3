"""Updates a function's check results once its repair is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import structs

from grading.diagnosis.repair.agreement import agreed
from grading.diagnosis.repair.candidates import Opening
from grading.diagnosis.repair.repair import repair_of
from grading.grades.grade import CheckResult, Repair
from grading.intake.submission import Submission
from grading.judging.classifier import Classifier
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.network import Network


def repaired(
    submission: Submission,
    original: LossFunction | Classifier | Network,
    results: Mapping[str, CheckResult],
    failures: Sequence[tuple[str, Failure]],
    opening: Opening,
    candidates: int,
    share: float,
) -> tuple[Repair | None, dict[str, CheckResult]]:
    """The repair of a function, if one was found, and the check results updated by it.

    Args:
        submission: the hand-in.
        original: the function, some of whose checks failed.
        results: the results of all its checks, by check.
        failures: how it failed, with the check that found each failure.
        opening: opens workers.
        candidates: the largest number of changed functions to try; 0 for no search.
        share: the fraction of a failed check's points for a function that one change makes right.
    """
    if isinstance(original, Network):
        return None, {}
    with np.errstate(all="ignore"):
        try:
            found, called = repair_of(submission, original, results, failures, opening, candidates)
        except (LookupError, ValueError, SyntaxError, RecursionError, MemoryError):
            # Text that the search cannot cope with costs the hint, not the grade.
            return None, {}
    if found is None:
        return None, {}
    told = {}
    for check in found.checks:
        result = results[check]
        if result.status == "failed":
            result = structs.replace(result, diagnosis=agreed(result.diagnosis, found, called))
        if share and len(found.changes) == 1:
            result = structs.replace(result, points=share * result.max_points)
        told[check] = result
    return found, told
