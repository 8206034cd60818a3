"""Everything that the code can say: templates in Python and in the pages, titles of checks, and known mistakes."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

from grading.judging.promise import promises
from reference.mistakes import CATALOGUE, METHODS
from reference.mistakes.networks import NETWORK_MISTAKES

# Three words in a row; what a pattern of the re module looks for is none.
_PROSE = re.compile(r"\A(?!.*[\\|*])(?=.*[\w}]\)?:? [a-z]+ [a-z]+)")
ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def calls(name: str) -> list[tuple[str, ast.Call]]:
    """Every call of a function of that name, with the place where it stands."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for folder in ("checks", "grading", "reference")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if f"{name}(" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


@cache
def page_calls() -> list[tuple[str, nodes.Call]]:
    """The same for ``say`` in the templates of pages."""
    return [
        (f"{path.name}:{node.lineno}", node)
        for path in sorted((ROOT / "grading" / "reports" / "templates").glob("*.html"))
        for node in Environment().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call)
        if isinstance(node.node, nodes.Name) and node.node.name == "say"
    ]


@cache
def templates() -> set[str]:
    """The templates with places, as they stand in the code."""
    found = set()
    for name in ("say", "later"):
        for _, call in calls(name):
            if call.args and isinstance(call.args[0], ast.Constant):
                found.add(str(call.args[0].value))
    for _, page_call in page_calls():
        if page_call.args and isinstance(page_call.args[0], nodes.Const):
            found.add(str(page_call.args[0].value))
    return found


def whole_texts() -> set[str]:
    """Texts without places: what is promised, and what the mistakes are."""
    mistakes = {text for mistake in (*CATALOGUE, *METHODS) for text in (mistake.title, mistake.hint)}
    mistakes |= {text for mistake in NETWORK_MISTAKES for text in (mistake.title, mistake.hint)}
    return mistakes | {promise.title for promise in promises().values()}


def written_past_say(folder: str) -> Iterator[tuple[str, str]]:
    """Prose in a folder or file that no ``say`` or ``later`` holds: three words in a row, docstrings left out."""
    root = ROOT / folder
    for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        passed: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                passed.add(id(node.value))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "later"):
                passed |= {id(part) for part in ast.walk(node.args[0])}
            if isinstance(node, ast.JoinedStr):
                passed |= {id(part) for part in node.values}
        for node in ast.walk(tree):
            text = _literal(node)
            if id(node) not in passed and text is not None and _PROSE.search(text):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", text  # type: ignore[attr-defined]


def _literal(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{x}" for part in node.values)
    return None


def places(template: str) -> set[tuple[str, str, str]]:
    """The places of a template: name, format and conversion."""
    return {
        (name, form or "", conversion or "")
        for _, name, form, conversion in string.Formatter().parse(template)
        if name is not None
    }
