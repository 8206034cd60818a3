from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Loaded, Raised, Returned
from tests.grading.notebook_execution.making import hurried
from tests.grading.sandbox.building import one_file, submission_of

Files = Mapping[str, str | Sequence[str]]


def loaded(sandbox: Sandbox, files: Files, *asked: str) -> Loaded:
    with sandbox.start(submission_of(files, *asked)) as worker:
        return worker.loaded


def answer(sandbox: Sandbox, files: Files, function: str = "f") -> object:
    with sandbox.start(submission_of(files)) as worker:
        [outcome] = worker.run([Call(function, ())])
        assert isinstance(outcome, Returned), (outcome, worker.loaded, worker.stdout)
        return outcome.result.value


COURSE = {
    "a1/cs231n/__init__.py": "raise RuntimeError('a package is never run')",
    "a1/cs231n/classifiers/__init__.py": "from .nothing import *",
    "a1/cs231n/classifiers/linear_svm.py": "def svm_loss(): return 'svm'\ndef helper(): return 1",
    "a1/cs231n/classifiers/softmax.py": "def softmax_loss(): return 'softmax'",
    "a1/cs231n/features.py": "def extract(): return 'features'",
}


@pytest.mark.parametrize(
    ("place", "statement", "use"),
    [
        ("a1/cs231n/classifiers/x.py", "from cs231n.classifiers.linear_svm import *", "svm_loss()"),
        ("a1/cs231n/classifiers/x.py", "from .linear_svm import *", "svm_loss()"),
        ("a1/cs231n/classifiers/x.py", "from .linear_svm import svm_loss as s", "s()"),
        ("a1/cs231n/classifiers/x.py", "from . import linear_svm", "linear_svm.svm_loss()"),
        ("a1/cs231n/classifiers/x.py", "from ..classifiers.linear_svm import svm_loss", "svm_loss()"),
        ("a1/cs231n/classifiers/x.py", "from ..classifiers import linear_svm", "linear_svm.svm_loss()"),
        ("a1/cs231n/classifiers/x.py", "from .. import classifiers", "classifiers.linear_svm.svm_loss()"),
        ("a1/cs231n/x.py", "from .classifiers import svm_loss", "svm_loss()"),
        ("a1/cs231n/x.py", "from classifiers import *", "svm_loss()"),
        ("a1/svm.py", "from cs231n.classifiers import svm_loss", "svm_loss()"),
        ("a1/svm.py", "from cs231n.classifiers import *", "svm_loss()"),
        ("a1/svm.py", "import cs231n.classifiers.linear_svm", "cs231n.classifiers.linear_svm.svm_loss()"),
        ("a1/svm.py", "import cs231n.classifiers.linear_svm as l", "l.svm_loss()"),
        ("a1/svm.py", "import linear_svm", "linear_svm.svm_loss()"),
        ("a1/svm.py", "from a1.cs231n.classifiers.linear_svm import svm_loss", "svm_loss()"),
        ("svm.py", "from assignment1.cs231n.classifiers.linear_svm import svm_loss", "svm_loss()"),
        ("x.py", "from . import svm_loss", "svm_loss()"),
        ("x.py", "from cs231n.linear_classifier import svm_loss", "svm_loss()"),
    ],
)
def test_files_find_one_another(sandbox: Sandbox, place: str, statement: str, use: str) -> None:
    files = {**COURSE, place: f"{statement}\ndef f(): return {use}"}
    assert answer(sandbox, files) == "svm"


def test_flat_files_are_found_by_the_names_of_the_courses_folders(sandbox: Sandbox) -> None:
    files = {
        "softmax.py": "def softmax_loss(): return 'softmax'",
        "one.py": "from cs231n.classifiers.softmax import *\ndef f(): return softmax_loss()",
    }
    assert answer(sandbox, files) == "softmax"


def test_of_several_copies_the_nearest_is_imported(sandbox: Sandbox) -> None:
    files = {
        "old/cs231n/softmax.py": "def g(): return 'old'",
        "new/cs231n/softmax.py": "def g(): return 'new'",
        "new/cs231n/x.py": "from cs231n.softmax import g as h\ndef f(): return h()",
    }
    assert answer(sandbox, files) == "new"


