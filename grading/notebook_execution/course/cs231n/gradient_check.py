"""Compares a gradient with central differences."""

from __future__ import annotations

from collections.abc import Callable
from random import randrange
from typing import Any

import numpy as np


def _slope(f: Callable[[Any], Any], x: Any, place: tuple[int, ...], h: float) -> Any:
    """(f(x + h) - f(x - h)) / 2h in one coordinate; ``x`` is left unchanged."""
    kept = x[place]
    x[place] = kept + h
    above = f(x)
    x[place] = kept - h
    below = f(x)
    x[place] = kept
    return (above - below) / (2 * h)


def eval_numerical_gradient(f: Callable[[Any], Any], x: Any, verbose: bool = True, h: float = 0.00001) -> Any:
    """The gradient of ``f`` at ``x``, coordinate by coordinate."""
    gradient = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        gradient[place] = _slope(f, x, place, h)
        if verbose:
            print(place, gradient[place])
    return gradient


def grad_check_sparse(
    f: Callable[[Any], Any], x: Any, analytic_grad: Any, num_checks: int = 10, h: float = 1e-5
) -> None:
    """Print the numeric and the analytic slope, and their relative error, in a few random coordinates."""
    for _ in range(num_checks):
        place = tuple(randrange(size) for size in x.shape)
        numerical, analytic = _slope(f, x, place, h), analytic_grad[place]
        total = abs(numerical) + abs(analytic)
        error = abs(numerical - analytic) / total if total else 0.0
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")
