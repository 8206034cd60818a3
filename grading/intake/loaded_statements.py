"""Extracts what must run of a student's file for its functions to exist: imports, definitions, cheap constants.

Loading data, training, plotting and printing are left out: they cost time, need files that do not exist here, and
no function of the assignment may depend on them. Lines keep their numbers.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Container, Iterable, Iterator

from grading.intake.bindings import is_constant
from grading.intake.fragments import Fragment
from grading.intake.opened_blocks import bodies, definitions, is_elif, write, write_head
from grading.intake.text import parse
from grading.intake.tree_walk import nodes

_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORT = (ast.Import, ast.ImportFrom)
_BUILTINS = frozenset(dir(builtins))
# Builtins that are cheap on small arguments and have no effect.
_CHEAP_BUILTIN_CALLS = """
    abs bool bytes classmethod complex dict enumerate float frozenset getattr hasattr int isinstance
    issubclass len list map max min object pow property range reversed round set slice sorted staticmethod
    str sum super tuple type zip
"""
# Library functions that make constants and wrappers; any others may cost or do much.
_CHEAP_LIBRARY_CALLS = """
    Counter Decimal Fraction NewType OrderedDict Path Random RandomState TypeVar abs arange array
    asanyarray asarray astype bool_ ceil compile concatenate copy cos cpu_count default_rng defaultdict
    device_count diag dot dtype empty endswith errstate exists exp eye finfo float16 float32 float64 floor
    format full full_like getLogger getcwd getenv hstack identity iinfo int16 int32 int64 int8 is_available
    isdir isfile jit join linspace log log10 log2 logspace lower lru_cache maximum minimum namedtuple njit
    ones ones_like outer partial power prod repeat reshape sin split sqrt square stack startswith strip
    tan tile uint8 upper vectorize vstack where wraps zeros zeros_like
