"""Renders answers for the marker, in the process that reads hand-ins, within limits; plain if they are too much."""

from __future__ import annotations

import html
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from msgspec.structs import replace

from grading.gradebook.marking.store import Place, Work
from grading.intake.reader import Reader, ReadingError
from grading.intake.rendered_cells import RenderedAnswer
from grading.intake.submission import IntakeError
from grading.reports.text import visible

_MOST_KEPT = 300  # hand-ins
_MOST_AT_ONCE = 2


@dataclass(frozen=True)
class Shown:
    """A question and its answer as harmless HTML; ``plain`` if they could not be rendered."""

    rendered: RenderedAnswer
    plain: bool = False


@dataclass
class Renderer:
    """Renders the answers of hand-ins, and caches those of the latest ones; for many threads."""

    reader: Reader
    _kept: OrderedDict[tuple[int, str], list[Shown]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Each rendering process must first load large libraries.
    _at_once: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_MOST_AT_ONCE))

    def shown(self, work: Work) -> list[Shown]:
        """Render everything that can be marked in a hand-in, in order."""
        key = (work.id, work.sha256)
        with self._at_once:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            made = self._made(work)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return made

    def warm_up(self, work: Work) -> None:
        """Load what rendering needs, in the background, before anybody looks."""
        threading.Thread(target=self.shown, args=(work,), name="rendering", daemon=True).start()

    def _made(self, work: Work) -> list[Shown]:
        asked = [_texts(place) for place in work.places]
        everything = range(len(asked))
        try:
            rendered = self.reader.answers(work.handin, work.sha256, asked, everything)
            return [Shown(_visible(each)) for each in rendered]
        except (IntakeError, ReadingError):
            # One failing answer is no reason not to render the others.
            return [self._alone(work, asked, number) for number in everything]

    def _alone(self, work: Work, asked: list[tuple[str, str | None]], number: int) -> Shown:
        try:
            (rendered,) = self.reader.answers(work.handin, work.sha256, asked, [number])
            return Shown(_visible(rendered))
        except (IntakeError, ReadingError):
            question, answer = (f"<pre>{html.escape(text or '')}</pre>" for text in asked[number])
            return Shown(RenderedAnswer(question, answer, ()), plain=True)


def _visible(rendered: RenderedAnswer) -> RenderedAnswer:
    """Make characters that change the direction of text visible, also those written as entities or inside code."""
    return replace(rendered, question=visible(rendered.question), answer=visible(rendered.answer))


def _texts(place: Place) -> tuple[str, str | None]:
    manual = place.item.manual
    return visible(manual.question), None if manual.source == "rubric" else visible(manual.answer)