def test_files_that_import_each_other_in_a_circle_work(sandbox: Sandbox) -> None:
    files = {
        "a.py": "import b\ndef f(): return b.g()",
        "b.py": "import a\ndef g(): return a.h()\n",
        "c.py": "from a import f as call\ndef start(): return call()",
    }
    files["a.py"] += "\ndef h(): return 'round'"
    assert answer(sandbox, files, "start") == "round"


def test_a_file_runs_once_however_often_it_is_imported(sandbox: Sandbox) -> None:
    files = {
        "a.py": "print('once')\ndef g(): return 1",
        "b.py": "from a import g as x\nimport a\nfrom .a import g as z\ndef f(): return 1",
    }
    with sandbox.start(submission_of(files)) as worker:
        assert worker.stdout == "once\n"


def test_the_definition_wins_over_an_import_of_the_same_name_behind_it(sandbox: Sandbox) -> None:
    files: Files = {
        "cs231n/softmax.py": "def f(): return 'from the file'",
        "softmax.ipynb": [
            "def f(): return 'from the notebook'\ndef g(): return f()",
            "from cs231n.softmax import f",
            "from cs231n.softmax import *",
        ],
    }
    assert answer(sandbox, files, "f") == "from the notebook"
    assert answer(sandbox, files, "g") == "from the notebook"


def test_a_name_defined_twice_means_the_definition_that_was_chosen(sandbox: Sandbox) -> None:
    files: Files = {"w.ipynb": ["def f(): return 1", "def f(): return 2", "f = None"]}
    assert answer(sandbox, files) == 2


def test_a_class_finds_its_base_in_another_file(sandbox: Sandbox) -> None:
    files = {
        "cs231n/classifiers/linear_svm.py": "def loss(): return 'loss of the svm'",
        "cs231n/classifiers/linear_classifier.py": (
            "from cs231n.classifiers.linear_svm import *\n"
            "class LinearClassifier:\n    def run(self): return self.loss()\n"
            "class LinearSVM(LinearClassifier):\n    def loss(self): return loss()\n"
        ),
        "svm.py": "from cs231n.classifiers import LinearSVM as Model\ndef f(): return Model().run()",
    }
    assert answer(sandbox, files) == "loss of the svm"


def test_a_name_that_moved_to_another_file_is_found_there(sandbox: Sandbox) -> None:
    files: Files = {
        "cs231n/softmax.py": "def other(): pass",
        "a.py": "def softmax_loss(): return 'moved'",
        "b.py": "from cs231n.softmax import other, softmax_loss as s\ndef f(): return s()",
    }
    assert answer(sandbox, files) == "moved"


@pytest.mark.parametrize(
    ("statement", "use", "expected"),
    [
        ("from past.builtins import xrange", "sum(xrange(4))", 6),
        ("from builtins import range, object, str", "sum(range(4))", 6),
        ("from builtins import xrange as x", "1", 1),
        ("from past.builtins import map", "map(abs, [-1])[0]", 1),
        ("from past.utils import old_div", "old_div(7, 2)", 3),
        ("from future import standard_library\nstandard_library.install_aliases()", "1", 1),
        ("from future.builtins import range", "sum(range(4))", 6),
        ("from __future__ import print_function, division", "7 / 2", 3.5),
        ("from six.moves import xrange, cPickle", "sum(xrange(4))", 6),
        ("from six.moves import cPickle as pickle", "pickle.loads(pickle.dumps(3))", 3),
        ("import six", "list(six.iteritems({1: 2}))[0][1]", 2),
        ("import cPickle as pickle", "pickle.loads(pickle.dumps(3))", 3),
        ("from tqdm import tqdm", "sum(k for k in tqdm(range(4)))", 6),
        ("from tqdm.notebook import trange", "sum(k for k in trange(4))", 6),
        ("import scipy.special", "float(scipy.special.logsumexp([0.0]))", 0.0),
        ("from collections import defaultdict", "defaultdict(int)[1]", 0),
        ("import os.path as p", "p.basename('a/b')", "b"),
        ("import numpy.linalg as la", "float(la.norm([3, 4]))", 5.0),
    ],
)
def test_imports_of_every_age_work_without_a_remark(
    sandbox: Sandbox, statement: str, use: str, expected: object
) -> None:
    with sandbox.start(one_file(f"{statement}\ndef f(): return {use}")) as worker:
        [outcome] = worker.run([Call("f", ())])
        assert isinstance(outcome, Returned), (outcome, worker.loaded)
        assert outcome.result.value == expected
        assert not [remark for remark in worker.loaded.remarks if "xrange" not in remark]


