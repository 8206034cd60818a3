"""Everything that all submissions share, made once: the checks, their cases, and the true answers."""

from __future__ import annotations

from grading.judging.cases import REGULARIZED, SHIFTED, UNREGULARIZED, tied
from grading.judging.promise import promises
from grading.judging.screening import known_sizes, make_known
from grading.rubric import Rubric


def prepare(rubric: Rubric) -> None:
    """Import the checks and fill their caches for the losses that the rubric asks for."""
    promises()
    settings = rubric.settings
    scales = (1.0, 0.5) if isinstance(settings.reg_scale, str) else (settings.reg_scale,)
    for function in settings.functions.values():
        if function.kind != "loss":
            continue
        batches = [UNREGULARIZED, REGULARIZED]
        batches += [tied(settings.delta)] if "kinks" in function.points else []
        batches += [SHIFTED] if "stability" in function.points else []
        for scale in scales if function.is_regularized else (0.0,):
            known_sizes(settings.seed, function.reference, scale, settings.delta)
            make_known(batches, settings.seed, function.reference, scale, settings.delta)
