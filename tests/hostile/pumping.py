"""Texts that make a pattern slow if any do: pieces that it looks for, repeated, and an end that spoils the match."""

from __future__ import annotations

import ast
import importlib
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import grading

# What instructors write meets the patterns of these, not what students do.
_NOT_STUDENTS = {"commands", "rubric", "starter", "pack", "course", "inside"}
# Each stands in a table of several, which are all held against whole names.
WHOLE = {
    *(f"grading.intake.attempts:{name}" for name in ("_BLACKBOARD", "_BRIGHTSPACE")),
    *(f"grading.intake.lms:{name}" for name in ("_CANVAS", "_MOODLE", "_SAKAI")),
}
# What is only ever given so many characters.
BOUNDED = {"grading.intake.python2": 300}
PIECES = (
    *(
        " ",
        "\t",
        "\n",
        "a",
        "A",
        "1",
        "_",
        ".",
        "-",
        "=",
        "<",
        "(",
        "[",
        "{",
        "*",
        "`",
        "#",
        "~",
        "|",
        ":",
        '"',
        "'",
        "\\",
        "$",
        "?",
        "%",
    ),
    *(
        "<a",
        "</a",
        "</b>",
        "<!--",
        "<!-- -",
        "{it}",
        "{a}",
        "it ",
        "bf",
        "\\text",
        "\\textit{",
        "\\color{red}",
        "color{a}",
        "large",
        "**",
        "*_",
    ),
    *(
        "q",
        "q ",
        "Q\n",
        "question",
        "inline ",
        "inline question ",
        "question en ligne ",
        "your ",
        "answer",
        "answer ",
        "a1",
        "answer is ",
        "a b",
        "\\ ",
    ),
    *(
        "问题 ",
        "答",
        "答 ",
        "def ",
        "def loss",
        "loss",
        "lossa",
        "def a(",
        "class ",
        "async ",
        "\\n",
        "\\ndef ",
        "import ",
        "from a import ",
        "svm_loss_",
    ),
    *(
        "%%",
        "%%time\n",
        "!ls\n",
        "a=",
        "a =%",
        "a?",
        "? ",
        "print",
        "print (",
        "print;",
        "except (",
        "lambda (a,",
        "raise a,",
        "exec a",
        "`",
        "0",
        "1L",
        "<>",
    ),
    *(
        "imshow(",
        "imshow (a",
        ".W",
        "plot(",
        "plot(a",
        "scatter ",
        "accuracy",
        "1.1",
        "1 %",
        "reg",
        ".5 * ",
        "reg * ",
        "W:",
        "W: (C",
        "X: ((",
        "D x ",
    ),
    *(
        "_1",
        "_11_111_",
        "_1_assignsubmission_",
        "_assignsubmission_file_",
        "(a",
        "(a)",
        "_attempt_",
        "1-1 - a - ",
        " - ",
        "1-1 -",
        "2024 1200 ",
        ":name: ",
        " :name: a ",
        ":sid: a",
        "submission_1",
        "-submissions",
        "-1.",
        ".egg-info",
        ".py.txt",
        ".icloud",
    ),
    *(
        "\x1b[",
        "\x1b[0",
        "\x1b]",
        "\x1b] ",
        ", cell ",
        ".ipynb, cell 1",
        "`` ",
        "__",
        "~~",
        "1.",
        "version 1",
        " (1)",
        " copy",
        "copy of ",
        "Copy-",
    ),
)
ENDS = "!", "\n"
STARTS = (
    "q",
    "<!--",
    "def ",
    '"',
    "W: (",
    ":name: a",
    "\x1b[",
    "import ",
    "imshow(",
    ".W",
    "#",
    "<",
    "%%",
    "reg ",
    "(",
    "1",
)


class TooSlowError(Exception):
    """A pattern has not found out in time whether it matches."""


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every pattern of a module, by the module and its own name, or the line where it is used, and how it is called."""
    root = Path(grading.__file__).parent
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "import re\n" not in text or _NOT_STUDENTS & set(path.relative_to(root).parts):
            continue
        name = ".".join(("grading", *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
        for attribute, value in vars(importlib.import_module(name)).items():
            for k, each in enumerate(_within(value)):
                yield f"{name}:{attribute}{k or ''}{_called(attribute, text)}", each
        for used, each in _inline(text):
            yield f"{name}:{used}", each


def _called(attribute: str, text: str) -> str:
    """How a pattern with a name is called, if that is not everywhere in a text: " match" or " fullmatch"."""
    calls = set(re.findall(rf"\b{attribute}\b(?:\.(\w+)\(|(?! ?[=:]))", text))
    return f" {max(calls, key=len)}" if calls and calls <= {"match", "fullmatch"} and len(calls) == 1 else ""


def _inline(text: str) -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """The patterns that are written where they are used, by their lines and what is called: "76 match"."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            given = node.args[0]
            is_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            is_used = is_re and node.func.attr not in ("compile", "escape")
            if is_used and isinstance(given, ast.Constant) and isinstance(given.value, str):
                multiline = any(keyword.arg == "flags" for keyword in node.keywords) or len(node.args) > 3
                used = f"{node.lineno} {node.func.attr}"
                yield used, re.compile(given.value, re.MULTILINE if multiline else 0)


def _within(value: object) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _within(each)
    elif isinstance(value, dict):
        yield from _within(list(value.values()))
    elif hasattr(value, "pattern"):
        yield from _within(value.pattern)


def texts(length: int) -> Iterator[str]:
    """Repeated pieces of about this length; what is skipped gladly also behind what patterns begin with."""
    for piece in PIECES:
        for end in ENDS:
            yield piece * ((length - len(end)) // len(piece)) + end
    for start in STARTS:
        for piece in (" ", "\n", "a", "1", "_"):
            yield start + piece * length + "!"


def seconds(name: str, pattern: re.Pattern[str] | re.Pattern[bytes], text: str, most: float) -> float:
    """Processor time of looking for it everywhere in ``text``, unless only whole names are held against it, and there.

    Raises:
        TooSlowError: that takes more than ``most``.
    """
    searched: re.Pattern[bytes] | re.Pattern[str] = pattern
    data = text.encode() if isinstance(pattern.pattern, bytes) else text
    with _at_most(most):
        began = time.thread_time()
        if name.endswith(" match"):
            searched.match(data)  # type: ignore[arg-type]
        elif name not in WHOLE and not name.endswith(" fullmatch"):
            for match in searched.finditer(data):  # type: ignore[arg-type]
                del match
        searched.fullmatch(data)  # type: ignore[arg-type]
        return time.thread_time() - began


@contextmanager
def _at_most(seconds_: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds_)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