"""
_CHEAP_BUILTINS = frozenset(_CHEAP_BUILTIN_CALLS.split())
_CHEAP_CALLS = frozenset(_CHEAP_LIBRARY_CALLS.split())
_CHEAP_NODES = (
    ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp,
    ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Starred, ast.JoinedStr,
    ast.FormattedValue, ast.Call, ast.keyword, ast.expr_context, ast.operator, ast.unaryop, ast.boolop,
    ast.cmpop, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension,
)  # fmt: skip


class StatementFilter:
    """Filters the fragments of one module in order, remembering the names that the kept statements bind.

    Attributes:
        loaded: the statements kept so far, and those of which a part is.
    """

    def __init__(self, asked: Iterable[str]) -> None:
        self.asked = frozenset(asked)
        self.known: set[str] = set(_BUILTINS) | {"__name__", "__file__", "__doc__"}
        self._star_import = False
        self._modules: set[str] = set()
        self._left_out: dict[str, str] = {}
        self.loaded: list[ast.stmt] = []

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """The names that only omitted statements assign, with the place of the last of these."""
        return tuple((name, place) for name, place in self._left_out.items() if name not in self.known)

    def code(self, fragment: Fragment, leave_out: Iterable[ast.stmt] = (), label: str | None = None) -> str:
        """The source of ``fragment`` without ``leave_out`` and unneeded statements; "" if nothing is left.

        ``label`` is the cell's name, or None for a file.
        """
        left_out = {id(statement) for statement in leave_out}
        lines = [""] * len(fragment.lines)
        opened: list[ast.stmt] = []
        for statement in fragment.statements:
            if id(statement) in left_out:
                continue
            if self._keeps(statement):
                self.loaded.append(statement)
                write(fragment.lines, lines, statement)
                continue
            if any(self._opens(statement)):
                self.loaded.append(statement)
                opened.append(statement)
            place = f"{label}, line {statement.lineno}" if label else f"line {statement.lineno}"
            stored = (n.id for n in nodes(statement, ast.Name) if isinstance(n.ctx, ast.Store))
            self._left_out.update(dict.fromkeys(stored, place))
        if opened:
            with_opened = lines.copy()
            for statement in opened:
                self._copy_opened(fragment.lines, with_opened, statement, left_out)
            lines = with_opened if _parses(with_opened) else lines
        while lines and not lines[-1].strip():
            lines.pop()
        return "\n".join(lines) + "\n" if lines else ""

    def _keeps(self, statement: ast.stmt) -> bool:
        if isinstance(statement, _DEFINITION):
            self.known.add(statement.name)
            return True
        if isinstance(statement, _IMPORT):
            return self._keeps_import(statement)
        if isinstance(statement, ast.Assign):
            if rebound(statement, self._modules):
                return False
            return self._keeps_assignment(statement.targets, statement.value)
        if isinstance(statement, ast.AnnAssign):
            return statement.value is not None and self._keeps_assignment([statement.target], statement.value)
        if isinstance(statement, ast.AugAssign):
            return self._root_is_known(statement.target) and self._is_cheap(statement.value)
        if isinstance(statement, ast.Delete):
            return all(
                isinstance(target, ast.Name) and target.id in self.known for target in statement.targets
            )
        if isinstance(statement, ast.Expr):
            return self._sets_attribute(statement.value)
        if isinstance(statement, ast.If | ast.Try):
            return self._keeps_branches(statement)
        # Type aliases and the like are statements of newer Pythons; loops, with, assert and raise do work.
        return type(statement).__name__ == "TypeAlias"

    def _opens(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        """The definitions in a block that is opened for them but not kept as a whole."""
        if isinstance(statement, ast.If) and _tests_main(statement.test):
            # An imported file does not run this, but required names in it are taken all the same.
            return (each for each in definitions(statement) if getattr(each, "name", "") in self.asked)
        return definitions(statement)

    def _copy_opened(self, source: list[str], lines: list[str], block: ast.stmt, left_out: set[int]) -> None:
        """Copy the kept part of a block to its place in ``lines``, under heads that always hold."""
        meant = set(map(id, definitions(block)))
        for body in bodies(block):
            has_head = is_elif(block, body)
            for inner in body:
                if id(inner) in left_out or (isinstance(inner, _DEFINITION) and id(inner) not in meant):
                    continue
                whole = self._keeps(inner)
                if not whole and not any(self._opens(inner)):
                    continue
                if not has_head:
                    write_head(source, lines, block, body)
                    has_head = True
                if whole:
                    write(source, lines, inner)
                else:
                    self._copy_opened(source, lines, inner, left_out)

    def _keeps_import(self, statement: ast.Import | ast.ImportFrom) -> bool:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            # Python 3 does the others anyway, and they would have to come first in the code that is run.
            return all(alias.name == "annotations" for alias in statement.names)
        if isinstance(statement, ast.Import):
            self._modules |= {alias.asname or alias.name.split(".")[0] for alias in statement.names}
        for alias in statement.names:
            self._star_import |= alias.name == "*"
            self.known.add(alias.asname or alias.name.split(".")[0])
        return True

    def _keeps_assignment(self, targets: list[ast.expr], value: ast.expr) -> bool:
        names = {
            node.id
            for target in targets
            for node in nodes(target, ast.Name)
            if isinstance(node.ctx, ast.Store)
        }
        plain = all(isinstance(target, ast.Name | ast.Tuple | ast.List) for target in targets)
        if not plain and not all(self._root_is_known(target) for target in targets):
            return False
        wraps = isinstance(value, ast.Call) and (
            bool(names & self.asked) or not plain or self._rewraps(names, value)
        )
        if not (self._is_cheap(value) or (wraps and self._uses_known_names(value))):
            return False
        self.known |= names
        return True

    def _rewraps(self, names: set[str], call: ast.Call) -> bool:
        """Whether it is `f = decorator(f)`, which does what a decorator line would."""
        return any(isinstance(argument, ast.Name) and argument.id in names for argument in call.args)

    def _keeps_branches(self, statement: ast.If | ast.Try) -> bool:
        """Whether a conditional or a try only chooses between imports, definitions and constants."""
        if isinstance(statement, ast.If) and (
            _tests_main(statement.test) or not self._is_cheap(statement.test)
        ):
            return False
        bodies = [statement.body, statement.orelse]
        if isinstance(statement, ast.Try):
            bodies += [statement.finalbody, *(handler.body for handler in statement.handlers)]
        useful = False
        for body in bodies:
            for inner in body:
                if self._keeps(inner):
                    useful = True
                elif not _is_harmless(inner):
                    return False
        return useful

    def _sets_attribute(self, value: ast.expr) -> bool:
        """Whether it is like `setattr(LinearSVM, "loss", f)`, an assignment in other words."""
        return (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id == "setattr"
            and all(self._is_cheap(argument) for argument in value.args)
        )

    def _root_is_known(self, target: ast.expr) -> bool:
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        return isinstance(target, ast.Name) and target.id in self.known and target.id not in _BUILTINS

    def _uses_known_names(self, value: ast.expr) -> bool:
        if self._star_import:
            return True
        bound = {node.id for node in nodes(value, ast.Name) if isinstance(node.ctx, ast.Store)}
        bound |= {node.arg for node in nodes(value, ast.arg)}
        return all(
            node.id in self.known or node.id in bound
            for node in _evaluated(value)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        )

    def _is_cheap(self, value: ast.expr) -> bool:
        for node in _evaluated(value):
            if isinstance(node, ast.Lambda):
                continue
            if not isinstance(node, _CHEAP_NODES):
                return False
            if isinstance(node, ast.Call) and not self._is_cheap_call(node):
                return False
        return self._uses_known_names(value)

    def _is_cheap_call(self, call: ast.Call) -> bool:
        if isinstance(call.func, ast.Name):
            return call.func.id in _CHEAP_BUILTINS or call.func.id in _CHEAP_CALLS
        if not isinstance(call.func, ast.Attribute):
            return False
        asks_environment = call.func.attr == "get" and "environ" in _names_in(call.func.value)
        return call.func.attr in _CHEAP_CALLS or asks_environment


def rebound(statement: ast.stmt, modules: Container[str]) -> str | None:
    """The name of an imported module that ``statement`` rebinds to a number, a string or a list of these, if any."""
    if not isinstance(statement, ast.Assign) or not is_constant(statement.value):
        return None
    names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return next((name for name in names if name in modules and not _is_none(statement.value)), None)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def with_origins(asked: Iterable[str], fragments: Iterable[Fragment]) -> frozenset[str]:
    """The required names, and those assigned to them: `a` in `a = Loss()`, `svm_loss_naive = a`."""
    assignments = [
        statement
        for fragment in fragments
        for statement in fragment.statements
        if isinstance(statement, ast.Assign)
    ]
    wanted = set(asked)
    while True:
        origins = {
            node.id
            for statement in assignments
            if any(isinstance(target, ast.Name) and target.id in wanted for target in statement.targets)
            for node in _evaluated(statement.value)
            if isinstance(node, ast.Name)
        }
        if origins <= wanted:
            return frozenset(wanted)
        wanted |= origins


def _evaluated(value: ast.expr) -> Iterable[ast.AST]:
    """The nodes of an expression that are evaluated immediately, which excludes the bodies of lambdas."""
    pending: list[ast.AST] = [value]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.Lambda):
            pending += [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
        else:
            pending += ast.iter_child_nodes(node)


def _names_in(value: ast.expr) -> set[str]:
    return {node.attr for node in nodes(value, ast.Attribute)} | {node.id for node in nodes(value, ast.Name)}


def _parses(lines: list[str]) -> bool:
    """Whether the assembled code is still Python; if not, all of the file or cell would be lost."""
    try:
        parse("\n".join(lines))
    except SyntaxError:
        return False
    return True


def _tests_main(test: ast.expr) -> bool:
    return any(node.id == "__name__" for node in nodes(test, ast.Name))


def _is_harmless(statement: ast.stmt) -> bool:
    """Whether a branch may have this beside an import: nothing at all, a message, or giving up."""
    if isinstance(statement, ast.Pass | ast.Raise):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
    )
