"""Something done in a thread while student code computes, where the grader would only wait."""

from __future__ import annotations

import threading
from collections.abc import Callable

# Not in the object, which is sent to processes that are not forked.
_beginning = threading.Lock()


class BackgroundWork:
    """Work that is begun once, and waited for where its result is needed.

    Args:
        work: may raise; what it raises, `finish` raises.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def begin(self) -> None:
        """Begin, unless it has been begun, by whichever thread."""
        with _beginning:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def finish(self) -> None:
        """Wait until it is done; begun or not, it is done then."""
        self.begin()
        assert self._thread is not None
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._error = error
