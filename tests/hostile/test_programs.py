from __future__ import annotations

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.walls.levels import Level
from tests.hostile import exhausting, forging, meddling, reaching, tampering
from tests.hostile.arena import Bait, Program, perform

THEMES = (forging, tampering, reaching, meddling, exhausting)
ALL: list[Program] = [program for theme in THEMES for program in theme.ATTACKS.programs]
# What meets no walls is tried at one level each: of three such programs, another at each level.
ALIKE = [program for program in ALL if not program.meets_walls]
IN_TURN = [ALIKE[k : k + len(Level)] for k in range(0, len(ALIKE), len(Level))]


@pytest.mark.parametrize(
    "program", [program for program in ALL if program.meets_walls], ids=lambda program: program.name
)
def test_a_hostile_program_gains_nothing_and_costs_nobody_else(
    arena: Sandbox, laid: Bait, program: Program
) -> None:
    perform(program, arena, laid)


@pytest.mark.parametrize("programs", IN_TURN, ids=lambda programs: ", or ".join(p.name for p in programs))
def test_what_meets_no_walls_gains_nothing_and_costs_nobody_else(
    arena: Sandbox, laid: Bait, programs: list[Program]
) -> None:
    perform(programs[list(Level).index(arena.isolation.level) % len(programs)], arena, laid)


def test_there_are_enough_of_them_and_no_two_are_called_the_same() -> None:
    assert len(ALL) >= 70
    assert len({program.name for program in ALL}) == len(ALL)
