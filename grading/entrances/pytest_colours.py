"""Shows failed checks in pytest's output, in colours if the terminal supports them."""

from __future__ import annotations

from typing import Any

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

from grading.reports.shown_results import Part, coloured


class _InColour(TerminalRepr):
    def __init__(self, plain: TerminalRepr, parts: list[tuple[Part, str]]) -> None:
        self._plain, self._parts = plain, parts
        self.reprcrash = getattr(plain, "reprcrash", None)

    def __str__(self) -> str:
        return str(self._plain)

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the failure."""
        if tw.hasmarkup:
            tw.write(coloured(self._parts, tw.fullwidth))
        else:
            self._plain.toterminal(tw)


def in_colour(plain: Any, parts: list[tuple[Part, str]]) -> Any:
    """Make a report's failure show colours and wrap between words in a terminal; elsewhere it stays as it is."""
    return _InColour(plain, parts) if isinstance(plain, TerminalRepr) else plain
