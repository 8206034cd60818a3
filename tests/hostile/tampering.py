"""Programs that turn Python itself: patches, hooks, and values that are not what they seem."""

# Each function here is the text of a hostile program: it is read, and run behind walls, but never called here.
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

import builtins
import gc
import os
import sys
import threading
import time

import numpy as np

from tests.hostile.arena import Attacks

ATTACKS = Attacks("import builtins, gc, os, sys, threading, time\nimport numpy as np", meets_walls=False)


@ATTACKS.add("Returned")
def patches_numpy_to_agree_with_everything(X, path, port, pid, name, outside):
    np.allclose = np.array_equal = lambda *a, **k: True
    np.testing.assert_allclose = lambda *a, **k: None
    np.sum = np.dot = lambda *a, **k: 0.5
    return np.sum(X)


@ATTACKS.add(spoils_itself=True)
def patches_the_builtins(X, path, port, pid, name, outside):
    for name in ("isinstance", "type", "len", "sum", "float", "open"):
        setattr(builtins, name, lambda *a: True)
    return 0.5


@ATTACKS.add(spoils_itself=True)
def empties_sys_modules(X, path, port, pid, name, outside):
    sys.modules.clear()
    return 0.5


@ATTACKS.add("Returned")
def puts_an_import_hook_in_front_of_all_others(X, path, port, pid, name, outside):
    class Hook:
        def find_spec(self, *a):
            raise SystemExit

    sys.meta_path.insert(0, Hook())
    return 0.5


@ATTACKS.add("Returned")
def looks_through_every_object_in_its_process(X, path, port, pid, name, outside):
    found = [repr(o)[:2000] for o in gc.get_objects() if type(o) in (dict, list, str, bytes, tuple)]
    print("\n".join(found)[:60000])
    return float(len(found))


@ATTACKS.add("Returned")
def looks_through_the_frames_above_it(X, path, port, pid, name, outside):
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(repr({**frame.f_locals}))
        frame = frame.f_back
    print(seen)
    return 0.5


@ATTACKS.add(spoils_itself=True)
def rewrites_the_arguments_of_the_frames_above_it(X, path, port, pid, name, outside):
    import ctypes

    frame = sys._getframe(1)
    frame.f_locals.clear()
    return 0.5


@ATTACKS.add("Raised")
def leaves_by_sys_exit(X, path, port, pid, name, outside):
    sys.exit(0)


@ATTACKS.add("died")
def leaves_by_os_exit(X, path, port, pid, name, outside):
    os._exit(0)


@ATTACKS.add("Raised")
def raises_keyboardinterrupt(X, path, port, pid, name, outside):
    raise KeyboardInterrupt


@ATTACKS.add("Raised")
def raises_generatorexit(X, path, port, pid, name, outside):
    raise GeneratorExit


@ATTACKS.add("Raised")
def recurses_without_end(X, path, port, pid, name, outside):
    def again():
        return again()

    return again()


@ATTACKS.add("died", "Raised", "timeout")
def recurses_without_end_and_without_a_limit(X, path, port, pid, name, outside):
    sys.setrecursionlimit(10**9)
    f = lambda n: sorted([0, 1], key=lambda v: f(n + 1))
    return f(0)


@ATTACKS.add("timeout")
def raises_an_error_whose_text_never_ends(X, path, port, pid, name, outside):
    class Endless(Exception):
        def __str__(self):
            while True:
                pass

    raise Endless


# On a loaded machine, that alone takes longer than a call may.
@ATTACKS.add("Raised", "timeout")
def raises_an_error_with_a_text_of_a_hundred_megabytes(X, path, port, pid, name, outside):
    raise ValueError("x" * 100_000_000)


@ATTACKS.add("Raised")
def raises_an_error_with_terminal_codes_and_direction_marks_in_it(X, path, port, pid, name, outside):
    raise ValueError("\x1b[2J\x1b]0;title\x07\u202e=cmd()\x00\ud800")


@ATTACKS.add("Raised")
def raises_an_error_whose_type_has_a_name_to_inject(X, path, port, pid, name, outside):
    raise type("</td><script>alert(1)</script>\x1b[31m", (Exception,), {})


@ATTACKS.add("Returned")
def returns_an_object_that_runs_code_when_it_is_copied_shown_or_unpickled(X, path, port, pid, name, outside):
    class Trap:
        def __reduce__(self):
            return os.system, ("touch /tmp/trapped",)

        def __repr__(self):
            os._exit(1)

        __str__ = __len__ = __iter__ = __bool__ = __eq__ = __repr__

    return Trap()


