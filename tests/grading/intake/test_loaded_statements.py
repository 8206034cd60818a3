from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.intake.fragments import read_fragment
from grading.intake.loaded_statements import StatementFilter, with_origins

ASKED = ("svm_loss_naive", "LinearSVM")


def code(text: str) -> str:
    fragment = read_fragment(text)
    return StatementFilter(with_origins(ASKED, [fragment])).code(fragment)


KEPT = [
    "import numpy as np",
    "from cs231n.classifiers.softmax import *",
    "from __future__ import annotations",
    "def f(x):\n    print(x)\n    return load(x)",
    "async def f():\n    pass",
    "class A:\n    print(1)",
    "import functools\n@functools.lru_cache(\n    maxsize=3)\ndef f(x): pass",
    "DELTA = 1.0",
    "a, b = 1, (2, 3)",
    "rate: float = 1e-3",
    "x = y = -1",
    "NAMES = {'plane': 0, 'car': 1}",
    "squares = [i ** 2 for i in range(10)]",
    "import math\nroot = math.sqrt(2)",
    "import numpy as np\neye = np.eye(3)\nhalf = eye / 2",
    "f = lambda W: svm_loss_naive(W, X_dev, y_dev, 0.0)[0]",
    "def g(x): pass\nf = g",
    "import numba\ndef f(x): pass\nf = numba.njit(f)",
    "def deco(g): return g\ndef f(x): pass\nf = deco(f)",
    "def make(delta): pass\nsvm_loss_naive = make(1.0)",
    "class Loss: pass\nloss = Loss()\nsvm_loss_naive = loss",
    "class Loss: pass\na = Loss()\nb = a\nLinearSVM = b",
    "def make(delta): pass\nclass LinearSVM: pass\nLinearSVM.loss = make(1)",
    "class LinearSVM: pass\nLinearSVM.loss = lambda self: 1",
    "class LinearSVM: pass\nsetattr(LinearSVM, 'loss', lambda self: 1)",
    "import numpy as np\nnp.float = float",
    "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle",
    "try:\n    from past.builtins import xrange\nexcept ImportError:\n    xrange = range",
    "try:\n    import numba\nexcept ImportError:\n    print('no numba')\n    numba = None",
    "import sys\nif sys.version_info[0] >= 3:\n    import pickle\nelse:\n    import cPickle as pickle",
    "COUNT = 3\nCOUNT += 1",
    "def f(): pass\ndel f",
    "CONFIG = {}\nCONFIG['delta'] = 1",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_definitions_need_is_kept(text: str) -> None:
    assert code(text) == text + "\n"


DROPPED = [
    "print('hello')",
    "'a string'",
    "data = load_CIFAR10('x')",
    "num_train = X_train.shape[0]",
    "W = np.random.randn(3073, 10)",
    "def f(x): pass\nloss = f(X_dev)",
    "class LinearSVM: pass\nsvm = LinearSVM()",
    "for i in range(3):\n    import os",
    "while True:\n    pass",
    "with open('x') as f:\n    y = 1",
    "if __name__ == '__main__':\n    import os",
    "if train():\n    import os",
    "import sys\nsys.path.append('x')",
    "import os\nos.chdir('/')",
    "import os\nos.environ['X'] = run()",
    "import numpy as np\nnp.random.seed(0)",
    "from google.colab import drive\ndrive.mount('/content')",
    "assert X is not None",
    "raise SystemExit",
    "try:\n    import os\n    os.remove('x')\nexcept OSError:\n    pass",
    "del X_train",
    "model.W = 1",
    "from __future__ import print_function",
    "x: int",
    "f(x)[0] = 1",
    "len.x = 3",
]


@pytest.mark.parametrize("text", DROPPED)
def test_work_is_left_out(text: str) -> None:
    last = ast.parse(text).body[-1]
    lines = code(text).split("\n")
    assert not any(line.strip() for line in lines[last.lineno - 1 :])


def test_lines_keep_their_numbers() -> None:
    text = "print(1)\n\nimport os\nx = load()\ny = (1,\n     2)\nprint(\n  3)\ndef f():\n    pass\nprint(4)\n"
    assert code(text) == "\n\nimport os\n\ny = (1,\n     2)\n\n\ndef f():\n    pass\n"


def test_several_statements_on_a_line_are_told_apart() -> None:
    text = "import os; print('é'); x = 'ü'; go()\ny = 'é'; z = [1,\n2]; go()\n"
    assert code(text) == "import os; x = 'ü'\ny = 'é'; z = [1,\n2]\n"


def test_an_unfinished_redefinition_can_be_left_out() -> None:
    fragment = read_fragment("def f(): return 1\ndef f(): pass\n")
    assert StatementFilter(ASKED).code(fragment, [fragment.statements[1]]) == "def f(): return 1\n"


STATEMENTS = st.sampled_from(
    [
        *KEPT,
        *DROPPED,
        "def (",
        "x = 'unclosed",
        '"""\nopen',
        "  indented",
        "\ttab",
        "# comment",
        "%magic",
        "é = 1",
    ]
)


@given(st.lists(STATEMENTS, max_size=8))
def test_what_is_kept_always_parses_and_never_grows(texts: list[str]) -> None:
    text = "\n".join(texts)
    result = code(text)
    ast.parse(result)
    assert result.count("\n") <= text.count("\n") + 1
    for before, after in zip(text.split("\n"), result.split("\n"), strict=False):
        assert after.strip() in ("", before.strip())


def test_what_is_left_out_is_known_by_its_names_and_places() -> None:
    fragment = read_fragment(
        "import numpy as np\nX_train = np.load('x.npy')\nfor i in range(3):\n    N = len(X_train)\nC = 10"
    )
    keeper = StatementFilter(ASKED)
    keeper.code(fragment, label="cell 2")
    assert dict(keeper.left_out) == {
        "X_train": "cell 2, line 2",
        "i": "cell 2, line 3",
        "N": "cell 2, line 3",
    }


# Blocks that are not kept as they are, and what is run in their place.
OPENED = {
    "if ready():\n    def f(x):\n        return x": "if 1:\n    def f(x):\n        return x",
    "if ready():\n    print(1)\n    eps = 1e-8\n    def f(x):\n        return x": "\n".join(
        ["if 1:", "", "    eps = 1e-8", "    def f(x):", "        return x"]
    ),
    "with open('x') as file:\n    data = file.read()\n    def f(x): return x": "if 1:\n\n    def f(x): return x",
    "for k in range(3):\n\tdef f(x): return x": "if 1:\n\tdef f(x): return x",
    "while True:\n    @cached\n    def f(x): return x\n    break": "if 1:\n    @cached\n    def f(x): return x",
    "try:\n    W = load()\n    def f(x): return x\nexcept OSError:\n    def f(x): return 0": "\n".join(
        ["if 1:", "", "    def f(x): return x"]
    ),
    "try:\n    W = load()\nexcept OSError:\n    def f(x): return 0": "\n\nif 1:\n    def f(x): return 0",
    "if go():\n    print(1)\nelif stop():\n    class A: pass\nelse:\n    class B: pass": "\n".join(
        ["", "", "if 1:", "    class A: pass", "if 1:", "    class B: pass"]
    ),
    "if go():\n    with open('x'):\n        def f(x): return x": "\n".join(
        ["if 1:", "    if 1:", "        def f(x): return x"]
    ),
    "if go(): import math; print(1)\nelse:\n    def f(x): return x": "\n".join(
        ["if 1: import math", "if 1:", "    def f(x): return x"]
    ),
    "if __name__ == '__main__':\n    def svm_loss_naive(W, X): return X": "\n".join(
        ["if 1:", "    def svm_loss_naive(W, X): return X"]
    ),
    "if __name__ == '__main__':\n    def main(): pass\n    main()": "",
}


@pytest.mark.parametrize("text", OPENED)
def test_a_block_is_opened_for_the_definitions_in_it(text: str) -> None:
    assert code(text).removesuffix("\n") == OPENED[text].rstrip()


CHEAP = [
    "import os\ndelta = float(os.environ.get('DELTA', 1.0))",
    "import os\ndelta = float(os.getenv('DELTA') or 1)",
    "import torch\nHAS = torch.cuda.is_available()",
    "import os\nHERE = os.path.exists('x')",
    "import numpy as np\nA = np.vstack([np.ones(3), np.zeros(3)])",
]


@pytest.mark.parametrize("text", CHEAP)
def test_what_asks_the_machine_for_a_constant_is_kept(text: str) -> None:
    assert code(text) == text + "\n"
