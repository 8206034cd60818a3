"""A loss: derives its value, its accepted gradients and the bounds of both from its formula."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from reference.accepted import AcceptedGradients
from reference.answer import Answer, require_finite
from reference.bounded import Array, Bounded
from reference.differentiated import Differentiated, Spread, traced_back
from reference.labels import Labels
from reference.nested_kinks import NestedGradients
from reference.plain_terms import PlainTerm
from reference.problem import NetworkProblem, Problem, stacked
from reference.traced_arrays import Term

T = TypeVar("T", bound=Term)

_FEATURES = 8
"""Problems of fewer features are evaluated with so many."""


def squares(*parameters: Term) -> Term:
    """The penalty of the assignment: the sum of the squares of the weights, not of the biases."""
    first, *others = [(W**2).sum() for W in parameters if W.ndim == 2]
    return sum(others, first)


class Loss(msgspec.Struct, frozen=True, eq=False, dict=True):
    """data_loss + reg_scale * reg * penalty, each given by its formula.

    Attributes:
        data_loss: called with W, or with the parameters of a network, X, y and, if it takes it, delta.
        penalty: called with the parameters.
        shapes: the shapes of parameters other than W, a letter for each axis: {"W1": "DH", "b1": "H"}.
        scores: (N, C) or (N,), called with the parameters and X.
        largest_score: in absolute value; beyond it, the usual forms of the loss lose their digits, and only the
            stability check uses larger ones. None for no limit.
    """

    data_loss: Callable[..., Any]
    penalty: Callable[..., Any] = squares
    shapes: Mapping[str, str] = {}
    scores: Callable[..., Term] = operator.matmul
    largest_score: float | None = None

    def ordinary(self, problem: Problem) -> Problem:
        """The problem with W divided by the power of 2 that makes its scores no larger than `largest_score`."""
        size = self.excess(problem)
        return problem if size == 1.0 else Problem(problem.W / size, problem.X, problem.y, problem.reg)

    def excess(self, problem: Problem) -> float:
        """That power of 2; 1 if the scores are no larger."""
        return 1.0 if self.largest_score is None else self._excess(problem.X @ problem.W)

    def _excess(self, scores: Array) -> float:
        largest = float(np.abs(scores).max(initial=0.0))
        if self.largest_score is None or largest <= self.largest_score:
            return 1.0
        return 2.0 ** math.ceil(math.log2(largest / self.largest_score))

    def ordinary_network(self, problem: NetworkProblem) -> NetworkProblem:
        """The same for named parameters, all of which are divided."""
        if self.largest_score is None:
            return problem
        scores, _ = self.true_scores(problem)
        size = self._excess(scores)
        parameters = {name: array / size for name, array in problem.parameters.items()}
        return NetworkProblem(parameters, problem.X, problem.y, problem.reg)

    def true_scores(self, problem: NetworkProblem) -> tuple[Array, Array]:
        """The scores of a network, (N, C), and the largest distance of right float64 code from them."""
        arrays = (*(problem.parameters[name] for name in self.parameters), problem.X)
        number = self.scores(*(Term(Bounded.exact(array[None])) for array in arrays)).number
        return number.value[0], number.bound()[0]

    @cached_property
    def _takes_delta(self) -> bool:
        return "delta" in inspect.signature(self.data_loss).parameters

    def evaluate(
        self, problem: Problem, *, reg_scale: float = 1.0, delta: float = 1.0, moved: Array | None = None
    ) -> Answer:
        """The loss of a problem and all its right gradients.

        Args:
            problem: finite W, X, reg; 0 <= y < C.
            reg_scale: 1.0 for reg*sum(W*W), 0.5 for the convention with the half.
            delta: the required margin, in losses that have one.
            moved: (D, C) how far W may be off: the answer must also be right for any W within this.

        Raises:
            OverflowError: a sum of absolute values is beyond float64: there is no right answer to compare with.
            FormulaError: the formula cannot be evaluated here.
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
        """`evaluate` for problems that are `alike`, which together take hardly longer than one of them."""
        features = self.alike(problems[0])[1] if moved is None else None
        return self._answers(problems, features, reg_scale, delta, moved)

    def alike(self, problem: Problem) -> tuple[int, int, int]:
        """The sizes with which a problem is evaluated; problems with equal ones can be evaluated together.

        Most problems are so small that their number does not matter: the time depends on the number of groups. So
        small numbers of features are made equal, if the formula allows it, by adding features that are 0.
        """
        N, D, C = problem.sizes
        return (N, _FEATURES, C) if D < _FEATURES and self._ignores_empty_features else (N, D, C)

    @cached_property
    def _ignores_empty_features(self) -> bool:
        """Whether features that are 0 everywhere change neither loss nor gradient nor kinks; tried out once."""
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
        worked = self._work_out((weights,), X, y, reg, reg_scale, delta)
        loss = worked.data + worked.regularization
        gradient = worked.data_part.gradient + worked.penalty_part.gradient
        nested = worked.nested
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
            D = len(problem.W)
            accepted = AcceptedGradients(base[:D], bound[:D], size[:D])
            if ties:
                work = partial(self._work_out_one, problem, reg_scale, delta)
                accepted = _with_ties(accepted, ties, work, nested=nested)
            answers.append(Answer(its_loss, its_bound, accepted, its_size))
        return answers

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters: ("W",), or ("W1", "b1", "W2", "b2")."""
        return tuple(n for n in inspect.signature(self.data_loss).parameters if n not in ("X", "y", "delta"))

    @np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore")
    def evaluate_network(
        self, problem: NetworkProblem, *, reg_scale: float = 1.0, delta: float = 1.0
    ) -> Answer:
        """`evaluate` for named parameters: gradients are one array (M,), those by all parameters concatenated.

        `flattened` brings those of a student into the same form.
        """
        worked = self._work_out_network(problem, reg_scale, delta)
        loss = worked.data + worked.regularization
        gradient = worked.data_part.gradient + worked.penalty_part.gradient
        loss_bound, bound = loss.bound(), gradient.bound()
        require_finite(loss_bound, bound)
        (ties,) = worked.ties()
        accepted = AcceptedGradients(gradient.value[0], bound[0], gradient.size[0])
        if ties:
            work = partial(self._work_out_network, problem, reg_scale, delta)
            accepted = _with_ties(accepted, ties, work, nested=worked.nested)
        return Answer(float(loss.value[0]), float(loss_bound[0]), accepted, float(loss.size[0]))

    def flattened(self, gradients: Mapping[str, Array]) -> Array:
        """Concatenates the gradients by all parameters, name -> array: (M,)."""
        return np.concatenate([np.ravel(gradients[name]) for name in self.parameters])

    def named(self, gradient: Array, problem: NetworkProblem) -> dict[str, Array]:
        """The inverse of `flattened`: (M,) -> the gradient by each parameter."""
        sizes = [problem.parameters[name].size for name in self.parameters]
        parts = np.split(gradient, np.cumsum(sizes)[:-1])
        shapes = [problem.parameters[name].shape for name in self.parameters]
        return {
            name: part.reshape(shape)
            for name, part, shape in zip(self.parameters, parts, shapes, strict=True)
        }

    def _work_out_network(self, problem: NetworkProblem, reg_scale: float, delta: float) -> _Worked:
        numbers = [Bounded.exact(problem.parameters[name][None]) for name in self.parameters]
        y, reg = problem.y.astype(np.intp)[None], np.array([problem.reg])
        return self._work_out(numbers, problem.X[None], y, reg, reg_scale, delta)

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
            The loss, and (D, C) dW; not finite if they have left the range of float64.
        """
        losses, gradients = self.losses_and_gradients(
            W[None], X[None], y[None], np.array([reg]), reg_scale=reg_scale, delta=delta
        )
        return float(losses[0]), gradients[0]

    @np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore")
    def losses_and_gradients(
        self,
        W: Array,
        X: Array,
        y: NDArray[np.int64],
        reg: Array,
        *,
        reg_scale: float = 1.0,
        delta: float = 1.0,
    ) -> tuple[Array, Array]:
        """`loss_and_gradient` of K problems of the same sizes side by side: each array has an additional first axis."""
        weights, samples = PlainTerm(W, varies=True), PlainTerm(X)
        labels = Labels(y.astype(np.intp), PlainTerm.constant)
        data, penalty = self._terms((weights,), samples, labels, delta)
        strength = reg_scale * reg
        gradient = _gradient(data, weights, np.ones(len(X))) + _gradient(penalty, weights, strength)
        return data.value + penalty.value * strength, gradient

    def _work_out(
        self,
        parameters: Sequence[Bounded],
        X: Array,
        y: NDArray[np.intp],
        reg: Array,
        reg_scale: float,
        delta: float,
    ) -> _Worked:
        terms = [Term(parameter, varies=True) for parameter in parameters]
        data, penalty = self._terms(terms, Term.constant(X), Labels(y, Term.constant), delta)
        strength = Bounded.exact(reg_scale * reg)
        return _Worked(
            Differentiated.of(data, terms, Bounded.exact(np.ones(len(X)))),
            Differentiated.of(penalty, terms, strength),
            data.number,
            penalty.number * strength,
        )

    def _terms(self, parameters: Sequence[T], X: T, y: Labels, delta: float) -> tuple[T, T]:
        """The data loss and the penalty."""
        settings = {"delta": delta} if self._takes_delta else {}
        return self.data_loss(*parameters, X, y, **settings), self.penalty(*parameters)

    def _work_out_one(self, problem: Problem, reg_scale: float, delta: float) -> _Worked:
        W, X, y, reg = stacked((problem,))
        return self._work_out((Bounded.exact(W),), X, y, reg, reg_scale, delta)


