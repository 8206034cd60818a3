"""CIFAR-10's files are read exactly, and nothing in them is ever run."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from reference import cifar10
from reference.datasets import DatasetError
from tests.reference import cifar10_layout as layout


@pytest.fixture
def batches(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def refusal(folder: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        cifar10.read(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_layout_written_here_is_what_python_2_wrote(batches: Path) -> None:
    with (batches / "data_batch_1").open("rb") as file:
        loaded = pickle.load(file, encoding="bytes")  # noqa: S301 - ours, written a line above
    pixels, labels = layout.pictures("data_batch_1", 10)
    assert loaded[b"labels"] == labels
    np.testing.assert_array_equal(loaded[b"data"], pixels)


def test_all_pictures_arrive_in_order_as_row_column_colour(batches: Path) -> None:
    read = cifar10.read(batches)
    stored = np.concatenate([layout.pictures(name, 10)[0] for name in layout.TRAIN])
    labels = np.concatenate([layout.pictures(name, 10)[1] for name in layout.TRAIN])
    assert read.train.pixels.dtype == np.uint8
    np.testing.assert_array_equal(read.train.labels, labels)
    for colour in range(3):
        plane = stored[:, 1024 * colour : 1024 * (colour + 1)].reshape(-1, 32, 32)
        np.testing.assert_array_equal(read.train.pixels.reshape(-1, 32, 32, 3)[..., colour], plane)
    np.testing.assert_array_equal(read.test.labels, layout.pictures("test_batch", 10)[1])
    assert read.classes == layout.CLASSES


def test_the_folder_may_be_the_batches_or_their_parent(batches: Path) -> None:
    assert cifar10.locate(batches) == cifar10.locate(batches.parent) == batches


@pytest.mark.parametrize("order", ["C", "F"])
def test_files_saved_again_by_python_3_are_read_too(batches: Path, order: str) -> None:
    pixels, labels = layout.pictures("data_batch_1", 10)
    saved = layout.batch(np.asarray(pixels, order="F" if order == "F" else "C"), labels)
    (batches / "data_batch_1").write_bytes(layout.python3_pickle(saved))
    again = (
        cifar10.read(batches).train.pixels[:10].reshape(10, 32, 32, 3).transpose(0, 3, 1, 2).reshape(10, -1)
    )
    np.testing.assert_array_equal(again, pixels)


def test_files_that_are_not_the_published_ones_are_named(
    batches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cifar10.read(batches).unpublished == cifar10.FILES
    digest = hashlib.md5((batches / "test_batch").read_bytes()).hexdigest()
    monkeypatch.setitem(cifar10.PUBLISHED_MD5, "test_batch", digest)
    assert "test_batch" not in cifar10.read(batches).unpublished


class Planted:
    """What a hostile file asks the reader to call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_planted_call_is_refused_and_never_made(batches: Path, protocol: int) -> None:
    victim = batches / "victim"
    victim.touch()
    bomb = {b"labels": Planted(Path.unlink, victim)}
    (batches / "data_batch_3").write_bytes(pickle.dumps(bomb, protocol=protocol))
    assert "data_batch_3 is truncated or altered" in refusal(batches)
    assert victim.exists()


@pytest.mark.parametrize(
    "name", ["os.system", "builtins.eval", "builtins.getattr", "numpy.load", "numpy.fromfile"]
)
def test_nothing_but_what_batches_hold_can_be_asked_for(batches: Path, name: str) -> None:
    module, _, function = name.rpartition(".")
    (batches / "batches.meta").write_bytes(b"\x80\x02c" + f"{module}\n{function}\n.".encode())
    assert f"asks for {name}, which no batch holds" in refusal(batches)


def test_arrays_of_objects_never_reach_numpy(batches: Path) -> None:
    table = np.empty((10, 3072), dtype=object)
    (batches / "data_batch_1").write_bytes(pickle.dumps({b"data": table}, protocol=2))
    assert "not uint8" in refusal(batches)


