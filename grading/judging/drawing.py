"""Draws an exam with Hypothesis: `python -m grading.judging.drawing` redraws the shipped rubric's.

Which examples are asked is data, `checks/exam.json`: their numbers, worked out by `benchmarks.choosing_exam`. Once a
strategy has changed and draws something else, the numbers are void, and all examples are asked until new ones are
worked out.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Mapping
from typing import Any

import hypothesis
import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir

from grading import PREFIX
from grading.grades.atomic_files import user_cache, write_atomically
from grading.judging.encoding import encode
from grading.judging.exam import SHIPPED, KeptPool, all_drawings, key_of, packed
from grading.judging.properties import Drawing
from grading.rubric.reading import load_rubric

CHOICE = SHIPPED.with_suffix(".json")
TO_CHOOSE_FROM = 4
"""Where examples are to be chosen, this many times as many random ones are drawn as an exam has."""
_MOST_ROUNDS = 20


class ChosenExamples(msgspec.Struct):
    """The selection from the examples of one drawing.

    Attributes:
        of: the hash of all those examples.
        chosen: the numbers of the selected ones.
    """

    of: str
    chosen: list[int]


class Drawn(msgspec.Struct, frozen=True):
    """All examples of a drawing: the ``tiny`` smallest, others that every exam has, and random ones."""

    examples: tuple[Any, ...]
    tiny: int

    @property
    def digest(self) -> str:
        """A hash of the examples, 16 hexadecimal digits."""
        return hashlib.sha256(encode(self.examples)).hexdigest()[:16]


def draw(drawing: Drawing, seed: int) -> KeptPool:
    """Draw the examples of one drawing; all of them are asked."""
    return _kept(drawing, drawn(drawing, seed))


def draw_and_choose(drawing: Drawing, seed: int, choices: Mapping[str, ChosenExamples]) -> KeptPool:
    """Draw the examples of one drawing; only the selected ones are asked, if a selection has been worked out."""
    choice = choices.get(key_of(drawing, seed))
    if choice is None:
        return draw(drawing, seed)
    many = drawn(drawing, seed, TO_CHOOSE_FROM)
    if many.digest != choice.of:
        print(f"{drawing}: drawn otherwise than when some were chosen; choose anew", file=sys.stderr)
        return draw(drawing, seed)
    return _kept(drawing, many, set(choice.chosen))


def drawn(drawing: Drawing, seed: int, times: int = 1) -> Drawn:
    """The examples of one drawing, no two of them equal, with ``times`` as many random ones as an exam has."""
    tiny = drawing.tiny(seed)
    found: dict[bytes, Any] = {encode([example]): example for example in (*tiny, *drawing.fixed(seed))}
    wanted = len(found) + times * drawing.definition.examples
    for number in range(_MOST_ROUNDS):
        if len(found) == wanted:
            break
        _draw_round(drawing, f"{key_of(drawing, seed)} {number}", found, wanted)
    return Drawn(tuple(found.values()), len(tiny))


def _kept(drawing: Drawing, drawn: Drawn, chosen: Collection[int] | None = None) -> KeptPool:
    """Pack the chosen examples; of the rest, only those that an exam without a selection would have."""
    most = len(drawn.examples)
    if chosen is not None:
        most -= (TO_CHOOSE_FROM - 1) * drawing.definition.examples
    parts: list[list[Any]] = [[], [], [], []]
    for number, example in enumerate(drawn.examples):
        if chosen is None or number in chosen:
            parts[number >= drawn.tiny].append(example)
        elif number < most:
            parts[2 + (number >= drawn.tiny)].append(example)
    return KeptPool(drawing.definition.source, *map(encode, parts))


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
    """Everything that the checks draw for a seed and a margin."""
    prepare()
    choices = (
        msgspec.json.decode(CHOICE.read_bytes(), type=dict[str, ChosenExamples]) if CHOICE.exists() else {}
    )
    return {
        key_of(drawing, seed): draw_and_choose(drawing, seed, choices)
        for drawing in all_drawings(delta).values()
    }


def prepare() -> None:
    """Make what is drawn depend only on the strategies and on Hypothesis's version."""
    set_hypothesis_home_dir(user_cache())
    _hide_our_constants()


def _hide_our_constants() -> None:
    """Keep draws independent of the numbers in our code: Hypothesis tries those of local modules, which have files."""
    for name, module in list(sys.modules.items()):
        if name.removeprefix(PREFIX).split(".")[0] in ("checks", "grading", "reference", "__main__"):
            module.__file__ = None


def write(seed: int, delta: float) -> None:
    """Draw an exam and write it to standard output.

    The checks are imported first, so that their numbers are hidden, too: whoever changes one that no strategy uses does
    not change what is drawn. The shipped exam was chosen from what is drawn otherwise.
    """
    all_drawings(delta)
    sys.stdout.buffer.write(packed(exam(seed, delta)))


if __name__ == "__main__":
    shipped = load_rubric().settings
    write_atomically(SHIPPED, packed(exam(shipped.seed, shipped.delta)))
