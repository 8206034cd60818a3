"""A hunt: Hypothesis searches for a mistake in a sandboxed student's function for a given time.

The tests are Hypothesis's own, run by pytest. This module adds what a search through another process needs: an end by
the clock, a direction, and no second try of inputs that cost a deadline or a process.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np

from grading.grades.atomic_files import user_cache
from grading.judging.answers import Answered
from grading.judging.classifier import Classifier
from grading.judging.encoding import encode
from grading.judging.engine import ordinary
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise_of
from reference.problem import Problem

PROFILES = {"quick": 200, "hunt": 20_000, "long": 1_000_000}
"""The largest number of examples that each of our profiles draws for every check of every function."""


class TimeIsOver(Exception):
    """Ends a hunt that has found nothing."""


def keep_examples_of(handin: Path) -> None:
    """Store what Hypothesis finds about a hand-in in the user's cache, for the next hunt.

    Hypothesis looks up its folder when it is imported.
    """
    name = hashlib.sha256(os.fsencode(handin.resolve())).hexdigest()[:16]
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(user_cache() / "hypothesis" / name))


def register_profiles() -> list[str]:
    """Register our profiles and load the usual one; return the names of all profiles."""
    from hypothesis import HealthCheck, settings

    for name, examples in PROFILES.items():
        settings.register_profile(
            name,
            settings.get_profile("default"),
            max_examples=examples,
            deadline=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
    settings.load_profile("hunt")
    return [*PROFILES, "default", "ci"]


class Hunt:
    """Searches with one check in one function after the other.

    Args:
        seconds: the most time for each, if nothing is found.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begin()

    def begin(self) -> None:
        """Start the next check or function."""
        self._end = time.monotonic() + self.seconds
        self._found = False
        self._costly: dict[bytes, Failure] = {}
        self._passed: set[bytes] = set()

    def watched(self, body: Callable[..., None]) -> Callable[..., None]:
        """Wrap the body of a property so that it follows the rules of a hunt."""

        @wraps(body)
        def test(candidate: LossFunction | Classifier, **example: Any) -> None:
            key = hashlib.blake2b(encode(list(example.values())), digest_size=16).digest()
            if key in self._passed:
                return  # even when the time is up: a test must not change its mind
            if key in self._costly:
                raise self._costly[key]
            if self._costly:
                return  # nothing simpler is looked for
            if not self._found and time.monotonic() > self._end:
                raise TimeIsOver
            self._ask(body, candidate, example, key)
            self._passed.add(key)

        return test

    def _ask(
        self,
        body: Callable[..., None],
        candidate: LossFunction | Classifier,
        example: Mapping[str, Any],
        key: bytes,
    ) -> None:
        try:
            with np.errstate(all="ignore"):
                if isinstance(candidate, LossFunction):
                    asked = promise_of(body.__name__.removeprefix("test_"))
                    example = ordinary(asked, candidate, example)
                    _towards_large_errors(body, candidate, example)
                else:
                    body(candidate, **example)
        except Failure as failure:
            self._found = True
            failure.example = example
            if failure.costly:
                self._costly[key] = failure
            raise


def _towards_large_errors(
    body: Callable[..., None], candidate: LossFunction, example: Mapping[str, Any]
) -> None:
    """Run a property, and tell Hypothesis how near the answers are to being wrong."""
    from hypothesis import target

    errors: list[float] = []

    def note(problem: Problem, answer: Answered) -> None:
        truth = candidate.truth(problem)
        errors.append(abs(answer.loss - truth.loss) / truth.loss_bound)
        errors.append(truth.gradient.judge(answer.dW).excess)

    candidate.observer = note
    try:
        body(candidate, **example)
    finally:
        candidate.observer = None
    finite = [error for error in errors if np.isfinite(error)]
    if finite:
        target(max(finite), label="largest error, in units of its bound")
