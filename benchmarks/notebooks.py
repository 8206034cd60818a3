"""What it costs to run a notebook behind the walls: python benchmarks/notebooks.py [--json FILE] [--rounds N].

The same notebook is run by the sandbox for notebooks and plainly, by nbclient with a kernel of its own; the data set is
a small one in the layout of CIFAR-10. Ratios are of wall time, best of the rounds; opening the sandbox is done once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nbformat
from nbclient import NotebookClient

from grading.notebook_execution.plan import laid_out
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.notebook_worker import Cell, Notebook
from tests.grading.notebook_execution.making import PICTURES, SEARCH, TEST
from tests.reference.cifar10_layout import write

LIMITS = Limits(address_space_bytes=4 << 30)
PLOT = "import matplotlib.pyplot as plt\nplt.plot([2, 1])\nplt.show()"
BUSY = "W = np.random.randn(3073, 10)\nfor _ in range(200): X_train.T.dot(X_train.dot(W) - 1)"
NOTEBOOKS = {
    "one empty cell": ["1"],
    "load, search, test": [PICTURES, SEARCH, TEST],
    "and a plot": [PICTURES, SEARCH, TEST, PLOT],
    "and 200 steps on all pictures": [PICTURES, SEARCH, TEST, PLOT, BUSY],
}


def best_seconds(action: Callable[[], object], rounds: int) -> float:
    """The shortest time of ``action`` over ``rounds``."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


def walled(sandbox: Sandbox, files: dict[str, bytes], code: list[str]) -> None:
    """Run the cells in the sandbox."""
    cells = tuple(Cell(number, text) for number, text in enumerate(code, start=1))
    outcome = sandbox.run(Notebook(files, ".", cells))
    assert outcome.lost is None, outcome
    assert not any(cell.error for cell in outcome.cells), outcome


def plain(folder: Path, code: list[str]) -> None:
    """Run the cells as Jupyter does."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in code])
    NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}, kernel_name="python3").execute()


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    found = {}
    with tempfile.TemporaryDirectory(prefix="notebooks-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        data = write(folder / "cs231n" / "datasets", count=400)
        for path in (folder / "cs231n", data.parent):
            path.chmod(0o755)
        files = laid_out({}, ".")
        for file, content in files.items():
            (folder / file).write_bytes(content)
        began = time.perf_counter()
        with Sandbox.open(LIMITS, allow_unsafe=True, data=data) as sandbox:
            print(f"isolation {sandbox.isolation.level}; opened once, in {time.perf_counter() - began:.2f} s")
            for what, code in NOTEBOOKS.items():
                ours = best_seconds(partial(walled, sandbox, files, code), options.rounds)
                theirs = best_seconds(partial(plain, folder, code), options.rounds)
                found[what] = {"walled_seconds": ours, "plain_seconds": theirs, "ratio": ours / theirs}
                print(f"{what:32} walled {ours:7.3f} s, plain {theirs:7.3f} s, ratio {ours / theirs:5.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
