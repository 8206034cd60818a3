"""Names the mistake in a loss function by comparing the wrong answers with those of known mistakes.

Answers are compared in parts: the data term is the answer for reg = 0, the regularization is what reg > 0 adds to it.
So two simultaneous mistakes can both be named. Every finding is tested on further cases, including those that failed,
before it is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grading.diagnosis import behaviour
from grading.diagnosis.factors import factor_of, place_of
from grading.diagnosis.known_answers import (
    Trace,
    known_mistakes,
    plain_sample,
    regularized_sample,
    replay,
    same,
    sample,
    tied_sample,
    trace,
    traces,
    without_reg,
)
from grading.grades.grade import Diagnosis
from grading.judging.answers import Answered
from grading.judging.failures import (
    ChangedInputs,
    Failure,
    LoopsInPython,
    NotRepeatable,
    Raises,
    Unstable,
    WrongGradient,
    WrongLoss,
    WrongReturn,
    WrongSubgradient,
)
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise_of
from grading.judging.screening import Asked, Setting, known
from grading.words import say, together, translated
from reference.mistakes import Mistake
from reference.problem import Problem

Array = NDArray[np.float64]
Channel = Literal["losses", "gradients"]
Part = Literal["data", "regularization"]

_DOUBLE = 1e-9  # answers that agree to fewer digits agree only after rounding to float32
_FEW_DIGITS = 1e-4  # a numeric gradient with the usual steps is right to four digits or more
_FURTHER = 8  # failing cases on which a guess is tested again


def _full_convention() -> Diagnosis:
    return Diagnosis(
        id="full-convention",
        title=say("The regularization is reg*sum(W*W); this course asks for 0.5*reg*sum(W*W)."),
        hint=say("Loss and gradient fit each other; multiply both regularization terms by 0.5."),
    )


def diagnose(candidate: LossFunction, failure: Failure) -> Diagnosis | None:
    """Name the mistake behind a failure of a loss function, if it is certain."""
    if failure.costly or failure.problem is None or isinstance(failure, LoopsInPython):
        return None
    setting = candidate.setting
    if isinstance(failure, ChangedInputs):
        return _named(behaviour.changing(candidate, setting, failure.problem))
    if isinstance(failure, NotRepeatable):
        return _named(behaviour.remembering(candidate, setting, failure.problem))
    if isinstance(failure, Unstable):
        return _named(behaviour.overflowing(candidate, setting))
    if isinstance(failure, Raises | WrongReturn) and behaviour.expects_columns(candidate):
        return behaviour.layout_of_2015()
    case = _Case(candidate, setting, failure, failure.problem)
    return case.whole() or case.few_digits() or case.parts()


def _named(mistake: Mistake | None) -> Diagnosis | None:
    return None if mistake is None else behaviour.named(mistake)


@dataclass(frozen=True)
class _Explained:
    """The explanation of one part: a mistake, a factor, or only the place where dW is wrong."""

    diagnosis: Diagnosis
    mistake: Mistake | None = None
    factor: float | None = None


class _Case:
    """One failure of one function, with the answers used for the diagnosis."""

    def __init__(self, candidate: LossFunction, setting: Setting, failure: Failure, problem: Problem) -> None:
        self.candidate, self.setting, self.failure, self.problem = candidate, setting, failure, problem
        self._traces: dict[tuple[int, ...], Trace] = {}
        self.channel: Channel = "losses" if isinstance(failure, WrongLoss) else "gradients"

    # One mistake that explains everything

    def whole(self) -> Diagnosis | None:
        """The mistake that gives all of the student's answers, losses and gradients."""
        at_kinks = isinstance(self.failure, WrongSubgradient)
        problems = tied_sample(self.setting) if at_kinks else sample(self.setting)
        if self.problem.y.dtype != np.int64:
            problems = tuple(p.with_labels(self.problem.y.dtype) for p in problems)
            made = {m.id: self._trace_of(m, problems) for m in known_mistakes(self.setting)}
        else:
            made = traces(self.setting, problems)
        mine = self._asked(problems)
        truth = _truth(problems, self.setting)
        further = self._failing()
        for alike in (_equal, _equal_up_to_words):
            for mistake in known_mistakes(self.setting):
                its = made[mistake.id]
                if mistake.exactness > _DOUBLE and _single(mine) != _single(its):
                    continue
                if alike(mine, its, mistake.exactness) and not _equal(its, truth, 1e-13):
                    answers = self._asked(further)
                    if alike(answers, self._trace_of(mistake, further), mistake.exactness):
                        return _named(mistake)
        return None

    def _trace_of(self, mistake: Mistake, problems: Sequence[Problem]) -> Trace:
        return trace(problems, [replay(mistake, p, self.setting) for p in problems])

    def _asked(self, problems: Sequence[Problem]) -> Trace:
        key = tuple(map(id, problems))
        if key not in self._traces:
            self._traces[key] = trace(problems, self.candidate.ask(problems))
        return self._traces[key]

    def _failing(self) -> list[Problem]:
        """The counterexample and other cases that the function fails."""
        found = [self.problem]
        if self.problem.y.dtype != np.int64:
            found.append(self.problem.with_labels(np.int64))
        if isinstance(self.failure, WrongSubgradient):
            return found + list(islice(self._wrong("kinks"), _FURTHER // 2))
        if isinstance(self.failure, WrongLoss | WrongGradient):
            for with_reg in (False, True):
                wrong = (p for p in self._wrong("value") if (p.reg > 0) == with_reg)
                found += islice(wrong, _FURTHER // 2)
        return found

    def _wrong(self, check: str) -> Iterator[Problem]:
        """The problems of a check that the function fails."""
        for drawing in promise_of(check).drawings:
            for asked in self.candidate.beside(known(drawing, self.setting)):
                if not self._right(asked):
                    yield asked.problem

    def _right(self, asked: Asked) -> bool:
        if isinstance(asked.answer, Failure):
            return False
        if self.channel == "losses":
            return asked.truth.accepts_loss(asked.answer.loss)
        return asked.truth.gradient.judge(asked.answer.dW).accepted

    # Right, but not to the last digits

    def few_digits(self) -> Diagnosis | None:
        """The diagnosis if the loss or dW is nearly right in all cases, as numeric or rounded results are."""
        if not isinstance(self.failure, WrongLoss | WrongGradient):
            return None
        problems = [*sample(self.setting), *self._failing()]
        mine, truth = self._asked(problems), _truth(problems, self.setting)
        if any(mine.failures) or not same(
            getattr(mine, self.channel), getattr(truth, self.channel), _FEW_DIGITS
        ):
            return None
        if self.channel == "losses":
            return Diagnosis(
                id="few-digits-loss",
                title=say("The loss is right to a few digits only."),
                hint=say("Is something rounded, or computed in float32, or is a small number added to it?"),
            )
        return Diagnosis(
            id="few-digits-gradient",
            title=say("dW is right to a few digits only."),
            hint=say("Is it a numeric gradient, made of differences of the loss? Derive a formula for it."),
        )

    # Data term and regularization, each on its own

    def parts(self) -> Diagnosis | None:
        """Diagnose the data term and the regularization, of the loss or of dW, separately."""
        if not isinstance(self.failure, WrongLoss | WrongGradient):
            return None
        problems = regularized_sample(self.setting)
        explained: dict[Part, _Explained | None] = {
            part: self._explain(part, problems) for part in ("data", "regularization")
        }
        found = {part: e for part, e in explained.items() if e is not None}
        if not found or not self._holds(found):
            return None
        diagnoses = list({e.diagnosis.id: e.diagnosis for e in found.values()}.values())
        return Diagnosis(
            id="+".join(d.id for d in diagnoses),
            title=together(*(d.title for d in diagnoses)),
            hint=together(*(d.hint for d in diagnoses)),
        )

    def _part(
        self, part: Part, problems: tuple[Problem, ...], source: Mistake | Literal["truth"] | None
    ) -> Trace:
        """A part of the answers of the student (None), of a mistake, or of the reference."""

        def answers(asked: tuple[Problem, ...]) -> Trace:
            if source is None:
                return self._asked(asked)
            if source == "truth":
                return _truth(asked, self.setting)
            return traces(self.setting, asked)[source.id]

        plain = (
            plain_sample(self.setting) if problems is regularized_sample(self.setting) else _plain(problems)
        )
        data = answers(plain)
        return data if part == "data" else answers(problems) - data

    def _explain(self, part: Part, problems: tuple[Problem, ...]) -> _Explained | None:
        mine, truth = self._part(part, problems, None), self._part(part, problems, "truth")
        if any(mine.failures) or same(getattr(mine, self.channel), getattr(truth, self.channel)):
            return None
        other: Channel = "gradients" if self.channel == "losses" else "losses"
        if part == "regularization" and self._drowns(problems):
            return None
        convention = part == "regularization" and self.setting.reg_scale == 0.5
        if convention and all(same(getattr(mine, c), 2 * getattr(truth, c)) for c in (self.channel, other)):
            return _Explained(_full_convention(), factor=2.0)
        rest: Part = "regularization" if part == "data" else "data"
        my_rest, true_rest = self._part(rest, problems, None), self._part(rest, problems, "truth")
        possible = []
        for mistake in known_mistakes(self.setting):
            if mistake.whole:
                continue
            its, its_rest = self._part(part, problems, mistake), self._part(rest, problems, mistake)

            def like(channel: Channel, a: Trace, b: Trace, room: float = mistake.exactness) -> bool:
                return same(getattr(a, channel), getattr(b, channel), room)

            # Its sentence may mention the other channel and the other part, so it must hold there as well.
            if (
                like(self.channel, mine, its)
                and (like(self.channel, its_rest, true_rest) or like(self.channel, my_rest, its_rest))
                and (like(other, mine, its) or like(other, its, truth))
            ):
                possible.append((not like(other, mine, its), mistake))
        if possible:
            mistake = min(possible, key=lambda pair: pair[0])[1]
            return _Explained(behaviour.named(mistake), mistake=mistake)
        return self._unknown(part, problems, mine, truth)

    def _drowns(self, problems: tuple[Problem, ...]) -> bool:
        """Whether the data term is so large that the penalty is lost in its rounding."""
        data, penalty = self._part("data", problems, None), self._part("regularization", problems, "truth")
        with np.errstate(all="ignore"):
            sizes = [
                float(np.abs(v).max()) for v in _split(getattr(data, self.channel), problems, self.channel)
            ]
        added = [
            float(np.abs(v).max()) for v in _split(getattr(penalty, self.channel), problems, self.channel)
        ]
        return any(size * _DOUBLE > small > 0 for size, small in zip(sizes, added, strict=True))

    def _unknown(
        self, part: Part, problems: tuple[Problem, ...], mine: Trace, truth: Trace
    ) -> _Explained | None:
        """The factor that a part is off by, or else the place where dW is wrong."""
        values, truths = (
            list(_split(getattr(t, self.channel), problems, self.channel)) for t in (mine, truth)
        )
        term = say("data term") if part == "data" else say("regularization")
        subject = say("the loss") if self.channel == "losses" else "dW"
        name = "loss" if self.channel == "losses" else "gradient"
        factor = factor_of(problems, values, truths)
        if factor is not None:
            title = say(
                "The {term} of {subject} is {factor}.", term=term, subject=subject, factor=factor.text
            )
            diagnosis = Diagnosis(id=f"factor-{name}-{part}", title=title, hint=factor.hint)
            value = factor.of(*self.problem.sizes)
            return _Explained(diagnosis, factor=value)
        if self.channel == "losses":
            return None
        room = [1e-9 * (1.0 + float(np.abs(t).max())) for t in truths]
        errors = [
            np.where(np.abs(v - t) > r, v - t, 0.0) for v, t, r in zip(values, truths, room, strict=True)
        ]
        place = place_of(problems, errors)
        if place is None:
            return None
        title = say(
            "dW is wrong only in {place}, and there only in the {term}.", place=translated(place), term=term
        )
        hint = say("Look at what is added there, and at the index that chooses it.")
        return _Explained(Diagnosis(id="place-gradient", title=title, hint=hint))

    def _holds(self, found: dict[Part, _Explained]) -> bool:
        """Whether the findings fully account for the counterexample's answer, too."""
        if any(e.mistake is None and e.factor is None for e in found.values()):
            return True  # a place predicts no numbers; it was found in every failing case
        one = (self.problem,)
        total = np.zeros_like(getattr(_truth(one, self.setting), self.channel))
        for part in ("data", "regularization"):
            explained = found.get(part)
            truth = getattr(self._part(part, one, "truth"), self.channel)
            if explained is None:
                total = total + truth
            elif explained.mistake is not None:
                data = getattr(self._trace_of(explained.mistake, _plain(one)), self.channel)
                both = getattr(self._trace_of(explained.mistake, one), self.channel)
                total = total + (data if part == "data" else both - data)
            else:
                total = total + explained.factor * truth
        return same(getattr(self._asked(one), self.channel), total, 1e-6)


def _plain(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(without_reg(p) for p in problems)


def _truth(problems: Sequence[Problem], setting: Setting) -> Trace:
    answers = setting.truths(problems)
    return trace(problems, [Answered(a.loss, a.gradient.base) for a in answers])


def _single(its: Trace) -> tuple[bool, bool]:
    """Whether the losses, and whether the gradients, are all single-precision numbers."""
    with np.errstate(all="ignore"):
        return (
            bool(np.array_equal(its.losses.astype(np.float32), its.losses, equal_nan=True)),
            bool(np.array_equal(its.gradients.astype(np.float32), its.gradients, equal_nan=True)),
        )


def _split(values: Array, problems: Sequence[Problem], channel: Channel) -> Iterator[Array]:
    """Split a trace's numbers by problem: (1,) for losses, (D, C) for gradients."""
    start = 0
    for problem in problems:
        shape = (1,) if channel == "losses" else problem.W.shape
        size = int(np.prod(shape))
        yield values[start : start + size].reshape(shape)
        start += size


def _equal(a: Trace, b: Trace, exactness: float) -> bool:
    return (
        a.failures == b.failures
        and same(a.losses, b.losses, exactness)
        and same(a.gradients, b.gradients, exactness)
    )


def _equal_up_to_words(a: Trace, b: Trace, exactness: float) -> bool:
    """Whether two traces are the same, except for names in error messages."""
    words = tuple(tuple(text.partition(":")[0] for text in t.failures) for t in (a, b))
    unnamed = Trace(b.losses, b.gradients, a.failures)
    return any(a.failures) and words[0] == words[1] and _equal(a, unnamed, exactness)
