"""The same notebooks graded by subgrader, by otter-grader and by nbgrader, in one run on one machine.

    python -m benchmarks.peers
    python -m benchmarks.peers --count 20 --json peers.json

Sets up each of the two in an environment of its own (kept in --cache for the next time) and has it grade notebooks
with right code. The peers run fixed tests, two for each of the four losses and two classes, in the kernel that runs
the student's code; subgrader asks hundreds of chosen cases for each loss, behind full isolation. One worker each, and
all on one processor, so that nobody gains by doing two things at once. Processor seconds are those of everything that
a command starts (`benchmarks.processor_time`, as root). Ratios are what to quote: the seconds are those of this machine
at this moment. Moments differ: subgrader runs before, between and after the others, and the middle one of its runs
counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.handins import cells, make_class, notebook
from benchmarks.processor_time import Time, timed
from reference.answer import Answer
from reference.losses import loss_named
from reference.problem import Problem

softmax = loss_named("softmax")
svm = loss_named("svm")

ROOT = Path(__file__).resolve().parent.parent
_NEEDED = ("numpy", "scipy", "matplotlib")
_PACKAGES = {"otter": ("otter-grader", "ipykernel", *_NEEDED), "nbgrader": ("nbgrader", *_NEEDED)}
_LOSSES = {"svm": svm.evaluate, "softmax": softmax.evaluate}


@dataclass(frozen=True)
class Result:
    """What one grader took for all notebooks, and how many of them got full marks."""

    grader: str
    time: Time
    full_marks: int


def tests() -> dict[str, str]:
    """Fixed tests, as a teacher writes them: name -> code that raises when an answer is wrong."""
    made = {}
    for loss, evaluate in _LOSSES.items():
        for kind in ("naive", "vectorized"):
            made[f"{loss}_{kind}"] = "".join(
                _loss_test(f"{loss}_loss_{kind}", evaluate, reg) for reg in (0.0, 0.5)
            )
    for name in ("LinearSVM", "Softmax"):
        made[name] = (
            f"X_, y_ = np.eye(3).repeat(20, axis=0), np.arange(3).repeat(20)\nmodel_ = {name}()\n"
            "history_ = model_.train(X_, y_, learning_rate=0.5, reg=0.0, num_iters=200, batch_size=20)\n"
            "assert len(history_) == 200 and np.ravel(history_[-1])[0] < np.ravel(history_[0])[0]\n"
            "assert np.mean(model_.predict(X_) == y_) == 1.0\n"
        )
    return made


def _loss_test(function: str, evaluate: Callable[[Problem], Answer], reg: float) -> str:
    random = np.random.default_rng(7)
    W, X, y = random.normal(size=(5, 4)).round(2), random.normal(size=(6, 5)).round(2), np.arange(6) % 4
    answer = evaluate(Problem(W, X, y, reg))
    return (
        f"W_, X_, y_ = np.array({W.tolist()}), np.array({X.tolist()}), np.array({y.tolist()})\n"
        f"loss_, dW_ = {function}(W_, X_, y_, {reg})\n"
        f"assert np.allclose(loss_, {answer.loss!r})\n"
        f"assert np.allclose(dW_, {answer.gradient.base.tolist()})\n"
    )


def environment(cache: Path, name: str) -> Path:
    """The folder of programs of an environment that has a peer installed, made if it is not there."""
    folder = cache / name
    ready = folder / "ready"
    if not ready.exists():
        print(f"installing {name} into {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip: list[str | Path] = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, *_PACKAGES[name]], check=True)
        ready.touch()
    return folder / "bin"


def subgrader(folder: Path, count: int) -> Result:
    """Ours, one worker."""
    make_class(folder / "class", count, all_right=True)
    command: list[str | Path] = [
        sys.executable,
        ROOT / "grader.py",
        folder / "class",
        "--out",
        folder / "out",
        "--jobs",
        "1",
    ]
    time = timed(command, folder)
    grades = [json.loads(path.read_text()) for path in (folder / "out").glob("*/report.json")]
    if any(grade["isolation"]["level"] != "full" for grade in grades):
        raise SystemExit("subgrader is not fully isolated here, so there is nothing to compare")
    return Result("subgrader", time, sum(grade["score"] == grade["max_score"] for grade in grades))


def otter(folder: Path, count: int, programs: Path) -> Result:
    """`otter run`, notebook by notebook, as it takes one at a time."""
    make_class(folder / "class", count, all_right=True)
    (folder / "tests").mkdir()
    for name, code in tests().items():
        doctest = "".join(
            f"{'... ' if line.startswith(' ') else '>>> '}{line}\n" for line in code.splitlines()
        )
        suite: dict[str, object] = {"cases": [{"code": doctest, "hidden": False, "locked": False}]}
        suite |= {"scored": True, "setup": "", "teardown": "", "type": "doctest"}
        content = f"OK_FORMAT = True\ntest = { ({'name': name, 'points': 1, 'suites': [suite]})!r}\n"
        (folder / "tests" / f"{name}.py").write_text(content)
    archive = folder / "autograder.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("otter_config.json", json.dumps({"pdf": False, "show_stdout": False}))
        for path in sorted((folder / "tests").iterdir()):
            made.write(path, f"tests/{path.name}")
    time, full = Time(), 0
    for submission in sorted((folder / "class").iterdir()):
        out = folder / "out" / submission.stem
        out.mkdir(parents=True)
        time += timed([programs / "otter", "run", "-a", archive, "-o", out, "--no-logo", submission], folder)
        results = json.loads((out / "results.json").read_text())["tests"]
        graded = [result for result in results if "score" in result and result.get("max_score")]
        full += bool(graded) and all(result["score"] == result["max_score"] for result in graded)
    return Result("otter run", time, full)


def nbgrader(folder: Path, count: int, programs: Path) -> Result:
    """`nbgrader autograde`, all in one command."""
    asked = [*cells(0, all_right=True)]
    (folder / "source" / "hw").mkdir(parents=True)
    (folder / "source" / "hw" / "hw.ipynb").write_text(graded_notebook(asked))
    (folder / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "course"\n')
    subprocess.run([programs / "nbgrader", "generate_assignment", "hw", "--force"], cwd=folder, check=True,
                   capture_output=True, env=_environment(programs))  # fmt: skip
    for number in range(count):
        home = folder / "submitted" / f"student{number:05}" / "hw"
        home.mkdir(parents=True)
        (home / "hw.ipynb").write_text(graded_notebook([*cells(number, all_right=True)]))
    time = timed([programs / "nbgrader", "autograde", "hw"], folder, _environment(programs))
    gradebook = "from nbgrader.api import Gradebook as G\n"
    gradebook += "print(sum(s.score == s.max_score > 0 for s in G('sqlite:///gradebook.db').assignment_submissions('hw')))"
    said = subprocess.run([programs / "python", "-c", gradebook], cwd=folder, check=True, capture_output=True)
    return Result("nbgrader autograde", time, int(said.stdout))


def graded_notebook(codes: list[str]) -> str:
    """A notebook with the tests in cells that nbgrader knows as its own."""
    made = json.loads(notebook([*codes, *tests().values()]))
    for cell, name in zip(made["cells"][len(codes) :], tests(), strict=True):
        facts = {"grade": True, "grade_id": name, "locked": True, "points": 1, "schema_version": 3}
        cell["metadata"] = {"nbgrader": facts | {"solution": False, "task": False}}
    return json.dumps(made)


def _environment(programs: Path) -> dict[str, str]:
    """A peer's own programs first, so that it starts the kernel of its own environment."""
    return os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "OPENBLAS_NUM_THREADS": "1"}


