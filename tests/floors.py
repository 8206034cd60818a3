"""The rooms and their floors, drawn from the imports: `python -m tests.floors` writes them into ARCHITECTURE.md.

A room stands one floor above the highest that it imports from.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
TOP = ("grader", "checks", "grading", "reference")
"""What lies in the topmost folder."""

WITHIN = ("sandbox/walls", "sandbox/inside")
"""Rooms within a room of `grading`; every other folder there belongs to the room above it."""

_PICTURE = re.compile(r"(?<=<!-- python -m tests\.floors -->\n```\n).*?(?=```\n)", re.DOTALL)


@cache
def modules() -> dict[str, Path]:
    """All modules of the product, by dotted name."""
    files = [ROOT / "grader.py", *(path for top in TOP[1:] for path in sorted((ROOT / top).rglob("*.py")))]
    return {_dotted(path): path for path in files}


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room that a module lies in, as a path below `grading`; of other modules, the folder in the root."""
    top, *below = module.split(".")
    if top != "grading" or not below:
        return top
    inner = "/".join(below[:2])
    return inner if inner in WITHIN else below[0]


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written from the root"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in modules() else str(node.module)


@cache
def arrows() -> dict[tuple[str, str], tuple[str, ...]]:
    """From room to room, with the modules that import."""
    found: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for name, path in modules().items():
        for imported in imports(path):
            if imported in modules() and room_of(imported) != room_of(name):
                found[room_of(name), room_of(imported)][name] = None
    return {arrow: tuple(found[arrow]) for arrow in sorted(found)}


def floors() -> dict[str, int]:
    """The floor of each room.

    Raises:
        RecursionError: there is a circle.
    """
    below: defaultdict[str, set[str]] = defaultdict(set)
    for upper, lower in arrows():
        below[upper].add(lower)

    @cache
    def floor(room: str) -> int:
        return 1 + max((floor(lower) for lower in below[room]), default=-1)

    return {room: floor(room) for room in {room_of(name) for name in modules()}}


def picture() -> str:
    """The rooms from top to bottom, each with the first sentence of its docstring."""
    found = floors()
    lines, last = [], None
    # What `grading` itself has is only where the suite lies.
    for room in sorted(found.keys() - {"grading"}, key=lambda room: (-found[room], room)):
        number = "" if found[room] == last else str(found[room])
        lines.append(f"{number:>2}  {_shown(room):<20}{_purpose(room)}\n")
        last = found[room]
    return "".join(lines)


def _shown(room: str) -> str:
    return f"{room}.py" if room == "grader" else f"{room}/"


def _purpose(room: str) -> str:
    name = room if room in TOP else f"grading.{room.replace('/', '.')}"
    text = ast.get_docstring(ast.parse(modules()[name].read_text(encoding="utf-8"))) or ""
    return re.split(r"\.(?:\s|$)", " ".join(text.split()).replace("``", ""))[0]


def main() -> None:
    """Write the picture into the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_PICTURE.sub(lambda _: picture(), page), encoding="utf-8")


if __name__ == "__main__":
    main()
