"""Everything that all submissions share, made once: the checks, their examples, and the true answers."""

from __future__ import annotations

from collections.abc import Iterator

from grading.judging.engine import plan_of
from grading.judging.promise import promise_of
from grading.judging.screening import Setting, make_known
from grading.judging.standard import Standard
from grading.rubric.settings import Function


def prepare(standard: Standard) -> None:
    """Import the checks and fill their caches for the losses that are asked for."""
    for function, setting in _settings_of(standard):
        asked = [promise for check in function.points if (promise := promise_of(check)).strategies]
        make_known([drawing for promise in asked for drawing in promise.drawings], setting)
        for promise in asked:
            plan_of(promise, setting)


def prepare_for_failures(standard: Standard) -> Iterator[None]:
    """Import what names mistakes and finds their places, and work out the answers of the known ones, piece by piece.

    For a caller that has nothing else to do until the next failure, and may stop at any piece: right code needs none,
    and what is missing is made when it is needed.
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
    """Each loss function that is asked for, with what its answers may be judged by."""
    for function in standard.functions.values():
        if function.kind == "loss":
            for scale in standard.reg_scales if function.is_regularized else (0.0,):
                yield function, standard.setting(function.reference, scale)
