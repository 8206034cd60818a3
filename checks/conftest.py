"""`pytest checks/ --submission=PATH`: the same checks, verdicts and words as the grade, in a student's terminal.

What these hooks do with pytest is here; finding the hand-in and asking it is in `grading.judging.pytest_session`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before the checks are imported: with Hypothesis there, they are its own tests.
import hypothesis.strategies
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from grading.editions.called import as_called
from grading.editions.reading import shipped
from grading.judging.exam import user_cache
from grading.judging.pytest_session import HUNTED_KINDS, Asked, Score, random_seeds, the_handin
from grading.rubric import Rubric, RubricError, load_rubric, require_packages
from grading.sandbox.levels import IsolationError
from grading.submission import IntakeError
from grading.words import LANGUAGES, say, speak, together
from reference.split import DatasetError

if TYPE_CHECKING:
    from grading.grade import CheckResult
    from grading.judging.pytest_session import Asking
    from grading.submission import Submission

# A candidate is a function in another process, and the same for all examples.
hypothesis.settings.register_profile(
    "subgrader", database=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
hypothesis.settings.load_profile("subgrader")
set_hypothesis_home_dir(user_cache())

_rubric_key: pytest.StashKey[Rubric] = pytest.StashKey()
_seeds_key: pytest.StashKey[tuple[int, ...]] = pytest.StashKey()
_submission_key: pytest.StashKey[Submission] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Name the hand-in and the rubric, and how long to search."""
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and "--submission" in config.invocation_params.args:
        # Before it knows our options, pytest takes PATH for a folder of tests, and would run its conftest.py next.
        raise pytest.UsageError("write --submission=PATH, in one word")
    group = parser.getgroup("subgrader")
    group.addoption(
        "--submission",
        type=Path,
        metavar="PATH",
        help="the notebook, folder, .py file or zip to check (default: the one in the current folder)",
    )
    group.addoption(
        "--rubric", type=Path, metavar="FILE", help="points and settings (default: the shipped ones)"
    )
    group.addoption(
        "--edition",
        choices=shipped(),
        metavar="NAME",
        help="the edition or course whose rubric says what FILE does not, or all",
    )
    group.addoption("--lang", choices=LANGUAGES, help="language of the messages (default: the rubric's)")
    group.addoption(
        "--data",
        type=Path,
        metavar="DIR",
        help="where CIFAR-10 is, to train on it (default: the rubric's data)",
    )
    group.addoption(
        "--hunt", action="store_true", help="search longer: with other inputs than the grade's, too"
    )
    group.addoption(
        "--hunt-seeds", type=int, default=10, metavar="N", help="how many times as long (default: 10)"
    )
    group.addoption(
        "--seed",
        type=int,
        metavar="N",
        help="draw the inputs from this seed, as a hunt that found something said",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the rubric before anything is collected: it says what there is to check."""
    try:
        rubric = load_rubric(
            config.getoption("--rubric"),
            edition=config.getoption("--edition"),
            lang=config.getoption("--lang"),
            data_folder=config.getoption("--data"),
        )
        require_packages(rubric)
        speak(rubric.settings.lang)
    except RubricError as error:
        raise pytest.UsageError(str(error)) from None
    seed = config.getoption("--seed")
    if seed is not None and not 0 <= seed < 2**32:
        raise pytest.UsageError(f"--seed {seed}: a seed is a number from 0 to {2**32 - 1}")
    config.stash[_rubric_key] = rubric
    seeds = [rubric.settings.seed if seed is None else seed]
    if config.getoption("--hunt"):
        # Processes of pytest-xdist must all hunt with the same seeds: those that the first one has drawn.
        drawn = getattr(config, "workerinput", {}).get("subgrader_hunt")
        seeds += drawn or random_seeds(config.getoption("--hunt-seeds"))
    config.stash[_seeds_key] = tuple(seeds)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of pytest-xdist what to hunt with."""
    seeds = node.config.stash[_seeds_key]
    node.workerinput["subgrader_hunt"] = list(seeds[1:])


def pytest_sessionstart(session: pytest.Session) -> None:
    """Read the hand-in before anything is run: one line if there is none, or if two could be meant."""
    if not session.config.getoption("collectonly"):
        try:
            _submission(session.config)
        except IntakeError as error:
            raise pytest.UsageError(str(error)) from None


def _submission(config: pytest.Config) -> Submission:
    """What was handed in, read once."""
    from grading.intake import read

    if _submission_key not in config.stash:
        handin = the_handin(config.getoption("--submission"))
        rubric = config.stash[_rubric_key]
        config.stash[_submission_key] = as_called(read(handin, rubric.asked_names), rubric)
    return config.stash[_submission_key]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each function that the rubric asks this check of, and in a hunt one more for each seed."""
    rubric, seeds = metafunc.config.stash[_rubric_key], metafunc.config.stash[_seeds_key]
    check = _check_of(metafunc.function.__name__)
    asked = [
        Asked(name, check, seed, hunted=k > 0)
        for k, seed in enumerate(seeds)
        for name, function in rubric.settings.functions.items()
        if check in function.points
        and check not in function.hidden
        and (k == 0 or function.kind in HUNTED_KINDS)
    ]
    metafunc.parametrize("candidate", asked, indirect=True, ids=str)


def _check_of(test_name: str) -> str:
    return test_name.removeprefix("test_")


@pytest.fixture(scope="session")
def asking(request: pytest.FixtureRequest) -> Iterator[Asking]:
    """The submission, in workers of its own."""
    from grading.judging.pytest_session import Asking
    from grading.sandbox.client import Sandbox
    from grading.training_data import training_data

    rubric = request.config.stash[_rubric_key]
    trains = any(getattr(item, "originalname", "") == "test_accuracy" for item in request.session.items)
    try:
        submission = _submission(request.config)
        # Takes some seconds for CIFAR-10, so only for those who ask for it.
        shared = training_data(rubric).shared if trains else None
        # A student's own code on the student's own machine: where there are no walls to be had, limits will do.
        sandbox = Sandbox.open(rubric.limits, allow_unsafe=True)
    except (IntakeError, DatasetError, IsolationError) as error:
        pytest.exit(str(error), returncode=int(pytest.ExitCode.USAGE_ERROR))
    with sandbox, sandbox.workers(submission, shared) as workers:
        yield Asking(submission, workers, rubric)


@pytest.fixture
def candidate(request: pytest.FixtureRequest, asking: Asking) -> Asked:
    """What is asked of which function; `pytest_pyfunc_call` hands it to the runner."""
    asked = request.param
    assert isinstance(asked, Asked)
    return asked


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Ask through the runner, which the grader uses too, instead of calling the check's function directly."""
    asking: Asking = pyfuncitem._request.getfixturevalue("asking")
    asked: Asked = pyfuncitem._request.getfixturevalue("candidate")
    result = asking.result(asked)
    if not asked.hunted:
        # Properties of a test travel to the report, from processes of pytest-xdist and into JUnit files as well.
        pyfuncitem.user_properties += Score.of(result).properties()
    if result.status == "skipped":
        pytest.skip(result.message)
    if result.status != "passed":
        words = _report(result) + _found(asked)
        if pyfuncitem.config.getoption("usepdb") and result.counterexample is not None:
            asking.replay(result, pytest.fail.Exception(words, pytrace=False))
        pytest.fail(words, pytrace=False)
    return True


def _report(result: CheckResult) -> str:
    """The words of a failed check, as in the grade."""
    parts = [f"{result.function}: {result.title}", "", result.message]
    if result.diagnosis is not None:
        parts += ["", together(result.diagnosis.title, result.diagnosis.hint)]
    if result.expected is not None:
        parts += [
            "",
            say("expected: {expected}", expected=result.expected),
            say("got:      {got}", got=result.got),
        ]
    if result.counterexample is not None:
        parts += ["", say("To see it:"), "", result.counterexample.code]
    return "\n".join(parts)


def _found(asked: Asked) -> str:
    if not asked.hunted:
        return ""
    again = f"--seed {asked.seed} -k '{asked.check} and {asked.function}'"
    return "\n\n" + say("Found in a hunt. To have it again: {options}", options=again)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Points of what was run, and what was accepted with a remark."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    scores = [
        score
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        if (score := Score.from_properties(report.user_properties)) is not None
    ]
    if not scores:
        return
    terminalreporter.section(say("points"))
    # In the rubric's order, in which pytest-xdist need not have run them.
    for name in config.stash[_rubric_key].settings.functions:
        mine = [score for score in scores if score.function == name]
        if mine:
            terminalreporter.write_line(_points(name, mine))
    terminalreporter.write_line(_points(say("together"), scores))
    if config.getoption("--seed") is not None:
        terminalreporter.write_line(
            say("These are not the inputs of the grade: they were drawn from --seed.")
        )
    for remark in dict.fromkeys(remark for score in scores for remark in score.remarks):
        terminalreporter.write_line(say("Accepted, but: {remark}", remark=remark))


def _points(name: str, scores: list[Score]) -> str:
    got, most = sum(score.points for score in scores), sum(score.max_points for score in scores)
    return f"{name:<28} " + say("{got:g} of {most:g}", got=got, most=most)
