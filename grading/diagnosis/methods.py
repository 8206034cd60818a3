"""Names the mistake in train or predict: the known one that fails in the same way and acts the same elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from grading.diagnosis.behaviour import named
from grading.diagnosis.simulated_worker import SimulatedWorker
from grading.grades.grade import Diagnosis
from grading.judging.answers import describe
from grading.judging.calling_convention import Usage
from grading.judging.classifier import Classifier, Model, Options, Scenario, StandIn
from grading.judging.encoding import encode
from grading.judging.failures import Failure, Raises, WrongSampling
from grading.judging.promise import Promise
from grading.judging.training_record import Trained
from grading.sandbox.messages import Received
from grading.words import spoken
from reference.mistakes import Mistake, mistakes_of

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

Leaf = NDArray[np.generic] | str
Fingerprint = tuple[Leaf, ...]

_SEEDS = (1, 2)
_TRIES = 3
_W = np.array([[0.5, -1.0, 0.25], [-0.5, 1.5, 1.0]])
_X = np.array([[k / 4.0, (k * k % 7) / 2.0 - 1.5] for k in range(20)])
_Y = np.array([k * 2 % 3 for k in range(20)], dtype=np.int64)
_OPTIONS = Options(learning_rate=0.25, reg=0.5, num_iters=6, batch_size=3)


@dataclass(frozen=True)
class _Words:
    """A check's words about a mistake, without the names; ``got`` is None if it depends on chance."""

    failure: Failure
    message: str
    got: str | None


_fingerprints: dict[tuple[object, ...], list[Fingerprint]] = {}
# Few and small examples, since each mistake takes a tenth of a second if train calls its loss itself.
_words: dict[tuple[object, ...], _Words | None] = {}
_MOST_WORDS = 10_000


def diagnose_method(candidate: Classifier, asked: Promise, failure: Failure) -> Diagnosis | None:
    """Name the known mistake behind a failure of train or predict, if it is certain."""
    if failure.costly or failure.example is None:
        return None
    alike = [
        mistake
        for mistake in mistakes_of(asked.kind)
        if asked.id in mistake.checks
        and _same_words(candidate, failure, _said_of(mistake, candidate, asked, failure.example))
    ]
    if not alike:
        return None
    mine = _fingerprint(candidate, asked.kind, direct=not candidate.asked_the_stand_in)
    found = [m for m in alike if _agree(mine, _its_fingerprint(m, candidate, asked.kind))]
    if len(found) != 1:
        return None  # none of several that differ only by chance is certain
    return named(found[0])


def _same_words(candidate: Classifier, failure: Failure, said: _Words | None) -> bool:
    """Whether the failure's words and the mistake's are the same."""
    if said is None or not failure.is_like(said.failure):
        return False
    if isinstance(failure, Raises):
        return failure.got == said.failure.got
    if isinstance(failure, WrongSampling) and said.got is not None and failure.got != said.got:
        return False
    return _without_names(candidate, failure) == said.message


def _without_names(candidate: Classifier, failure: Failure) -> str:
    return failure.message.replace(candidate.name, "train").replace(candidate.class_name, "model")


def _simulated(mistake: Mistake, candidate: Classifier) -> Classifier:
    direct = not candidate.asked_the_stand_in
    worker = cast("Worker", SimulatedWorker(mistake, candidate.reference, direct=direct))
    simulated = Classifier(candidate.name, worker, candidate.standard)
    # The simulated worker uses the course's names.
    simulated.usage = Usage(candidate.name, takes_loss=candidate.usage.takes_loss)
    return simulated


def _said_of(
    mistake: Mistake, candidate: Classifier, asked: Promise, example: Mapping[str, Any]
) -> _Words | None:
    """The check's words about the mistake on the same example; worked out once for all candidates."""
    key = (*_setting(mistake, candidate), asked.id, encode(list(example.values())))
    if key not in _words:
        if len(_words) >= _MOST_WORDS:
            _words.clear()
        _words[key] = _said_now(mistake, candidate, asked, example)
    return _words[key]


def _setting(mistake: Mistake, candidate: Classifier) -> tuple[object, ...]:
    """Everything that decides what a mistake does, and the language that values other than numbers are described in."""
    return mistake.id, candidate.reference, candidate.asked_the_stand_in, candidate.usage.plain, spoken()


def _said_now(
    mistake: Mistake, candidate: Classifier, asked: Promise, example: Mapping[str, Any]
) -> _Words | None:
    """The same, for a few seeds of the random numbers."""
    found = []
    for shift in range(_TRIES):
        seeded = {name: _with_seed(value, shift) for name, value in example.items()}
        failure = _failure_of(_simulated(mistake, candidate), asked, seeded)
        if failure is not None:
            found.append(failure)
    if not found:
        return None
    fixed = len(found) == _TRIES and len({failure.got for failure in found}) == 1
    return _Words(found[0], _without_names(candidate, found[0]), found[0].got if fixed else None)


def _with_seed(example: Any, shift: int) -> Any:
    return replace(example, seed=example.seed ^ shift) if hasattr(example, "seed") else example


