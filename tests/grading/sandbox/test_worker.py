from __future__ import annotations

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.messages import (
    OPAQUE,
    Call,
    Create,
    Invoke,
    Lost,
    Raised,
    Read,
    Received,
    Repeated,
    Returned,
    Seed,
    Step,
)
from tests.grading.sandbox.building import one_file, reasons, results, value

LOSING = """
    import os, time, ctypes
    def right(x): return x + 1
    def endless(x):
        while True: pass
    def sleeper(x): time.sleep(60)
    def leaver(x): os._exit(7)
    def crasher(x): ctypes.string_at(0)
    class Model:
        def __init__(self): self.W = None
        def leave(self): os._exit(0)
"""


def result(sandbox: Sandbox, expression: str, *args: object) -> Received:
    code = f"import numpy as np\ndef f(*args):\n    return {expression}"
    [outcome] = results(sandbox, code, Call("f", args))
    assert isinstance(outcome, Returned), outcome
    return outcome.result


@pytest.mark.parametrize(
    ("expression", "type_name", "expected"),
    [
        ("None", "NoneType", None),
        ("True", "bool", True),
        ("np.True_", type(np.True_).__module__ + "." + type(np.True_).__qualname__, True),
        ("3", "int", 3),
        ("-2**63", "int", -(2**63)),
        ("2**70", "int", OPAQUE),
        ("np.int8(-3)", "numpy.int8", -3),
        ("0.5", "float", 0.5),
        ("float('inf')", "float", float("inf")),
        ("np.float32(0.5)", "numpy.float32", 0.5),
        ("np.longdouble(0.5)", "numpy.longdouble", 0.5),
        ("1j", "complex", 1j),
        ("'text\\x1b[31m'", "str", "text"),
        ("{'a': 1}", "dict", OPAQUE),
        ("object()", "object", OPAQUE),
        ("np.array([None])", "numpy.ndarray", OPAQUE),
        ("np.array(['a'])", "numpy.ndarray", OPAQUE),
        ("np.zeros(2, np.longdouble)", "numpy.ndarray", OPAQUE),
        ("(1, [2.0, ()])", "tuple", None),
    ],
)
def test_values_come_over_by_type_and_value(
    sandbox: Sandbox, expression: str, type_name: str, expected: object
) -> None:
    received = result(sandbox, expression)
    assert received.type_name == type_name
    if isinstance(received.value, tuple):
        one = Received("int", 1), Received("list", (Received("float", 2.0), Received("tuple", ())))
        assert received.value == one
    else:
        assert received.value == expected
        assert type(received.value) is type(expected)


@pytest.mark.parametrize(
    "dtype", ["f8", "f4", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "c8", "c16"]
)
def test_arrays_of_every_numeric_type_go_there_and_back(sandbox: Sandbox, dtype: str) -> None:
    sent = np.array([[0, 1, 1], [1, 0, 1]], dtype)
    received = result(sandbox, "args[0]", sent)
    assert isinstance(received.value, np.ndarray)
    assert received.value.dtype == sent.dtype
    np.testing.assert_array_equal(received.value, sent)
    assert received.value.flags.writeable


@pytest.mark.parametrize(
    "expression", ["args[0].T", "args[0][::2, ::-1]", "args[0].astype('>f8')", "args[0][:0]"]
)
def test_arrays_arrive_by_content_however_they_lie_in_memory(sandbox: Sandbox, expression: str) -> None:
    sent = np.arange(12.0).reshape(4, 3)
    received = result(sandbox, expression, sent)
    np.testing.assert_array_equal(received.value, eval(expression, {"args": [sent]}))


@pytest.mark.parametrize(
    ("expression", "type_name", "shape"),
    [
        ("np.matrix([[1.0, 2.0]])", "numpy.matrix", (1, 2)),
        ("np.array(3.0)", "numpy.ndarray", ()),
        ("np.array([3.0])", "numpy.ndarray", (1,)),
        ("np.ma.masked_array([1.0, 2.0], [0, 1])", "numpy.ma.MaskedArray", (2,)),
    ],
)
def test_unusual_arrays_keep_their_shape_and_say_their_type(
    sandbox: Sandbox, expression: str, type_name: str, shape: tuple[int, ...]
) -> None:
    received = result(sandbox, expression)
    assert received.type_name == type_name
    assert type(received.value) is np.ndarray
    assert received.value.shape == shape


def test_a_long_history_comes_over_whole(sandbox: Sandbox) -> None:
    received = result(sandbox, "[np.float64(k) for k in range(1500)]")
    assert isinstance(received.value, tuple)
    assert [item.value for item in received.value] == list(range(1500))


