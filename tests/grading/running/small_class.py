"""A class whose hand-ins take a moment each: one method is asked for, and no loss."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from grading.gradebook.database import FILE

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
    """All that a run leaves in its folder, and of its gradebook what everybody has, without the times."""
    files = {
        str(path.relative_to(out)): re.sub(r'"seconds": [-+.0-9e]+|[-+.0-9e]+ s\b', "", path.read_text())
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith(FILE)
    }
    marks = rows(out, "SELECT name, state, score, sha256, mark IS NULL FROM gradebook ORDER BY name")
    checks = rows(
        out, "SELECT name, function, check_id, status, checks.points FROM gradebook JOIN checks USING (mark)"
    )
    return files | {"marks": str(marks), "checks": str(sorted(checks))}


def rows(out: Path, query: str) -> list[tuple[Any, ...]]:
    """What the gradebook in a folder answers; nothing if there is none yet."""
    try:
        with closing(sqlite3.connect(f"file:{out / FILE}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def kept_in(out: Path) -> set[str]:
    """The names of those on whom there is a verdict."""
    return {name for (name,) in rows(out, "SELECT name FROM handins JOIN verdicts ON handin = handins.id")}
