"""Names the mistake behind a failure of any kind of function."""

from __future__ import annotations

import threading

import numpy as np

from grading.diagnosis.error_messages import meaning_of
from grading.diagnosis.loss_functions import diagnose
from grading.diagnosis.methods import diagnose_method
from grading.diagnosis.missing_libraries import absent
from grading.diagnosis.networks import diagnose_network
from grading.diagnosis.undefined import undefined_name
from grading.grades.grade import Diagnosis
from grading.intake.submission import Submission
from grading.judging.classifier import Classifier
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.network import Network
from grading.judging.promise import Promise

# Known mistakes draw from NumPy's global random numbers, so they take turns.
_diagnosing = threading.Lock()


def diagnosis_of(
    submission: Submission,
    candidate: LossFunction | Classifier | Network,
    asked: Promise,
    failure: Failure,
) -> Diagnosis | None:
    """The mistake behind a failure, if it is certain.

    Args:
        submission: the hand-in.
        candidate: the function or method.
        asked: the broken promise.
        failure: how it was broken.
    """
    named = undefined_name(submission, candidate.name.partition(".")[0], failure) or absent(failure)
    named = named or meaning_of(submission, failure)
    if named is not None:
        return named
    # Wrong code that runs again to be recognized may overflow; that is expected.
    with _diagnosing, np.errstate(all="ignore"):
        if isinstance(candidate, LossFunction):
            return diagnose(candidate, failure)
        if isinstance(candidate, Classifier):
            return diagnose_method(candidate, asked, failure)
        return diagnose_network(candidate, failure)
