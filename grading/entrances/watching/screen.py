"""Shows the student, while watching, what each save has changed, and the first thing to fix."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

from rich.console import Console
from rich.rule import Rule
from rich.status import Status
from rich.text import Text

from grading.entrances.watching.verdicts import FAILED, Verdict
from grading.grades.grade import CheckResult, Repair
from grading.reports import shown_repairs, shown_results
from grading.reports.text import points, visible
from grading.words import later, say

_PROGRESS_AFTER = 2.0
Mark = Literal["passed", "failed", "skipped"]
_NOW: Mapping[Mark, tuple[str, str]] = {
    "passed": (later("now passes: {name}: {checks}"), "green"),
    "failed": (later("now fails: {name}: {checks}"), "red"),
    "skipped": (later("now skipped: {name}: {checks}"), "yellow"),
}


def mark(result: CheckResult) -> Mark:
    """Classify a result for announcing changes."""
    return "failed" if result.status in FAILED else "passed" if result.status == "passed" else "skipped"


def changes(
    before: Sequence[CheckResult], now: Sequence[CheckResult]
) -> Iterator[tuple[Mark, str, list[str]]]:
    """Yield the checks whose mark has changed, by function and new mark; all others are left out."""
    was = {(result.function, result.id): mark(result) for result in before}
    for kind in _NOW:
        found: dict[str, list[str]] = {}
        for result in now:
            if mark(result) == kind != was.get((result.function, result.id), kind):
                found.setdefault(result.function, []).append(result.id)
        yield from ((kind, name, checks) for name, checks in found.items())


class Screen:
    """Writes to the terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._status: Status | None = None
        self._doing = ""
        self._turn = threading.Lock()

    def begin(self, name: str) -> None:
        """Say that watching has started."""
        self._say(say("Watching {name}; it is graded again at every save. Ctrl-C ends this.", name=name))

    def calm(self, sentence: str, style: str = "yellow") -> None:
        """Write one line about a save that changes no verdict."""
        self._say(f"{_clock()}  {sentence}", style)

    def unreadable(self, problem: str) -> None:
        """Write one line about what prevents the hand-in from being graded for now."""
        self.calm(say("{problem}. The last verdict holds.", problem=problem.rstrip(".。")))

    def verdict(self, before: Verdict | None, now: Verdict, seconds: float) -> CheckResult | None:
        """Show what a save has changed, and the first failure; one line if nothing changed or the code cannot be read.

        Returns:
            The failure that was shown.
        """
        if now.unparsed and not now.asked:
            self.unreadable(now.why[0])
            return None
        if before is not None and not now.asked and before.results == now.results:
            self.calm(say("Nothing that is asked for has changed."), "dim")
            return None
        score = say("{got} of {most} points", got=points(now.points), most=points(now.max_points))
        if before is not None and before.points != now.points:
            score = say("{before} -> {score}", before=points(before.points), score=score)
        rises = now.points - (before.points if before is not None else now.points)
        style = "red" if rises < 0 else "green" if rises > 0 or now.points == now.max_points else ""
        self._head(say("{score}, in {seconds:.2f} s", score=score, seconds=seconds), style)
        if before is None:
            self._table(now)
        else:
            found = list(changes(before.results, now.results))
            for kind, name, checks in found:
                template, style = _NOW[kind]
                self._say(say(template, name=name, checks=", ".join(checks)), style)
            if not found:
                self._say(say("No check has changed."), "dim")
        if now.unparsed:
            names = ", ".join(dict.fromkeys(name.partition(".")[0] for name in now.unparsed))
            self._say(
                say("{problem} The last verdict on {names} holds.", problem=now.why[0], names=names), "yellow"
            )
        first = now.first_failure
        if first is not None:
            self._say("")
            self.failure(first)
        elif now.points == now.max_points:
            self._say(say("Every check passes."), "green")
        return first

    def failure(self, result: CheckResult) -> None:
        """Show a failure in the same words as every report."""
        for kind, text in shown_results.parts_of(result):
            whole = kind in shown_results.NEVER_BROKEN
            self._say(text.rstrip("\n"), shown_results.STYLES[kind], whole=whole)
            self._say("")

    def hint(self, result: CheckResult) -> None:
        """Show the name of a mistake, if it became known only when it was repaired."""
        for kind, text in shown_results.parts_of(result):
            if kind == "hint":
                self._say(text, shown_results.STYLES[kind])
                self._say("")

    def repairs(self, repairs: Mapping[str, Repair]) -> None:
        """Show where the mistake is."""
        for name, repair in repairs.items():
            sentence, *rest = shown_repairs.as_text(name, repair).split("\n")
            self._say(sentence, "bold")
            self._say("\n".join(rest), whole=True)
            self._say("")

    def end(self, name: str, last: Verdict | None) -> None:
        """Say that watching has ended."""
        if last is None:
            self._say("\n" + say("Stopped watching {name}.", name=name))
        else:
            got, most = points(last.points), points(last.max_points)
            self._say(
                "\n" + say("Stopped watching {name}: {got} of {most} points.", name=name, got=got, most=most)
            )

    @contextmanager
    def working(self) -> Iterator[None]:
        """Show what is being done, once it has taken two seconds."""
        timer = threading.Timer(_PROGRESS_AFTER, self._show)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._turn:
                self._doing = ""
                if self._status is not None:
                    self._status.stop()
                    self._status = None

    def doing(self, name: str, check: str) -> None:
        """Note what is being done: a check of a function or, without a check, the search for its mistake."""
        with self._turn:
            self._doing = (
                say("checking {name}: {check}", name=name, check=check)
                if check
                else say("looking for the place of the mistake")
            )
            if self._status is not None:
                self._status.update(Text(self._doing))

    def _show(self) -> None:
        with self._turn:
            if self._doing and self._console.is_terminal:
                self._status = self._console.status(Text(self._doing))
                self._status.start()

    def _head(self, text: str, style: str) -> None:
        text = f"{_clock()}  {text}"
        if self._console.is_terminal:
            self._console.print()
            self._console.print(Rule(Text(text, f"bold {style}"), align="left", style="dim"))
        else:
            self._say(text)

    def _table(self, now: Verdict) -> None:
        """Show the points of each function."""
        names = list(dict.fromkeys(result.function for result in now.results))
        width = max(28, *map(len, names), 0)
        for name in names:
            mine = [result for result in now.results if result.function == name]
            got, most = sum(r.points for r in mine), sum(r.max_points for r in mine)
            style = "green" if got == most else "yellow" if got else "red"
            self._say(f"{name:<{width}} " + say("{got:g} of {most:g}", got=got, most=most), style)

    def _say(self, text: str, style: str = "", *, whole: bool = False) -> None:
        self._console.print(Text(visible(text), style), soft_wrap=whole or not self._console.is_terminal)


def _clock() -> str:
    return f"{datetime.now():%H:%M:%S}"
