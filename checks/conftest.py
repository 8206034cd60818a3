"""`pytest checks/ --submission PATH`: the same checks, verdicts and words as the grade, in a student's terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grading.rubric import Rubric, RubricError, load_rubric
from grading.sandbox.levels import IsolationError
from grading.submission import IntakeError

if TYPE_CHECKING:
    from checks.runner import Runner
    from grading.grade import CheckResult

_rubric_key: pytest.StashKey[Rubric] = pytest.StashKey()
_results_key: pytest.StashKey[list[CheckResult]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the hand-in and the rubric."""
    group = parser.getgroup("subgrader")
    group.addoption(
        "--submission", type=Path, metavar="PATH", help="the notebook, folder, .py file or zip to check"
    )
    group.addoption(
        "--rubric", type=Path, metavar="FILE", help="points and settings (default: the shipped ones)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the rubric before anything is collected: it says what there is to check."""
    try:
        config.stash[_rubric_key] = load_rubric(config.getoption("--rubric"))
    except RubricError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_results_key] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each function that the rubric asks this check of."""
    rubric = metafunc.config.stash[_rubric_key]
    check = _check_of(metafunc.function.__name__)
    names = [name for name, function in rubric.settings.functions.items() if check in function.points]
    metafunc.parametrize("candidate", names, indirect=True)


def _check_of(test_name: str) -> str:
    return test_name.removeprefix("test_")


@pytest.fixture(scope="session")
def runner(pytestconfig: pytest.Config) -> Iterator[Runner]:
    """The submission, loaded in a worker of its own."""
    from checks.runner import Runner
    from grading.intake import find, read
    from grading.sandbox.client import Sandbox

    path: Path = pytestconfig.getoption("--submission") or Path.cwd()
    rubric = pytestconfig.stash[_rubric_key]
    try:
        handins = find([path])
        if len(handins) > 1:
            names = ", ".join(str(h.path) for h in handins[:4])
            raise IntakeError(
                f"{path}: {len(handins)} hand-ins could be meant ({names}, ...); name one: --submission PATH"
            )
        submission = read(handins[0], rubric.asked_names)
        # A student's own code on the student's own machine: where there are no walls to be had, limits will do.
        sandbox = Sandbox.open(rubric.limits, allow_unsafe=True)
    except (IntakeError, IsolationError) as error:
        pytest.exit(str(error), returncode=int(pytest.ExitCode.USAGE_ERROR))
    with sandbox, sandbox.start(submission) as worker:
        yield Runner(submission, worker, rubric)


@pytest.fixture
def candidate(request: pytest.FixtureRequest, runner: Runner) -> str:
    """The name of the function under test; `pytest_pyfunc_call` hands it to the runner."""
    return str(request.param)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Ask through the runner, which the grader uses too, instead of calling the check's function directly."""
    runner: Runner = pyfuncitem._request.getfixturevalue("runner")
    function: str = pyfuncitem._request.getfixturevalue("candidate")
    result = runner.result(function, _check_of(pyfuncitem.originalname))
    pyfuncitem.config.stash[_results_key].append(result)
    if result.status == "skipped":
        pytest.skip(result.message)
    if result.status != "passed":
        pytest.fail(_report(result), pytrace=False)
    return True


def _report(result: CheckResult) -> str:
    """The words of a failed check, as in the grade."""
    parts = [f"{result.function}: {result.title}", "", result.message]
    if result.diagnosis is not None:
        parts += ["", f"{result.diagnosis.title} {result.diagnosis.hint}"]
    if result.expected is not None:
        parts += ["", f"expected: {result.expected}", f"got:      {result.got}"]
    if result.counterexample is not None:
        parts += ["", "To see it:", "", result.counterexample.code]
    return "\n".join(parts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Points of what was run, and what was accepted with a remark."""
    results = config.stash[_results_key]
    if not results:
        return
    terminalreporter.section("points")
    for name in dict.fromkeys(result.function for result in results):
        mine = [result for result in results if result.function == name]
        got, most = sum(r.points for r in mine), sum(r.max_points for r in mine)
        terminalreporter.write_line(f"{name:<28} {got:g} of {most:g}")
    got, most = sum(r.points for r in results), sum(r.max_points for r in results)
    terminalreporter.write_line(f"{'together':<28} {got:g} of {most:g}")
    for remark in dict.fromkeys(remark for result in results for remark in result.remarks):
        terminalreporter.write_line(f"Accepted, but: {remark}")