@ATTACKS.add("Returned", "Raised")
def returns_an_object_that_becomes_another_number_at_every_look(X, path, port, pid, name, outside):
    class Number(float):
        calls = 0

        def __float__(self):
            Number.calls += 1
            return float(Number.calls)

        def __eq__(self, other):
            return True

        __lt__ = __gt__ = __le__ = __ge__ = __ne__ = __eq__

    return Number()


@ATTACKS.add("timeout")
def returns_a_number_whose_conversion_never_ends(X, path, port, pid, name, outside):
    class Number(float):
        def __float__(self):
            while True:
                pass

    return Number()


@ATTACKS.add("Returned")
def returns_an_object_with_a_hostile_array(X, path, port, pid, name, outside):
    class Sly:
        def __array__(self, *a, **k):
            os._exit(1)

        __array_interface__ = property(__array__)

    return Sly()


@ATTACKS.add("Returned", "Raised")
def returns_an_array_that_lies_about_its_shape_type_and_bytes(X, path, port, pid, name, outside):
    class Liar(np.ndarray):
        shape = property(lambda self: (10**6, 10**6))
        dtype = property(lambda self: np.dtype("<f8"))
        nbytes = 1

        def tobytes(self, *a):
            return b"x"

        def __array_finalize__(self, o):
            pass

        def __eq__(self, other):
            return True

        def __array_function__(self, *a):
            return True

    return np.zeros((2, 2)).view(Liar)


@ATTACKS.add("Raised", "protocol")
def returns_an_array_of_pointers_made_into_numbers(X, path, port, pid, name, outside):
    from numpy.lib.stride_tricks import as_strided

    return as_strided(np.zeros(1), (1000, 1000, 1000, 1000), (0,) * 4)


@ATTACKS.add("died", "Raised", "protocol")
def returns_an_array_that_reads_beyond_its_memory(X, path, port, pid, name, outside):
    from numpy.lib.stride_tricks import as_strided

    return as_strided(np.zeros(1), (10**9,), (8,))


@ATTACKS.add()
def returns_a_list_that_has_no_end(X, path, port, pid, name, outside):
    class Endless(list):
        def __len__(self):
            return 2

        def __iter__(self):
            while True:
                yield 1.0

    return Endless()


# On a loaded machine, that alone takes longer than a call may.
@ATTACKS.add("Returned", "timeout")
def returns_a_list_of_ten_million_numbers(X, path, port, pid, name, outside):
    return [1.0] * 10_000_000


@ATTACKS.add("Returned")
def returns_a_list_that_holds_itself(X, path, port, pid, name, outside):
    a = []
    a.append(a)
    return a


# On a loaded machine, that alone takes longer than a call may.
@ATTACKS.add("Returned", "timeout")
def returns_a_text_of_a_hundred_megabytes(X, path, port, pid, name, outside):
    return "x" * 100_000_000


@ATTACKS.add("protocol", "Raised", "timeout")
def returns_an_array_far_over_the_cap(X, path, port, pid, name, outside):
    return np.zeros(40_000_000)


@ATTACKS.add("Returned")
def returns_an_array_of_objects(X, path, port, pid, name, outside):
    class Trap:
        pass

    return np.array([Trap()], dtype=object)


# On a loaded machine, that alone takes longer than a call may.
@ATTACKS.add("Returned", "timeout")
def returns_a_number_of_a_million_digits(X, path, port, pid, name, outside):
    return 1 << 3_400_000


@ATTACKS.add("Returned", "Raised")
def returns_an_object_whose_type_cannot_be_named(X, path, port, pid, name, outside):
    class Meta(type):
        __module__ = property(lambda self: os._exit(1))

        def __getattribute__(self, name):
            raise SystemExit

    class Odd(metaclass=Meta):
        pass

    return Odd()


@ATTACKS.add("Returned")
def returns_a_generator(X, path, port, pid, name, outside):
    return (x for x in iter(int, 1))


@ATTACKS.add(spoils_itself=True)
def leaves_a_tracer_behind_for_the_calls_after_it(X, path, port, pid, name, outside):
    def tracer(*a):
        raise ValueError

    sys.settrace(tracer)
    sys.setprofile(tracer)
    return 0.5


@ATTACKS.add("Returned")
def leaves_code_for_when_the_process_ends(X, path, port, pid, name, outside):
    class Left:
        def __init__(self, o):
            self.o, self.me = o, self

        def __del__(self):
            open(self.o + "/left", "w")

    import atexit

    atexit.register(lambda: open(outside + "/left", "w").write("x"))
    Left(outside)
    return 0.5


@ATTACKS.add("Returned")
def leaves_a_thread_that_eats_the_processor(X, path, port, pid, name, outside):
    def eat():
        while True:
            pass

    for _ in range(4):
        threading.Thread(target=eat, daemon=True).start()
    return 0.5
