"""Parsing Python in several threads at once."""

from __future__ import annotations

import ast
import os
import threading

_TRIES = 20
_parsing = threading.Lock()


def _forget_the_parser() -> None:
    """A thread that was parsing when the process was forked is not there to let go of the lock."""
    global _parsing
    _parsing = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_the_parser)


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
                continue  # a library has parsed at the same time, past this lock
        return ast.parse(text)
