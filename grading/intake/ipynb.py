"""Reads notebooks as text: cells in order, in any version of the format, with magics made inert."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import Any

import msgspec

from grading.intake.limits import Limits
from grading.intake.parsing import syntax_tree
from grading.intake.safe_names import module_name, shown
from grading.intake.text import conflict_line, recognised
from grading.intake.tree_walk import nodes
from grading.words import say, translated

OURS = "subgrader"
"""The metadata key that marks a feedback cell inserted by an earlier run."""

_MAGIC_LINE = re.compile(r"^[ \t]*[%!?]|\?[ \t]*$|^[ \t]*[\w.]+[ \t]*=[ \t]*[%!]", re.MULTILINE)
_WHOLE_LINE_MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)
# IPython parses a cell again for each line that it changes.
_MOST_MAGICS, _LONGEST_WITH_MAGICS = 25, 20_000
# Honest notebooks are full of text and base64 pictures, not of brackets; each makes an object many times its size.
_MOST_BRACKETS = 1_000_000
_RUN = "%run "
_CELL_MAGIC = re.compile(r"\s*%%(\w*)")
# The body of these is Python that belongs to the notebook, unlike that of any other cell magic.
_PYTHON_CELL_MAGICS = frozenset(
    (
        "time",
        "timeit",
        "capture",
        "prun",
        "python",
        "python3",
        "py",
        "writefile",
        "file",
        "memit",
        "mprun",
        "lprun",
    )
)


class DamagedNotebookError(ValueError):
    """An unreadable notebook; the message says what is wrong with it: "is empty (0 bytes)"."""


class Cell(msgspec.Struct, frozen=True):
    """One cell: ``number`` counts all cells from 1; ``kind`` is "code", "markdown" or "raw"."""

    number: int
    kind: str
    text: str

    @property
    def label(self) -> str:
        """The cell's name in messages: "cell 7"."""
        return f"cell {self.number}"


def joined(value: object) -> str:
    """A string of a notebook, which may be a list of lines; "" if it is neither."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    # JSON can hold lone surrogates, which none of our files could.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def dictionaries(value: object) -> list[dict[str, Any]]:
    """The dictionaries in a notebook's list of cells or outputs; anything else is skipped."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_ours(cell: object) -> bool:
    """Whether a cell is feedback that an earlier run inserted."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    return isinstance(metadata, dict) and OURS in metadata


def read_cells(data: bytes, limits: Limits) -> list[Cell]:
    """Read the cells of the notebook ``data``, untrusted bytes, of format version 1 to 4.

    Raises:
        DamagedNotebookError: if it is not a notebook, or not one in Python.
    """
    if not data.strip():
        raise DamagedNotebookError(say("is empty ({count} bytes): save the notebook again", count=len(data)))
    what = recognised(data)
    if what is not None:
        raise DamagedNotebookError(
            say("is {what}, not a notebook: use the .ipynb file itself", what=translated(what))
        )
    if data.count(b"{") + data.count(b"[") > _MOST_BRACKETS:
        raise DamagedNotebookError(
            say("has far too many parts for a notebook: clear its outputs and save it again")
        )
    notebook = as_it_is(data)
    language = _language(notebook)
    if "python" not in language.lower():
        raise DamagedNotebookError(
            say("is a notebook in {language}: the grader runs Python", language=shown(language))
        )
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise DamagedNotebookError(say("has no cells: open it in Jupyter and save it again"))
    if len(cells) > limits.cells:
        raise DamagedNotebookError(
            say(
                "has {count:,} cells, more than the {most:,} that are read",
                count=len(cells),
                most=limits.cells,
            )
        )
    return [
        Cell(
            number,
            str(cell.get("cell_type", "")),
            joined(cell.get("source")).replace("\r\n", "\n").replace("\r", "\n"),
        )
        for number, cell in enumerate(cells, start=1)
        if isinstance(cell, dict)
    ]


def without_magics(text: str) -> str:
    """A code cell as Python: magics, shell lines and help are turned into calls that nothing needs.

    Line numbers stay. IPython's own transformer does it; it is only called (and only imported) if some line
    looks like one of these. If a cell is too much for it, such lines are replaced by `pass`.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        cell_magic = _CELL_MAGIC.match(line)
        if cell_magic and cell_magic[1] not in _PYTHON_CELL_MAGICS:
            return ""
        if cell_magic:
            lines[number] = ""
        elif line.strip():
            break
    text = "\n".join(lines)
    if _RUN in text:
        text = "\n".join(_brought(line) if line.startswith(_RUN) else line for line in text.split("\n"))
    count = len(_MAGIC_LINE.findall(text))
    if not count:
        return text
    text = _unfold_shell_lines(text)
    plain = _without_whole_lines(text, count)
    if plain is not None:
        return plain
    if count > _MOST_MAGICS or len(text) > _LONGEST_WITH_MAGICS:
        return _WHOLE_LINE_MAGIC.sub(r"\1pass", text)
    from IPython.core.inputtransformer2 import TransformerManager

    body = text.lstrip("\n")
    leading = len(text) - len(body)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            transformed: str = TransformerManager().transform_cell(body)  # type: ignore[no-untyped-call]
    except (SyntaxError, ValueError, RuntimeError):
        return _WHOLE_LINE_MAGIC.sub(r"\1pass", text)
    return "\n" * leading + transformed