def _failure_of(simulated: Classifier, asked: Promise, example: Mapping[str, Any]) -> Failure | None:
    try:
        asked.body(simulated, **example)
    except Failure as failure:
        # It is kept for other hand-ins; its traceback would keep everything of this one alive.
        failure.__context__ = None
        return failure.with_traceback(None)
    return None


def _its_fingerprint(mistake: Mistake, candidate: Classifier, kind: str) -> list[Fingerprint]:
    key = _setting(mistake, candidate)
    if key not in _fingerprints:
        _fingerprints[key] = _fingerprint(
            _simulated(mistake, candidate), kind, direct=not candidate.asked_the_stand_in
        )
    return _fingerprints[key]


def _agree(mine: list[Fingerprint], its: list[Fingerprint]) -> bool:
    """Whether both act the same where the mistake does not depend on the seed, and both depend on it elsewhere."""
    if [len(leaves) for leaves in mine] != [len(leaves) for leaves in its]:
        return False
    for my_leaves, its_leaves in zip(zip(*mine, strict=True), zip(*its, strict=True), strict=True):
        fixed = all(_equal(leaf, its_leaves[0]) for leaf in its_leaves)
        if fixed and not all(_equal(leaf, its_leaves[0]) for leaf in my_leaves):
            return False
        if not fixed and all(_equal(leaf, my_leaves[0]) for leaf in my_leaves):
            return False
    return True


def _equal(a: Leaf, b: Leaf) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    if a.shape != b.shape:
        return False
    return bool(
        np.allclose(a.astype(np.float64), b.astype(np.float64), rtol=1e-9, atol=1e-12, equal_nan=True)
    )


def _fingerprint(candidate: Classifier, kind: str, *, direct: bool) -> list[Fingerprint]:
    """The results of a method in a few further cases, one fingerprint per seed."""
    if kind == "predict":
        return [tuple(_predicted(candidate))]
    scenarios = _direct_scenarios if direct else _scenarios
    return [
        tuple(leaf for scenario in scenarios(seed) for leaf in _trained(candidate, scenario))
        for seed in _SEEDS
    ]


def _predicted(candidate: Classifier) -> Iterator[Leaf]:
    for X in (_X, _X[:2], -_X[3:6]):
        try:
            yield _leaf(candidate.predict(Model(_W, X)))
        except Failure as failure:
            yield _kind(failure)


def _scenarios(seed: int) -> Iterator[Scenario]:
    """Trainings from given weights, from none, and without a step, so that W is the initial one."""
    gradients = (np.arange(2.0 * _OPTIONS.num_iters * 6).reshape(-1, 2, 3) % 7.0 - 3.0) / 4.0
    stand_in = StandIn(4.0 + np.arange(2.0 * _OPTIONS.num_iters) / 8.0, gradients)
    yield Scenario(_X, _Y, _OPTIONS, _W, stand_in, seed, rounds=2)
    yield Scenario(_X, _Y, _OPTIONS, None, stand_in, seed, rounds=2)
    yield Scenario(_X, _Y, replace(_OPTIONS, num_iters=0), None, stand_in, seed)


def _direct_scenarios(seed: int) -> Iterator[Scenario]:
    """The same for a train that takes no plugged-in loss: one distinct sample, then many, then no step."""
    yield Scenario(np.tile(_X[3], (20, 1)), np.ones(20, dtype=np.int64), _OPTIONS, _W, seed=seed, rounds=2)
    yield Scenario(_X, _Y, _OPTIONS, _W, seed=seed)
    yield Scenario(_X, _Y, replace(_OPTIONS, num_iters=0), None, seed=seed)


def _trained(candidate: Classifier, scenario: Scenario) -> list[Leaf]:
    try:
        return [leaf for done in candidate.train(scenario) for leaf in _leaves(done)]
    except Failure as failure:
        return [_kind(failure)]


def _kind(failure: Failure) -> str:
    text = failure.got or "" if isinstance(failure, Raises) else type(failure).__name__
    return text.partition(":")[0]


def _leaves(done: Trained) -> Iterator[Leaf]:
    yield from (_leaf(done.history), describe(done.W), _leaf(done.W), done.X, done.y)
    yield np.array([call.reg for call in done.calls])
    yield " ".join(str(call.X_batch.shape + call.y_batch.shape) for call in done.calls)
    for part in ("W", "X_batch", "y_batch"):
        arrays = [getattr(call, part).ravel() for call in done.calls]
        yield np.concatenate(arrays) if arrays else np.zeros(0)


def _leaf(received: Received) -> Leaf:
    value = received.value
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return np.array(float(value))
    if isinstance(value, tuple):
        parts = [_leaf(part) for part in value]
        numbers = [part for part in parts if isinstance(part, np.ndarray) and part.ndim == 0]
        if len(numbers) == len(parts):
            return np.array([number.item() for number in numbers])
        return f"{received.type_name}: " + ", ".join(part.type_name for part in value)
    return describe(received)
