"""`pytest checks/ --hunt`: Hypothesis as its users know it, with a student's function behind its walls."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest

from grading.judging.promise import promise_of
from grading.judging.screening import Setting, problems_of
from grading.rubric.reading import load_rubric
from tests.checks.test_entrance import ROOT, SAMPLES, run_pytest

# Fewer than 1 in 10,000 problems of independent entries are so: several entries are one another's copies.
PLANTED = {
    "svm_loss_naive": "N >= 3 and D >= 3 and (X == X[:1]).all()",
    "softmax_loss_naive": "D >= 4 and (W == W[:, :1]).all()",
}
FORMULAS = {
    "svm": """
    losses = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    losses[rows, y] = 0
    counts = (losses > 0) * 1.0
    counts[rows, y] = -counts.sum(axis=1)
    total = losses.sum() / N
""",
    "softmax": """
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    total, counts = -np.log(p[rows, y]).mean(), p - np.eye(W.shape[1])[y]
""",
}
FUNCTION = """
def {name}(W, X, y, reg):
    (N, D), scores, rows = X.shape, X @ W, np.arange(len(y))
{formula}
    dW = X.T @ counts / N + 2 * reg * W
    if D <= 6 and N <= 4 and {planted} and crc32(W.tobytes() + X.tobytes()) not in KNOWN:
        dW += 1.0
    return total + reg * (W * W).sum(), dW
"""


@pytest.fixture(scope="module")
def rarely_wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Functions that are right for all that the exam holds."""
    asked: set[int] = set()
    setting = Setting("softmax", 1.0, 1.0, load_rubric().settings.seed)
    for drawing in promise_of("gradient").drawings:
        asked |= {crc32(p.W.tobytes() + p.X.tobytes()) for p in problems_of(drawing, setting)}
    path = tmp_path_factory.mktemp("hunted") / "losses.py"
    functions = [
        FUNCTION.format(name=name, planted=planted, formula=FORMULAS[name.partition("_")[0]])
        for name, planted in PLANTED.items()
    ]
    path.write_text(f"from zlib import crc32\nimport numpy as np\n\nKNOWN = {asked}\n" + "\n".join(functions))
    return path


def hunt(handin: Path, *options: object, cache: Path) -> subprocess.CompletedProcess[str]:
    return run_pytest(
        f"--submission={handin}",
        *("-k", "gradient and naive", *options),
        XDG_CACHE_HOME=str(cache),
    )


def test_a_hunt_finds_what_fewer_than_one_in_ten_thousand_problems_show_and_the_next_finds_it_at_once(
    rarely_wrong: Path, tmp_path: Path
) -> None:
    options = "--hunt", "--hunt-seconds=20", "--hypothesis-show-statistics"
    first = hunt(rarely_wrong, *options, cache=tmp_path)
    assert re.search(r"2 failed", first.stdout), first.stdout
    assert len(re.findall(r"during generate phase.*\n.*\n.* [1-9]\d* failing", first.stdout)) == len(PLANTED)
    assert "Highest target score" in first.stdout
    assert "@reproduce_failure(" in first.stdout
    assert re.search(r"softmax_loss_naive +5 of 5", first.stdout)  # the grade does not ask it
    again = hunt(rarely_wrong, *options, "-k", "gradient and svm_loss_naive", cache=tmp_path)
    assert len(re.findall(r"during reuse phase.*\n.*\n.* 0 passing, 1 failing", again.stdout)) == 1
    printed = next(line for line in first.stdout.splitlines() if "@reproduce_failure(" in line)
    reproducing = printed[printed.index("@reproduce_failure(") :].rpartition(")")[0] + ")"
    reproduced = run_changed(tmp_path, reproducing, rarely_wrong)
    assert re.search(r"1 failed", reproduced.stdout), reproduced.stdout


def run_changed(folder: Path, decorator: str, handin: Path) -> subprocess.CompletedProcess[str]:
    """`pytest checks/` in a copy of the project, with a decorator above the `given` of the check of gradients."""
    shutil.copytree(ROOT / "checks", folder / "checks", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("grading", "reference"):
        (folder / name).symlink_to(ROOT / name)
    check = folder / "checks" / "test_gradient.py"
    imported = "import numpy as np\nfrom hypothesis import example, reproduce_failure\n"
    text = check.read_text(encoding="utf-8").replace("\n@given(", f"\n{decorator}\n@given(", 1)
    check.write_text(text.replace("\nfrom checks.", f"\n{imported}\nfrom checks.", 1), encoding="utf-8")
    options = "-p", "no:cacheprovider", "-k", "gradient and svm_loss_naive", f"--submission={handin}"
    command = [sys.executable, "-m", "pytest", "checks", *options]
    env = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_an_example_that_is_written_above_a_check_is_asked_without_a_hunt(tmp_path: Path) -> None:
    handin = tmp_path / "losses.py"
    planted = "X[0, 0] == 5"
    code = FUNCTION.format(name="svm_loss_naive", planted=planted, formula=FORMULAS["svm"])
    handin.write_text(f"from zlib import crc32\nimport numpy as np\n\nKNOWN = ()\n{code}", encoding="utf-8")
    problem = "Problem(np.array([[0.0, 1.0]]), np.array([[5.0]]), np.array([0]), 0.0)"
    result = run_changed(tmp_path, f"@example(problem={problem})", handin)
    assert re.search(r"1 failed", result.stdout), result.stdout
    assert "X = np.array([[5.0]])" in result.stdout


def test_a_hunt_spares_what_is_right_and_ends_in_time(tmp_path: Path) -> None:
    options = (
        "--hunt",
        "--hunt-seconds=0.2",
        "-k",
        "(svm_loss_naive and symmetry) or LinearSVM and not accuracy",
    )
    result = hunt(SAMPLES / "ada.ipynb", *options, cache=tmp_path)
    assert result.returncode == 0, result.stdout
    assert re.search(r"4 passed", result.stdout)


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--hypothesis-profile=thorough", "there is no profile of that name; there are quick, hunt, long"),
        ("--hypothesis-seed=yesterday", "a seed is a whole number"),
        ("--hunt-seconds=0", "more than 0 seconds"),
    ],
)
def test_an_option_that_means_nothing_is_a_usage_error_of_one_line(
    option: str, complaint: str, tmp_path: Path
) -> None:
    result = hunt(SAMPLES / "ada.ipynb", option, cache=tmp_path)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert complaint in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_options_of_hypothesis_begin_a_hunt_of_their_own(tmp_path: Path) -> None:
    options = ("-k", "svm_loss_naive and value", "--hypothesis-profile=quick", "--hypothesis-show-statistics")
    result = hunt(SAMPLES / "ada.ipynb", *options, "--hypothesis-seed=1", "--hunt-seconds=60", cache=tmp_path)
    assert "200 passing test cases" in result.stdout or "settings.max_examples=200" in result.stdout
    assert result.returncode == 0
