"""Works out what names mean in a function: which is W, which counts the samples, which index a loop."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grading.diagnosis.repair.function import Function

_LABELS = ("y", "labels", "target", "target_index")
UNKNOWN = "?"
"""Stands for something that the function has no name for; text that contains it is not valid Python."""

_MODULES = frozenset(("np", "numpy", "math", "scipy", "random"))


@dataclass(frozen=True)
class Scope:
    """The names of a function.

    Attributes:
        W, X, y, reg: the function's names for its arguments.
        N, C: text for the number of samples and of classes: one of the student's names, if there is one.
        np: the name of NumPy.
        arrays: names that are assigned a value that is not a plain number.
        numbers: names that are initialized with a plain number.
        sums: names that something is added to.
        indices: names that a loop assigns or counts up, and arguments of nested functions.
        returned: the returned names of loss and dW, if names are returned.
        loss: the loss that it should compute: "svm", "softmax", or another.
    """

    W: str
    X: str
    y: str
    reg: str
    N: str
    C: str
    np: str
    arrays: tuple[str, ...]
    numbers: tuple[str, ...]
    sums: tuple[str, ...]
    indices: tuple[str, ...]
    returned: tuple[str | None, str | None]
    loss: str

    @property
    def names(self) -> tuple[str, ...]:
        """All names that stand for a value, the arguments first."""
        arguments = (self.W, self.X, self.y, self.reg)
        return tuple(dict.fromkeys((*arguments, *self.indices, *self.arrays, *self.numbers, *self.sums)))

    @property
    def rows(self) -> str:
        """Text of an index that picks one entry of each row, that of the sample's label."""
        return f"{self.np}.arange({self.N}), {self.y}"


def scope_of(function: Function, loss: str) -> Scope | None:
    """The names of a function of (W, X, y, reg) that should compute ``loss``; None if it has no argument."""
    arguments = [argument.arg for argument in function.tree.args.args]
    if len(arguments) >= 4:
        W, X, y, reg = arguments[:4]
        return names_in(function, W, X, y, reg, loss)
    # A part of a loss, as some courses require: arguments with the usual names are what these say.
    W, X, reg = (name if name in arguments else UNKNOWN for name in ("W", "X", "reg"))
    y = next((name for name in arguments if name in _LABELS), UNKNOWN)
    return _with_more(names_in(function, W, X, y, reg, loss), arguments) if arguments else None


def helper_scope(helper: Function, caller: Function, scope: Scope) -> Scope:
    """The names of a function that ``caller`` calls; its arguments mean what the caller passes."""
    arguments = [argument.arg for argument in helper.tree.args.args]
    meant: dict[str, str] = {}
    for call in ast.walk(caller.tree):
        if isinstance(call, ast.Call) and caller.said(call.func) == helper.tree.name:
            given = dict(zip(arguments, map(caller.said, call.args), strict=False))
            given |= {keyword.arg: caller.said(keyword.value) for keyword in call.keywords if keyword.arg}
            meant |= {text: name for name, text in given.items()}

    def own(text: str) -> str:
        """The name here for one of the caller's; unavailable if it is neither passed nor named the same."""
        thing, dot, attribute = text.partition(".")
        name = meant.get(thing, thing if thing in arguments else UNKNOWN)
        return name + dot + attribute

    W, X, y, reg = map(own, (scope.W, scope.X, scope.y, scope.reg))
    return _with_more(names_in(helper, W, X, y, reg, scope.loss), arguments)


def _with_more(found: Scope, arguments: Sequence[str]) -> Scope:
    """A scope in which the arguments without a role of their own are arrays."""
    more = [name for name in arguments if name not in (found.W, found.X, found.y, found.reg)]
    N = found.N if UNKNOWN not in found.N else f"len({more[0]})" if more else UNKNOWN
    return replace(found, arrays=(*more, *found.arrays), N=N)


def names_in(function: Function, W: str, X: str, y: str, reg: str, loss: str) -> Scope:
    """The names of a function with these names for weights, data, labels and regularization strength."""
    counts = {f"{X}.shape[0]": "N", f"len({X})": "N", f"len({y})": "N", f"{W}.shape[1]": "C"}
    named: dict[str, str] = {}
    arrays: dict[str, None] = {}
    numbers: dict[str, None] = {}
    sums: dict[str, None] = {}
    indices: dict[str, None] = {}
    for node in ast.walk(function.tree):
        if isinstance(node, ast.For):
            indices |= dict.fromkeys(n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
        elif isinstance(node, ast.FunctionDef) and node is not function.tree:
            indices |= dict.fromkeys(argument.arg for argument in node.args.args)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            sums[node.target.id] = None
        elif isinstance(node, ast.While):
            indices |= dict.fromkeys(n.id for n in ast.walk(node.test) if isinstance(n, ast.Name))
        elif isinstance(node, ast.Assign):
            for name, value in _pairs(node):
                text = ast.unparse(value) if value is not None else ""
                if text in counts:
                    named.setdefault(counts[text], name)
                if isinstance(value, ast.Constant) or text in counts:
                    numbers[name] = None
                else:
                    arrays[name] = None
    return Scope(
        *(W, X, y, reg),
        N=named.get("N", f"{X}.shape[0]"),
        C=named.get("C", f"{W}.shape[1]"),
        np="np",
        arrays=tuple(arrays),
        numbers=tuple(numbers),
        sums=tuple(sums),
        # A name that a while loop compares is an index if it is counted up.
        indices=tuple(i for i in indices if i not in _limits(function.tree) or i in sums),
        returned=_returned(function.tree),
        loss=loss,
    )


def _limits(tree: ast.FunctionDef) -> set[str]:
    """The names that while loops compare with something."""
    tests = [node.test for node in ast.walk(tree) if isinstance(node, ast.While)]
    return {n.id for test in tests for n in ast.walk(test) if isinstance(n, ast.Name)}


def _pairs(node: ast.Assign) -> list[tuple[str, ast.expr | None]]:
    """The names that an assignment assigns, with their value where it is visible."""
    found: list[tuple[str, ast.expr | None]] = []
    for target in node.targets:
        if isinstance(target, ast.Name):
            found.append((target.id, node.value))
        elif isinstance(target, ast.Tuple):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [None] * len(target.elts)
            for part, value in zip(target.elts, values, strict=False):
                if isinstance(part, ast.Name):
                    found.append((part.id, value))
    return [(name, value) for name, value in found if name not in _MODULES]


def _returned(tree: ast.FunctionDef) -> tuple[str | None, str | None]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            loss, dW = node.value.elts
            return (
                loss.id if isinstance(loss, ast.Name) else None,
                dW.id if isinstance(dW, ast.Name) else None,
            )
    return None, None
