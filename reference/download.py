"""Fetches the published CIFAR-10 archive: only on request, resumable, checked, and never half-written."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import os
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from reference import cifar10
from reference.split import DatasetError

CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
CIFAR10_MD5 = "c58f30108f718f92721af3b95e74349a"

ARCHIVE = "cifar-10-python.tar.gz"
_CHUNK = 2**18

Progress = Callable[[int, int | None], None]
"""Called with the bytes received so far, and the total size if the server says it."""


def download(
    folder: Path,
    *,
    url: str = CIFAR10_URL,
    md5: str = CIFAR10_MD5,
    progress: Progress | None = None,
    timeout: float = 30.0,
) -> Path:
    """Put CIFAR-10 into ``folder`` and return the folder of its batches; at once if it is there already.

    Data received before an interruption stay in ``folder``, and the next call continues from there. The
    batches appear in one step, after the archive's md5 has been checked.

    Args:
        folder: where to put ``cifar-10-batches-py``; made if necessary.
        url: the archive, which has to be ``cifar-10-python.tar.gz`` unless ``md5`` says otherwise.
        md5: the required md5 of the archive.
        progress: called for every piece received.
        timeout: seconds without a single byte after which the connection is dropped.

    Raises:
        DatasetError: the archive cannot be downloaded, or is not the published one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            with contextlib.suppress(DatasetError):
                return cifar10.locate(folder)
            archive = folder / ARCHIVE
            if not archive.is_file() or _md5(archive) != md5:
                _fetch(url, archive, md5, progress, timeout)
            batches = _unpack(archive, folder)
            archive.unlink()
            return batches
    except OSError as error:
        raise DatasetError(f"CIFAR-10 cannot be put into {folder}: {error.strerror or error}") from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second download out of the folder; the lock ends with its process, however that ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatasetError(f"another download into {folder} is under way: wait for it to end") from error
        yield
    finally:
        os.close(descriptor)


def _fetch(url: str, archive: Path, md5: str, progress: Progress | None, timeout: float) -> None:
    part = archive.with_name(archive.name + ".part")
    complete = part.exists() and _md5(part) == md5
    while not complete:
        before = part.stat().st_size if part.exists() else 0
        complete = _receive(url, part, before, progress, timeout)
        have = part.stat().st_size
        started_over = before > 0 and have == 0
        if not complete and have <= before and not started_over:
            raise DatasetError(f"{url} broke off after {have:,} bytes: call again to go on from there")
    if _md5(part) != md5:
        part.unlink()
        raise DatasetError(f"what {url} sent is not the published archive (its md5 is not {md5}): try again")
    part.replace(archive)


def _receive(url: str, part: Path, have: int, progress: Progress | None, timeout: float) -> bool:
    """Appends what the server sends from byte ``have`` on to ``part``; True once nothing is missing."""
    try:
        response = _open(url, have, timeout)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
                sentence = f"{url} answered {error.code} {error.reason}: is the address right?"
                raise DatasetError(sentence) from error
        # No such range, because our part is longer than the archive: start over.
        part.write_bytes(b"")
        return False
    with response:
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise DatasetError(f"{url} sent another part than asked for: delete {part} and try again")
        have = have if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdecimal() else None
        with part.open("ab" if resumed else "wb") as file:
            while chunk := _read_some(response):
                file.write(chunk)
                have += len(chunk)
                if progress is not None:
                    progress(have, total)
    return total is None or have == total


def _open(url: str, have: int, timeout: float) -> http.client.HTTPResponse:
    try:
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError:
        raise
    except ValueError as error:
        raise DatasetError(f"{url} is not an address that can be fetched: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise DatasetError(f"{url} cannot be reached ({reason}): call again to go on") from error
    return response


def _read_some(response: http.client.HTTPResponse) -> bytes:
    """Read the next piece, or nothing if the connection has ended, in whatever way."""
    try:
        return response.read(_CHUNK)
    except http.client.IncompleteRead as error:
        return error.partial
    except (OSError, http.client.HTTPException):
        return b""


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, _published_hash).hexdigest()


def _published_hash() -> hashlib._Hash:
    # The published checksum is an md5; it detects broken downloads, and protects against nobody.
    return hashlib.md5(usedforsecurity=False)


def _unpack(archive: Path, folder: Path) -> Path:
    """Write only the seven files of the archive, and make them appear in one step."""
    target = folder / cifar10.FOLDER
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as temporary:
        batches = Path(temporary) / cifar10.FOLDER
        batches.mkdir()
        try:
            with tarfile.open(archive, "r:gz") as tar:
                for name in cifar10.FILES:
                    member = tar.extractfile(f"{cifar10.FOLDER}/{name}")
                    if member is None:
                        raise DatasetError(f"{archive}: {name} is not a file in it")
                    (batches / name).write_bytes(member.read())
        except (tarfile.TarError, KeyError, EOFError) as error:
            raise DatasetError(f"{archive} cannot be unpacked ({error}): delete it and try again") from error
        if target.is_dir():
            # Not a complete copy, or nothing would be fetched: it is moved away, and nothing of it is lost.
            target.rename(tempfile.mkdtemp(dir=folder, prefix=f"{cifar10.FOLDER}.incomplete-"))
        batches.rename(target)
    return target
