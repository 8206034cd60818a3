"""Trains the reference as each shipped rubric asks, and keeps it: `python -m benchmarks.training_references`.

Grading then trains no reference with these settings. A test compares the file with what is trained anew.
"""

from __future__ import annotations

import msgspec

from grading.grades.atomic_files import write_atomically
from grading.judging.training.baselines import SHIPPED, Learned, key_of, train
from grading.rubric.editions import shipped
from grading.rubric.reading import load_rubric
from grading.running.from_rubric import training_plan


def trained() -> dict[str, Learned]:
    """The reference, trained as each shipped rubric asks."""
    found: dict[str, Learned] = {}
    for edition in (None, *shipped()):
        plan = training_plan(load_rubric(edition=edition))
        found |= {key: train(name, plan) for name in plan.losses if (key := key_of(name, plan)) not in found}
    return found


if __name__ == "__main__":
    write_atomically(SHIPPED, msgspec.msgpack.encode(trained()))