@pytest.mark.parametrize(
    "statement",
    [
        "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = (10.0, 8.0)",
        "from matplotlib import pyplot as plt\nfig, axes = plt.figure(), [ax for ax in plt.subplots()]",
        "from IPython.display import clear_output\nclear_output()",
        "from google.colab import drive\ndrive.mount('/content/drive')",
        "get_ipython().run_line_magic('matplotlib', 'inline')",
        "import pdb; pdb.set_trace()",
        "import pandas as pd",
        "from cs231n.data_utils import load_CIFAR10",
        "from cs231n.gradient_check import grad_check_sparse",
        "from .vis_utils import visualize_grid",
    ],
)
def test_what_notebooks_always_import_is_stood_in_for_silently(sandbox: Sandbox, statement: str) -> None:
    files = {"cs231n/work.py": f"{statement}\ndef f(): return 1"}
    assert answer(sandbox, files) == 1
    assert loaded(sandbox, files).remarks == ()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("import tensorflow as tf\nfrom tensorflow.keras import layers", "tensorflow"),
        ("import torch\nimport torch.nn as nn\nclass Net(nn.Module): pass", "torch"),
        ("from sklearn.preprocessing import OneHotEncoder", "sklearn"),
        ("from scipy.misc import imread", "scipy.misc"),
        ("from numpy.lib.twodim_base import diag_of_nothing", "twodim_base"),
        ("from numpy import float_that_is_gone", "float_that_is_gone"),
        ("import urllib2", "urllib2"),
        ("from cs231n.im2col_extra import one, two", "cs231n.im2col_extra"),
    ],
)
def test_what_is_missing_is_stood_in_for_with_one_remark(
    sandbox: Sandbox, statement: str, named: str
) -> None:
    files = {"cs231n/work.py": f"{statement}\ndef f(): return 1"}
    assert answer(sandbox, files) == 1
    remarks = loaded(sandbox, files).remarks
    assert len(remarks) == 1
    assert named in remarks[0]


@pytest.mark.parametrize(
    "statement",
    [
        "from numba import jit\n@jit\ndef g(): return 1",
        "import numba\n@numba.jit(nopython=True)\ndef g(): return 1",
        "import torch\n@torch.no_grad()\ndef g(): return 1",
    ],
)
def test_a_decorator_that_is_not_here_leaves_the_function_as_it_is(sandbox: Sandbox, statement: str) -> None:
    assert answer(sandbox, {"w.py": f"{statement}\ndef f(): return g()"}) == 1
    assert answer(sandbox, {"w.py": f"{statement}"}, "g") == 1


def test_a_result_that_is_a_stand_in_says_what_for(sandbox: Sandbox) -> None:
    code = "from sklearn.preprocessing import OneHotEncoder\ndef f(): return OneHotEncoder().fit([1])"
    with sandbox.start(one_file(code)) as worker:
        [outcome] = worker.run([Call("f", ())])
    assert isinstance(outcome, Returned)
    assert outcome.result.type_name.startswith("stand-in for sklearn.preprocessing.OneHotEncoder")


def test_a_statement_that_fails_is_skipped_with_its_place(sandbox: Sandbox) -> None:
    files: Files = {"svm.ipynb": ["import numpy as np", "\nX = a + 1\ndef f(): return 1\nY = X", "1 / 0"]}
    assert answer(sandbox, files) == 1
    assert [remark.partition(": skipped")[0] for remark in loaded(sandbox, files).remarks] == [
        "svm.ipynb, cell 2, line 2",
        "svm.ipynb, cell 2, line 4",
        "svm.ipynb, cell 3, line 1",
    ]


def test_a_block_that_does_not_parse_costs_only_what_is_in_it(sandbox: Sandbox) -> None:
    files: Files = {"svm.ipynb": ["def f(): return 1", "def g(:\n  pass", "def h(): return 2"]}
    assert answer(sandbox, files, "h") == 2
    [remark] = loaded(sandbox, files).remarks
    assert remark.startswith("svm.ipynb, cell 2, line 1: this does not parse")


