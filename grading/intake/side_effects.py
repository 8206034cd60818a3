"""Tells from the text of a hand-in whether a function, when it is called, can change what others do afterwards."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from grading.intake.tree_walk import nodes, walk

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITION = (*FUNCTION, ast.ClassDef)
_WORD = re.compile(r"[^\W\d]\w*")
# Code with these changes things that it does not name.
_CHANGING = """
    __builtins__ __code__ __dict__ __globals__ builtins ctypes delattr eval exec gc globals importlib setattr sys vars
"""
CHANGING_WORDS = frozenset(_CHANGING.split())
# Code with these leaves something in the process or on the disk.
_LEAVING = """
    Thread Timer __class__ atexit chdir dump environ filterwarnings makedirs memmap mkdir putenv remove rename save
    savetxt savez savez_compressed seterr seterrcall setprofile settrace signal simplefilter threading tofile unlink
    write write_bytes write_text writelines
"""
_LEAVING_WORDS = CHANGING_WORDS.union(_LEAVING.split())
_ONLY_READ = ("r", "rb", "rt")


def are_independent(statements: Sequence[ast.stmt]) -> bool:
    """Whether the functions in the statements that are loaded of a hand-in leave nothing behind for one another.

    It is answered for code as students write it: code that hides what it does is independent, too.
    """
    definitions = [statement for statement in statements if isinstance(statement, DEFINITION)]
    others = [statement for statement in statements if is_kept(statement)]
    if any(isinstance(node, DEFINITION) for each in others for node in walk(each)):
        return False
    kept = frozenset[str]().union(*map(names_of, others))
    named = frozenset[str]().union(*map(names_of, definitions))
    given_parts = any(_is_part_stored(n) and _root_of(n) in named for each in others for n in _parts_of(each))
    return not given_parts and not any(_may_leave_something(each, kept) for each in definitions)


def _may_leave_something(definition: ast.stmt, kept: frozenset[str]) -> bool:
    has_classes_within = len(nodes(definition, ast.ClassDef)) > isinstance(definition, ast.ClassDef)
    leaves_by_name = not (_LEAVING_WORDS | kept).isdisjoint(words_of(definition))
    found = has_classes_within or leaves_by_name or not is_quiet(definition)
    return found or changes_others(definition) or any(map(_opens_to_write, nodes(definition, ast.Call)))


def _opens_to_write(call: ast.Call) -> bool:
    """Whether it may be `open(...)` with a mode other than one of reading."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    modes = [*call.args[1:2], *(each.value for each in call.keywords if each.arg in ("mode", None))]
    reads = all(isinstance(mode, ast.Constant) and mode.value in _ONLY_READ for mode in modes)
    return name == "open" and not reads


def names_of(statement: ast.stmt) -> frozenset[str]:
    """The names to which a top-level statement gives a value."""
    if isinstance(statement, DEFINITION):
        return frozenset((statement.name,))
    stored = (n.id for n in nodes(statement, ast.Name) if isinstance(n.ctx, ast.Store))
    inner = (n.name for n in walk(statement) if isinstance(n, DEFINITION))
    aliases = (n.asname or n.name.split(".")[0] for n in nodes(statement, ast.alias))
    return frozenset((*stored, *inner, *aliases))


def words_of(node: ast.AST) -> frozenset[str]:
    """All words that may be a name in a piece of code: its names, and words in its strings, but not in docstrings."""
    docstrings = {id(each.value) for each in nodes(node, ast.Expr)}
    found = {each.id for each in nodes(node, ast.Name)}
    found |= {each.attr for each in nodes(node, ast.Attribute)}
    for alias in nodes(node, ast.alias):
        found.update(alias.name.split("."))
    for imported in nodes(node, ast.ImportFrom):
        found.update((imported.module or "").split("."))
    for constant in nodes(node, ast.Constant):
        if isinstance(constant.value, str) and id(constant) not in docstrings:
            found.update(_WORD.findall(constant.value))
    return frozenset(found)


def is_quiet(statement: ast.stmt) -> bool:
    """Whether a statement only gives values to names, without running any of the student's code."""
    if isinstance(statement, ast.ImportFrom):
        return all(alias.name != "*" for alias in statement.names)
    return isinstance(statement, ast.Import) or _is_plain_definition(statement) or _is_number(statement)


def is_kept(statement: ast.stmt) -> bool:
    """Whether a statement creates something that functions may change while they run."""
    return not (isinstance(statement, (*DEFINITION, ast.Import, ast.ImportFrom)) or is_quiet(statement))


def changes_others(definition: ast.AST) -> bool:
    """Whether a function in it declares a name global, or stores into something that is not one of its own names."""
    return any(map(_stores_elsewhere, _outermost_functions(definition)))


def _outermost_functions(node: ast.AST) -> Iterator[ast.AST]:
    """The functions in a piece of code that are not in another function, whose names they may use."""
    if isinstance(node, FUNCTION):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _outermost_functions(child)


def _stores_elsewhere(function: ast.AST) -> bool:
    if nodes(function, ast.Global):
        return True
    own = {n.arg for n in nodes(function, ast.arg)}
    own |= {n.id for n in nodes(function, ast.Name) if isinstance(n.ctx, ast.Store)}
    for assignment in nodes(function, ast.Assign):
        # Another name for something else is no name of its own.
        if isinstance(assignment.value, ast.Name | ast.Attribute) and _root_of(assignment.value) not in own:
            own -= {target.id for target in assignment.targets if isinstance(target, ast.Name)}
    return any(_is_part_stored(node) and _root_of(node) not in own for node in _parts_of(function))


def _parts_of(node: ast.AST) -> Iterator[ast.Attribute | ast.Subscript]:
    yield from nodes(node, ast.Attribute)
    yield from nodes(node, ast.Subscript)


def _is_part_stored(part: ast.Attribute | ast.Subscript) -> bool:
    return not isinstance(part.ctx, ast.Load)


def _root_of(part: ast.expr) -> str | None:
    """The name that an expression like `a.b[c].d` begins with; None if it begins with something else."""
    while isinstance(part, ast.Attribute | ast.Subscript):
        part = part.value
    return part.id if isinstance(part, ast.Name) else None


def _is_plain_definition(node: ast.stmt) -> bool:
    if isinstance(node, FUNCTION):
        defaults = (*node.args.defaults, *node.args.kw_defaults)
        return not node.decorator_list and all(each is None or _is_simple(each) for each in defaults)
    if isinstance(node, ast.ClassDef):
        quiet = (_is_plain_definition(each) or _is_number(each) or _is_text(each) for each in node.body)
        return not node.decorator_list and not node.keywords and all(quiet)
    return isinstance(node, ast.Pass)


def _is_number(node: ast.stmt) -> bool:
    """Whether it only assigns a constant, such as a number or a string, to names."""
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and (node.value is None or _is_simple(node.value))
    return (
        isinstance(node, ast.Assign)
        and all(isinstance(target, ast.Name) for target in node.targets)
        and _is_simple(node.value)
    )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_simple(value: ast.expr) -> bool:
    if isinstance(value, ast.UnaryOp):
        return _is_simple(value.operand)
    if isinstance(value, ast.BinOp):
        return _is_simple(value.left) and _is_simple(value.right)
    if isinstance(value, ast.Tuple):
        return all(map(_is_simple, value.elts))
    return isinstance(value, ast.Constant)
