"""Trains once more like a notebook's search, with the notebook's own call of train except for a few settings."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from grading.protocol import wire

# The parameters after X and y, if the course's train is called without names.
_SETTINGS = "learning_rate", "reg", "num_iters", "batch_size", "verbose"


def train_again(message: wire.TrainAgain, cells: Sequence[str], variables: dict[str, Any]) -> Any:
    """Return the weights of a new model of the same class.

    Args:
        message: which model, and with which settings and classes.
        cells: those of the notebook, as plain Python.
        variables: those of the notebook.

    Raises:
        LookupError: no cell calls train.
        Exception: whatever the student's code raises.
    """

    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<again>", "eval"), variables)

    call = _call_of_train(cells, message.model)
    settings: dict[str, Any] = {}
    for keyword in call.keywords:
        settings |= {keyword.arg: value(keyword.value)} if keyword.arg else value(keyword.value)
    settings |= {name: value(node) for name, node in zip(("X", "y", *_SETTINGS), call.args, strict=False)}
    settings |= {"learning_rate": message.learning_rate, "reg": message.reg}
    X, y = settings.pop("X"), settings.pop("y")
    model = type(variables[message.model])()
    model.train(X, np.array(message.classes)[np.asarray(y)], **settings)
    return model.W


def _call_of_train(cells: Sequence[str], model: str) -> ast.Call:
    """Return the last call of train, preferably one in a cell that mentions the model."""
    for _, _, cell in sorted(((model in cell, k, cell) for k, cell in enumerate(cells)), reverse=True):
        try:
            calls = [node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call)]
        except SyntaxError:
            continue
        for call in reversed(calls):
            named = {keyword.arg for keyword in call.keywords}
            has_data = all(k < len(call.args) or name in named for k, name in enumerate(("X", "y")))
            if isinstance(call.func, ast.Attribute) and call.func.attr == "train" and has_data:
                return call
    raise LookupError("no cell calls train")
