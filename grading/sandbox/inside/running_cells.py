"""Runs a notebook as the student left it: writes out its files, and runs its cells from the top, one by one."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

import numpy as np

from grading import PREFIX
from grading.protocol import packing, wire
from grading.sandbox.inside import retraining, seeding
from grading.sandbox.inside.absent_modules import ORDINARY, Standin, compatibility_modules
from grading.sandbox.inside.answers import Packer, plain, raised
from grading.sandbox.inside.library import lines_of

#: Holds a link to the data set until it is known which folder the notebook is in.
WAITING = ".datasets"
# The course's package, which each hand-in contains: the grader has put its helpers there.
_COURSES = ("cs231n", "comp411")
_DATA = "cifar-10-batches-py"

# Real if they are installed; `%load_ext autoreload` finds its own.
_NOT_STOOD_IN_FOR = {"autoreload", "pdb", "setuptools"}
_MOST_REMARKS = 10
_LARGEST_ARRAY = 4 << 20
_MOST_ENTRIES = 10_000

Send = Callable[[int, Any, list[bytes]], None]


def place_data(data: str) -> None:
    """Make the data set reachable from the current folder, the worker's own, before system calls are restricted.

    Student code finds it under the name that the course gave it. It is linked, not copied, as it may be 180 MB.
    """
    os.mkdir(WAITING)  # noqa: PTH102
    os.symlink(data, f"{WAITING}/{_DATA}")  # noqa: PTH211


def warm_up(scratch: str) -> None:
    """Import, once for all workers, what every notebook needs; this also searches for fonts, which takes seconds."""
    os.environ.update(
        MPLCONFIGDIR=f"{scratch}/matplotlib",
        MPLBACKEND="module://matplotlib_inline.backend_inline",
    )
    for module in (
        *("matplotlib.pyplot", "matplotlib.backends.backend_agg", "matplotlib_inline.backend_inline"),
        *("IPython.extensions.autoreload", f"{__package__}.shell"),
    ):
        importlib.import_module(module)


class _StandinFinder:
    """Asked last: gives stand-ins for packages that only decorate a notebook (google.colab, imageio, seaborn).

    A file of the course's package that is elsewhere in the hand-in is found there; one that was not handed in also gets
    a stand-in, because most of them have nothing to do with what this notebook does.
    """

    def __init__(self, root: str, remark: Callable[[str], None]) -> None:
        self._root, self._remark = root, remark

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """Return a module of this finder's, if it is one of those."""
        top, _, below = name.partition(".")
        if top in _COURSES and below:
            file = f"{name.rpartition('.')[2]}.py"
            for folder, _, files in os.walk(self._root):
                if file in files:
                    return importlib.util.spec_from_file_location(name, f"{folder}/{file}")
        elif top not in ORDINARY - _NOT_STOOD_IN_FOR:
            return None
        if name == top or top in _COURSES:
            self._remark(f"{name} is not here; an empty stand-in took its place.")
        # Not a subclass: `importlib.abc` imports nine modules.
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> Any:
        """Create a stand-in, which responds to everything."""
        return Standin(spec.name)

    def exec_module(self, module: Any) -> None:
        """Do nothing: there is no code to run."""


