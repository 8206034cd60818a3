"""The data set to train on: chosen, found, fetched, part of what a grade is known by, and refused plainly if bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import grader
from grading.judging.training.data import data_facts
from grading.rubric.reading import default_rubric_path, load_rubric
from grading.running.from_rubric import training_plan
from grading.running.setup import RunSetup, suite_facts
from reference.datasets import CIFAR10_VARIABLE, identify
from tests.checks.test_entrance import run_pytest
from tests.reference import cifar10_layout as layout
from tests.reference.archive_site import Site, packed, served
from tests.test_grader import SAMPLES, report, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    layout.write(folder, count=60, pictures=layout.learnable)
    return folder


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped rubric, but for a training on CIFAR-10 that is short."""
    text = default_rubric_path().read_text(encoding="utf-8")
    head, found, tail = text.partition("[accuracy.cifar10.svm]")
    assert found
    short = tail.replace("num_iters = 1500", "num_iters = 20").replace("runs = 2", "runs = 1")
    path = tmp_path_factory.mktemp("rubric") / "rubric.toml"
    path.write_text(head + found + short, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def graded(folder: Path, quick: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ada.ipynb, graded on a small set in the layout of CIFAR-10."""
    out = tmp_path_factory.mktemp("out")
    options = ["--allow-unsafe", "--jobs", "1", "--out", out, "--rubric", quick, "--data", folder]
    assert grader.main([str(SAMPLES / "ada.ipynb"), *map(str, options)]) == 0
    return out


def test_a_grade_says_on_what_was_trained(graded: Path, folder: Path) -> None:
    found = report(graded, "ada")
    assert found["suite"]["data"]["name"] == "cifar10"
    assert found["suite"]["data"]["sha256"] == identify("cifar10", folder).sha256
    assert "not the published files" in found["suite"]["data"]["remarks"][0]
    assert {facts["data"] for facts in found["trainings"]} == {"cifar10"}
    assert {tuple(facts["picture"]) for facts in found["trainings"]} == {(32, 32, 3)}


def test_nearest_neighbours_stand_beside_the_linear_classifiers(graded: Path) -> None:
    found = report(graded, "ada")["baselines"]
    assert [(each["name"], each["k"]) for each in found] == [
        ("svm", None), ("softmax", None), ("neighbours", 1), ("neighbours", 5)
    ]  # fmt: skip
    assert [each["stored_bytes"] for each in found] == [3073 * 10 * 8] * 2 + [294 * (3073 + 1) * 8] * 2
    assert {each["total"] for each in found} == {6}
    for page in ("report.md", "report.html"):
        text = (graded / "ada" / page).read_text(encoding="utf-8")
        assert "cifar10, SHA-256" in text
        assert "not the published files" in text
        assert "5 nearest neighbours" in text
        assert "7.23 MB" in text


def test_other_data_means_that_it_is_graded_again(
    graded: Path, quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    def again(data: Path) -> str:
        arguments = (SAMPLES / "ada.ipynb", "--out", graded, "--rubric", quick, "--data", data)
        return run(capsys, *arguments, "--jobs", "1")[1]

    assert "1 unchanged" in again(folder)
    layout.write(tmp_path, count=61, pictures=layout.learnable)
    assert "1 graded, 0 not graded" in again(tmp_path)


def test_the_command_line_the_rubric_and_the_environment_choose_the_data_set(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CIFAR10_VARIABLE, raising=False)
    assert load_rubric().data_name == "digits"
    assert load_rubric(data_folder=folder).data_name == "cifar10"
    text = default_rubric_path().read_text(encoding="utf-8")
    path = tmp_path / "rubric.toml"
    path.write_text(text.replace('name = "digits"', 'name = "cifar10"'), encoding="utf-8")
    monkeypatch.setenv(CIFAR10_VARIABLE, str(folder))
    facts = data_facts(training_plan(load_rubric(path)))
    assert facts is not None
    assert facts.sha256 == identify("cifar10", folder).sha256


def test_grades_on_different_data_have_different_facts(folder: Path) -> None:
    assert suite_facts(RunSetup(load_rubric())) != suite_facts(RunSetup(load_rubric(data_folder=folder)))


def complaint(capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: object) -> str:
    code, _, err = run(
        capsys, SAMPLES / "ada.ipynb", "--jobs", "1", "--out", tmp_path / "reports", *arguments
    )
    assert code == 2
    lines = err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_missing_a_truncated_and_an_altered_file_get_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there is no CIFAR-10 in" in complaint(capsys, tmp_path, "--data", tmp_path / "nowhere")
    batches = layout.write(tmp_path / "set", count=2)
    third = batches / "data_batch_3"
    content = third.read_bytes()
    third.write_bytes(content[:500])
    assert "data_batch_3 is truncated or altered" in complaint(capsys, tmp_path, "--data", tmp_path / "set")
    third.write_bytes(content.replace(b"numpy\nndarray", b"posix\nsystem "))
    assert "data_batch_3 is truncated or altered" in complaint(capsys, tmp_path, "--data", tmp_path / "set")
    third.unlink()
    assert "lacks data_batch_3" in complaint(capsys, tmp_path, "--data", tmp_path / "set")


def test_cifar10_without_a_folder_says_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CIFAR10_VARIABLE, raising=False)
    text = default_rubric_path().read_text(encoding="utf-8")
    path = tmp_path / "rubric.toml"
    path.write_text(text.replace('name = "digits"', 'name = "cifar10"'), encoding="utf-8")
    assert "`grader.py fetch cifar10 DIR` downloads it" in complaint(capsys, tmp_path, "--rubric", path)


def test_students_train_on_it_too(folder: Path, quick: Path, tmp_path: Path) -> None:
    arguments = (f"--submission={SAMPLES / 'ada.ipynb'}", "--rubric", quick, "-k", "accuracy")
    assert run_pytest(*arguments, "--data", folder).returncode == 0
    absent = run_pytest(*arguments, "--data", tmp_path)
    assert absent.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"there is no CIFAR-10 in {tmp_path}" in absent.stdout + absent.stderr


def fetched(capsys: pytest.CaptureFixture[str], site: Site, folder: Path) -> tuple[int, Any]:
    code = grader.main(["fetch", "cifar10", str(folder), "--url", site.url])
    return code, capsys.readouterr()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return packed(layout.write(tmp_path_factory.mktemp("published"), count=2))


def test_fetch_downloads_and_says_how_to_use_it(
    archive: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(archive) as site:
        monkeypatch.setattr("reference.download.CIFAR10_MD5", site.md5)
        code, said = fetched(capsys, site, tmp_path / "data")
        assert (code, said.err) == (0, "")
        assert said.out == (
            f"CIFAR-10 is in {tmp_path}/data/cifar-10-batches-py; use it with --data {tmp_path}/data\n"
        )
        assert fetched(capsys, site, tmp_path / "data")[0] == 0
        assert site.asked == [None], "what is there is not fetched again"


def test_fetch_goes_on_where_it_was_broken_off(
    archive: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(archive) as site:
        monkeypatch.setattr("reference.download.CIFAR10_MD5", site.md5)
        site.breaks = [1000, 0]
        code, said = fetched(capsys, site, tmp_path)
        assert code == 3
        assert "broke off after 1,000 bytes: call again to go on from there" in said.err
        assert fetched(capsys, site, tmp_path)[0] == 0
        assert site.asked[-1] == "bytes=1000-"


def test_fetch_keeps_nothing_that_is_not_the_published_archive(
    archive: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(archive) as site:
        code, said = fetched(capsys, site, tmp_path)
    assert code == 3
    assert "is not the published archive" in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_calibrate_measures_the_data_set_that_it_is_given(
    folder: Path, quick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader.main(["calibrate", "--seeds", "3", "--rubric", str(quick), "--data", str(folder)]) == 0
    said = capsys.readouterr()
    assert "training the reference on cifar10 from 3 seeds" in said.err
    assert "svm: 3 seeds, 6 validation pictures" in said.out


def test_a_training_sees_no_picture_that_it_is_not_to_be_trained_on(graded: Path, folder: Path) -> None:
    """What is shared with workers is the training part and nothing else."""
    from grading.judging.training.data import training_data

    data = training_data(training_plan(load_rubric(data_folder=folder)))
    assert data.shared is None or data.shared.array.shape == (294, 3073)
    assert json.dumps(report(graded, "ada")).count("y_validation") == 0
