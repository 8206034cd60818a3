"""The workers of one submission: one for each loss, so that what one does to its process does not affect the other."""

from __future__ import annotations

from collections.abc import Callable

from grading import Closing
from grading.sandbox.worker import Worker


class Workers(Closing):
    """Workers by the name of what they are for, each started when it is first asked for. Close them.

    Different ones may be used from different threads.

    Args:
        start: a new worker, with the submission's files loaded.
    """

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self._workers: dict[str, Worker] = {}

    def __call__(self, name: str) -> Worker:
        """The worker for ``name``.

        Raises:
            LaunchError: no process could be started.
        """
        if name not in self._workers:
            self._workers[name] = self._start()
        return self._workers[name]

    @property
    def remarks(self) -> list[str]:
        """What was said while files were loaded, in whichever process, each sentence once."""
        workers = [self._workers[name] for name in sorted(self._workers)]
        return list(dict.fromkeys(remark for worker in workers for remark in worker.loaded.remarks))

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers.values():
            worker.close()