class _ClosedFinder:
    """Asked first: treats a package that exists but is unreadable as missing, so that all levels behave alike."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        """Return None, or raise the error of a missing package."""
        if path is not None:
            return
        for folder in sys.path:
            try:
                os.listdir(f"{folder}/{name}")  # noqa: PTH208
            except PermissionError:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name) from None
            except OSError:
                continue


TrainAgain = Callable[[wire.TrainAgain, Send], None]


def run(message: wire.Execute, unpacker: packing.Unpacker, send: Send) -> TrainAgain:
    """Run the cells and answer for each; return a function that answers requests for training after them."""
    from grading.sandbox.inside.shell import Shown, open_shell

    root = os.getcwd()  # noqa: PTH109
    os.environ["IPYTHONDIR"] = f"{root}/.ipython"
    folder = os.path.normpath(f"{root}/{message.folder}")
    _lay_out(message, unpacker, folder)
    os.chdir(folder)
    shown = Shown()
    shell = open_shell(shown)
    _arrange_imports(folder, root, shown.remark)
    seeding.install()
    seeding.seed_everything(0)
    for index, cell in enumerate(message.cells):
        send(index, wire.Entered(), [])
        shown.clear()
        shown.remarks = []
        result = shell.run_cell(cell.code, store_history=True)  # type: ignore[no-untyped-call]
        error = result.error_before_exec or result.error_in_exec
        packer = Packer()
        body = wire.Ended(
            None if error is None else _raised(error, root),
            plain(shown.text, len(shown.text)),
            [packed for png in shown.pictures if (packed := _bytes(png, packer))],
            shown.dropped,
            dict(_found(cell.wanted, shell.user_ns, packer)),
            [plain(remark, 500) for remark in shown.remarks[:_MOST_REMARKS]],
        )
        _come_back(root, folder)
        send(index, body, packer.arrays)

    def again(message_: wire.TrainAgain, send_: Send) -> None:
        send_(0, wire.Entered(), [])
        shown.clear()
        packer, found, raised_ = Packer(), {}, None
        try:
            plain_cells = [shell.transform_cell(cell.code) for cell in message.cells]  # type: ignore[no-untyped-call]
            W = retraining.train_again(message_, plain_cells, shell.user_ns)
            found["W"] = packer.value(_sendable(W))
        except BaseException as error:
            raised_ = _raised(error, root)
        send_(0, wire.Ended(raised_, "", [], 0, found, []), packer.arrays)

    return again


def _lay_out(message: wire.Execute, unpacker: packing.Unpacker, folder: str) -> None:
    folders = {part for file in message.files for part in file.name.split("/")[:-1]}
    course = next((course for course in _COURSES if course in folders), _COURSES[0])
    os.makedirs(f"{folder}/{course}", exist_ok=True)  # noqa: PTH103
    if os.path.exists(WAITING):  # noqa: PTH110
        # A folder may be moved, but links may no longer be created.
        os.rename(WAITING, f"{folder}/{course}/datasets")  # noqa: PTH104
    for file in message.files:
        content = unpacker.take(file.content)
        parent = os.path.dirname(file.name)  # noqa: PTH120
        if parent:
            os.makedirs(parent, exist_ok=True)  # noqa: PTH103
        with open(file.name, "wb") as target:  # noqa: PTH123
            target.write(content.tobytes())


def _arrange_imports(folder: str, root: str, remark: Callable[[str], None]) -> None:
    """Put the notebook's folder first, as in Jupyter; then that of the course's package; stand-ins last."""
    above = [path for path, folders, _ in os.walk(root) if not set(_COURSES).isdisjoint(folders)]
    sys.path[:0] = list(dict.fromkeys((folder, *above, root)))
    sys.meta_path.insert(0, _ClosedFinder())
    sys.meta_path.append(_StandinFinder(root, remark))
    for name, module in compatibility_modules().items():
        if name.partition(".")[0] != "six" or importlib.util.find_spec("six") is None:
            if isinstance(module, types.ModuleType) and "." not in name:
                module.__dict__.setdefault("__path__", [])
            sys.modules.setdefault(name, module)
    # Since removed from SciPy; the course's own helpers of 2015 import it and never use it here.
    pictures = types.ModuleType("scipy.misc")
    pictures.__dict__.update(
        {name: Standin(f"scipy.misc.{name}") for name in ("imread", "imresize", "imsave")}
    )
    sys.modules["scipy.misc"] = pictures
    # %autoreload looks for changes in the files of all modules; ours should not be seen here.
    for name, module in sys.modules.items():
        if name.startswith(f"{PREFIX}grading"):
            module.__file__ = None


def _come_back(root: str, folder: str) -> None:
    """Keep the effect of `%cd`, but only within the hand-in: elsewhere there is nowhere to go."""
    try:
        inside = f"{os.getcwd()}/".startswith(f"{root}/")  # noqa: PTH109
    except OSError:
        inside = False
    if not inside:
        os.chdir(folder)


def _raised(error: BaseException, root: str) -> wire.Raised:
    """Encode an error, with the last of the student's lines that it passed through."""
    sent = raised(error, set())
    place = sent.where
    for filename, line in lines_of(error):
        if filename.startswith("<ipython-input-"):
            place = f"line {line}"
        elif filename.startswith(f"{root}/"):
            place = f"{filename[len(root) + 1 :]}, line {line}"
    message = sent.message
    if isinstance(error, SyntaxError):
        message, place = plain(str(error.msg), wire.MAX_MESSAGE), f"line {error.lineno}"
    return wire.Raised(sent.type_name, message, None if place is None else plain(place, wire.MAX_WHERE))


def _bytes(data: bytes, packer: Packer) -> wire.WireArray | None:
    return packing.packed(np.frombuffer(data, np.uint8), packer.arrays)


def _found(
    wanted: Sequence[str], variables: dict[str, Any], packer: Packer
) -> Iterator[tuple[str, wire.WireValue]]:
    """Return the requested variables in a form that can be sent; missing ones are left out."""
    for name in wanted:
        variable, *attributes = name.split(".")
        kept = len(packer.arrays)
        try:
            value = variables[variable]
            for attribute in attributes:
                value = getattr(value, attribute)
            sent = packer.value(_sendable(value))
        except BaseException:
            # A value of the student's that raises when it is examined counts as missing.
            del packer.arrays[kept:]
            continue
        yield name, sent


def _sendable(value: Any) -> Any:
    """Return tables and lists of numbers as arrays; None for anything too large."""
    if isinstance(value, dict):
        rows = [_row(key, entry) for key, entry in list(value.items())[:_MOST_ENTRIES]]
        return np.array(rows, np.float64).reshape(len(rows), 4)
    if isinstance(value, (list, tuple)):
        return np.array([float(number) for number in value[:_MOST_ENTRIES]], np.float64)
    if isinstance(value, np.ndarray) and value.nbytes > _LARGEST_ARRAY:
        return None
    return value


def _row(key: Any, entry: Any) -> tuple[float, float, float, float]:
    """Return ``results[learning_rate, reg] = (training accuracy, validation accuracy)``, or the latter alone."""
    learning_rate, reg = key
    training, validation = entry if isinstance(entry, (tuple, list, np.ndarray)) else (float("nan"), entry)
    return float(learning_rate), float(reg), float(training), float(validation)
