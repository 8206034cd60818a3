"""The rooms of the house, and who may look into which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UPPER = (
    "grading.commands",
    "grading.run",
    "grading.conclusion",
    "grading.suite",
    "grading.fingerprint",
    "grading.gradebook",
    "grading.marking",
    "grading.cluster",
    "grading.reports",
    "grading.terminal",
    "grading.notebook",
    "grading.watching",
    "grading.pack",
)
OURS = ("reference", "checks", "grading", "grader", "tests", "submissions")


def modules(folder: str) -> Iterator[Path]:
    return (ROOT / folder).rglob("*.py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written from the root"
            yield node.module or ""


def room(module: str) -> str:
    if module.split(".")[0] != "grading":
        return module.split(".")[0]
    return "upper" if any(module == name or module.startswith(f"{name}.") for name in UPPER) else "lower"


ALLOWED = {
    "reference": {"reference"},
    "lower": {"lower", "reference"},
    "checks": {"checks", "lower", "reference"},
    "upper": {"upper", "checks", "lower", "reference"},
}


@pytest.mark.parametrize("folder", ["reference", "checks", "grading"])
def test_imports_point_one_way(folder: str) -> None:
    for path in modules(folder):
        here = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name in imports(path):
            if name.split(".")[0] in OURS:
                assert room(name) in ALLOWED[here], f"{path.relative_to(ROOT)} imports {name}"


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
            assert not {"pickle", "dill", "joblib", "shelve", "cloudpickle"} & set(imports(path)), path
