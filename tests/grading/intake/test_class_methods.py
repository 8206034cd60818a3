from __future__ import annotations

from pathlib import Path

from grading.intake.submission import MethodText
from tests.grading.intake.making import notebook, put, read_path

BASE = """class Linear:
    def train(self, X, y, learning_rate=1e-3, reg=True, num_iters=100, *, batch_size=200, verbose=None):
        self.W = X
        return [y]
"""


def test_an_inherited_method_stands_where_its_class_is_written(tmp_path: Path) -> None:
    put(
        tmp_path, {"work.ipynb": notebook("import numpy as np", BASE, "class LinearSVM(Linear):\n    pass\n")}
    )
    methods = read_path(tmp_path / "work.ipynb").methods
    numbers = {"learning_rate": 1e-3, "num_iters": 100, "batch_size": 200}
    assert methods == {"LinearSVM.train": MethodText("work.ipynb, cell 2", (2, 4), numbers)}