def test_a_state_that_is_no_table_of_pixels_is_refused(batches: Path) -> None:
    content = (batches / "data_batch_1").read_bytes()
    (batches / "data_batch_1").write_bytes(content.replace(b"J\x00\x0c\x00\x00", b"J\x01\x0c\x00\x00"))
    assert "data_batch_1 is truncated or altered" in refusal(batches)


def test_text_in_another_encoding_is_refused(batches: Path) -> None:
    (batches / "batches.meta").write_bytes(
        b"\x80\x02c_codecs\nencode\n(X\x01\x00\x00\x00xX\x03\x00\x00\x00hextR."
    )
    assert "not latin1" in refusal(batches)


@pytest.mark.parametrize("name", cifar10.FILES)
def test_a_missing_file_is_named(batches: Path, name: str) -> None:
    (batches / name).unlink()
    assert f"lacks {name}: unpack the archive again" in refusal(batches)


def test_an_empty_folder_is_told_what_it_should_hold(tmp_path: Path) -> None:
    assert "should hold cifar-10-batches-py/ with batches.meta, data_batch_1" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["batches.meta", "data_batch_2", "test_batch"])
@pytest.mark.parametrize("kept", [0, 1, 0.3, 0.999])
def test_a_truncated_file_is_named(batches: Path, name: str, kept: float) -> None:
    content = (batches / name).read_bytes()
    (batches / name).write_bytes(content[: int(len(content) * kept) if kept < 1 else 1])
    assert f"{name} is truncated or altered" in refusal(batches)


def test_no_altered_byte_does_more_than_be_refused(batches: Path) -> None:
    # The description is instructions and names only, so one wrong byte can make it nearly any program.
    path = batches / "batches.meta"
    content = path.read_bytes()
    rng = np.random.default_rng(4)
    messages: list[str] = []
    for position in range(len(content)):
        altered = bytearray(content)
        altered[position] ^= int(rng.integers(1, 256))
        path.write_bytes(altered)
        try:
            cifar10.read(batches)
        except DatasetError as error:
            messages.append(str(error))
    assert len(messages) > 20
    assert not any("\n" in message for message in messages)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "it holds no dictionary"),
        ({b"data": 1, b"labels": [0] * 10}, "data is not an array of uint8 of shape (10, 3072)"),
        (layout.batch(np.zeros((10, 3071), np.uint8), [0] * 10), "data is not an array of uint8"),
        (layout.batch(np.zeros((9, 3072), np.uint8), [0] * 9), "data is not an array of uint8"),
        (layout.batch(np.zeros((10, 3072), np.uint8), [0] * 9), "labels is not a list of 10 labels"),
        (
            layout.batch(np.zeros((10, 3072), np.uint8), [0] * 9 + [10]),
            "labels are not whole numbers from 0 to 9",
        ),
        (
            layout.batch(np.zeros((10, 3072), np.uint8), [0] * 9 + [-1]),
            "labels are not whole numbers from 0 to 9",
        ),
    ],
)
def test_a_batch_that_holds_something_else_says_what_is_wrong(
    batches: Path, content: object, reason: str
) -> None:
    (batches / "data_batch_5").write_bytes(layout.python2_pickle(content))
    assert reason in refusal(batches)


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({b"label_names": [b"a", b"b"]}, "num_cases_per_batch is not a count of pictures"),
        ({b"num_cases_per_batch": 0, b"label_names": [b"a", b"b"]}, "num_cases_per_batch is not a count"),
        ({b"num_cases_per_batch": 10}, "label_names is not a list of names"),
        ({b"num_cases_per_batch": 10, b"label_names": [1, 2]}, "label_names is not a list of names"),
    ],
)
def test_a_description_that_describes_nothing_says_what_is_wrong(
    batches: Path, meta: object, reason: str
) -> None:
    (batches / "batches.meta").write_bytes(layout.python2_pickle(meta))
    assert reason in refusal(batches)


def test_a_file_much_larger_than_any_batch_is_not_read(batches: Path) -> None:
    with (batches / "test_batch").open("wb") as file:
        file.truncate(2**30)
    assert "test_batch is truncated or altered (it is larger than 64 MB)" in refusal(batches)