def test_arguments_are_fresh_writable_and_in_c_order(sandbox: Sandbox) -> None:
    code = """
        def f(x, y):
            fine = x.flags.c_contiguous and x.flags.writeable and x.flags.owndata
            x[:] = -1
            return bool(fine) and not (y == -1).any()
    """
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    outcomes = results(sandbox, code, Call("f", (x, x)), Call("f", (x, x)))
    assert [value(outcome) for outcome in outcomes] == [True, True]
    np.testing.assert_array_equal(x, np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("entries", [(1.0, -0.25, 3.5), (2.0,), tuple(range(40))])
def test_repeated_entries_arrive_as_a_fresh_array_like_any_other(
    sandbox: Sandbox, entries: tuple[float, ...]
) -> None:
    code = """
        def f(x):
            fine = x.flags.c_contiguous and x.flags.writeable and x.flags.owndata
            given = x.copy()
            x[:] = -1
            return given if fine else None
    """
    sent = Repeated(np.array(entries, np.float32), (5, 3))
    for outcome in results(sandbox, code, Call("f", (sent,)), Call("f", (sent,))):
        given = value(outcome)
        assert isinstance(given, np.ndarray)
        assert given.dtype == np.float32
        np.testing.assert_array_equal(given, np.resize(entries, (5, 3)))


def test_arrays_by_position_and_by_name_are_not_mixed_up(sandbox: Sandbox) -> None:
    call = Call("f", (np.array([1.0]),), {"b": np.array([2.0])})
    [outcome] = results(sandbox, "def f(a, b): return float(a[0] - b[0])", call)
    assert value(outcome) == -1.0


def test_inputs_come_back_as_they_are_after_the_call(sandbox: Sandbox) -> None:
    code = "def f(x, k, y=None):\n    x += k\n    y *= 2"
    call = Call("f", (np.ones(3), 2.0), {"y": np.full(2, 5.0)}, return_inputs=True)
    [outcome] = results(sandbox, code, call)
    assert isinstance(outcome, Returned)
    assert [list(array) for array in outcome.inputs] == [[3, 3, 3], [10, 10]]


def test_an_error_says_its_type_message_and_line(sandbox: Sandbox) -> None:
    code = """
        import numpy as np
        def helper(x): return np.dot(x, np.ones(7))
        def f(x): return helper(x)
    """
    [outcome] = results(sandbox, code, Call("f", (np.ones(3),)))
    assert isinstance(outcome, Raised)
    assert (outcome.type_name, outcome.where) == ("ValueError", "work.py, line 3")
    assert "(3,)" in outcome.message


def test_an_error_whose_text_fails_is_still_an_error(sandbox: Sandbox) -> None:
    code = """
        class Odd(Exception):
            def __str__(self): raise KeyError
        def f(): raise Odd
    """
    [outcome] = results(sandbox, code, Call("f", ()))
    assert outcome == Raised("work.Odd", "(its text cannot be shown)", "work.py, line 4")


def test_wrong_arguments_are_the_students_error(sandbox: Sandbox) -> None:
    [outcome] = results(sandbox, "def f(a, b): pass", Call("f", (1,)))
    assert isinstance(outcome, Raised)
    assert outcome.type_name == "TypeError"


@pytest.mark.parametrize(
    ("function", "reason"),
    [("endless", "timeout"), ("sleeper", "timeout"), ("leaver", "died"), ("crasher", "died")],
)
def test_a_loss_costs_its_own_function_and_nothing_else(sandbox: Sandbox, function: str, reason: str) -> None:
    bad, good = Call(function, (1,)), Call("right", (1,))
    with sandbox.start(one_file(LOSING)) as worker:
        outcomes = worker.run([good, bad, good, bad, bad, good], seconds=1)
        assert reasons(outcomes) == ["Returned", reason, "Returned", "skipped", "skipped", "Returned"]
        assert value(worker.run([good])[0]) == 2


def test_how_the_process_ended_is_said(sandbox: Sandbox) -> None:
    outcomes = results(sandbox, LOSING, Call("leaver", (1,)), Call("crasher", (1,)))
    details = [outcome.detail for outcome in outcomes if isinstance(outcome, Lost)]
    assert "exit code 7" in details[0]
    assert "SIGSEGV" in details[1]


def test_objects_are_lost_with_their_process(sandbox: Sandbox) -> None:
    with sandbox.start(one_file(LOSING)) as worker:
        steps: list[Step] = [
            Create("Model", "m"),
            Invoke("m", "leave"),
            Read("m", "W"),
            Call("right", (1,)),
            Create("Model", "m"),
        ]
        assert reasons(worker.run(steps)) == ["Returned", "died", "skipped", "Returned", "skipped"]
        assert reasons(worker.run([Read("m", "W")])) == ["skipped"]
        assert reasons(worker.run([Create("Model", "m"), Read("m", "W")])) == ["Returned", "Returned"]


def test_a_thousand_calls_take_one_exchange_and_keep_their_order(sandbox: Sandbox) -> None:
    outcomes = results(sandbox, "def f(k): return k", *[Call("f", (k,)) for k in range(5000)])
    assert [value(outcome) for outcome in outcomes] == list(range(5000))


def test_a_batch_that_is_too_large_for_one_frame_is_split(sandbox: Sandbox) -> None:
    large = np.ones((1 << 20,))
    outcomes = results(sandbox, "def f(x): return x.sum()", *[Call("f", (large,))] * 6)
    assert [value(outcome) for outcome in outcomes] == [float(1 << 20)] * 6


def test_a_reply_over_its_cap_is_refused(sandbox: Sandbox) -> None:
    with sandbox.start(one_file("import numpy as np\ndef f(n): return np.zeros(n)")) as worker:
        assert reasons(worker.run([Call("f", (1 << 17,))])) == ["Returned"]
        assert reasons(worker.run([Call("f", (1 + (1 << 17),))])) == ["protocol"]
        assert reasons(worker.run([Call("f", (3 << 20,))])) == ["protocol"]


def test_memory_beyond_the_limit_is_an_error_and_not_a_loss(sandbox: Sandbox) -> None:
    [outcome] = results(sandbox, "import numpy as np\ndef f(): return np.ones(1 << 28).sum()", Call("f", ()))
    assert isinstance(outcome, Raised)
    assert "MemoryError" in outcome.type_name


def test_what_is_printed_is_kept_cleaned_and_capped(sandbox: Sandbox) -> None:
    code = """
        print('at load')
        def f(): print('\\x1b[31mred')
        def flood():
            for _ in range(100000): print('x' * 100)
    """
    with sandbox.start(one_file(code)) as worker:
        worker.run([Call("f", ())])
        assert worker.stdout == "at load\nred\n"
        worker.run([Call("flood", ())])
        assert len(worker.stdout) < sandbox.limits.output_bytes + 100
        assert "more bytes were printed" in worker.stdout


def test_what_is_printed_while_loading_is_kept_once(sandbox: Sandbox) -> None:
    with sandbox.start(
        one_file("import os\nprint('at load')\ndef f(): os._exit(0)\ndef g(): return 1")
    ) as worker:
        worker.run([Call("f", ()), Call("g", ())])
        assert worker.stdout == "at load\n"


def test_reading_input_is_an_error_at_once(sandbox: Sandbox) -> None:
    [outcome] = results(sandbox, "def f(): return input()", Call("f", ()))
    assert isinstance(outcome, Raised)
    assert outcome.type_name == "EOFError"


def test_the_environment_is_bare(sandbox: Sandbox) -> None:
    names = result(sandbox, "sorted(__import__('os').environ)").value
    assert isinstance(names, tuple)
    assert {item.value for item in names} <= {
        *("LANG", "LC_CTYPE", "PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
        *("VECLIB_MAXIMUM_THREADS", "HOME", "TMPDIR", "MPLCONFIGDIR", "PWD"),
    }


def test_an_argument_that_cannot_be_sent_is_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    with sandbox.start(one_file("def f(x): return 1")) as worker:
        with pytest.raises(TypeError, match="dtype object"):
            worker.run([Call("f", (np.array([None]),))])
        assert value(worker.run([Call("f", (1,))])[0]) == 1


RANDOM = """
    import random
    import numpy as np
    def f():
        return [
            np.random.randn(), random.random(),
            np.random.default_rng().normal(), np.random.RandomState().rand(),
            np.random.Generator(np.random.PCG64()).normal(),
            float(np.random.SeedSequence().generate_state(1)[0]),
        ]
    def reseeded():
        np.random.seed()
        random.seed()
        return [np.random.randn(), random.random()]
"""


def test_all_randomness_is_the_same_in_every_process_and_after_every_seed(sandbox: Sandbox) -> None:
    steps: list[Step] = [
        Call("f", ()),
        Call("reseeded", ()),
        Seed(5),
        Call("f", ()),
        Call("reseeded", ()),
        Seed(5),
        Call("f", ()),
    ]
    first, second = results(sandbox, RANDOM, *steps), results(sandbox, RANDOM, *steps)
    assert first == second
    assert first[3] == first[6] != first[0]


def test_hashes_and_so_the_order_of_sets_are_the_same_in_every_process(sandbox: Sandbox) -> None:
    first, second = (result(sandbox, "list({'a', 'b', 'c', 'd', 'e', 'f'})") for _ in range(2))
    assert first == second


def test_a_seed_holds_in_the_process_that_replaces_a_lost_one(sandbox: Sandbox) -> None:
    code = "import os\nimport numpy as np\ndef f(): return np.random.rand()\ndef leave(): os._exit(0)"
    outcomes = results(sandbox, code, Seed(9), Call("f", ()), Call("leave", ()), Call("f", ()))
    assert value(outcomes[1]) == value(outcomes[3])