def _brought(line: str) -> str:
    """Turn a line that runs another file of the hand-in into an import of the same names."""
    words = [word for word in line.removeprefix(_RUN).split() if not word.startswith("-")]
    rest = " ".join(words).lstrip("'\"")
    ends = [rest.find(end) for end in (".ipynb", ".py", "'", '"') if end in rest]
    path = rest[: min(ends)] if ends else rest.partition(" ")[0]
    module = module_name(path.rpartition("/")[2])
    is_a_name = module.isidentifier() and not set("${}") & set(path)
    return f"from {module} import *" if is_a_name else line


def _without_whole_lines(text: str, count: int) -> str | None:
    """Replace lines that are entirely magics by `pass`, if there are no others and they are complete statements."""
    lines = {k for k, line in enumerate(text.split("\n"), 1) if line.lstrip(" \t").startswith(("%", "!"))}
    if len(lines) < count:
        return None
    plain = _WHOLE_LINE_MAGIC.sub(r"\1pass", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            passes = {node.lineno for node in nodes(syntax_tree(plain), ast.Pass)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # Others are inside a string, or continue the line above.
    return plain if lines <= passes else None


def _unfold_shell_lines(text: str) -> str:
    """Blank the continuation lines of shell commands, which IPython would join to one line."""
    lines, folded = text.split("\n"), False
    for number, line in enumerate(lines):
        is_command = line.lstrip().startswith(("!", "%"))
        continues = line.endswith("\\")
        if folded:
            lines[number] = ""
        elif is_command and continues:
            lines[number] = line[:-1]
        folded = continues and (folded or is_command)
    return "\n".join(lines)


def as_it_is(data: bytes) -> dict[str, object]:
    """Load the notebook ``data``: unchanged if it has format 4, whatever the minor version, else converted.

    Nearly all notebooks need no large library for this. Texts may be lists of lines.

    Raises:
        DamagedNotebookError: if it is not a notebook.
    """
    try:
        notebook = json.loads(_text(data))
    except (ValueError, RecursionError):
        return load_notebook(data)  # which says what is wrong with it
    cells = notebook.get("cells") if isinstance(notebook, dict) and notebook.get("nbformat") == 4 else None
    return notebook if isinstance(cells, list) else load_notebook(data)


def load_notebook(data: bytes) -> dict[str, object]:
    """Load the notebook ``data``, untrusted bytes of any version of the format, in the newest one.

    Its cells may be anything.

    Raises:
        DamagedNotebookError: if it is not a notebook.
    """
    import logging

    import nbformat
    from nbformat import converter, reader

    log = logging.getLogger("traitlets")
    level = log.level
    text = _text(data)
    try:
        with warnings.catch_warnings():
            # nbformat warns of and logs faults (missing cell ids and the like) that do not matter here.
            warnings.simplefilter("ignore")
            log.setLevel(logging.CRITICAL)
            original = reader.reads(text)
            notebook = converter.convert(original, nbformat.current_nbformat)
    except RecursionError as error:
        raise DamagedNotebookError(say("is nested too deeply to be a notebook")) from error
    except reader.NotJSONError as error:
        conflict = conflict_line(text.split("\n"))
        if conflict is not None:
            raise DamagedNotebookError(
                say(
                    "holds the marks of a merge conflict (line {line}): resolve it, and check that Jupyter opens "
                    "the notebook",
                    line=conflict,
                )
            ) from error
        detail = error.__cause__ or error
        raise DamagedNotebookError(
            say(
                "is damaged ({detail}): open it in Jupyter and save it again",
                detail=shown(str(detail)),
            )
        ) from error
    except Exception as error:
        # nbformat meets whatever the file holds instead of what it should, so any error may result.
        # Cells that only lack metadata, as some tools write them, are still readable.
        notebook = json.loads(text)
        if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
            raise DamagedNotebookError(
                say("is JSON, but not a notebook that can be read: open it in Jupyter and save it again")
            ) from error
    finally:
        log.setLevel(level)
    return dict(notebook)


def _text(data: bytes) -> str:
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _language(notebook: dict[str, object]) -> str:
    metadata = notebook.get("metadata")
    if isinstance(metadata, dict):
        # Not the kernel's name, which may be that of any environment ("conda-env-cs231n-py").
        for part, key in (("kernelspec", "language"), ("language_info", "name")):
            section = metadata.get(part)
            if isinstance(section, dict) and isinstance(section.get(key), str) and section[key]:
                return str(section[key])
    return "python"
