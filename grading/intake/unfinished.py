"""Templates told from work: what a function's text says of how far the student has come."""

from __future__ import annotations

import ast

from grading.intake.walking import walk
from grading.words import say

Function = ast.FunctionDef | ast.AsyncFunctionDef

# Of loss(W, X, y, reg), train(self, X, y, ...) and predict(self, X) alike, the data is the second parameter.
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
    """Why ``function`` cannot be more than its template, as the end of a sentence; None if it was worked on.

    A function of the data is unfinished as long as it never looks at the data: its shape is all that the
    course's templates use.
    """
    parameters = [*function.args.posonlyargs, *function.args.args]
    if len(parameters) <= _DATA or function.args.vararg or function.args.kwarg:
        return _why_empty(function)
    data = parameters[_DATA].arg
    if _looks_at(function, data):
        return None
    return _why_empty(function) or say("it returns without having looked at {data}", data=data)


def keeps_zero_gradient(function: Function) -> str | None:
    """The name of the gradient that ``function`` returns just as `np.zeros` made it, or None."""
    returned = {
        node.value.elts[1].id
        for node in _own_nodes(function)
        if isinstance(node, ast.Return)
        and isinstance(node.value, ast.Tuple)
        and len(node.value.elts) == 2
        and isinstance(node.value.elts[1], ast.Name)
    }
    if len(returned) != 1:
        return None
    (gradient,) = returned
    zeros = [node for node in walk(function) if isinstance(node, ast.Assign) and _makes_zeros(node, gradient)]
    if not zeros:
        return None
    returns = [node for node in walk(function) if isinstance(node, ast.Return)]
    expected = {id(part) for node in [*zeros, *returns] for part in walk(node)}
    touched = any(
        isinstance(node, ast.Name) and node.id == gradient and id(node) not in expected
        for node in walk(function)
    )
    return None if touched else gradient


def never_updates_weights(train: Function) -> bool:
    """Whether the method ``train`` sets self.W nowhere but where it finds it to be None."""
    initial = {
        id(inner)
        for node in walk(train)
        if isinstance(node, ast.If)
        and any(isinstance(part, ast.Constant) and part.value is None for part in walk(node.test))
        for inner in walk(node)
    }
    own = train.args.args[0].arg if train.args.args else "self"
    for node in walk(train):
        if id(node) in initial:
            continue
        if isinstance(node, ast.Attribute) and node.attr == "W" and isinstance(node.ctx, ast.Store):
            return False
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and _is_weights(node.value, own)
        ):
            return False
        # Handed on whole (np.subtract(..., out=self.W), self.step(self.W), W = self.W): who knows.
        if isinstance(node, ast.Call) and any(
            _is_weights(part, own) for part in [*node.args, *(keyword.value for keyword in node.keywords)]
        ):
            return False
        if isinstance(node, ast.Assign) and _is_weights(node.value, own):
            return False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            return False
        # A method of its own may do the update.
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == own
            and node.func.attr != "loss"
        ):
            return False
    return True


def _is_weights(node: ast.AST, own: str) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "W"
        and isinstance(node.value, ast.Name)
        and node.value.id == own
    )


def _looks_at(function: Function, data: str) -> bool:
    """Whether the values of the parameter ``data`` are used, not just its shape or length."""
    shape_only = set()
    for node in walk(function):
        if isinstance(node, ast.Attribute) and node.attr in ("shape", "dtype", "ndim", "size"):
            shape_only.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("len", "print", "type", "isinstance"):
                shape_only.update(id(argument) for argument in node.args)
            elif node.func.id in ("locals", "vars"):
                return True
    return any(
        isinstance(node, ast.Name)
        and node.id == data
        and isinstance(node.ctx, ast.Load)
        and id(node) not in shape_only
        for statement in function.body
        for node in walk(statement)
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


def _own_nodes(function: Function) -> list[ast.AST]:
    """The nodes of ``function`` without those of functions inside it."""
    nodes: list[ast.AST] = []
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        nodes.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)
    return nodes
