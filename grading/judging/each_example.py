"""Checks a promise of a method or a network, one example after the other, all fetched in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grading.judging.classifier import Classifier
from grading.judging.exam import own_examples, pool_of
from grading.judging.failures import Failure
from grading.judging.promise import Promise
from grading.judging.properties import Drawing
from grading.judging.shrinking import smallest

if TYPE_CHECKING:
    from grading.judging.loss_function import LossFunction
    from grading.judging.network import Network

Example = Mapping[str, Any]


def verify_each(promise: Promise, candidate: Classifier | Network, *, small: bool = True) -> None:
    """Check whether a candidate keeps a promise.

    Raises:
        Failure: it does not; if ``small``, with the smallest example found.
    """
    ((name, _),) = promise.strategies
    examples = examples_of(promise, candidate)
    candidate.foresee(examples)
    for example in examples:
        failure = verdict(promise, candidate, {name: example})
        if failure is not None and not small:
            raise failure
        if failure is not None:
            raise smallest(lambda simpler: verdict(promise, candidate, simpler), {name: example}, failure)


def verdict(
    promise: Promise, candidate: LossFunction | Classifier | Network, example: Example
) -> Failure | None:
    """Return how a candidate fails on one example, or None; its remarks are kept only if it does not fail."""
    remarks = len(candidate.remarks)
    try:
        promise.body(candidate, **example)
    except Failure as failure:
        del candidate.remarks[remarks:]
        failure.example = example
        return failure
    return None


def examples_of(promise: Promise, candidate: Classifier | Network) -> list[Any]:
    """The examples of a promise, the same objects at every call."""
    return [example for drawing in promise.drawings for example in _examples(drawing, candidate)]


def _examples(drawing: Drawing, candidate: Classifier | Network) -> list[Any]:
    """The exam's examples, the last of them replaced by some that depend on the hand-in."""
    seed, delta = candidate.seed, candidate.standard.delta
    own = own_examples(drawing, candidate.digest, seed, delta) if candidate.digest else ()
    kept = pool_of(drawing, seed, delta).examples
    return [*kept[: len(kept) - len(own)], *own]
