"""Everything that all submissions share, made once: the checks, their examples, and the true answers."""

from __future__ import annotations

from grading.judging.engine import plan_of
from grading.judging.promise import promise_of
from grading.judging.screening import Setting, make_known
from grading.rubric import Rubric


def prepare(rubric: Rubric) -> None:
    """Import the checks and fill their caches for the losses that the rubric asks for."""
    settings = rubric.settings
    either = isinstance(settings.reg_scale, str)
    scales = (1.0, 0.5) if isinstance(settings.reg_scale, str) else (settings.reg_scale,)
    for function in settings.functions.values():
        asked = [promise for check in function.points if (promise := promise_of(check)).strategies]
        if function.kind != "loss":
            continue
        for scale in scales if function.is_regularized else (0.0,):
            setting = Setting(
                function.reference, scale, settings.delta, settings.seed, either, settings.exam.size
            )
            make_known([drawing for promise in asked for drawing in promise.drawings], setting)
            for promise in asked:
                plan_of(promise, setting)