def _gradient(part: PlainTerm, weights: PlainTerm, seed: Array) -> Array:
    """(K, D, C) one gradient of the data loss or the penalty, times ``seed``, (K,)."""
    found, divisor = traced_back(part, (weights,), seed)
    gradient = found[weights]
    return gradient if divisor == 1.0 else gradient / divisor


def _with_ties(
    smooth: AcceptedGradients, ties: int, work: Callable[[], _Worked], *, nested: bool
) -> AcceptedGradients:
    """The accepted gradients of one problem, which ``work`` evaluates again if its ties are needed."""
    of_base = smooth.base, smooth.bound, smooth.size, ties
    if nested:
        return NestedGradients(*of_base, spread=lambda: work().spread())
    return AcceptedGradients(*of_base, lambda: work().spread().upper)


class _Worked(msgspec.Struct, frozen=True, eq=False):
    """K problems evaluated side by side."""

    data_part: Differentiated
    penalty_part: Differentiated
    data: Bounded
    regularization: Bounded

    @property
    def nested(self) -> bool:
        """Whether one kink is applied to another."""
        return self.data_part.nested or self.penalty_part.nested

    @np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore")
    def spread(self) -> Spread:
        """The contributions of the ties of the only problem."""
        one, other = self.data_part.spread(), self.penalty_part.spread()
        upper, lower = np.concatenate([one.upper, other.upper]), np.concatenate([one.lower, other.lower])
        both = np.zeros((len(upper), len(lower), *upper.shape[1:]))
        both[: len(one.upper), : len(one.lower)] = one.both
        both[len(one.upper) :, len(one.lower) :] = other.both
        return Spread(upper, lower, both)

    def ties(self) -> list[int]:
        """The number of ties of each problem."""
        return list(map(int, self.data_part.ties() + self.penalty_part.ties()))
