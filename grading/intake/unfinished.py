"""Tells templates from work: judges by the text of a function how far a student has come."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from grading.intake.tree_walk import nodes, walk
from grading.words import say

Function = ast.FunctionDef | ast.AsyncFunctionDef

# In loss(W, X, y, reg), train(self, X, y, ...) and predict(self, X) alike, the data is the second parameter, if none is
# called X; in softmax(predictions), the only one.
_DATA = 1
METHODS = ("train", "predict", "loss")
_ZEROS = frozenset(("zeros", "zeros_like"))


def method_of(node: ast.ClassDef, name: str) -> Function | None:
    """The method ``name`` of the class itself, the last if there are several."""
    found = [
        statement
        for statement in node.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name
    ]
    return found[-1] if found else None


def why_unfinished(function: Function) -> str | None:
    """Say why ``function`` cannot be more than its template, as the end of a sentence; None if it was worked on.

    A function of the data is unfinished as long as it never looks at the data: the course's templates use
    only its shape.
    """
    data = _data_of(function)
    if data is None:
        return _why_empty(function)
    if _looks_at(function, data):
        return None
    return _why_empty(function) or say("it never looks at {data}", data=data)


def unwritten_helper(function: Function, beside: Mapping[str, list[Function]]) -> tuple[str, str] | None:
    """The data of ``function``, and the function that it passes the data to, if that is not written.

    ``beside`` has all definitions of the functions in the same file.
    """
    data = _data_of(function)
    helpers = {
        call.func.id
        for call in nodes(function, ast.Call)
        if isinstance(call.func, ast.Name) and call.func.id in beside and call.func.id != function.name
    }
    unwritten = {name for name in helpers if all(map(why_unfinished, beside[name]))}
    if data is None or not unwritten or _looks_at(function, data, unwritten):
        return None
    return data, min(unwritten)


def _data_of(function: Function) -> str | None:
    """The parameter that holds the data, if there is one."""
    parameters = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    if parameters in ([], ["self"]) or function.args.vararg or function.args.kwarg:
        return None
    return "X" if "X" in parameters else parameters[min(_DATA, len(parameters) - 1)]


def keeps_zero_gradient(function: Function) -> str | None:
    """The name of the gradient that ``function`` returns unchanged from `np.zeros`, or None."""
    inner = {
        id(node)
        for kind in (ast.FunctionDef, ast.AsyncFunctionDef)
        for other in nodes(function, kind)
        if other is not function
        for node in nodes(other, ast.Return)
    }
    returned = {
        node.value.elts[1].id
        for node in nodes(function, ast.Return)
        if id(node) not in inner
        and isinstance(node.value, ast.Tuple)
        and len(node.value.elts) == 2
        and isinstance(node.value.elts[1], ast.Name)
    }
    if len(returned) != 1:
        return None
    (gradient,) = returned
    zeros = [node for node in nodes(function, ast.Assign) if _makes_zeros(node, gradient)]
    if not zeros:
        return None
    expected = {id(name) for node in [*zeros, *nodes(function, ast.Return)] for name in nodes(node, ast.Name)}
    touched = any(node.id == gradient and id(node) not in expected for node in nodes(function, ast.Name))
    return None if touched else gradient


def never_updates_weights(train: Function) -> bool:
    """Whether the method ``train`` sets self.W only if it is None."""
    initial = {
        id(inner)
        for node in nodes(train, ast.If)
        if any(part.value is None for part in nodes(node.test, ast.Constant))
        for inner in walk(node)
    }
    own = train.args.args[0].arg if train.args.args else "self"
    kinds = (ast.Attribute, ast.Subscript, ast.Call, ast.Assign)
    return not any(
        _may_set_weights(node, own)
        for kind in kinds
        for node in nodes(train, kind)
        if id(node) not in initial
    )


def _may_set_weights(node: ast.AST, own: str) -> bool:
    """Whether a node sets ``own.W``, or may: if it is passed on whole (np.subtract(..., out=self.W), W = self.W)."""
    if isinstance(node, ast.Attribute):
        return node.attr == "W" and isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.Subscript):
        return isinstance(node.ctx, ast.Store) and _is_weights(node.value, own)
    if isinstance(node, ast.Assign):
        return _is_weights(node.value, own)
    assert isinstance(node, ast.Call)
    called = node.func
    if isinstance(called, ast.Name) and called.id == "setattr":
        return True
    if (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Name)
        and called.value.id == own
        and called.attr != "loss"
    ):
        return True  # a method of its own, which may do the update
    return any(_is_weights(part, own) for part in [*node.args, *(keyword.value for keyword in node.keywords)])


def _is_weights(node: ast.AST, own: str) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "W"
        and isinstance(node.value, ast.Name)
        and node.value.id == own
    )


def _looks_at(function: Function, data: str, no_use: Collection[str] = ()) -> bool:
    """Whether the values of the parameter ``data`` are used: more than its shape or length, or a call of ``no_use``."""
    shape_only = set()
    for attribute in nodes(function, ast.Attribute):
        if attribute.attr in ("shape", "dtype", "device", "ndim", "size"):
            shape_only.add(id(attribute.value))
    for call in nodes(function, ast.Call):
        if isinstance(call.func, ast.Name):
            if call.func.id in ("len", "print", "type", "isinstance") or call.func.id in no_use:
                shape_only.update(id(argument) for argument in call.args)
            elif call.func.id in ("locals", "vars"):
                return True
    # Its head is not part of what it does.
    head = [function.args, *function.decorator_list, *([function.returns] if function.returns else [])]
    unused = shape_only.union(id(name) for part in head for name in nodes(part, ast.Name))
    return any(
        node.id == data and isinstance(node.ctx, ast.Load) and id(node) not in unused
        for node in nodes(function, ast.Name)
    )


def _why_empty(function: Function) -> str | None:
    body = [
        statement
        for statement in function.body
        if not isinstance(statement, ast.Pass)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]
    if not body:
        return say("its body is still empty")
    raised = body[0].exc if isinstance(body[0], ast.Raise) else None
    error = raised.func if isinstance(raised, ast.Call) else raised
    if isinstance(error, ast.Name) and error.id == "NotImplementedError":
        return say("all it does is raise NotImplementedError")
    if isinstance(body[0], ast.Return) and (
        body[0].value is None or (isinstance(body[0].value, ast.Constant) and body[0].value.value is None)
    ):
        return say("all it does is return None")
    return None


def _makes_zeros(node: ast.Assign, name: str) -> bool:
    target, value = node.targets[0], node.value
    if isinstance(value, ast.Call):
        called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return (
            len(node.targets) == 1 and isinstance(target, ast.Name) and target.id == name and called in _ZEROS
        )
    return False
