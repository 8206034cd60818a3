"""The losses to 50 digits: scores and margins as exact integers, the rest in mpmath."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from reference.problem import Problem

mp = mpmath.mp.clone()
mp.dps = 50


def integers(array: NDArray[np.float64]) -> tuple[NDArray[np.object_], int]:
    """Python integers m and one exponent e with array = m * 2**e exactly."""
    mantissas, exponents = np.frexp(array)
    whole = (mantissas * 2.0**53).astype(np.int64).astype(object)
    lowest = int(exponents[array != 0.0].min(initial=0))
    shifts = np.where(array != 0.0, exponents - lowest, 0).astype(object)
    return whole << shifts, lowest - 53


@dataclass(frozen=True, eq=False)
class Truth:
    """Loss to 50 digits, and the coefficient of each sample in each class's column of the data gradient."""

    loss: Any
    steps: list[list[Any]]
    problem: Problem

    def gradient(self, d: int, c: int) -> Any:
        """Entry (d, c) of the gradient to 50 digits."""
        N = self.problem.sizes[0]
        total = mp.fdot((step[c], float(x)) for step, x in zip(self.steps, self.problem.X[:, d], strict=True))
        return total / N + 2 * mp.mpf(self.problem.reg) * float(self.problem.W[d, c])


def exact_scores(problem: Problem) -> tuple[NDArray[np.object_], int]:
    X, exponent_X = integers(problem.X)
    W, exponent_W = integers(problem.W)
    return X.dot(W), exponent_X + exponent_W


def regularization(problem: Problem) -> Any:
    W, exponent = integers(problem.W.ravel())
    return mp.ldexp(mp.mpf(int((W * W).sum())), 2 * exponent) * mp.mpf(problem.reg)


def svm(problem: Problem) -> Truth:
    """The hinge loss; a pair whose margin is exactly 0 does not count."""
    N, _, C = problem.sizes
    scores, exponent = exact_scores(problem)
    if exponent > 0:
        scores, exponent = scores << exponent, 0
    total = 0
    steps = []
    for row, label in zip(scores.tolist(), problem.y.tolist(), strict=True):
        step = [0] * C
        for j in range(C):
            margin = row[j] - row[label] + (1 << -exponent)
            if j != label and margin > 0:
                total += margin
                step[j] += 1
                step[label] -= 1
        steps.append(step)
    return Truth(mp.ldexp(mp.mpf(total), exponent) / N + regularization(problem), steps, problem)


def softmax(problem: Problem) -> Truth:
    N = problem.sizes[0]
    scores, exponent = exact_scores(problem)
    total = mp.mpf(0)
    steps = []
    for row, label in zip(scores.tolist(), problem.y.tolist(), strict=True):
        top = max(row)
        exponentials = [mp.exp(mp.ldexp(mp.mpf(score - top), exponent)) for score in row]
        normalizer = mp.fsum(exponentials)
        total += mp.log(normalizer) - mp.ldexp(mp.mpf(row[label] - top), exponent)
        step = [value / normalizer for value in exponentials]
        step[label] -= 1
        steps.append(step)
    return Truth(total / N + regularization(problem), steps, problem)


def squared_hinge(problem: Problem) -> Truth:
    N, _, C = problem.sizes
    scores, exponent = exact_scores(problem)
    if exponent > 0:
        scores, exponent = scores << exponent, 0
    total = 0
    steps = []
    for row, label in zip(scores.tolist(), problem.y.tolist(), strict=True):
        step = [mp.mpf(0)] * C
        for j in range(C):
            margin = row[j] - row[label] + (1 << -exponent)
            if j != label and margin > 0:
                total += margin**2
                slope = 2 * mp.ldexp(mp.mpf(margin), exponent)
                step[j] += slope
                step[label] -= slope
        steps.append(step)
    return Truth(mp.ldexp(mp.mpf(total), 2 * exponent) / N + regularization(problem), steps, problem)


def huber(problem: Problem) -> Truth:
    N, _, C = problem.sizes
    scores, exponent = exact_scores(problem)
    if exponent > 0:
        scores, exponent = scores << exponent, 0
    total, half = mp.mpf(0), mp.mpf(1) / 2
    steps = []
    for row, label in zip(scores.tolist(), problem.y.tolist(), strict=True):
        step = [mp.mpf(0)] * C
        for j in range(C):
            margin = mp.ldexp(mp.mpf(row[j] - row[label] + (1 << -exponent)), exponent)
            if j != label and margin > 0:
                total += half * margin**2 if margin <= 1 else margin - half
                step[j] += min(margin, 1)
                step[label] -= min(margin, 1)
        steps.append(step)
    return Truth(total / N + regularization(problem), steps, problem)


def logistic(problem: Problem) -> Truth:
    scores, exponent = exact_scores(problem)
    total = mp.mpf(0)
    steps = []
    for row, label in zip(scores.tolist(), problem.y.tolist(), strict=True):
        step = []
        for j, score in enumerate(row):
            s = mp.ldexp(mp.mpf(score), exponent)
            small = mp.exp(-abs(s))
            total += mp.log1p(small) + max(s, 0) - (s if j == label else 0)
            p = 1 / (1 + small) if s > 0 else small / (1 + small)
            step.append(p - (j == label))
        steps.append(step)
    return Truth(total / problem.sizes[0] + regularization(problem), steps, problem)
