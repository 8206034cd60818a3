"""Programs that take what others need: time, memory, disk, and the reader's patience."""

# Each function here is the text of a hostile program: it is read, and run behind walls, but never called here.
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import numpy as np

from tests.hostile.arena import Attacks

ATTACKS = Attacks("import os, signal, sys, threading, time\nimport numpy as np")


@ATTACKS.add("timeout")
def loops_without_end(X, path, port, pid, name, outside):
    while True:
        pass


@ATTACKS.add("timeout", meets_walls=False)
def sleeps_without_end(X, path, port, pid, name, outside):
    time.sleep(10**6)


@ATTACKS.add("timeout", meets_walls=False)
def never_comes_back_from_compiled_code(X, path, port, pid, name, outside):
    import re

    return bool(re.match("(a+)+$", "a" * 60 + "b"))


@ATTACKS.add("timeout", meets_walls=False)
def never_comes_back_from_one_large_product(X, path, port, pid, name, outside):
    a = np.ones((3000, 3000))
    for _ in range(1000):
        a = a @ a
    return a[0, 0]


@ATTACKS.add("timeout", "Raised", meets_walls=False)
def computes_a_power_that_has_no_end(X, path, port, pid, name, outside):
    return 9**9**9


@ATTACKS.add("Raised", meets_walls=False)
def waits_for_input(X, path, port, pid, name, outside):
    return input()


@ATTACKS.add("timeout", meets_walls=False)
def waits_for_a_lock_that_it_holds(X, path, port, pid, name, outside):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


