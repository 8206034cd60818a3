"""Sets up IPython's own shell in this very process: no separate kernel, no sockets, no other programs.

Whatever a notebook shows is kept here, within caps, until it is sent; nobody reads or answers while it runs.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import SList
from traitlets.config import Config

_KEPT_FIRST, _KEPT_LAST = 20_000, 5_000
_MOST_PICTURES = 12
_LARGEST_PICTURE = 2 << 20
_INLINE = "inline"

#: Magics that would start another program.
_PROGRAMS = (
    *("bash", "sh", "script", "system", "sx", "perl", "ruby", "pypy", "python2"),
    *("pip", "conda", "mamba", "uv"),
)


class Shown:
    """The output of one cell so far: the beginning and end of its text, and a limited number and size of pictures."""

    def __init__(self) -> None:
        self.clear()
        self.remarks: list[str] = []

    def clear(self) -> None:
        """Discard the output, as ``clear_output`` does, and start again."""
        self._first: list[str] = []
        self._room = _KEPT_FIRST
        self._last = ""
        self._beyond = 0
        self.pictures: list[bytes] = []
        self.dropped = 0

    def write(self, text: str) -> None:
        """Keep ``text`` if it is near the beginning or the end of the printed output."""
        head, tail = text[: self._room], text[self._room :]
        if head:
            self._first.append(head)
            self._room -= len(head)
        if tail:
            self._beyond += len(tail)
            self._last = (self._last + tail[-_KEPT_LAST:])[-_KEPT_LAST:]

    @property
    def text(self) -> str:
        """The text, with a line in the middle if some is missing."""
        missing = self._beyond - len(self._last)
        gap = f"\n[{missing:,} characters are left out here]\n" if missing else ""
        return "".join(self._first) + gap + self._last

    def picture(self, png: Any) -> None:
        """Keep a picture, bytes or base64, while there is room."""
        data = base64.b64decode(png) if isinstance(png, str) else bytes(png)
        if len(self.pictures) < _MOST_PICTURES and len(data) <= _LARGEST_PICTURE:
            self.pictures.append(data)
        else:
            self.dropped += 1

    def remark(self, sentence: str) -> None:
        """Say something about the cell, once, and where the student would look for it."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)
            self.write(sentence + "\n")


class _Stream(io.TextIOBase):
    """Standard output and error of a notebook."""

    encoding = "utf-8"

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def write(self, text: str) -> int:
        """Keep as much as there is room for."""
        self._shown.write(str(text))
        return len(text)

    def writable(self) -> bool:
        """Return True: output can always be written."""
        return True


class _Publisher(DisplayPublisher):
    shown: Shown

    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        """Keep pictures as pictures, and everything else as the accompanying text; HTML and scripts are not kept."""
        show(self.shown, data)

    def clear_output(self, wait: bool = False) -> None:
        """Clear the output, as progress displays request."""
        self.shown.clear()


class _Hook(DisplayHook):
    shown: Shown

    def write_output_prompt(self) -> None:
        """Do nothing: there is no prompt."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Keep the value of a cell's last line."""
        show(self.shown, format_dict)


def show(shown: Shown, data: dict[str, Any]) -> None:
    """Keep one displayed object."""
    if "image/png" in data:
        shown.picture(data["image/png"])
    elif "text/plain" in data:
        shown.write(f"{data['text/plain']}\n")


class _Profile(ProfileDir):
    """An empty profile: without the README that IPython would copy there with system calls that are closed here."""

    def check_startup_dir(self, change: Any = None) -> None:
        """Do nothing: there is no such folder."""


class Shell(InteractiveShell):
    """One notebook's shell."""

    shown: Shown

    def init_history(self) -> None:
        """Start without the thread and the database that would keep the history."""
        self.config.HistoryManager.enabled = False
        super().init_history()  # type: ignore[no-untyped-call]

    @contextlib.contextmanager
    def _tee(self, channel: Any) -> Iterator[None]:
        """Do without IPython's own copy of all output, which has no cap and ends in a MemoryError."""
        yield

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing: there are no windows."""

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Put plots into the notebook, whatever backend is requested: nobody could interact with windows."""
        return super().enable_matplotlib(_INLINE)  # type: ignore[no-untyped-call]

    def system(self, cmd: str) -> None:
        """Run no program for ``!command``; the cell continues."""
        self.shown.remark(f"Not run: {str(cmd).strip()[:200]!r}: the grader runs no shell commands.")

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Return no output for ``lines = !command``."""
        self.system(cmd)
        return SList() if split else ""

    def no_program(self, line: str, cell: str | None = None) -> None:
        """Replace the magics that start programs."""
        self.system(line or (cell or "").strip().partition("\n")[0])

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        """Print nothing, because a cell's exception is sent as it is."""


def open_shell(shown: Shown) -> Shell:
    """Open the shell of this process, set up as a notebook finds it in Jupyter."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell: Shell = Shell.instance(
        config=config,
        profile_dir=_Profile(location=f"{os.environ['IPYTHONDIR']}/profile"),
        display_pub_class=_Publisher,
        displayhook_class=_Hook,
    )
    shell.shown = shown
    publisher, hook = shell.display_pub, shell.displayhook
    assert isinstance(publisher, _Publisher)
    assert isinstance(hook, _Hook)
    publisher.shown = hook.shown = shown
    for name in _PROGRAMS:
        shell.register_magic_function(shell.no_program, "line_cell", name)  # type: ignore[arg-type]
    sys.stdout = sys.stderr = _Stream(shown)
    builtins.input = _nobody_answers
    shell.enable_matplotlib(_INLINE)
    return shell


def _nobody_answers(prompt: object = "", /) -> str:
    raise EOFError("input() was called, but nobody is there to answer while the grader runs a notebook")
