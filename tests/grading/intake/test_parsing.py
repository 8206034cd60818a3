"""Many threads parse at once, and so do processes forked from them."""

from __future__ import annotations

import ast
import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from grading.intake import parsing

NESTED = "x = " + "(" * 80 + "1" + ")" * 80 + "\n" + "def f(a):\n    return [a + 1, {a: (a, -a)}]\n" * 50


def test_threads_that_parse_at_once_all_get_their_trees() -> None:
    expected = ast.dump(ast.parse(NESTED))
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(parsing.syntax_tree, [NESTED] * 64))
    assert {ast.dump(tree) for tree in trees} == {expected}


def test_what_the_garbage_collector_calls_may_parse_too() -> None:
    expected, before = ast.dump(ast.parse(NESTED)), gc.get_threshold()

    def parse(phase: str, info: dict[str, int]) -> None:
        ast.parse("[a + 1, {a: (a, -a)}]")

    gc.callbacks.append(parse)
    gc.set_threshold(1)
    try:
        tree = parsing.syntax_tree(NESTED)
    finally:
        gc.callbacks.remove(parse)
        gc.set_threshold(*before)
    assert ast.dump(tree) == expected
    assert gc.isenabled()


def test_a_process_forked_while_a_thread_parses_parses_too() -> None:
    held, done = threading.Event(), threading.Event()

    def parse_for_long() -> None:
        with parsing._parsing:
            held.set()
            done.wait()

    thread = threading.Thread(target=parse_for_long)
    thread.start()
    held.wait()
    process = os.fork()
    if process == 0:
        os._exit(0 if len(parsing.syntax_tree("x = 1").body) == 1 else 1)
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
