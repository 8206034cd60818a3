"""Parsing Python in several threads at once."""

from __future__ import annotations

import ast
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TRIES = 20
_PAUSE = 0.01  # seconds between two tries: whoever parses beside gets on with it
_parsing = threading.RLock()


def _forget_the_parser() -> None:
    """A thread that was parsing when the process was forked is not there to let go of the lock."""
    global _parsing
    _parsing = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_the_parser)


@contextmanager
def parsing_alone() -> Iterator[None]:
    """No other thread of ours parses meanwhile: for libraries that do, as Hypothesis does."""
    with _parsing:
        yield


def syntax_tree(text: str | bytes) -> ast.Module:
    """`ast.parse`, by one thread at a time.

    Up to Python 3.11.7, threads that parse at once share a counter of depth, and now and then one of them gets a
    SystemError for what is right (https://github.com/python/cpython/issues/106905).

    Raises:
        SyntaxError: the text is no Python.
        ValueError, RecursionError, MemoryError: the parser cannot take it: null bytes, or nested too deeply.
    """
    with _parsing:
        for _ in range(_TRIES):
            try:
                return ast.parse(text)
            except SystemError:
                time.sleep(_PAUSE)  # a library has parsed at the same time, past this lock
        return ast.parse(text)
