"""The rooms of the house, and who may look into which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import floors

ROOT = Path(__file__).resolve().parent.parent
FROM_TOP_TO_BOTTOM = (
    "grader",
    "commands",
    "checks",
    "gradebook",
    "entrances",
    "running",
    "diagnosis",
    "starter",
    "editions",
    "judging",
    "notebook_execution",
    "reports",
    "grades",
    "rubric",
    "sandbox",
    "intake",
    "sandbox/walls",
    "sandbox/inside",
    "protocol",
    "words",
    "grading",
    "reference",
)
"""Every room; each imports only from those below it."""


def modules(folder: str) -> Iterator[Path]:
    return (ROOT / folder).rglob("*.py")


def test_every_module_lies_in_a_room() -> None:
    assert {path.name for path in (ROOT / "grading").glob("*.py")} == {"__init__.py"}
    assert {floors.room_of(name) for name in floors.modules()} == set(FROM_TOP_TO_BOTTOM)


def test_every_room_says_what_it_is_for() -> None:
    for room in set(FROM_TOP_TO_BOTTOM) - {"grader", *floors.TOP}:
        text = (ROOT / "grading" / room / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), room


@pytest.mark.parametrize("room", FROM_TOP_TO_BOTTOM)
def test_a_room_imports_only_from_those_below_it(room: str) -> None:
    below = FROM_TOP_TO_BOTTOM[FROM_TOP_TO_BOTTOM.index(room) + 1 :]
    for (upper, lower), importers in floors.arrows().items():
        assert upper != room or lower in below, f"{importers} of {upper} import from {lower}"


def test_what_runs_beside_student_code_imports_only_what_it_can_see_there() -> None:
    seen = {lower for upper, lower in floors.arrows() if upper == "sandbox/inside"}
    assert seen == {"protocol", "grading"}
    assert not [lower for upper, lower in floors.arrows() if upper in seen]


def test_the_picture_of_the_floors_is_the_one_that_the_imports_make() -> None:
    """If this fails, imports or docstrings of rooms have changed: `python -m tests.floors` draws it anew."""
    assert floors.picture() in floors.PAGE.read_text(encoding="utf-8")


def test_modules_stay_small_enough_to_be_read_in_one_go() -> None:
    for folder in ("reference", "checks", "grading", "tests"):
        for path in modules(folder):
            lines = path.read_text(encoding="utf-8").count("\n")
            assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines"


def test_nothing_unpickles() -> None:
    """Files of the data set are pickles; the one reader of them admits only what they hold."""
    for folder in ("checks", "grading"):
        for path in modules(folder):
            if {"inside", "course"} & set(path.parts):  # run where the student's code does, and only there
                continue
            assert not {"pickle", "dill", "joblib", "shelve", "cloudpickle"} & set(floors.imports(path)), path
