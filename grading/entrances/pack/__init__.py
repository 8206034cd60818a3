"""Packs the suite for a platform that runs it: one zip, with the same bytes for the same suite and rubric."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grading import ROOMS, SUITE, UserError
from grading.grades.atomic_files import write_atomically
from grading.rubric.reading import default_rubric_path, load_rubric
from grading.starter.toml import as_toml
from grading.starter.write import public

_HERE = Path(__file__).resolve().parent
_LOOSE = ("grader.py", "pyproject.toml", "requirements.lock", "LICENSE")
# The earliest time that a zip can store: packed files have no time of their own.
_TIME = (1980, 1, 1, 0, 0, 0)
# Not one of the pinned libraries: most courses do not need it, and its builds differ between machines.
_TORCH, _TORCH_FILE = "torch>=2.6", "requirements-torch.txt"
_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
_SCRIPTS = ("setup.sh", "run_autograder")
_EDITIONS = "checks/editions/"
_README = """# The checks of {title}

The checks of the grade, except those that are kept for the grading. With Python 3.11 or newer, in this folder:

    pip install .
    subgrader test path/to/your.ipynb

or, in a notebook, `from subgrader import check` and then `check(svm_loss_naive)`. Without installing it:

    pip install -r requirements.lock
    python grader.py test path/to/your.ipynb
"""


class PackError(UserError):
    """Nothing could be packed."""


def pack_gradescope(out: Path, rubric: Path | None = None) -> int:
    """Write an autograder for Gradescope, with the rubric in it, and return how many files it holds.

    Raises:
        PackError: this is an installed copy of the suite, without the file that pins what it needs.
        RubricError: the rubric cannot be used.
        OSError: ``out`` cannot be written.
    """
    read = load_rubric(rubric)
    files = _packed_suite(_LOOSE)
    files |= {name: (_HERE / name).read_bytes() for name in _SCRIPTS}
    files["rubric/rubric.toml"] = (rubric or default_rubric_path()).read_bytes()
    files |= {f"rubric/{name}.py": text.encode() for name, text in read.losses.items()}
    if read.settings.calling.arrays == "torch":
        files[_TORCH_FILE] = _torch_requirement().encode()
    return _write(out, files)


def pack_student(out: Path, rubric: Path | None = None) -> int:
    """Write the package with which students check themselves before handing in, and return how many files it holds.

    Its rubric is the students' version: without what is hidden, left to a person, or about being late. It contains no
    samples and none of our tests; nor losses of the instructor's own, because their files are the solution.

    Raises:
        PackError: this is an installed copy of the suite.
        StarterError: nothing would be left for students to check.
        RubricError: the rubric cannot be used.
        OSError: ``out`` cannot be written.
    """
    read = load_rubric(rubric)
    edition = f"{_EDITIONS}{read.settings.edition}.toml"
    files = {
        name: content
        for name, content in _packed_suite((*_LOOSE, "setup.py")).items()
        if name == edition or not name.startswith(_EDITIONS)
    }
    files["checks/rubric.toml"] = as_toml(public(read)).encode()
    files["README.md"] = _README.format(title=read.settings.title).encode()
    return _write(out, files)


def _packed_suite(loose: Sequence[str]) -> dict[str, bytes]:
    """Collect the files that grade, by name, and ``loose`` ones: no tests, no samples, no documents."""
    missing = [name for name in loose if not (SUITE / name).is_file()]
    if missing:
        raise PackError(
            f"{missing[0]} is not here: this is an installed copy of subgrader; pack from a checkout, which has it"
        )
    within = [path for room in ROOMS for path in (SUITE / room).rglob("*") if path.is_file()]
    names = [*loose, *(path.relative_to(SUITE).as_posix() for path in within)]
    hidden = re.compile(r"(^|/)(\.|__pycache__)")
    return {name: (SUITE / name).read_bytes() for name in names if not hidden.search(name)}


def _write(out: Path, files: Mapping[str, bytes]) -> int:
    """Write the zip and return how many files it holds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Unix, wherever it is packed: Gradescope needs the scripts' permissions.
            entry.create_system = 3
            entry.external_attr = (0o755 if name in _SCRIPTS else 0o644) << 16
            archive.writestr(entry, files[name])
    write_atomically(out, buffer.getvalue())
    return len(files)


def _torch_requirement() -> str:
    """Return the pip requirement for setup.sh: the installed version of PyTorch, if any, as the build without CUDA.

    That build is a tenth of the size, and needs no more memory than the rubric's limits allow.
    """
    try:
        wanted = f"torch=={version('torch').partition('+')[0]}"
    except PackageNotFoundError:
        wanted = _TORCH
    return f"--index-url {_TORCH_INDEX}\n{wanted}\n"
