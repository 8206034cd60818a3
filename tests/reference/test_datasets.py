"""Every data set arrives split, centred and with its bias feature, the same on every machine."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reference import datasets
from reference.datasets import DatasetError, Split
from tests.reference import cifar10_layout as layout


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Split:
    return datasets.cifar10(layout.write(tmp_path_factory.mktemp("cifar10"), count=20))


def parts(split: Split) -> list[np.ndarray]:
    return [split.X_train, split.y_train, split.X_validation, split.y_validation, split.X_test, split.y_test]


def test_digits_are_split_into_1297_250_and_250() -> None:
    assert [part.shape for part in parts(datasets.digits())] == [
        (1297, 65), (1297,), (250, 65), (250,), (250, 65), (250,)
    ]  # fmt: skip


def test_the_split_of_digits_never_changes() -> None:
    digests = [hashlib.sha256(part.tobytes()).hexdigest()[:12] for part in parts(datasets.digits())]
    assert digests == [
        "ef9228c7d96f",
        "fae3b948135f",
        "02ea5af82a74",
        "cbc36404078d",
        "d1365198cb93",
        "736aa141a7cb",
    ]


def test_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    theirs, labels = load_digits(return_X_y=True)
    split = datasets.digits()
    ours = np.concatenate([split.X_train, split.X_validation, split.X_test])[:, :-1]
    our_labels = np.concatenate([split.y_train, split.y_validation, split.y_test])
    ours += theirs.sum(axis=0) / 1797 - ours.sum(axis=0) / 1797
    assert sorted(map(tuple, np.column_stack([ours.round(6), our_labels]))) == sorted(
        map(tuple, np.column_stack([theirs, labels]))
    )


def test_every_part_of_digits_holds_every_class() -> None:
    split = datasets.digits()
    for labels in (split.y_train, split.y_validation, split.y_test):
        assert np.bincount(labels, minlength=10).min() >= 15


def test_digits_are_read_without_importing_scikit_learn() -> None:
    code = "import sys; from reference import datasets; datasets.digits(); print('sklearn' in sys.modules)"
    root = Path(datasets.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_the_training_mean_is_subtracted_and_a_one_appended(tiny: Split) -> None:
    for split in (datasets.digits(), tiny):
        np.testing.assert_allclose(split.X_train[:, :-1].mean(axis=0), 0.0, atol=1e-12)
        for X in (split.X_train, split.X_validation, split.X_test):
            np.testing.assert_array_equal(X[:, -1], 1.0)


def test_validation_and_test_pictures_have_the_training_mean_subtracted(tiny: Split) -> None:
    stored = np.concatenate([layout.pictures(name, 20)[0] for name in layout.TRAIN]).astype(float)
    test = layout.pictures("test_batch", 20)[0].astype(float)

    def course_order(pixels: np.ndarray) -> np.ndarray:
        return pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).reshape(-1, 3072)

    mean = course_order(stored)[:98].mean(axis=0)
    np.testing.assert_allclose(tiny.X_validation[:, :-1], course_order(stored)[98:] - mean, atol=1e-10)
    np.testing.assert_allclose(tiny.X_test[:, :-1], course_order(test) - mean, atol=1e-10)


def test_cifar10_is_split_in_the_proportion_of_49000_to_1000(tiny: Split) -> None:
    assert [len(part) for part in parts(tiny)] == [98, 98, 2, 2, 20, 20]


def test_arrays_are_float64_and_int64_and_nobody_can_write_to_them(tiny: Split) -> None:
    for split in (datasets.digits(), tiny):
        assert [part.dtype for part in parts(split)] == [np.float64, np.int64] * 3
        assert not any(part.flags.writeable for part in parts(split))


def test_files_that_are_not_the_published_ones_leave_a_remark(tiny: Split) -> None:
    assert len(tiny.remarks) == 1
    assert "not the published files" in tiny.remarks[0]
    assert datasets.digits().remarks == ()


def test_load_finds_data_sets_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout.write(tmp_path)
    monkeypatch.delenv(datasets.CIFAR10_VARIABLE, raising=False)
    assert datasets.load("digits").name == "digits"
    assert datasets.load("cifar10", tmp_path).name == "cifar10"
    monkeypatch.setenv(datasets.CIFAR10_VARIABLE, str(tmp_path))
    assert datasets.load("cifar10").classes == layout.CLASSES


def test_load_says_in_one_line_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(datasets.CIFAR10_VARIABLE, raising=False)
    with pytest.raises(
        DatasetError, match="CIFAR-10 needs its folder: give it with --data DIR, or set SUBGRADER_CIFAR10"
    ):
        datasets.load("cifar10")
    with pytest.raises(DatasetError, match="no data set 'mnist': choose one of digits, cifar10"):
        datasets.load("mnist")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"1,2\nx,y\n", "cannot be read"),
        (b"1,2\n3,4\n", "does not hold the 1,797 digits"),
    ],
)
def test_an_installation_with_other_digits_is_told_so(
    content: bytes | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    data = tmp_path / "datasets" / "data"
    data.mkdir(parents=True)
    if content is not None:
        (data / "digits.csv.gz").write_bytes(gzip.compress(content))
    spec = importlib.machinery.ModuleSpec("sklearn", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(DatasetError, match=message):
        datasets.digits.__wrapped__()


def test_without_scikit_learn_the_digits_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="pip install scikit-learn"):
        datasets.digits.__wrapped__()
