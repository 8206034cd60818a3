"""Judges candidates: by a few telling examples first, then by all checks, then on new examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any, Protocol

from grading.diagnosis.repair.candidates import Candidate, Right, Screen
from grading.grades.grade import Part
from grading.judging.classifier import Classifier
from grading.judging.each_example import Example, verdict, verify_each
from grading.judging.engine import verify
from grading.judging.exam import pool_of
from grading.judging.failures import Failure, Raises
from grading.judging.loss_function import LossFunction
from grading.judging.promise import Promise, promise_of
from grading.judging.real_use import JUDGES, RealUse
from grading.judging.screening import Setting, asked_by, odd_sizes, own_problems
from reference.problem import Problem

_FIRST, _SECOND, _FRESH = 2, 8, 80
# For each check of a method, besides its counterexample: enough to tell most candidates from a right one.
_EXAMPLES = 3
_PARTS = ("answer", "loss", "dW")


class Judge(Protocol):
    """Judges candidates for one function.

    Attributes:
        kind: "train" or "predict"; or else the loss that the function should compute.
        halves: the checks of only a part.
    """

    kind: str
    halves: Mapping[Part, Sequence[str]]

    def right(self, candidate: Candidate, than: Right | None = None) -> Right:
        """Which of the first examples a candidate gets right.

        Args:
            candidate: the candidate to judge.
            than: what it has to exceed: judging stops once it is clear that the candidate does not get all this right
                and more. None to judge it by everything.
        """
        ...

    def is_passed(self, right: Right, part: Part = "all") -> bool:
        """Whether that is all, or all of a part."""
        ...

    def cases(self, candidate: Candidate, checks: Sequence[str], part: Part = "all") -> int:
        """The number of inputs on which a candidate was right; 0 if it was wrong on any."""
        ...


class LossJudge:
    """Judges loss functions.

    Args:
        original: the wrong function, as the checks see it.
        counterexamples: problems that it failed.
        digest: a hash of the hand-in; problems drawn from it cannot be known by heart.
    """

    halves: Mapping[Part, Sequence[str]] = {
        "ordinary": ("interface", "value", "gradient", "kinks", "symmetry", "agreement"),
        "loss": ("value",),
        "dW": ("gradient", "kinks"),
    }

    def __init__(self, original: LossFunction, counterexamples: Sequence[Problem], digest: bytes) -> None:
        self.kind = original.reference
        self._original = original
        setting = original.setting
        self._first = Screen.of(original, [*counterexamples, *_telling(setting, _FIRST)])
        self._second = Screen.of(original, [*_telling(setting, _SECOND), *odd_sizes(setting)])
        self._fresh = Screen.of(original, _fresh(original, digest))

    def right(self, candidate: Candidate, than: Right | None = None) -> Right:
        """As a `Judge`'s; takes one round trip."""
        return self._first.right(candidate.answers(self._first))

    def is_passed(self, right: Right, part: Part = "all") -> bool:
        """As a `Judge`'s."""
        return self._first.is_passed(right, part)

    def cases(self, candidate: Candidate, checks: Sequence[str], part: Part = "all") -> int:
        """As a `Judge`'s."""
        for screen in (self._second, self._fresh):
            if not screen.is_passed(screen.right(candidate.answers(screen)), part):
                return 0
        judged = candidate.loss_like(self._original)
        try:
            used = RealUse.of(judged)
            for check in checks:
                if check in JUDGES:
                    used.judge(check, small=False)
            for check in checks:
                verify(promise_of(check), judged, small=False)
        except Failure:
            return 0
        return judged.cases + len(self._fresh.problems)


