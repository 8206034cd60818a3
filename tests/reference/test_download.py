"""The archive is fetched whole or not at all, and an interruption costs only what was not received yet."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference import cifar10
from reference.datasets import DatasetError
from reference.download import ARCHIVE, download
from tests.reference import cifar10_layout as layout
from tests.reference.archive_site import Site, packed, served


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layout.write(tmp_path_factory.mktemp("published"), count=2)


@pytest.fixture
def site(batches: Path) -> Iterator[Site]:
    with served(packed(batches)) as site:
        yield site


def fetch(site: Site, folder: Path) -> Path:
    return download(folder, url=site.url, md5=site.md5, timeout=5)


def refusal(site: Site, folder: Path, **settings: str) -> str:
    with pytest.raises(DatasetError) as caught:
        download(folder, **{"url": site.url, "md5": site.md5, **settings})  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert not (folder / cifar10.FOLDER).exists()
    return str(caught.value)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_arrives_is_what_was_published_and_nothing_else_stays(
    site: Site, batches: Path, tmp_path: Path
) -> None:
    target = fetch(site, tmp_path / "new" / "folder")
    assert names(target.parent) == [cifar10.FOLDER]
    assert {name: (target / name).read_bytes() for name in names(target)} == {
        name: (batches / name).read_bytes() for name in cifar10.FILES
    }


def test_what_is_there_already_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    assert fetch(site, tmp_path) == fetch(site, tmp_path)
    assert site.asked == [None]


def test_progress_is_told_up_to_the_whole(site: Site, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    download(tmp_path, url=site.url, md5=site.md5, progress=lambda have, total: told.append((have, total)))
    assert told[-1] == (len(site.content), len(site.content))
    assert [have for have, _ in told] == sorted(have for have, _ in told)


def test_a_connection_that_breaks_off_is_taken_up_where_it_ended(site: Site, tmp_path: Path) -> None:
    site.breaks = [1000, 500]
    fetch(site, tmp_path)
    assert site.asked == [None, "bytes=1000-", "bytes=1500-"]


def test_a_connection_that_gives_nothing_keeps_what_was_received_for_the_next_call(
    site: Site, tmp_path: Path
) -> None:
    site.breaks = [1000, 0]
    assert "broke off after 1,000 bytes: call again" in refusal(site, tmp_path)
    assert (tmp_path / (ARCHIVE + ".part")).read_bytes() == site.content[:1000]
    fetch(site, tmp_path)
    assert site.asked[-1] == "bytes=1000-"


def test_a_server_that_cannot_resume_starts_over(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    (tmp_path / (ARCHIVE + ".part")).write_bytes(site.content[:1000])
    fetch(site, tmp_path)
    assert names(tmp_path) == [cifar10.FOLDER]


def test_a_part_that_is_complete_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    (tmp_path / (ARCHIVE + ".part")).write_bytes(site.content)
    fetch(site, tmp_path)
    assert site.asked == []


def test_an_archive_put_there_by_hand_is_unpacked_without_a_network(site: Site, tmp_path: Path) -> None:
    (tmp_path / ARCHIVE).write_bytes(site.content)
    download(tmp_path, url="http://127.0.0.1:1/", md5=site.md5)
    assert site.asked == []


def test_a_part_longer_than_the_archive_is_dropped(site: Site, tmp_path: Path) -> None:
    (tmp_path / (ARCHIVE + ".part")).write_bytes(site.content + b"more")
    fetch(site, tmp_path)
    assert site.asked == [f"bytes={len(site.content) + 4}-", None]


def test_an_altered_archive_is_refused_and_not_kept(site: Site, tmp_path: Path) -> None:
    expected = site.md5
    site.content = site.content[:-1] + b"?"
    assert "is not the published archive" in refusal(site, tmp_path, md5=expected)
    assert names(tmp_path) == []


def test_a_part_of_another_file_is_refused_and_not_kept(site: Site, tmp_path: Path) -> None:
    (tmp_path / (ARCHIVE + ".part")).write_bytes(b"x" * 1000)
    assert "is not the published archive" in refusal(site, tmp_path)
    fetch(site, tmp_path)


def test_an_answer_with_another_part_than_asked_for_is_refused(site: Site, tmp_path: Path) -> None:
    (tmp_path / (ARCHIVE + ".part")).write_bytes(site.content[:1000])
    site.shift = 1
    assert "sent another part than asked for" in refusal(site, tmp_path)


def test_a_wrong_address_is_told_by_its_status(site: Site, tmp_path: Path) -> None:
    site.status = 404
    assert "answered 404 Not Found: is the address right?" in refusal(site, tmp_path)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x.tar.gz", "no address", "http://[", "ftp2://x/y"])
def test_an_address_that_cannot_be_reached_is_one_line(url: str, site: Site, tmp_path: Path) -> None:
    assert url in refusal(site, tmp_path, url=url)


def test_only_the_seven_files_are_unpacked(site: Site, batches: Path, tmp_path: Path) -> None:
    site.content = packed(batches, extra={"../escaped": b"x", f"{cifar10.FOLDER}/other": b"x"})
    target = fetch(site, tmp_path / "folder")
    assert names(target) == sorted(cifar10.FILES)
    assert names(tmp_path) == ["folder"]


def test_an_archive_without_one_of_the_files_leaves_nothing_half_written(
    site: Site, batches: Path, tmp_path: Path
) -> None:
    site.content = packed(batches, leave_out="test_batch")
    assert "cannot be unpacked" in refusal(site, tmp_path)
    assert names(tmp_path) == [ARCHIVE]


def test_an_incomplete_folder_makes_room_and_is_kept(site: Site, tmp_path: Path) -> None:
    (tmp_path / cifar10.FOLDER).mkdir()
    (tmp_path / cifar10.FOLDER / "batches.meta").write_bytes(b"mine")
    target = fetch(site, tmp_path)
    assert names(target) == sorted(cifar10.FILES)
    kept = [name for name in names(tmp_path) if "incomplete" in name]
    assert [(tmp_path / name / "batches.meta").read_bytes() for name in kept] == [b"mine"]


def test_two_downloads_into_one_folder_do_not_mix(site: Site, tmp_path: Path) -> None:
    held = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another download into" in refusal(site, tmp_path)
    finally:
        os.close(held)
    fetch(site, tmp_path)


def test_a_folder_that_cannot_be_written_is_one_line(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be put into" in refusal(site, tmp_path / "file" / "folder")