def test_a_definition_that_fails_is_a_failure_of_its_name(sandbox: Sandbox) -> None:
    files = {"a.py": "class Broken(Missing):\n    pass\ndef f(): return 1"}
    failures = loaded(sandbox, files).failures
    assert list(failures) == ["Broken"]
    assert "a.py, line 1" in failures["Broken"]
    assert "NameError" in failures["Broken"]
    with sandbox.start(submission_of(files)) as worker:
        outcomes = worker.run([Call("Broken", ()), Call("f", ())])
    assert isinstance(outcomes[0], Raised)
    assert outcomes[0].message == failures["Broken"]
    assert isinstance(outcomes[1], Returned)


@pytest.mark.parametrize(
    "statement",
    [
        "while True: pass",
        "import os; os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "raise SystemExit",
        "exit()",
    ],
)
def test_a_statement_that_hangs_or_kills_is_skipped(sandbox: Sandbox, statement: str) -> None:
    files = {"a.py": f"def f(): return 1\n{statement}\ndef g(): return 2"}
    with hurried(sandbox, load_seconds=1.0).start(submission_of(files)) as worker:
        outcomes = worker.run([Call("f", ()), Call("g", ())])
        assert [o.result.value for o in outcomes if isinstance(o, Returned)] == [1, 2]
        [remark] = worker.loaded.remarks
        assert remark.startswith("a.py, line 2")


def test_an_import_of_a_file_that_hangs_costs_neither_file(sandbox: Sandbox) -> None:
    files = {
        "a.py": "import time\ndef g(): return 1\ntime.sleep(60)\ndef h(): return 2",
        "b.py": "from a import *\ndef f(): return g() + h()",
    }
    assert answer(hurried(sandbox, load_seconds=1.0), files) == 3


def test_loading_that_hangs_everywhere_ends(sandbox: Sandbox) -> None:
    submission = submission_of({"a.py": "def f(): return 1\n" + "while True: pass\n" * 10})
    with hurried(sandbox, load_seconds=0.5).start(submission) as worker:
        assert list(worker.loaded.failures) == ["f"]
        assert "0.5 seconds" in worker.loaded.failures["f"]


def test_lines_are_those_of_the_student_when_a_block_is_cut(sandbox: Sandbox) -> None:
    from msgspec.structs import replace

    submission = one_file("def f():\n    return 1 / 0")
    [source] = submission.sources
    block = replace(source.blocks[0], first_line=40)
    submission = replace(submission, sources=(replace(source, blocks=(block,)),))
    submission.definitions["f"] = replace(submission.definitions["f"], lines=(40, 41))
    with sandbox.start(submission) as worker:
        [outcome] = worker.run([Call("f", ())])
    assert isinstance(outcome, Raised)
    assert outcome.where == "work.py, line 41"


def test_warnings_and_changed_error_states_do_not_stop_a_right_function(sandbox: Sandbox) -> None:
    code = """
        import numpy as np, warnings
        warnings.simplefilter("error")
        np.seterr(all="raise")
        def f(): return float(np.exp(np.float64(-1000.0)) + np.log(np.zeros(1))[0])
    """
    assert answer(sandbox, {"w.py": code}) == float("-inf")


def test_dataclasses_and_string_annotations_work(sandbox: Sandbox) -> None:
    code = """
        from __future__ import annotations
        import dataclasses, typing
        @dataclasses.dataclass
        class Pair:
            a: Undefined
            b: typing.ClassVar[int] = 3
        def f(): return Pair(1).a
    """
    assert answer(sandbox, {"w.py": code}) == 1


def test_files_called_like_real_modules_do_not_replace_them(sandbox: Sandbox) -> None:
    files = {
        "random.py": "def random(): return 'mine'\ndef shuffle_like(): return 1",
        "numpy.py": "raise RuntimeError",
        "w.py": "import random, numpy\ndef f(): return float(numpy.sum([random.random() < 1.0]))",
    }
    assert answer(sandbox, files) == 1.0


def test_a_main_block_is_not_run(sandbox: Sandbox) -> None:
    assert (
        answer(sandbox, {"w.py": "def f(): return 1\nif __name__ == '__main__':\n    raise SystemExit"}) == 1
    )


def test_only_what_is_asked_for_is_run(sandbox: Sandbox) -> None:
    files = {"unrelated.py": "print('ran')\ndef g(): return 1", "w.py": "def f(): return 1"}
    with sandbox.start(submission_of(files, "f")) as worker:
        assert worker.stdout == ""
