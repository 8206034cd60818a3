"""Rewrites sentences about the course's layout for a row of W per class and a column of X per sample.

The checks work in a single layout. Here, the matrices, shapes, indices and words of their sentences are transposed;
both layouts of a sentence mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

# Text, compiled when it is first needed: most courses have the usual layout.
_ROW = r"\[[^\[\]]*\]"
_MATRIX = rf"\[\s*{_ROW}(?:,\s*{_ROW})*,?\s*\]"
_ONE_LINE = 80
_TILED = rf"np\.tile\({_ROW}, \(\d+, 1\)\)"
_PAIR = r"(?:(?<=randn)|(?<![\w\]]))\((\d+|[NDC]), (\d+|[NDC])\)"
_TRIPLE = r"\((\d+), (\d+), (\d+)\)"
_ENTRY = r"\b(W|dW)\[(\w+), (\w+)\]"
_PLAIN = {
    "X.dot(W)": "W.dot(X)",
    "X.dot(self.W)": "self.W.dot(X)",
    "X.T.dot(...)": "(...).dot(X.T)",
    "X @ W": "W @ X",
    "(X_validation @ model.W)": "(model.W @ X_validation)",
    "X_batch[:, 0]": "X_batch[0]",
    "X[rows]": "X[:, columns]",
    "X[i]": "X[:, i]",
    "[np.arange(N), y]": "[y, np.arange(N)]",
    "p[:, y]": "p[y, :]",
    "dW[:, y]": "dW[y, :]",
    "X.shape[0]": "X.shape[1]",
    "X.shape[1]": "X.shape[0]",
    "x_i W": "W x_i",
    "randn(dim, num_classes)": "randn(num_classes, dim)",
    "axis=0": "axis=1",
    "axis=1": "axis=0",
    "axis 0": "axis 1",
    "axis 1": "axis 0",
    "rows of asterisks": "rows of asterisks",
    "features by classes": "classes by features",
}
_WORDS = {"row": "column", "rows": "columns", "Row": "Column", "Rows": "Columns"}
_WORDS |= {turned: word for word, turned in _WORDS.items()}
_FIXED = "|".join(map(re.escape, sorted(_PLAIN, key=len, reverse=True))) + rf"|\b(?:{'|'.join(_WORDS)})\b"
_TIMES = r"(\([NDC], [NDC]\)) times (\([NDC], [NDC]\))"
# A row and a column in Chinese, where the character is not part of another word.
_CHINESE = r"(?<![运执进可自都不还])行(?![为业星])|(?<![排系下数])列(?![出表举])"


def turned_rows(rows: Sequence[Sequence[T]]) -> list[list[T]]:
    """Transpose a matrix given as its rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def turned(text: str) -> str:
    """Rewrite a sentence, or Python to paste, for the other layout."""
    text = _apart(text, _TILED, lambda tiled: f"{tiled}.T", _turned_arrays)
    text = re.sub(_TIMES, r"\2 times \1", text)
    text = re.sub(_FIXED, lambda found: _PLAIN.get(found[0]) or _WORDS[found[0]], text)
    return re.sub(_CHINESE, lambda found: "列" if found[0] == "行" else "行", text)


def _turned_arrays(text: str) -> str:
    text = re.sub(_MATRIX, lambda found: _turned_literal(found[0]), text)
    text = re.sub(_TRIPLE, r"(\1, \3, \2)", text)
    text = re.sub(_PAIR, r"(\2, \1)", text)
    return re.sub(_ENTRY, r"\1[\3, \2]", text)


def _turned_literal(matrix: str) -> str:
    """Transpose a nested list given as text; return one that is not a matrix unchanged."""
    rows = [row[1:-1].split(", ") for row in re.findall(_ROW, matrix)]
    if len({len(row) for row in rows}) > 1:
        return matrix
    lines = [f"[{', '.join(row)}]" for row in turned_rows(rows)]
    if "\n" not in matrix or sum(map(len, lines)) < _ONE_LINE:
        return f"[{', '.join(lines)}]"
    return "[\n    " + ",\n    ".join(lines) + ",\n]"


def _apart(text: str, special: str, one: Callable[[str], str], rest: Callable[[str], str]) -> str:
    """Apply ``one`` to the special parts of a text, and ``rest`` to the parts between."""
    done, last = [], 0
    for found in re.finditer(special, text):
        done += [rest(text[last : found.start()]), one(found[0])]
        last = found.end()
    return "".join([*done, rest(text[last:])])