@ATTACKS.add("timeout")
def ignores_every_signal_and_goes_on(X, path, port, pid, name, outside):
    for k in range(1, 65):
        try:
            signal.signal(k, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass


@ATTACKS.add("timeout", meets_walls=False)
def catches_everything_and_goes_on(X, path, port, pid, name, outside):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


@ATTACKS.add("Raised")
def asks_for_a_terabyte_at_once(X, path, port, pid, name, outside):
    return np.ones(1 << 37)


@ATTACKS.add("Raised", "died", "timeout")
def asks_for_memory_bit_by_bit(X, path, port, pid, name, outside):
    held = []
    while True:
        held.append(np.ones(1 << 20))


@ATTACKS.add("Raised", "died", "timeout")
def fills_memory_with_small_objects(X, path, port, pid, name, outside):
    held = []
    while True:
        held.append([0] * 1000)


@ATTACKS.add("Raised", "died", "timeout")
def doubles_a_text_until_it_does_not_fit(X, path, port, pid, name, outside):
    s = "x"
    while True:
        s += s


@ATTACKS.add("Raised")
def maps_shared_memory(X, path, port, pid, name, outside):
    import mmap

    held = []
    while True:
        held.append(mmap.mmap(-1, 1 << 26))


@ATTACKS.add("Raised", "died")
def makes_files_that_are_only_memory(X, path, port, pid, name, outside):
    f = os.memfd_create("m")
    while True:
        os.write(f, bytes(1 << 20))


@ATTACKS.add("Raised")
def fills_pipes(X, path, port, pid, name, outside):
    held = []
    while True:
        r, w = os.pipe()
        held += [r, w]
        os.set_blocking(w, False)
        os.write(w, bytes(65536))


@ATTACKS.add("Raised", "timeout", "died")
def starts_threads_without_end(X, path, port, pid, name, outside):
    def wait():
        time.sleep(30)

    while True:
        threading.Thread(target=wait, daemon=True).start()


@ATTACKS.add("Raised", "timeout", "died")
def starts_small_threads_without_end(X, path, port, pid, name, outside):
    threading.stack_size(32768)

    def wait():
        time.sleep(30)

    while True:
        threading.Thread(target=wait, daemon=True).start()


@ATTACKS.add("Raised")
def opens_files_without_end(X, path, port, pid, name, outside):
    held = []
    while True:
        held.append(open(os.devnull))


@ATTACKS.add("Raised", "died")
def writes_a_file_without_end(X, path, port, pid, name, outside):
    with open("big", "wb") as f:
        while True:
            f.write(bytes(1 << 20))


@ATTACKS.add()
def writes_many_files(X, path, port, pid, name, outside):
    for k in range(5000):
        open(str(k), "w").write("x" * 100)
    return 0.5


@ATTACKS.add()
def makes_folders_a_thousand_deep(X, path, port, pid, name, outside):
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    open("bottom", "w").close()
    return 0.5


@ATTACKS.add("Returned")
def makes_folders_that_nobody_may_enter(X, path, port, pid, name, outside):
    os.umask(0o777)
    os.makedirs("a")
    os.mkdir("b")
    open("c", "w").close()
    return 0.5


@ATTACKS.add("timeout", meets_walls=False)
def prints_without_end(X, path, port, pid, name, outside):
    while True:
        print("x" * 1000)


@ATTACKS.add("timeout", "Returned", meets_walls=False)
def prints_a_gigabyte_and_returns(X, path, port, pid, name, outside):
    for _ in range(1000):
        os.write(1, b"x" * 1_000_000)
    return 0.5


@ATTACKS.add("Returned", meets_walls=False)
def prints_terminal_codes(X, path, port, pid, name, outside):
    print("\x1b[2J\x1b]0;owned\x07\x9b31m\u202e")
    return 0.5


@ATTACKS.add("Returned", meets_walls=False)
def prints_bytes_that_are_no_text(X, path, port, pid, name, outside):
    os.write(1, bytes(range(256)) * 100)
    return 0.5


@ATTACKS.add("timeout", meets_walls=False)
def prints_to_standard_error_without_end(X, path, port, pid, name, outside):
    while True:
        sys.stderr.write("x" * 1000)


@ATTACKS.add("Returned", meets_walls=False)
def closes_standard_output(X, path, port, pid, name, outside):
    sys.stdout.close()
    os.close(1)
    os.close(2)
    return 0.5


@ATTACKS.add("Returned", meets_walls=False)
def replaces_standard_output_by_an_object_that_raises(X, path, port, pid, name, outside):
    class Bad:
        def write(self, *a):
            raise SystemExit

        flush = write

    sys.stdout = sys.stderr = Bad()
    return 0.5


@ATTACKS.add("died", meets_walls=False)
def reads_address_zero(X, path, port, pid, name, outside):
    import ctypes

    ctypes.string_at(0)


@ATTACKS.add("died", meets_walls=False)
def aborts(X, path, port, pid, name, outside):
    os.abort()


@ATTACKS.add("died", "timeout", meets_walls=False)
def corrupts_the_heap(X, path, port, pid, name, outside):
    import ctypes

    place = id(X)
    while True:
        # What it needs itself may be hit first, so that it raises.
        try:
            ctypes.memset(place, 255, 8)
        except BaseException:
            pass
        place += 8


@ATTACKS.add("died", meets_walls=False)
def frees_what_it_does_not_own(X, path, port, pid, name, outside):
    import ctypes

    ctypes.CDLL(None).free(ctypes.c_void_p(1))


@ATTACKS.add("died", "Raised", "Returned", "timeout", meets_walls=False)
def runs_bytecode_that_is_none(X, path, port, pid, name, outside):
    f = lambda: 0
    f.__code__ = f.__code__.replace(co_code=bytes([100, 255] * 50), co_consts=())
    return f()


@ATTACKS.add(while_loading=True, meets_walls=False)
def hangs_while_it_is_loaded(X, path, port, pid, name, outside):
    while True:
        pass


@ATTACKS.add(while_loading=True, meets_walls=False)
def leaves_while_it_is_loaded(X, path, port, pid, name, outside):
    os._exit(0)


@ATTACKS.add(while_loading=True, meets_walls=False)
def crashes_while_it_is_loaded(X, path, port, pid, name, outside):
    import ctypes

    ctypes.string_at(0)


@ATTACKS.add(while_loading=True, meets_walls=False)
def prints_without_end_while_it_is_loaded(X, path, port, pid, name, outside):
    while True:
        print("x" * 1000)


@ATTACKS.add(while_loading=True)
def eats_memory_while_it_is_loaded(X, path, port, pid, name, outside):
    held = [np.ones(1 << 20) for _ in range(10**6)]


@ATTACKS.add(while_loading=True, meets_walls=False)
def hangs_in_a_class_body_while_it_is_loaded(X, path, port, pid, name, outside):
    class A:
        while True:
            pass


@ATTACKS.add(while_loading=True, meets_walls=False)
def hangs_in_a_decorator_while_it_is_loaded(X, path, port, pid, name, outside):
    def d(f):
        while True:
            pass

    @d
    def g():
        pass
