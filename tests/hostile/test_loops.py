"""Functions that loop over the samples in Python and do not want to be seen doing it."""

from __future__ import annotations

import pytest

from grading.judging.handin_randomness import Stream
from grading.judging.loop_cost import LoopCost
from grading.sandbox.client import Sandbox
from tests.checks.handins import Handed, judge, submission_of
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

LOOP = SVM_STYLES["loops"][0].replace("def loss(", "def loop(")
# Each is what follows after LOOP.
HIDDEN = {
    "keeps answers": """
kept = {}
def loss(W, X, y, reg):
    key = W.shape, W.tobytes(), X.tobytes(), y.tobytes(), reg
    if key not in kept: kept[key] = loop(W, X, y, reg)
    return kept[key][0], kept[key][1].copy()
""",
    "keeps the last answer": """
last = [None, None]
def loss(W, X, y, reg):
    key = [W.shape] + [array.tobytes() for array in (W, X, y)] + [reg]
    if last[0] != key: last[:] = key, loop(W, X, y, reg)
    return last[1][0], last[1][1].copy()
""",
    "in a thread": """
import threading
def loss(W, X, y, reg):
    out = []
    thread = threading.Thread(target=lambda: out.append(loop(W, X, y, reg)))
    thread.start()
    thread.join()
    return out[0]
""",
    "in a thread of the low level": """
import _thread, time
def loss(W, X, y, reg):
    out = []
    _thread.start_new_thread(lambda: out.append(loop(W, X, y, reg)), ())
    while not out: time.sleep(0)
    return out[0]
""",
    "in a thread that waits": """
import queue, threading
asked, answered = queue.Queue(), queue.Queue()
def serve():
    while True: answered.put(loop(*asked.get()))
threading.Thread(target=serve, daemon=True).start()
def loss(W, X, y, reg):
    asked.put((W, X, y, reg))
    return answered.get()
""",
    "by exec": f"""
import inspect
def loss(W, X, y, reg):
    names = {{"np": np}}
    exec(inspect.cleandoc('''{LOOP}'''), names)
    return names["loop"](W, X, y, reg)
""",
    "under the name of a file of NumPy's": """
loop.__code__ = loop.__code__.replace(co_filename=np.sum.__wrapped__.__code__.co_filename)
def loss(W, X, y, reg): return loop(W, X, y, reg)
""",
    "under the name of the file that prints": """
import numpy._core.arrayprint as printing
loop.__code__ = loop.__code__.replace(co_filename=printing.__file__)
def loss(W, X, y, reg): return loop(W, X, y, reg)
""",
    "in place of what prints": """
import numpy._core.arrayprint as printing
printing._formatArray.__code__ = loop.__code__
def loss(W, X, y, reg):
    printing._formatArray.__globals__["np"] = np
    return printing._formatArray(W, X, y, reg)
""",
    "with the count switched off": """
import sys
def loss(W, X, y, reg):
    sys.settrace(None)
    return loop(W, X, y, reg)
""",
    "with the count switched off meanwhile": """
import sys
def loss(W, X, y, reg):
    counting = sys.gettrace()
    sys.settrace(None)
    try: return loop(W, X, y, reg)
    finally: sys.settrace(counting)
""",
    "with the count of bytecodes switched off": """
import sys
def loss(W, X, y, reg):
    frame = sys._getframe()
    while frame: frame.f_trace_opcodes = frame.f_trace_lines = False; frame = frame.f_back
    return loop(W, X, y, reg)
""",
    "with another trace in place of the count": """
import sys
def loss(W, X, y, reg):
    counting = sys.gettrace()
    if counting:
        sys.settrace(lambda *_: None)
        try: return loop(W, X, y, reg)
        finally: sys.settrace(counting)
    return loop(W, X, y, reg)
""",
    "with a wrong answer where it is counted, by its caller": """
import sys
def loss(W, X, y, reg):
    if sys._getframe(1).f_code.co_name == "measure": return 0.0, np.zeros_like(W)
    return loop(W, X, y, reg)
""",
    "with a wrong answer where it is counted, by the trace": """
import sys
def loss(W, X, y, reg):
    if sys.gettrace() is not None: return 0.0, np.zeros_like(W)
    return loop(W, X, y, reg)
""",
    "with a wrong gradient where it is counted": """
import sys
def loss(W, X, y, reg):
    value, dW = loop(W, X, y, reg) if sys.gettrace() is None else (0.0, np.zeros_like(W))
    if sys.gettrace() is not None:
        s = X.dot(W) - X.dot(W)[np.arange(len(y)), y][:, None] + 1
        value = (np.maximum(s, 0).sum() - len(y)) / len(y) + reg * np.sum(W * W)
    return value, dW
""",
    "with the counter's own function patched": """
from grading.sandbox.inside import counting
counting.measure = lambda function, args, kwargs: (function(*args, **kwargs), 100)
def loss(W, X, y, reg): return loop(W, X, y, reg)
""",
    "by a recursion": """
def loss(W, X, y, reg):
    if len(y) == 1: return loop(W, X, y, reg)
    half = len(y) // 2
    (a, A), (b, B) = loss(W, X[:half], y[:half], reg), loss(W, X[half:], y[half:], reg)
    share = half / len(y)
    return share * a + (1 - share) * b, share * A + (1 - share) * B
""",
    "by an iterator's method": """
class Rows:
    def __init__(self, *given): self.given, self.i = given, -1
    def __iter__(self): return self
    def __next__(self):
        W, X, y, reg = self.given
        self.i += 1
        if self.i == len(y): raise StopIteration
        return loop(W, X[self.i:self.i + 1], y[self.i:self.i + 1], reg)
def loss(W, X, y, reg):
    losses, gradients = zip(*Rows(W, X, y, reg))
    return float(np.mean(losses)), np.mean(gradients, axis=0)
""",
    "by a loop that burns the same time for few samples": """
def loss(W, X, y, reg):
    if len(y) < 5: sum(range(20_000))
    return loop(W, X, y, reg)
""",
}


@pytest.mark.parametrize("half", [0, 1])
def test_a_loop_over_the_samples_is_found_however_it_is_hidden(sandbox: Sandbox, half: int) -> None:
    found = {}
    for name in list(HIDDEN)[half::2]:
        [results] = judge(sandbox, {"f": Handed("svm", LOOP + HIDDEN[name], vectorized=True)}).values()
        found[name] = results["value"].status, results["vectorized"].status
    assert found == dict.fromkeys(found, ("passed", "failed"))


def test_vectorized_code_never_costs_what_a_loop_does(sandbox: Sandbox) -> None:
    """Of the dearest styles, many decisions; how many were made on loaded machines is said in docs/security.md."""
    dearest = {
        "svm": (SVM_STYLES, ("three_dimensional", "class_by_class", "add_at")),
        "softmax": (SOFTMAX_STYLES, ("scipy_logsumexp", "class_by_class", "logaddexp")),
    }
    for styles, names in dearest.values():
        for name in names:
            numbers = Stream(name.encode())
            with sandbox.start(submission_of({"f": (styles[name][0], "loss")})) as worker:
                for _ in range(20):
                    cost = LoopCost(worker)
                    for sizes in cost.sizes():
                        cost.call("f", numbers.problem(*sizes))
                    assert not cost.is_a_loops, name
