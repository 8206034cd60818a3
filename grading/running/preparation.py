"""Prepares, once, everything that all submissions share: the checks, their examples and the true answers."""

from __future__ import annotations

from collections.abc import Iterator

from grading.judging.engine import plan_of
from grading.judging.promise import Promise, promise_of
from grading.judging.screening import Setting, make_known
from grading.judging.standard import Standard
from grading.rubric.settings import Function


def prepare(standard: Standard) -> None:
    """Import the checks and fill their caches for the requested losses."""
    asked: dict[Setting, list[Promise]] = {}
    for function, setting in _settings_of(standard):
        drawn = [promise for check in function.points if (promise := promise_of(check)).strategies]
        asked.setdefault(setting, []).extend(drawn)
    for setting, promises in asked.items():
        make_known([drawing for promise in promises for drawing in promise.drawings], setting)
        for promise in promises:
            plan_of(promise, setting)


def prepare_for_failures(standard: Standard) -> Iterator[None]:
    """Import the modules that name and locate mistakes, and compute the answers of known mistakes, piece by piece.

    For a caller that is idle until the next failure and may stop after any piece: correct code needs none of this, and
    whatever is missing is made when it is needed.
    """
    import hypothesis  # noqa: F401

    yield
    from grading.diagnosis import loss_functions, methods  # noqa: F401
    from grading.diagnosis.known_answers import plain_sample, regularized_sample, sample, traces

    yield
    from grading.diagnosis.repair import updated_results  # noqa: F401

    yield
    for _, setting in _settings_of(standard):
        for problems in (sample(setting), regularized_sample(setting), plain_sample(setting)):
            traces(setting, problems)
            yield


def _settings_of(standard: Standard) -> Iterator[tuple[Function, Setting]]:
    """Yield each requested loss function with each setting that may be used to judge its answers."""
    for function in standard.functions.values():
        if function.kind == "loss":
            for scale in standard.reg_scales if function.is_regularized else (0.0,):
                yield function, standard.setting(function.reference, scale)
