"""What the checks of training cost: OPENBLAS_NUM_THREADS=1 python benchmarks/training.py [--data DIR] [--json FILE].

On digits: all checks of train and predict of one right submission, after the first. With
CIFAR-10 at hand: the accuracy check of one class as a multiple of the time that the same trainings take by themselves,
in a plain process: processor time, so that a busy machine does not matter, of grader and worker together.
"""

from __future__ import annotations

import argparse
import inspect
import io
import json
import statistics
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec
import numpy as np

from grading.intake.submission import Block, Definition, Kind, Source, Submission
from grading.judging.training.data import training_data
from grading.rubric.reading import load_rubric
from grading.running.from_rubric import training_plan
from grading.running.runner import Runner
from grading.running.setup import RunSetup
from grading.running.work import Work


def checks_on_digits(rounds: int) -> dict[str, float]:
    """Medians in seconds, of processor time but for ``wall``: of all checks of train and predict of two classes."""
    rubric = load_rubric()
    data = training_data(training_plan(rubric))
    found = []
    with Work(RunSetup(rubric, allow_unsafe=True)) as work:
        work.prepare()
        for _ in range(rounds + 1):
            with work.sandbox.start(_handed_in(), data.shared) as worker:
                runner = Runner(_handed_in(), lambda _: worker, rubric)
                began, used = time.perf_counter(), time.process_time()
                for name, check in runner.plan():
                    if "." in name:
                        result = runner.result(name, check)
                        assert result.status == "passed", result.message
                own = time.process_time() - used
                found.append((time.perf_counter() - began, own, float(worker.stdout.split()[-1])))
    # The first also pays for what is worked out once.
    wall, own, theirs = map(statistics.median, zip(*found[1:], strict=True))
    return {"wall": wall, "grader": own, "worker": theirs}


class LinearSVM:
    """A student's class, which also prints what its process has used."""

    def __init__(self) -> None:
        self.W: Any = None

    def train(
        self,
        X: Any,
        y: Any,
        learning_rate: float = 1e-3,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> list[float]:
        """Stochastic gradient descent."""
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
        history = []
        for _ in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            loss, dW = self.loss(X[rows], y[rows], reg)
            history.append(loss)
            self.W -= learning_rate * dW
        print(time.process_time())
        return history

    def predict(self, X: Any) -> Any:
        """The class with the highest score."""
        return np.argmax(X.dot(self.W), axis=1)

    def loss(self, X: Any, y: Any, reg: float) -> tuple[float, Any]:
        """The SVM loss of a batch."""
        count = X.shape[0]
        scores = X.dot(self.W)
        margins = np.maximum(0, scores - scores[np.arange(count), y][:, None] + 1)
        margins[np.arange(count), y] = 0
        steps = (margins > 0).astype(float)
        steps[np.arange(count), y] = -steps.sum(axis=1)
        dW = X.T.dot(steps) / count + 2 * reg * self.W
        return margins.sum() / count + reg * np.sum(self.W * self.W), dW


class Softmax(LinearSVM):
    """The other one."""

    def loss(self, X: Any, y: Any, reg: float) -> tuple[float, Any]:
        """The softmax loss of a batch."""
        count = X.shape[0]
        scores = X.dot(self.W)
        scores -= scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(count), y]).mean() + reg * np.sum(self.W * self.W)
        p[np.arange(count), y] -= 1
        return loss, X.T.dot(p) / count + 2 * reg * self.W


def accuracy_on_cifar10(folder: Path, rounds: int) -> dict[str, float]:
    """Processor seconds of an accuracy check, of its trainings alone in a plain process, and their ratio; medians."""
    rubric = load_rubric(data_folder=folder)
    data = training_data(training_plan(rubric))
    settings = training_plan(rubric).accuracy["svm"]
    plain = np.array(data.split.X_train)
    options = msgspec.structs.asdict(settings)
    for name in ("threshold", "runs"):
        del options[name]
    found = []
    with Work(RunSetup(rubric, allow_unsafe=True)) as work:
        work.prepare()
        for _ in range(rounds):
            began = time.process_time()
            with work.sandbox.start(_handed_in(), data.shared) as worker:
                result = Runner(_handed_in(), lambda _: worker, rubric).result("LinearSVM.train", "accuracy")
                assert result.status == "passed", result.message
                theirs = float(worker.stdout.split()[-1])
            check = time.process_time() - began + theirs
            began = time.process_time()
            with redirect_stdout(io.StringIO()):
                for _ in range(settings.runs):
                    LinearSVM().train(plain, data.split.y_train, **options)
            found.append((check, time.process_time() - began))
    check, alone = sorted(found, key=lambda pair: pair[0] / pair[1])[len(found) // 2]
    return {"check": check, "alone": alone, "ratio": check / alone}


def _handed_in() -> Submission:
    head = "import time\nfrom typing import Any\nimport numpy as np\n"
    code = head + inspect.getsource(LinearSVM) + inspect.getsource(Softmax)
    lines = 1, code.count("\n")
    return Submission(
        name="benchmark",
        path="",
        sha256="",
        kind=Kind.FILES,
        sources=(Source("work.py", "work", (Block(code),)),),
        definitions={name: Definition(name, "work.py", None, lines) for name in ("LinearSVM", "Softmax")},
    )


def main() -> int:
    """Measure, print, write JSON if asked to."""
    parser = argparse.ArgumentParser(description="What the checks of training cost.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where CIFAR-10 is")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--rounds", type=int, default=5, help="how often (default: 5)")
    options = parser.parse_args()
    figures = {"digits": checks_on_digits(options.rounds)}
    digits = figures["digits"]
    print(
        f"digits: all checks of train and predict of two classes, after the first: {digits['wall'] * 1e3:.0f} ms; "
        f"processor time of the grader {digits['grader'] * 1e3:.0f} ms, of the worker {digits['worker'] * 1e3:.0f} ms"
    )
    if options.data is not None:
        figures["cifar10"] = accuracy_on_cifar10(options.data, options.rounds)
        cifar10 = figures["cifar10"]
        print(
            f"CIFAR-10: the accuracy check of one class: {cifar10['check']:.1f} s of processor time, "
            f"{cifar10['ratio']:.2f} times its trainings by themselves ({cifar10['alone']:.1f} s)"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
