"""A class whose hand-ins take a moment each: one method is asked for, and no loss."""

from __future__ import annotations

import re
from pathlib import Path

RUBRIC = """
title = "Only predict"
seed = 231
accuracy = {}

[functions."Softmax.predict"]
kind = "predict"
reference = "softmax"
points = { prediction = 4 }

[limits]
call_seconds = 60
"""
RIGHT = """
import numpy as np

class Softmax:
    W = None

    def predict(self, X):
        return np.argmax(X.dot(self.W), axis=1)
"""
WRONG = RIGHT.replace("argmax", "argmin")
HANGS = RIGHT.replace("        return", "        while True: pass\n        return")


def make_class(folder: Path, **hand_ins: str) -> Path:
    """A folder with a file for each hand-in, and beside it rubric.toml."""
    folder.mkdir()
    for name, code in hand_ins.items():
        (folder / f"{name}.py").write_text(code)
    (folder.parent / "rubric.toml").write_text(RUBRIC)
    return folder


def results(out: Path) -> dict[str, str]:
    """All that a run leaves in its folder, without the times."""
    return {
        str(path.relative_to(out)): re.sub(r'"seconds": [-+.0-9e]+|[-+.0-9e]+ s\b', "", path.read_text())
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