def table(results: list[Result], count: int) -> Iterator[str]:
    """The results as Markdown."""
    ours = results[0].time
    titles = ("processor s", "each", "times subgrader", "wall s", "times subgrader", "full marks")
    yield f"| {count} notebooks on one processor | {' | '.join(titles)} |"
    yield "|---|---|---|---|---|---|---|"
    for each in results:
        took = each.time
        yield (
            f"| {each.grader} | {took.processor:.1f} | {took.processor / count:.2f} "
            f"| {took.processor / ours.processor:.1f} | {took.wall:.1f} | {took.wall / ours.wall:.1f} "
            f"| {each.full_marks} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=20, metavar="N", help="notebooks")
    parser.add_argument("--cache", type=Path, default=ROOT / ".peers", metavar="DIR", help="environments")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    peers = {"otter": otter, "nbgrader": nbgrader}
    programs = {name: environment(arguments.cache.resolve(), name) for name in peers}
    ours, results = [], []
    with tempfile.TemporaryDirectory() as work:

        def folder(name: str) -> Path:
            made = Path(work, name)
            made.mkdir()
            print(f"grading with {name}", file=sys.stderr)
            return made

        for name, peer in peers.items():
            ours.append(subgrader(folder(f"subgrader, before {name}"), arguments.count))
            results.append(peer(folder(name), arguments.count, programs[name]))
        ours.append(subgrader(folder("subgrader, at the end"), arguments.count))
    runs = (f"{each.time.processor:.1f} s ({each.time.wall:.1f} s)" for each in ours)
    print("subgrader, processor (wall):", ", ".join(runs))
    results.insert(0, sorted(ours, key=lambda each: each.time.processor)[len(ours) // 2])
    print(*table(results, arguments.count), sep="\n")
    written = json.dumps([asdict(each) for each in results], indent=1)
    print(written)
    if arguments.json:
        arguments.json.write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
