"""A loss: its value, its accepted gradients and the bounds of both, all of them from its formula."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from reference.accepted import AcceptedGradients
from reference.answer import Answer, require_finite
from reference.bounded import Array, Bounded
from reference.problem import Problem, stacked
from reference.terms import FormulaError, Labels, Term, derivatives

_FEATURES, _LARGEST_PADDED = 4, 8
"""Problems of up to 8 features are worked out with 4 or 8."""
_LARGEST_CHUNK = 2**22
"""Numbers that generators are worked out with at a time: 32 MB."""


def squares(W: Term) -> Term:
    """The penalty of the assignment: the sum of the squares of the weights."""
    return (W**2).sum()


@dataclass(frozen=True, eq=False)
class Loss:
    """data_loss + reg_scale * reg * penalty, each by its formula.

    Attributes:
        data_loss: called with W, X, y and, if it takes it, delta.
        penalty: called with W.
    """

    data_loss: Callable[..., Term]
    penalty: Callable[[Term], Term] = squares

    @cached_property
    def _takes_delta(self) -> bool:
        return "delta" in inspect.signature(self.data_loss).parameters

    def evaluate(
        self, problem: Problem, *, reg_scale: float = 1.0, delta: float = 1.0, moved: Array | None = None
    ) -> Answer:
        """The loss of a problem and every gradient that is right for it.

        Args:
            problem: finite W, X, reg; 0 <= y < C.
            reg_scale: 1.0 for reg*sum(W*W), 0.5 for the convention with the half.
            delta: the margin that is asked for, in losses that have one.
            moved: (D, C) how far from W another one may be that the answer must be right for as well.

        Raises:
            OverflowError: a sum of absolute values is beyond float64: there is no right answer to compare with.
            FormulaError: the formula cannot be worked out here.
        """
        return self.evaluate_alike((problem,), reg_scale=reg_scale, delta=delta, moved=moved)[0]

    @np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore")
    def evaluate_alike(
        self,
        problems: Sequence[Problem],
        *,
        reg_scale: float = 1.0,
        delta: float = 1.0,
        moved: Array | None = None,
    ) -> list[Answer]:
        """`evaluate` for problems that are `alike`, which take hardly longer together than one of them."""
        features = self.alike(problems[0])[1] if moved is None else None
        return self._answers(problems, features, reg_scale, delta, moved)

    def alike(self, problem: Problem) -> tuple[int, int, int]:
        """The sizes with which a problem is worked out; where they are equal, problems can be worked out together.

        Most problems are so small that their number does not matter: what takes time is how many groups there are. So
        small numbers of features are made equal, where the formula allows it, by features that are 0.
        """
        N, D, C = problem.sizes
        if D > _LARGEST_PADDED or not self._ignores_empty_features:
            return N, D, C
        return N, -(-D // _FEATURES) * _FEATURES, C

    @cached_property
    def _ignores_empty_features(self) -> bool:
        """Whether features that are 0 everywhere change neither loss nor gradient nor kinks: tried once."""
        W, X = np.linspace(-1.0, 0.9, 12).reshape(3, 4), np.linspace(-2.0, 1.0, 15).reshape(5, 3)
        problem = Problem(W, X, np.array([3, 0, 1, 1, 2]), 0.5)
        (plain,) = self._answers((problem,), None, 1.0, 0.7)
        (padded,) = self._answers((problem,), 5, 1.0, 0.7)
        same = np.abs(plain.gradient.base - padded.gradient.base) <= plain.gradient.bound
        return (
            plain.accepts_loss(padded.loss)
            and bool(same.all())
            and padded.gradient.ties == plain.gradient.ties
        )

    def _answers(
        self,
        problems: Sequence[Problem],
        features: int | None,
        reg_scale: float,
        delta: float,
        moved: Array | None = None,
    ) -> list[Answer]:
        W, X, y, reg = stacked(problems, features)
        weights = Bounded.exact(W)
        if moved is not None:
            weights.error = moved[None]
        worked = self._work_out(weights, X, y, reg, reg_scale, delta)
        loss = worked.data + worked.regularization
        gradient = worked.data_part.gradient + worked.penalty_part.gradient
        loss_bounds, bounds = loss.bound(), gradient.bound()
        require_finite(loss_bounds, bounds)
        answers = []
        of_each = zip(
            problems,
            loss.value.tolist(),
            loss_bounds.tolist(),
            loss.size.tolist(),
            gradient.value,
            bounds,
            gradient.size,
            worked.ties(),
            strict=True,
        )
        for problem, its_loss, its_bound, its_size, base, bound, size, ties in of_each:
            generators = partial(self._generators, problem, reg_scale, delta) if ties else None
            D = len(problem.W)
            accepted = AcceptedGradients(base[:D], bound[:D], size[:D], ties, generators)
            answers.append(Answer(its_loss, its_bound, accepted, its_size))
        return answers

    @np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore")
    def loss_and_gradient(
        self,
        W: Array,
        X: Array,
        y: NDArray[np.int64],
        reg: float,
        *,
        reg_scale: float = 1.0,
        delta: float = 1.0,
    ) -> tuple[float, Array]:
        """The loss and one right gradient, without bounds: several times faster than `evaluate`, for training.

        Returns:
            The loss, and (D, C) dW; not finite where they have left the range of float64.
        """
        weights = Bounded.exact(W[None], bounds=False)
        worked = self._work_out(weights, X[None], y.astype(np.intp)[None], np.array([reg]), reg_scale, delta)
        loss = worked.data + worked.regularization
        gradient = worked.data_part.gradient + worked.penalty_part.gradient
        return float(loss.value[0]), gradient.value[0]

    def _work_out(
        self, W: Bounded, X: Array, y: NDArray[np.intp], reg: Array, reg_scale: float, delta: float
    ) -> _Worked:
        bounds = W.bounded
        weights = Term(W, varies=True)
        samples = Term(Bounded.exact(X, bounds=bounds))
        labels = Labels(y, bounded=bounds)
        settings = {"delta": delta} if self._takes_delta else {}
        strength = Bounded.exact(reg_scale * reg, bounds=bounds)
        data = self.data_loss(weights, samples, labels, **settings)
        penalty = self.penalty(weights)
        return _Worked(
            _Part.of(data, weights, Bounded.exact(np.ones(len(X)), bounds=bounds)),
            _Part.of(penalty, weights, strength),
            data.number,
            penalty.number * strength,
        )

    def _generators(self, problem: Problem, reg_scale: float, delta: float) -> Array:
        """(T, D, C) what each kink of a problem can add to the gradient, those that add nothing left out."""
        with np.errstate(all="ignore"):
            W, X, y, reg = stacked((problem,))
            worked = self._work_out(Bounded.exact(W), X, y, reg, reg_scale, delta)
            found = [part.generators() for part in (worked.data_part, worked.penalty_part)]
        return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class _Part:
    """One of the two terms of a loss and its derivatives.

    Attributes:
        weights: W.
        derivatives: by each term, but for the division by the divisor.
        divisor: what the whole is divided by, a mean's number of samples: exact numbers stay so until then.
    """

    weights: Term
    derivatives: dict[Term, Bounded]
    divisor: float

    @classmethod
    def of(cls, root: Term, weights: Term, seed: Bounded) -> _Part:
        """Differentiate a term by the weights; ``seed``, (P, K), is its factor."""
        if not isinstance(root, Term) or root.shape:
            got = f"an array of shape {root.shape}" if isinstance(root, Term) else f"a {type(root).__name__}"
            raise FormulaError(
                f"the formula returns {got}; it must return one number: end it with .sum() or .mean()"
            )
        divisor = 1.0
        while root.divisor is not None and root.parents:
            divisor *= root.divisor
            ((root, _),) = root.parents
        found = derivatives([(root, seed)])
        if weights not in found:
            raise FormulaError("the formula does not depend on W")
        return cls(weights, found, divisor)

    @property
    def gradient(self) -> Bounded:
        """(K, D, C) by W, no tie counted."""
        gradient = self.derivatives[self.weights]
        return gradient if self.divisor == 1.0 else gradient.over(self.divisor)

    @property
    def kinks(self) -> list[tuple[Term, Bounded, Array]]:
        """Terms with ties, the derivatives by them, and (K, ...) where there are ties that matter."""
        return [
            (term, by_term, term.tied & (by_term.value != 0.0))
            for term, by_term in self.derivatives.items()
            if term.tied is not None
        ]

    def generators(self) -> Array:
        """(T, D, C) what each tie of the only problem can add to the gradient."""
        found = [np.zeros((0, *self.weights.shape))]
        for term, by_term, tied in self.kinks:
            ((argument, _),) = term.parents
            places = np.nonzero(tied[0])
            count = len(places[0])
            step = max(1, _LARGEST_CHUNK // (self.weights.number.value.size + tied.size))
            for start in range(0, count, step):
                chosen = tuple(place[start : start + step] for place in places)
                seeds = np.zeros((1, len(chosen[0]), *argument.shape))
                of_each: tuple[NDArray[np.intp], ...] = np.arange(len(chosen[0])), *chosen
                seeds[0][of_each] = by_term.value[0][chosen]
                by_weights = derivatives([(argument, Bounded(seeds))])[self.weights].value
                found.append(by_weights / self.divisor)
        return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class _Worked:
    """K problems worked out side by side."""

    data_part: _Part
    penalty_part: _Part
    data: Bounded
    regularization: Bounded

    def ties(self) -> list[int]:
        """How many ties each of the problems has."""
        count = np.zeros(self.data.value.shape, dtype=np.intp)
        for part in (self.data_part, self.penalty_part):
            for _, _, tied in part.kinks:
                count += tied.reshape(len(tied), -1).sum(axis=1)
        ties: list[int] = count.tolist()  # type: ignore[assignment]
        return ties
