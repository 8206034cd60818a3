"""Strategies and `given` are Hypothesis's where Hypothesis is there, and cost nothing where it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def run(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_check_is_a_test_of_hypothesis_where_hypothesis_was_imported_first() -> None:
    run(
        "import hypothesis.strategies as st\n"
        "from hypothesis import find, is_hypothesis_test\n"
        "from checks.test_value import test_value\n"
        "from checks.strategies import problems, sized_problems, tied_problems\n"
        "assert is_hypothesis_test(test_value)\n"
        "pairs = st.lists(problems() | tied_problems(), min_size=2, max_size=2)\n"
        "found = find(pairs, lambda two: True)\n"
        "assert [problem.sizes for problem in found] == [(1, 1, 2), (1, 1, 2)]\n"
    )


def test_a_strategy_is_only_a_note_where_hypothesis_was_not_imported() -> None:
    run(
        "import sys\n"
        "from checks.strategies import problems, sized_problems\n"
        "from grading.judging.promise import promises\n"
        "assert [str(d) for d in (problems() | sized_problems()).drawings] == ['problems()', 'sized_problems()']\n"
        "promises()\n"
        "assert 'hypothesis' not in sys.modules\n"
    )


def test_an_argument_that_a_strategy_does_not_take_is_refused() -> None:
    from checks.strategies import tied_problems

    with pytest.raises(TypeError, match=r"tied_problems\(\) takes no argument size"):
        tied_problems(size=3)
