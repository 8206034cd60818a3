"""Classes to grade: notebooks made of right code in many styles, known mistakes, and single slips.

Student ``k`` hands in the same notebook in every run; so figures of different runs can be compared.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reference.mistakes import CATALOGUE, METHODS
from tests.checks import classes, handins
from tests.checks.mutants import mutants
from tests.checks.right_classes import RIGHT_TRAINS
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

_STYLES = {"svm": SVM_STYLES, "softmax": SOFTMAX_STYLES}
_CLASSES = {"LinearSVM": "svm", "Softmax": "softmax"}
# Mistakes that hang, or take the process down, wait for their limits, which is no work.
_LEFT_OUT = ("hang", "recursion", "exit")
_BEGINNING = """%matplotlib inline
import numpy as np
import matplotlib.pyplot as plt

plt.rcParams["figure.figsize"] = (10.0, 8.0)
plt.rcParams["image.cmap"] = "gray"
"""  # as the course's notebooks begin
_RIGHT, _MISTAKEN = 0.7, 0.85  # what is left are slips


def make_class(folder: Path, count: int, *, all_right: bool = False) -> None:
    """Write ``count`` notebooks into ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = f"student{number:05}.ipynb"
        (folder / name).write_text(notebook(list(cells(number, all_right=all_right))), encoding="utf-8")


def notebook(codes: list[str]) -> str:
    """A notebook of code cells, as JSON."""
    made: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"cell{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": code,
        }
        for number, code in enumerate(codes)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made}, indent=1)


def cells(number: int, *, all_right: bool = False) -> Iterator[str]:
    """The code cells of one student."""
    chance = random.Random(number)
    yield _BEGINNING
    for loss in _STYLES:
        for vectorized in (False, True):
            name = f"{loss}_loss_{'vectorized' if vectorized else 'naive'}"
            luck = 0.0 if all_right else chance.random()
            yield _function(chance, name, loss, luck).strip() + "\n"
    for name, loss in _CLASSES.items():
        luck = 0.0 if all_right else chance.random()
        if luck < _RIGHT:
            methods = RIGHT_TRAINS[chance.choice(sorted(RIGHT_TRAINS))]
            if "def predict(" not in methods:
                # W is a matrix there.
                methods += classes.PREDICT.replace("self.W", "np.asarray(self.W)")
            yield classes.HandedClass(loss, methods).code(name)
        else:
            yield classes.handed_mistake(chance.choice(METHODS), loss).code(name)


def _function(chance: random.Random, name: str, loss: str, luck: float) -> str:
    """The code of a loss function: right, with a known mistake, or with one slip."""
    vectorized = name.endswith("vectorized")
    if luck < _RIGHT:
        styles = [code for code, fast in _STYLES[loss].values() if fast is vectorized]
        return _named(name, chance.choice(styles))
    if luck < _MISTAKEN:
        possible = [m for m in CATALOGUE if m.subject == loss and not _is_left_out(m.id)]
        handed = handins.handed_mistake(chance.choice(possible))
        # Of two losses in one notebook, each has its own data term.
        code = re.sub(r"\bdata\b", f"{loss}_data", handed.code)
        return f"{code}\n\n\n{name} = {handed.entry}"
    return _named(name, chance.choice(_slips(loss, "broadcasting" if vectorized else "loops")))


def _named(name: str, code: str) -> str:
    """The code with the name that is asked for in place of ``loss``, as all styles call their function."""
    return re.sub(r"(?m)^loss(?= = )|(?<![\w.])loss(?=\()", name, code)


@cache
def _slips(loss: str, style: str) -> tuple[str, ...]:
    code = _STYLES[loss].get(style, next(iter(_STYLES[loss].values())))[0]
    return tuple(mutant.code for mutant in mutants(code))


def _is_left_out(mistake: str) -> bool:
    return any(word in mistake for word in _LEFT_OUT)
