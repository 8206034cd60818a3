"""Drawing an exam with Hypothesis: `python -m grading.judging.drawing` draws that of the shipped rubric, anew."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir

from grading import PREFIX
from grading.judging.encoding import encode
from grading.judging.exam import SHIPPED, KeptPool, all_drawings, key_of, packed, user_cache
from grading.judging.properties import Drawing
from grading.rubric import load_rubric
from grading.writing import write_whole

_MOST_ROUNDS = 20


def draw(drawing: Drawing, seed: int) -> KeptPool:
    """The examples of one drawing, no two of them equal."""
    tiny = drawing.tiny(seed)
    kept: dict[bytes, Any] = {encode([example]): example for example in (*tiny, *drawing.fixed(seed))}
    wanted = len(kept) + drawing.definition.examples
    for number in range(_MOST_ROUNDS):
        if len(kept) == wanted:
            break
        _draw_round(drawing, f"{key_of(drawing, seed)} {number}", kept, wanted)
    return KeptPool(drawing.definition.source, len(tiny), encode(list(kept.values())))


def _draw_round(drawing: Drawing, name: str, kept: dict[bytes, Any], wanted: int) -> None:
    @hypothesis.seed(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    @settings(
        max_examples=wanted - len(kept),
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(drawing.strategy())
    def keep(example: Any) -> None:
        if len(kept) < wanted:
            kept.setdefault(encode([example]), example)

    keep()


def exam(seed: int, delta: float) -> dict[str, KeptPool]:
    """All that the checks draw for a seed and a margin."""
    set_hypothesis_home_dir(user_cache())
    _hide_our_constants()
    return {key_of(drawing, seed): draw(drawing, seed) for drawing in all_drawings(delta).values()}


def _hide_our_constants() -> None:
    """Let no draw depend on the numbers in our code: Hypothesis tries those of local modules, which have files."""
    for name, module in list(sys.modules.items()):
        if name.removeprefix(PREFIX).split(".")[0] in ("checks", "grading", "reference", "__main__"):
            module.__file__ = None


def write(seed: int, delta: float) -> None:
    """Draw an exam to standard output."""
    sys.stdout.buffer.write(packed(exam(seed, delta)))


if __name__ == "__main__":
    shipped = load_rubric().settings
    write_whole(SHIPPED, packed(exam(shipped.seed, shipped.delta)))
