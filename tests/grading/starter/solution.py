"""A right solution of every task in the starter: name of a function -> the statements that take the task's place."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from pathlib import Path

SVM_LOOPS = """
for i in range(X.shape[0]):
    scores = X[i].dot(W)
    for j in range(W.shape[1]):
        margin = scores[j] - scores[y[i]] + DELTA
        if j != y[i] and margin > 0:
            loss += margin / X.shape[0]
            dW[:, j] += X[i] / X.shape[0]
            dW[:, y[i]] -= X[i] / X.shape[0]
loss += SCALE * reg * np.sum(W * W)
dW += 2 * SCALE * reg * W
"""
SVM = """
rows = np.arange(X.shape[0])
scores = X.dot(W)
margins = np.maximum(0, scores - scores[rows, y][:, None] + DELTA)
margins[rows, y] = 0
counts = (margins > 0).astype(float)
counts[rows, y] = -counts.sum(axis=1)
loss = margins.sum() / len(rows) + SCALE * reg * np.sum(W * W)
dW = X.T.dot(counts) / len(rows) + 2 * SCALE * reg * W
"""
SOFTMAX_LOOPS = """
for i in range(X.shape[0]):
    scores = X[i].dot(W)
    scores -= scores.max()
    p = np.exp(scores) / np.sum(np.exp(scores))
    loss += (np.log(np.sum(np.exp(scores))) - scores[y[i]]) / X.shape[0]
    p[y[i]] -= 1
    dW += np.outer(X[i], p) / X.shape[0]
loss += SCALE * reg * np.sum(W * W)
dW += 2 * SCALE * reg * W
"""
SOFTMAX = """
rows = np.arange(X.shape[0])
scores = X.dot(W)
scores -= scores.max(axis=1, keepdims=True)
sums = np.exp(scores).sum(axis=1)
loss = np.mean(np.log(sums) - scores[rows, y]) + SCALE * reg * np.sum(W * W)
p = np.exp(scores) / sums[:, None]
p[rows, y] -= 1
dW = X.T.dot(p) / len(rows) + 2 * SCALE * reg * W
"""
SOLUTIONS = {
    "svm_loss_naive": SVM_LOOPS,
    "svm_loss_vectorized": SVM,
    "softmax_loss_naive": SOFTMAX_LOOPS,
    "softmax_loss_vectorized": SOFTMAX,
    "part 1": "rows = np.random.choice(X.shape[0], batch_size)\nX_batch, y_batch = X[rows], y[rows]\n",
    "part 2": "self.W -= learning_rate * dW\n",
    "predict": "y_pred = np.argmax(X.dot(self.W), axis=1)\n",
}


def solve(
    folder: Path,
    *,
    scale: float = 1.0,
    delta: float = 1.0,
    solutions: Mapping[str, str] = SOLUTIONS,
) -> None:
    """Put a solution behind every "Your code here" in the files of ``classifiers/``."""
    for path in sorted((folder / "classifiers").glob("*.py")):
        text = _solved(path.read_text(encoding="utf-8"), solutions, scale, delta)
        path.write_text(text, encoding="utf-8")
        ast.parse(text)


def _solved(text: str, solutions: Mapping[str, str], scale: float, delta: float) -> str:
    lines, function, task = [], "", ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("def "):
            function = stripped.removeprefix("def ").partition("(")[0]
        if stripped.startswith("# Your code here"):
            task = next((part for part in (f"part {k}" for k in range(1, 6)) if part in stripped), function)
            indent = line[: len(line) - len(line.lstrip())]
        elif task and not stripped.startswith("#"):
            code = solutions[task].replace("SCALE", str(scale)).replace("DELTA", str(delta))
            lines += textwrap.indent(code.strip("\n"), indent).splitlines()
            task = ""
        lines.append(line)
    return "\n".join(lines) + "\n"
