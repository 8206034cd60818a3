from __future__ import annotations

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.walls.levels import Level
from tests.hostile import exhausting, forging, meddling, reaching, tampering
from tests.hostile.arena import Bait, Program, perform

THEMES = (forging, tampering, reaching, meddling, exhausting)
ALL: list[Program] = [program for theme in THEMES for program in theme.ATTACKS.programs]


# What meets no walls is tried at one level each, in turn.
TRIED = [
    pytest.param(level, program, id=f"{level}-{program.name}")
    for turn, level in enumerate(Level)
    for number, program in enumerate(ALL)
    if program.meets_walls or number % len(Level) == turn
]


@pytest.mark.parametrize(("arena", "program"), TRIED, indirect=["arena"])
def test_a_hostile_program_gains_nothing_and_costs_nobody_else(
    arena: Sandbox, laid: Bait, program: Program
) -> None:
    perform(program, arena, laid)


def test_there_are_enough_of_them_and_no_two_are_called_the_same() -> None:
    assert len(ALL) >= 70
    assert len({program.name for program in ALL}) == len(ALL)
