"""`pytest checks/ --submission=PATH`: the same checks, verdicts and words as the grade, in a student's terminal.

pytest runs the test functions, each of which makes the same checks as the grade; in a hunt, Hypothesis then searches
on, as in any test with `@given`. These hooks add the hand-in, the order, the words and the points.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grading import UserError
from grading.editions.callings import as_called
from grading.entrances.pytest_colours import in_colour
from grading.entrances.pytest_session import Score, conftest_of_the_handin, replay, the_handin
from grading.intake.submission import IntakeError
from grading.judging.properties import given_of
from grading.reports.shown_results import Part, coloured, parts_of
from grading.rubric.checks import checks_of
from grading.rubric.editions import shipped
from grading.rubric.reading import RubricError, load_rubric, require_packages
from grading.rubric.settings import Rubric
from grading.words import LANGUAGES, say, speak
from reference.split import DatasetError

if TYPE_CHECKING:
    from grading.intake.submission import Submission
    from grading.judging.classifier import Classifier
    from grading.judging.hunting import Hunt
    from grading.judging.loss_function import LossFunction
    from grading.judging.network import Network
    from grading.running.runner import Runner

_rubric_key: pytest.StashKey[Rubric] = pytest.StashKey()
_submission_key: pytest.StashKey[Submission] = pytest.StashKey()
_told_key: pytest.StashKey[list[tuple[Part, str]]] = pytest.StashKey()
_hunt_key: pytest.StashKey[Hunt] = pytest.StashKey()
_hunting_key: pytest.StashKey[bool] = pytest.StashKey()

_PROFILE, _SEED = "--hypothesis-profile", "--hypothesis-seed"
_OF_HYPOTHESIS = (
    _PROFILE,
    _SEED,
    "--hypothesis-show-statistics",
    "--hypothesis-verbosity",
    "--hypothesis-explain",
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options for the hand-in, the rubric, and how long to search."""
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and (found := conftest_of_the_handin(config.invocation_params.args)) is not None:
        raise pytest.UsageError(f"write --submission=PATH, in one word: pytest would run {found}")
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
        "--hunt",
        action="store_true",
        help="let Hypothesis search on, with other inputs than the grade's; its own options do so, too",
    )
    group.addoption(
        "--hunt-seconds",
        type=float,
        default=10.0,
        metavar="N",
        help="for how long in each check of each function (default: 10)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the rubric before anything is collected, because it says what there is to check."""
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
    config.stash[_rubric_key] = rubric
    hunting = config.getoption("--hunt") or any(config.getoption(name, None) for name in _OF_HYPOTHESIS)
    config.stash[_hunting_key] = hunting
    config.stash[_hunt_key] = _hunt(config)
    if hunting:
        _prepare_hypothesis(config)


def _hunt(config: pytest.Config) -> Hunt:
    from grading.judging.hunting import Hunt, keep_examples_of

    seconds = config.getoption("--hunt-seconds")
    if not seconds > 0:
        raise pytest.UsageError(f"--hunt-seconds {seconds:g}: the time must be more than 0 seconds")
    keep_examples_of(config.getoption("--submission") or Path.cwd())
    return Hunt(seconds)


def _prepare_hypothesis(config: pytest.Config) -> None:
    """Import Hypothesis before the checks, so that they use its own `given`."""
    from grading.judging.hunting import register_profiles

    known = register_profiles()
    profile, seed = config.getoption(_PROFILE, None), config.getoption(_SEED, None)
    if profile and profile not in known:
        raise pytest.UsageError(
            f"{_PROFILE} {profile}: there is no profile of that name; there are {', '.join(known)}"
        )
    if seed is not None and not seed.isdecimal():
        raise pytest.UsageError(f"{_SEED} {seed}: a seed is a whole number")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Read the hand-in before anything is run: one line if there is none, or several candidates."""
    plugin = session.config.pluginmanager.get_plugin("hypothesispytest")
    if plugin is not None and not session.config.stash[_hunting_key]:
        # It would import all of Hypothesis for its part of the summary, which would be empty. Not earlier: by now it
        # has told Hypothesis that pytest is running, without which shrinking raises a warning.
        session.config.pluginmanager.unregister(plugin)
    if not session.config.getoption("collectonly"):
        try:
            _submission(session.config)
        except IntakeError as error:
            raise pytest.UsageError(str(error)) from None


def _submission(config: pytest.Config) -> Submission:
    """Return the hand-in, which is read once."""
    from grading.intake.read import read

    if _submission_key not in config.stash:
        handin = the_handin(config.getoption("--submission"))
        rubric = config.stash[_rubric_key]
        config.stash[_submission_key] = as_called(read(handin, rubric.asked_names), rubric)
    return config.stash[_submission_key]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each function to which the rubric applies this check."""
    check = _check_of(metafunc.function)
    functions = metafunc.config.stash[_rubric_key].settings.functions
    asked = [
        name
        for name, function in functions.items()
        if check in function.points and check not in function.hidden
    ]
    metafunc.parametrize("candidate", asked, indirect=True, scope="session")


def _check_of(test: Any) -> str:
    return str(test.__name__).removeprefix("test_")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put causes before consequences: the checks in the order of the report, function by function."""
    functions = config.stash[_rubric_key].settings.functions
    order = [(name, check) for name, asked in functions.items() for check in checks_of(asked.kind)]

    def place(item: pytest.Item) -> int:
        asked = _asked(item)
        return order.index(asked) if asked in order else -1

    # Drop checks that the rubric applies to no function.
    items[:] = sorted((item for item in items if _asked(item) in (None, *order)), key=place)
    for item in items:
        if isinstance(item, pytest.Function) and _asked(item) and not _is_hunted(item):
            # Hypothesis may have been imported by other code, or by the check itself.
            item.obj = given_of(item.obj).graded
    hunted = [item for item in items if isinstance(item, pytest.Function) and _is_hunted(item)]
    for item in hunted:
        # This marker tells Hypothesis that examples of one function are not those of another.
        item.add_marker(pytest.mark.parametrize("candidate", []))
    for test in {item.obj for item in hunted}:
        test.hypothesis.inner_test = config.stash[_hunt_key].watched(test.hypothesis.inner_test)


def _asked(item: pytest.Item) -> tuple[str, str] | None:
    """Return the function and the check, if the item is one of these tests."""
    if not isinstance(item, pytest.Function) or "candidate" not in item.fixturenames:
        return None
    return str(item.callspec.params["candidate"]), _check_of(item.obj)


def _is_hunted(item: pytest.Function) -> bool:
    """Whether Hypothesis runs it: in a hunt, or if an example has been written above it."""
    explicit = ("hypothesis_explicit_examples", "_hypothesis_internal_use_reproduce_failure")
    hunting = item.config.stash[_hunting_key] or any(getattr(item.obj, name, None) for name in explicit)
    return hunting and hasattr(item.obj, "hypothesis")


@pytest.fixture(scope="session")
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """The submission's runner, with workers of its own."""
    from grading.running.runner import Runner
    from grading.running.setup import RunSetup
    from grading.running.work import Work

    rubric = request.config.stash[_rubric_key]
    trains = any(getattr(item, "originalname", "") == "test_accuracy" for item in request.session.items)
    try:
        submission = _submission(request.config)
        # A student's own code on the student's own machine: if there are no walls, limits are enough.
        work = Work(RunSetup(rubric, allow_unsafe=True))
        # This takes some seconds for CIFAR-10, so it is only done if needed.
        shared = work.shared if trains else None
        sandbox = work.sandbox
    except (UserError, DatasetError) as error:
        pytest.exit(str(error), returncode=int(pytest.ExitCode.USAGE_ERROR))
    with work, sandbox.workers(submission, shared) as workers:
        alone = partial(sandbox.start, submission)
        yield Runner(submission, workers, rubric, opening=sandbox.start, alone=alone)


@pytest.fixture(scope="session")
def candidate(request: pytest.FixtureRequest, runner: Runner) -> LossFunction | Classifier | Network:
    """The student's function."""
    return runner.candidates[request.param]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Report the result of a test in the grade's words."""
    from grading.judging.failures import NotPassed

    runner: Runner = pyfuncitem._request.getfixturevalue("runner")
    asked = _asked(pyfuncitem)
    assert asked is not None
    asking = _hunting(pyfuncitem, runner, *asked) if _is_hunted(pyfuncitem) else runner.judging(*asked)
    told_parts: list[tuple[Part, str]] = []
    outcome = None
    try:
        with asking:
            outcome = yield
    except NotPassed as told:
        result = told.result
        if result.status == "failed" and told.__cause__ is None:
            # A repair may have a name, which the grade then states.
            pyfuncitem.user_properties += _repairs(runner, asked[0])
            result = runner.result(*asked)
        told_parts = [*parts_of(result), *_how_to_repeat(told)]
    # Properties of a test are passed on to the report, also from processes of pytest-xdist and into JUnit files.
    pyfuncitem.user_properties += Score.of(runner.result(*asked)).properties()
    if told_parts:
        if result.status == "skipped":
            pytest.skip(result.message)
        pyfuncitem.stash[_told_key] = told_parts
        words = "\n\n".join(text for _, text in told_parts)
        if pyfuncitem.config.getoption("usepdb") and result.counterexample is not None:
            replay(runner.submission, result, pytest.fail.Exception(words, pytrace=False))
        pytest.fail(words, pytrace=False)
    return outcome


@contextmanager
def _hunting(item: pytest.Function, runner: Runner, name: str, check: str) -> Iterator[None]:
    """Make the same check as the grade, and then let Hypothesis search on.

    Raises:
        NotPassed: something was found; raised from the failure itself if it is not in the grade's cases.
    """
    from grading.judging.failures import Failure, NotPassed
    from grading.judging.hunting import TimeIsOver

    result = runner.result(name, check)
    if result.status != "passed":
        raise NotPassed(result)
    hunt = item.config.stash[_hunt_key]
    hunt.begin()
    try:
        yield
    except TimeIsOver:
        if hasattr(item, "hypothesis_statistics"):
            item.hypothesis_statistics += (
                f"\n  - Stopped after --hunt-seconds={hunt.seconds:g}: that is what failed"
            )
    except Failure as failure:
        raise NotPassed(runner.told(name, check, failure)) from failure
    except ExceptionGroup as several:
        # A function that does not fail the same way twice.
        failures = [each for each in several.exceptions if isinstance(each, Failure)]
        if not failures:
            raise
        raise NotPassed(runner.told(name, check, failures[0])) from failures[0]


def _repairs(runner: Runner, name: str) -> list[tuple[str, object]]:
    """Return how a function is repaired, as far as students are told, as a property of a test."""
    from grading.reports import shown_repairs

    if runner.rubric.settings.functions[name].hidden:
        return []
    return [
        ("repair", shown_repairs.as_text(*pair))
        for pair in shown_repairs.told(runner.repairs_of([name])).items()
    ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a failure in the grade's words instead of pytest's."""
    report = yield
    if report.failed and _told_key in item.stash:
        report.longrepr = in_colour(report.longrepr, item.stash[_told_key])
    return report


def _how_to_repeat(told: Exception) -> Iterator[tuple[Part, str]]:
    """Say how to repeat what a hunt has found."""
    if told.__cause__ is None:
        return
    notes = " ".join(getattr(told.__cause__, "__notes__", ()))
    decorator = re.search(r"@reproduce_failure\(.*?\)", notes)
    words = [say("Found in a hunt: the grade does not ask this. The next hunt tries it first.")]
    if decorator is not None:
        words.append(say("To have it elsewhere, write above the check: {decorator}", decorator=decorator[0]))
    yield "message", "\n".join(words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the points of the checks that were run, and the remarks on what was accepted."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = [
        report.user_properties
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    scores = [score for each in properties if (score := Score.from_properties(each)) is not None]
    if not scores:
        return
    repairs = [str(value) for each in properties for key, value in each if key == "repair"]
    if repairs:
        terminalreporter.section(say("where the mistake is"))
    # Two classes that inherit a method share its mistake.
    for text in {text.partition("\n")[2]: text for text in reversed(repairs)}.values():
        sentence, _, lines = text.partition("\n")
        _say(config, sentence)
        terminalreporter.write_line(lines + "\n")
    terminalreporter.section(say("points"))
    # In the rubric's order, in which pytest-xdist need not have run them.
    for name in config.stash[_rubric_key].settings.functions:
        mine = [score for score in scores if score.function == name]
        if mine:
            terminalreporter.write_line(_points(name, mine))
    terminalreporter.write_line(_points(say("together"), scores))
    for remark in dict.fromkeys(remark for score in scores for remark in score.remarks):
        _say(config, say("Accepted, but: {remark}", remark=remark))


def _say(config: pytest.Config, sentence: str) -> None:
    """Write a sentence in the summary, wrapped between words in a terminal."""
    writer = config.get_terminal_writer()
    writer.write(coloured([("message", sentence)], writer.fullwidth) if writer.hasmarkup else f"{sentence}\n")


def _points(name: str, scores: list[Score]) -> str:
    got, most = sum(score.points for score in scores), sum(score.max_points for score in scores)
    from rich.cells import cell_len  # a Chinese character takes two columns

    return f"{name}{'':{max(28 - cell_len(name), 0)}} " + say("{got:g} of {most:g}", got=got, most=most)
