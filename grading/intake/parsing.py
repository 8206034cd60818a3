"""Parsing Python in several threads at once."""

from __future__ import annotations

import ast
import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_parsing = threading.RLock()
_collects = True  # whether the garbage collector is to run again after parsing


def _forget_the_parser() -> None:
    """In a forked process, the thread that held the lock does not exist to release it."""
    global _parsing
    _parsing = threading.RLock()
    if _collects:
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_the_parser)


@contextmanager
def parsing_alone() -> Iterator[None]:
    """Keep our other threads from parsing meanwhile: for libraries that parse, as Hypothesis does."""
    with _parsing:
        yield


def syntax_tree(text: str | bytes) -> ast.Module:
    """`ast.parse`, which nothing interrupts.

    Up to Python 3.11.7, whoever parses while a tree is made shares its counter of depth, and one of the two gets a
    SystemError for what is right (https://github.com/python/cpython/issues/106905). That can be another thread, or what
    the garbage collector calls; and only while that calls something can another thread take over.

    Raises:
        SyntaxError: the text is no Python.
        ValueError, RecursionError, MemoryError: the parser cannot take it: null bytes, or nested too deeply.
    """
    global _collects
    with _parsing:
        _collects = gc.isenabled()
        gc.disable()
        try:
            return ast.parse(text)
        finally:
            if _collects:
                gc.enable()
