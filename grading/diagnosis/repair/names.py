"""Names verified repairs for which the catalogue has no name: mistakes recognized by what undoes them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from grading.diagnosis.repair.all_edits import scopes_of
from grading.diagnosis.repair.function import Edit, Function
from grading.diagnosis.repair.scope import Scope
from grading.diagnosis.repair.search import Change
from grading.grades.grade import Diagnosis
from grading.words import say

_SMALL = 1e-3


def names_of(changes: Sequence[Change], kind: str) -> list[Diagnosis]:
    """The names of the changes that have one, each once."""
    found: dict[str, Diagnosis] = {}
    for change in changes:
        scope = scopes_of(change.program, kind)[change.edit.number]
        for known in _KNOWN if scope is not None else ():
            assert scope is not None
            for start, end, new in change.edit.replacements[:1]:
                old = change.function.text[start:end].decode()
                diagnosis = known(_Place(change.function, change.edit, scope, old, new))
                if diagnosis is not None:
                    found.setdefault(diagnosis.id, diagnosis)
    return list(found.values())


class _Place:
    """An edit, with what it removes and inserts.

    Attributes:
        nodes: the nodes of the function that it removes entirely or lies within, the smallest first.
    """

    def __init__(self, function: Function, edit: Edit, scope: Scope, old: str, new: str) -> None:
        self.function, self.edit, self.scope, self.old, self.new = function, edit, scope, old, new
        start, end = edit.replacements[0][:2]
        around = [
            node
            for node in ast.walk(function.tree)
            if isinstance(node, ast.expr | ast.stmt)
            and function.span(node)[0] <= start
            and end <= function.span(node)[1]
        ]
        self.nodes = sorted(around, key=lambda node: function.span(node)[1] - function.span(node)[0])

    def within(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """The nodes of these kinds around the edit."""
        return (node for node in self.nodes if isinstance(node, kinds))


def _size_written_out(place: _Place) -> Diagnosis | None:
    scope = place.scope
    if not (place.old.isdigit() and int(place.old) > 1):
        return None
    if place.new in (scope.C, f"{scope.W}.shape[1]"):
        return Diagnosis(
            id="classes-hard-coded",
            title=say("The number of classes is hard-coded as {number}.", number=place.old),
            hint=say("Take it from the columns of W: {size}.", size=f"{scope.W}.shape[1]"),
        )
    if place.new in (scope.N, f"{scope.X}.shape[0]"):
        return Diagnosis(
            id="samples-hard-coded",
            title=say("The number of samples is hard-coded as {number}.", number=place.old),
            hint=say("Take it from the rows of X: {size}.", size=f"{scope.X}.shape[0]"),
        )
    return None


def _added_in_log(place: _Place) -> Diagnosis | None:
    """Name the removal of a small number from an argument of log."""
    numbers = re.findall(r"(?<![\w.])\d[\d.]*(?:e-?\d+)?", place.old)
    gone = [text for text in numbers if 0 < float(text) < _SMALL and text not in place.new]
    calls = place.within(ast.Call)
    in_log = any(
        isinstance(call, ast.Call) and place.function.said(call.func).endswith("log") for call in calls
    )
    if not (gone and in_log):
        return None
    return Diagnosis(
        id="number-added-in-log",
        title=say(
            "{number} is added inside the logarithm: the loss is off by about {number} divided by the probability.",
            number=gone[0],
        ),
        hint=say(
            "Compute the loss as -s_y + log(sum of exp(s_j)) with shifted scores; the sum is at least 1 then."
        ),
    )


def _all_labels(place: _Place) -> Diagnosis | None:
    y = place.scope.y
    match = re.fullmatch(rf"{re.escape(y)}\[(\w+)\]", place.new)
    if place.edit.kind == "index" and place.old == y and match and match[1] in place.scope.indices:
        return Diagnosis(
            id="index-is-all-labels",
            title=say(
                "The index {y} holds the labels of all samples; the label of a single sample is needed here.",
                y=y,
            ),
            hint=say("The label of the sample at hand is {new}.", new=place.new),
        )
    return None


def _label_of_a_class(place: _Place) -> Diagnosis | None:
    outer = next(place.within(ast.Subscript), None)
    indices = place.scope.indices
    if not (isinstance(outer, ast.Subscript) and place.function.said(outer.value) == place.scope.y):
        return None
    if place.edit.kind != "name" or place.old not in indices or place.new not in indices:
        return None
    return Diagnosis(
        id="labels-by-another-index",
        title=say("{y}[{old}] is not the label of the sample at hand.", y=place.scope.y, old=place.old),
        hint=say("Labels go with samples, which {new} counts here.", new=place.new),
    )


def _return_in_loop(place: _Place) -> Diagnosis | None:
    if place.edit.kind != "move" or not re.search(r"^\s*return\b", place.old, re.MULTILINE):
        return None
    return Diagnosis(
        id="return-inside-the-loop",
        title=say("The return statement is inside the loop, so the loop ends in its first pass."),
        hint=say("Move it out of the loop, together with everything that is to be done only once."),
    )


def _absolute_values(place: _Place) -> Diagnosis | None:
    calls = (place.function.said(node) for node in place.within(ast.Call))
    absolute = re.search(r"\babs$", place.old) or any(
        call.partition("(")[0].rpartition(".")[2] == "abs" for call in calls
    )
    in_penalty = any(
        re.search(rf"\b{re.escape(place.scope.reg)}\b", place.function.said(node))
        for node in place.within(ast.BinOp, ast.AugAssign)
    )
    if not (in_penalty and absolute and place.edit.kind in ("function", "square", "term")):
        return None
    return Diagnosis(
        id="absolute-values-in-the-penalty",
        title=say("The regularization sums |W|, as L1 does; here L2 is asked for."),
        hint=say("Square the weights instead: np.sum(W * W)."),
    )


def _penalty_in_loop(place: _Place) -> Diagnosis | None:
    reg = rf"\b{re.escape(place.scope.reg)}\b"
    moved = len(place.edit.replacements) == 2 and place.edit.kind == "move"
    if not (moved and re.search(reg, place.edit.replacements[1][2])):
        return None
    if not any(place.within(ast.For, ast.While)):
        return None
    return Diagnosis(
        id="regularization-inside-the-loop",
        title=say("The regularization is added inside the loop, once in every pass."),
        hint=say("Add it once, after the loops and after the division by N."),
    )


def _reg_changed(place: _Place) -> Diagnosis | None:
    reg = place.scope.reg
    changed = any(
        isinstance(node, ast.Name) and node.id == reg and isinstance(node.ctx, ast.Store)
        for node in ast.walk(place.function.tree)
    )
    here = any(
        re.search(rf"\b{re.escape(reg)}\b", place.function.said(node))
        for node in place.within(ast.BinOp, ast.AugAssign, ast.Assign)
    )
    if not (changed and here and place.edit.kind in ("factor", "number", "delete", "operator")):
        return None
    return Diagnosis(
        id="reg-changed-before-it-is-used",
        title=say("{reg} is given another value in the function before it is used.", reg=reg),
        hint=say("Use it as it is passed in; a factor belongs to one term only."),
    )


def _never_the_highest(place: _Place) -> Diagnosis | None:
    written = place.function.text.decode()
    if place.scope.loss != "predict" or "argmax" not in place.new or "argmax" in written:
        return None
    return Diagnosis(
        id="predict-without-argmax",
        title=say("predict never looks for the class with the highest score."),
        hint=say("Compute the scores, X.dot(self.W), and return np.argmax(scores, axis=1)."),
    )


_KNOWN: tuple[Callable[[_Place], Diagnosis | None], ...] = (
    _size_written_out,
    _added_in_log,
    _all_labels,
    _label_of_a_class,
    _return_in_loop,
    _absolute_values,
    _penalty_in_loop,
    _reg_changed,
    _never_the_highest,
)