class MethodJudge:
    """Judges train or predict methods.

    Args:
        original: the wrong method, as the checks see it.
        checks: those that it failed, or that were skipped because others had failed.
        counterexamples: examples that it failed, by check.
        digest: as above.
    """

    halves: Mapping[Part, Sequence[str]] = {}

    def __init__(
        self,
        original: Classifier,
        checks: Sequence[str],
        counterexamples: Mapping[str, Example],
        digest: bytes,
    ) -> None:
        self.kind: str = original.settings.kind
        self._original, self._digest = original, digest
        self._examples: list[tuple[Promise, list[Example]]] = []
        self._shown: set[int] = set()  # the numbers of the counterexamples
        for check in checks:
            promise = promise_of(check)
            ((name, strategy),) = promise.strategies
            pools = [
                pool_of(drawing, original.seed, original.standard.delta) for drawing in strategy.drawings
            ]
            drawn: list[Any] = [example for pool in pools for example in pool.examples]
            shown = [counterexamples[check]] if check in counterexamples else []
            more = min(_EXAMPLES, len(drawn) - len(shown))
            if shown:
                self._shown.add(sum(len(asked) for _, asked in self._examples))
            self._examples.append((promise, [*shown, *({name: d} for d in drawn[len(drawn) - more :])]))

    def right(self, candidate: Candidate, than: Right | None = None) -> Right:
        """As a `Judge`'s; a check is run only after those before it have passed."""
        judged = candidate.classifier_like(self._original, b"")
        found: set[tuple[str, int]] = set()
        asked = 0
        for promise, examples in self._examples:
            # Each example takes a training, and the first already shows that most candidates are no better.
            for some in (examples,) if than is None else (examples[:1], examples[1:]):
                judged.foresee([value for example in some for value in example.values()])
                for k, example in enumerate(some, start=asked):
                    failure = verdict(promise, judged, example)
                    if failure is None:
                        found |= {(part, k) for part in _PARTS}
                    elif failure.costly:
                        return frozenset(found)
                    elif not isinstance(failure, Raises):
                        found.add(("answer", k))
                asked += len(some)
                if than is not None and self._falls_short(found, than, asked):
                    return frozenset(found)
            if len(found) < len(_PARTS) * asked:
                break
        return frozenset(found)

    def _falls_short(self, found: Set[tuple[str, int]], than: Right, asked: int) -> bool:
        """Whether the first ``asked`` examples show that a candidate gets no more right than ``than``."""
        before = {each for each in than if each[1] < asked}
        last = {(part, asked - 1) for part in _PARTS}
        still_fails = asked - 1 in self._shown and not last <= before and found & last == before & last
        return still_fails or not found >= before

    def is_passed(self, right: Right, part: Part = "all") -> bool:
        """As a `Judge`'s."""
        return part == "all" and len(right) == len(_PARTS) * sum(len(asked) for _, asked in self._examples)

    def cases(self, candidate: Candidate, checks: Sequence[str], part: Part = "all") -> int:
        """As a `Judge`'s."""
        judged = candidate.classifier_like(self._original, self._digest)
        try:
            for check in checks:
                verify_each(promise_of(check), judged, small=False)
        except Failure:
            return 0
        return judged.cases


def _telling(setting: Setting, count: int) -> list[Problem]:
    """A few small problems that tell functions apart, each with and without regularization."""
    full = [
        p
        for p in asked_by("value", setting)
        if p.reg and p.sizes[1] > 1 and p.sizes[2] > 2 and p.W.any(axis=0).all() and p.X.any()
    ]
    one = [p for p in full if len(p.y) == 1][:1]
    several = [p for p in full if len(set(p.y.tolist())) > 1][:count]
    return [q for p in (*one, *several) for q in (p, Problem(p.W, p.X, p.y, 0.0))]


def _fresh(original: LossFunction, digest: bytes) -> list[Problem]:
    """Problems drawn from the bytes of the hand-in."""
    checks = ("value", "kinks") if "kinks" in original.settings.points else ("value",)
    return [
        problem
        for check in checks
        for drawing in promise_of(check).drawings
        for problem in own_problems(drawing, original.setting, digest, _FRESH)
    ]
